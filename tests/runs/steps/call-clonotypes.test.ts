import {mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {gunzipSync} from 'node:zlib';
import {afterEach, beforeEach, describe, expect, test} from 'vitest';
import type {DesignRow} from '../../../pipeline/model/job-file.ts';
import {randomStream} from '../../../pipeline/base/random.ts';
import {readTable} from '../../../pipeline/formats/delimited-text.ts';
import {runStepFolder, type StepRun} from '../../rig/run-step.ts';
import {dataFile, sharedData} from '../../rig/shared-data.ts';
import {callPatients, libraryRow, rowsOf, type ReceptorLibrary} from './clonal-abundance-chain.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lymphline-clonotypes-'));
});
afterEach(() => rmSync(folder, {recursive: true, force: true}));

const library = (sample: string, kind: string, contigs: string): ReceptorLibrary => ({row: libraryRow(sample, kind, {patient_id: 'P1', timepoint: 'baseline'}), contigs});
const call = (libraries: readonly ReceptorLibrary[], at = folder): StepRun | undefined => callPatients(at, {libraries, timepoints: ['baseline']}).get('P1');

function countBy(values: readonly unknown[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const value of values) counts[String(value)] = (counts[String(value)] ?? 0) + 1;
  return counts;
}

function sizes(run: StepRun | undefined, receptor: string): number[] {
  return rowsOf(run, 'clones').filter((row) => row['receptor'] === receptor).map((row) => Number(row['n_cells']));
}

// 258 of its 320 rows have a TCR: the clones are strings of V, J and C genes with nucleotide junctions of both chains (CTstrict).
describe.skipIf(sharedData === undefined)('clones that scRepertoire stored with its example', () => {
  test('are ours: 110 of them, cell by cell', () => {
    const stored = readTable(dataFile('covid_tcells_citeseq_tcr/screpertoire_clones.csv')).rows.filter((row) => row['CTstrict'] !== null);
    const run = call([library('S1', 'tcr', dataFile('covid_tcells_citeseq_tcr/contigs_rebuilt.csv'))]);
    const cloneOf = new Map(rowsOf(run, 'cells').map((row) => [row['cell_id'], row['clone_id']]));
    const pairs = stored.map((row) => [String(row['CTstrict']), String(cloneOf.get(`S1_${String(row['barcode'])}`))] as const);
    expect([pairs.length, new Set(pairs.map(([theirs]) => theirs)).size, new Set(pairs.map(([, ours]) => ours)).size, new Set(pairs.map((both) => both.join(' '))).size]).toEqual([258, 110, 110, 110]);
  });
});

// The same rules written apart in Python (pandas 2.3.3; single linkage of scipy 1.17.1): cells by pairing, clones and their largest sizes.
describe.skipIf(sharedData === undefined)('real contigs give the chains and clones of an independent program', () => {
  test('blood, 10x 5-prime: 482 T cells in 480 clones, 83 B cells in 82', () => {
    const file = (kind: string): string => dataFile(`vdj/sc5p_v2_hs_PBMC_1k/${kind}/filtered_contig_annotations.csv`);
    const run = call([library('S1', 'tcr', file('tcr')), library('S1', 'bcr', file('bcr'))]);
    expect([sizes(run, 'TCR').length, sizes(run, 'TCR').slice(0, 3), sizes(run, 'BCR').length, sizes(run, 'BCR').slice(0, 2)]).toEqual([480, [2, 2, 1], 82, [2, 1]]);
    expect(countBy(rowsOf(run, 'cells').filter((row) => row['receptor'] === 'TCR').map((row) => row['chain_status']))).toEqual({
      'single pair': 369, 'orphan VDJ': 53 + 1, 'orphan VJ': 10 + 2, 'extra VJ': 37, 'extra VDJ': 9, 'two full chains': 1,
    });
  });

  test('spleen of a mouse with one fixed B-cell receptor: 129 of 137 B cells in one clone, of a wild type 5 of 143', () => {
    const files = (mouse: string): ReceptorLibrary[] => ['TCR', 'BCR'].map((kind) => library(mouse, kind.toLowerCase(), dataFile(`mouse_spleen_gex_bcr_tcr/${mouse}/${kind}/filtered_contig_annotations.csv.gz`)));
    const answers = ['MD4', 'BL6'].map((mouse) => {
      mkdirSync(join(folder, mouse));
      const run = call(files(mouse), join(folder, mouse));
      // Both receptors in one cell; five of the wild type have more than two chains in one arm as well.
      const without = countBy(rowsOf(run, 'cells').filter((row) => row['receptor'] === 'BCR' && row['missing'] === 'both TCR and BCR chains').map((row) => row['chain_status']));
      return [sizes(run, 'BCR')[0], sizes(run, 'BCR').reduce((a, b) => a + b), sizes(run, 'BCR').length, sizes(run, 'TCR').length, without];
    });
    expect(answers).toEqual([[129, 137, 9, 34, {ambiguous: 22}], [5, 143, 128, 38, {ambiguous: 22, multichain: 5}]]);
  });

  test('1,556 T cells of a third run are in 1,513 clones, the largest of 11, 4, 4, 3, 3 cells', () => {
    const run = call([library('S1', 'tcr', dataFile('vdj/scirpy/10x/vdj_nextgem_hs_pbmc3_t_filtered_contig_annotations.csv.gz'))]);
    expect([sizes(run, 'TCR').length, sizes(run, 'TCR').reduce((a, b) => a + b), sizes(run, 'TCR').slice(0, 5)]).toEqual([1513, 1556, [11, 4, 4, 3, 3]]);
  });

  test('the order of the contigs of a file changes no byte', () => {
    const path = dataFile('mouse_spleen_gex_bcr_tcr/BL6/BCR/filtered_contig_annotations.csv.gz');
    const [header, ...lines] = gunzipSync(readFileSync(path)).toString('utf8').trimEnd().split('\n');
    const random = randomStream(1, 'shuffle');
    const shuffled = lines.map((line) => ({line, at: random.uniform()})).sort((a, b) => a.at - b.at).map(({line}) => line);
    expect(shuffled).not.toEqual(lines);
    writeFileSync(join(folder, 'shuffled.csv'), `${[header, ...shuffled].join('\n')}\n`);
    const bytes = [path, join(folder, 'shuffled.csv')].map((contigs, k) => {
      mkdirSync(join(folder, String(k)));
      const run = call([library('BL6', 'bcr', contigs)], join(folder, String(k)));
      return ['clones', 'cells', 'rearrangements'].map((output) => readFileSync(run?.outputs[output] ?? '', 'latin1'));
    });
    expect(bytes[1]).toEqual(bytes[0]);
  });
});

const columns = ['sequence_id', 'sequence', 'rev_comp', 'productive', 'v_call', 'd_call', 'j_call', 'c_call', 'junction', 'junction_aa', 'locus', 'cell_id', 'barcode', 'umi_count'];

/** One library of orphan beta chains: barcode -> junction. */
function betas(name: string, cells: Readonly<Record<string, string>>): string {
  const rows = Object.entries(cells).map(([barcode, junction], k) => [`${name}${k}`, '', '', 'T', 'TRBV9', '', 'TRBJ2-1', 'TRBC1', junction, 'C', 'TRB', '', barcode, '3'].join('\t'));
  const path = join(folder, `${name}.tsv`);
  writeFileSync(path, `${[columns.join('\t'), ...rows].join('\n')}\n`);
  return path;
}

function callDesign(rows: readonly DesignRow[], timepoints: readonly string[], files: Readonly<Record<string, string>>, params = {}): StepRun {
  const inputs = {rearrangements: Object.entries(files).map(([unit, path]) => ({unit, path}))};
  return runStepFolder('call-clonotypes', folder, {unit: {kind: 'patient', id: 'P1'}, inputs, design: {rows, timepoints}, params});
}

test('the first timepoint of a clone is the first of the study, not of the sheet', () => {
  const row = (sample: string, timepoint: string): DesignRow => libraryRow(sample, 'tcr', {patient_id: 'P1', timepoint});
  const run = callDesign([row('S9', 'month3'), row('S1', 'baseline')], ['baseline', 'month3'], {
    'S9-tcr': betas('late', {A: 'TGTAAA', B: 'TGTCCC'}), 'S1-tcr': betas('early', {A: 'TGTAAA'}),
  });
  expect(rowsOf(run, 'clones').map((clone) => [clone['clone_id'], clone['junction_1'], clone['n_cells'], clone['n_samples'], clone['first_timepoint']])).toEqual([
    ['P1-TCR-1', 'TGTAAA', '2', '2', 'baseline'], ['P1-TCR-2', 'TGTCCC', '1', '1', 'month3'],
  ]);
});

test('one barcode in two wells of a sample is two cells', () => {
  const row = (well: string): DesignRow => libraryRow('S1', 'tcr', {patient_id: 'P1', timepoint: 'baseline', gem_well: well, library_id: `S1-${well}`});
  const run = callDesign([row('w1'), row('w2')], ['baseline'], {'S1-w1': betas('one', {'AAAC-1': 'TGTAAA'}), 'S1-w2': betas('two', {'AAAC-1': 'TGTCCC'})});
  expect(rowsOf(run, 'cells').map((cell) => [cell['cell_id'], cell['clone_id']])).toEqual([['S1_w1_AAAC-1', 'P1-TCR-1'], ['S1_w2_AAAC-1', 'P1-TCR-2']]);
});

test('orphans: drop leaves cells of one arm out, with the reason', () => {
  const row = libraryRow('S1', 'tcr', {patient_id: 'P1', timepoint: 'baseline'});
  const run = callDesign([row], ['baseline'], {'S1-tcr': betas('one', {'AAAC-1': 'TGTAAA'})}, {orphans: 'drop'});
  expect([rowsOf(run, 'clones'), rowsOf(run, 'cells').map((cell) => [cell['clone_id'], cell['missing']])]).toEqual([[], [[null, 'only one arm of the receptor']]]);
});

test('the definition of the run file decides: two cells whose second alpha chain is shared are one clone of scirpy, and of nobody else', () => {
  const row = libraryRow('S1', 'tcr', {patient_id: 'P1', timepoint: 'baseline'});
  const contig = (cell: string, locus: string, junction: string, umis: number): string => [`${cell}${junction}`, '', '', 'T', `${locus}V9`, '', `${locus}J1`, '', junction, 'C', locus, '', cell, String(umis)].join('\t');
  const path = join(folder, 'dual.tsv');
  // Both have the beta chain TGT; A has alpha AAA, then CCC; B has alpha CCC alone.
  writeFileSync(path, `${[columns.join('\t'), contig('A', 'TRB', 'TGT', 5), contig('A', 'TRA', 'AAA', 5), contig('A', 'TRA', 'CCC', 2), contig('B', 'TRB', 'TGT', 5), contig('B', 'TRA', 'CCC', 5)].join('\n')}\n`);
  const clonesUnder = (params: Record<string, unknown>): unknown[] => rowsOf(callDesign([row], ['baseline'], {'S1-tcr': path}, params), 'cells').map((cell) => cell['clone_id']);
  expect(clonesUnder({})).toEqual(['P1-TCR-1', 'P1-TCR-2']);
  expect(clonesUnder({definition: 'cellranger'})).toEqual(['P1-TCR-1', 'P1-TCR-2']);
  expect(clonesUnder({definition: 'scirpy', scirpy_dual_ir: 'primary_only'})).toEqual(['P1-TCR-1', 'P1-TCR-2']);
  expect(clonesUnder({definition: 'scirpy'})).toEqual(['P1-TCR-1', 'P1-TCR-1']);
  // changeo looks at the beta chain alone.
  const run = callDesign([row], ['baseline'], {'S1-tcr': path}, {definition: 'changeo', changeo_dist: 0});
  expect(rowsOf(run, 'cells').map((cell) => cell['clone_id'])).toEqual(['P1-TCR-1', 'P1-TCR-1']);
  expect(rowsOf(run, 'clones')[0]['rule']).toBe('V gene, J gene (set), junction length, Hamming / length <= 0, single linkage, as changeo');
  expect(rowsOf(run, 'rules').map((rule) => [rule['definition'], rule['threshold'], rule['linkage'], rule['n_cells'], rule['n_clones']])).toEqual([['changeo', '0', 'single', '2', '1']]);
});
