// Receptor libraries against the barcodes of their count matrix: real ones that match, the same written otherwise, and those of another sample.
import {mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {gunzipSync} from 'node:zlib';
import {afterEach, beforeEach, describe, expect, test} from 'vitest';
import {readTable, writeTable} from '../../../pipeline/formats/delimited-text.ts';
import {runStepFolder, type StepRun} from '../../rig/run-step.ts';
import {dataFile, sharedData} from '../../rig/shared-data.ts';
import {libraryRow, rowsOf} from './clonal-abundance-chain.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lymphline-barcodes-'));
});
afterEach(() => rmSync(folder, {recursive: true, force: true}));

const row = libraryRow('S1', 'tcr', {patient_id: 'P1', timepoint: 'baseline'});

/** import-receptors, then call-clonotypes with a cells table of these barcodes. */
function call(contigs: string, barcodes: readonly string[], params: Record<string, unknown> = {}): StepRun {
  for (const name of ['import', 'call']) mkdirSync(join(folder, name), {recursive: true});
  const imported = runStepFolder('import-receptors', join(folder, 'import'), {unit: {kind: 'library', id: 'S1-tcr'}, inputs: {contigs}, design: {rows: [row]}});
  const cells = join(folder, 'qc.tsv');
  writeTable(cells, {columns: ['sample_id', 'cell_id'], rows: barcodes.map((barcode) => ({sample_id: 'S1', cell_id: `S1_${barcode}`}))});
  return runStepFolder('call-clonotypes', join(folder, 'call'), {
    unit: {kind: 'patient', id: 'P1'}, inputs: {rearrangements: [{unit: 'S1-tcr', path: imported.outputs['rearrangements']}], qc_cells: [{unit: 'S1', path: cells}]}, params, design: {rows: [row], timepoints: ['baseline']},
  });
}

describe.skipIf(sharedData === undefined)('real libraries', () => {
  const contigs = (): string => dataFile('vdj/sc5p_v2_hs_PBMC_1k/tcr/filtered_contig_annotations.csv');
  const barcodes = (): string[] => gunzipSync(readFileSync(dataFile('vdj/sc5p_v2_hs_PBMC_1k/gex_barcodes.tsv.gz'))).toString('utf8').trim().split('\n');

  // 481 of 482 T cells are among the 972 barcodes: data/README.md. One of the 482 has no productive chain.
  test('of one run, as written: 481 cells match', () => {
    const [match] = rowsOf(call(contigs(), barcodes()), 'barcode_match');
    expect(match).toMatchObject({n_matrix_barcodes: '972', n_both: '481', rule: 'as written', missing: null});
  });

  test('the matrix without -1 and behind a prefix: the same cells match, and cell_id is that of the matrix', () => {
    const run = call(contigs(), barcodes().map((barcode) => `Pt17_${barcode.replace('-1', '')}`));
    expect(rowsOf(run, 'barcode_match')).toMatchObject([{n_both: '481', rule: 'the nucleotides of the barcode alone'}]);
    expect(rowsOf(run, 'cells').filter((cell) => /^S1_Pt17_[ACGT]{16}$/.test(String(cell['cell_id'])))).toHaveLength(481);
  });

  // 42 of the 52 cells of the matrix are V(D)J cells, and the V(D)J library has thousands more: data/README.md.
  test('a matrix of few cells is right although 2 % of the V(D)J cells are in it', () => {
    const path = dataFile('ards_blood_lung_tcr/P17B/filtered_feature_bc_matrix/barcodes.tsv.gz');
    const [match] = rowsOf(call(dataFile('ards_blood_lung_tcr/P17B/filtered_contig_annotations.csv.gz'), gunzipSync(readFileSync(path)).toString('utf8').trim().split('\n')), 'barcode_match');
    expect(match).toMatchObject({n_matrix_barcodes: '52', n_both: '42', rule: 'as written'});
    expect(Number(match['match_rate'])).toBeCloseTo(42 / 52, 8);
  });

  test('the library of another sample is refused with the numbers, and passes where the user says so', () => {
    const strange = readTable(dataFile('ards_blood_lung_tcr/P17B/filtered_contig_annotations.csv.gz')).rows.slice(0, 400).map((one) => String(one['barcode']));
    const others = [...new Set(strange)];
    const run = call(contigs(), others);
    expect(run.status).toBe(65);
    expect(run.problem).toMatchObject({found: expect.stringMatching(new RegExp(`^\\d of 48[12] tcr cells among the ${others.length} barcodes of the count matrix of S1$`)), expected: 'at least 10 % of either'});
    expect(call(contigs(), others, {min_barcode_match: 0}).status).toBe(0);
  });
});

test('a handful of V(D)J cells outside of the matrix is no error: B cells after depletion', () => {
  const contigs = join(folder, 'contigs.csv');
  writeFileSync(contigs, 'barcode,is_cell,contig_id,high_confidence,chain,v_gene,d_gene,j_gene,c_gene,productive,cdr3,cdr3_nt,reads,umis\nAAACCCAAGGAGAGTA-1,True,c1,True,TRB,TRBV1,,TRBJ1,TRBC1,True,CASF,TGTGCCAGCTTC,10,2\n');
  const run = call(contigs, ['TTTTCCAAGGAGAGTA-1']);
  expect(run.status).toBe(0);
  expect(rowsOf(run, 'barcode_match')).toMatchObject([{n_vdj_cells: '1', n_both: '0', match_rate: '0', rule: null}]);
});
