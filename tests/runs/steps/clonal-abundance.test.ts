import {mkdirSync, mkdtempSync, readFileSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join, resolve} from 'node:path';
import {afterAll, afterEach, beforeAll, beforeEach, describe, expect, test} from 'vitest';
import type {Row} from '../../../pipeline/data/table.ts';
import {readTable, writeTable} from '../../../pipeline/formats/delimited-text.ts';
import type {DesignRow} from '../../../pipeline/model/job-file.ts';
import {runStepFolder, type StepRequest, type StepRun} from '../../rig/run-step.ts';
import {dataFile, sharedData} from '../../rig/shared-data.ts';
import {libraryRow, rowsOf, runReceptorChain, type Chain, type ChainRequest} from './clonal-abundance-chain.ts';

const root = resolve(import.meta.dirname, '../../..');
const perPatient = ['clones', 'cells', 'rearrangements', 'rules', 'alternatives'];
const tables = ['clones', 'clonal_abundance', 'clonal_diversity', 'clone_tracking', 'repertoire_overlap', 'receptor_attrition', 'airr_rearrangements', 'tracking_power', 'clone_trajectories', 'clone_rules', 'clone_rule_sensitivity', 'clone_phenotypes', 'bcr_features'];

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lymphline-abundance-'));
});
afterEach(() => rmSync(folder, {recursive: true, force: true}));

describe('a simulated cohort of two patients', () => {
  let cohort: string;
  let request: ChainRequest;
  let chain: Chain;
  let truth: ReadonlyMap<string, Row>;
  beforeAll(() => {
    const made = mkdtempSync(join(tmpdir(), 'lymphline-simulated-'));
    const inputs = {sets: join(root, 'configs/signatures/signatures.gmt'), cell_types: join(root, 'configs/cell-types.yaml')};
    const run = runStepFolder('simulate', made, {inputs, params: {patients: 2, cells: 200, other_genes: 200}});
    if (run.status !== 0) throw new Error(run.stderr);
    cohort = run.outputs['cohort'];
    const rows = readTable(join(cohort, 'samples.tsv')).rows.map((row) => libraryRow(String(row['sample_id']), String(row['library']), {
      patient_id: String(row['patient_id']), timepoint: String(row['timepoint']), day: String(row['day']), path: String(row['path']),
    }));
    request = {
      libraries: rows.filter((row) => row['library'] !== 'gex').map((row) => ({row, contigs: join(cohort, row['path'])})),
      timepoints: ['baseline', 'month1', 'month3'],
      contrasts: [{name: 'month3-vs-baseline', by: 'timepoint', before: 'baseline', after: 'month3', where: {}, primary: true}],
      abundance: {draws: 100},
    };
    mkdirSync(join(made, 'chain'));
    chain = runReceptorChain(join(made, 'chain'), request);
    truth = new Map(readTable(join(cohort, 'truth/cells.tsv.gz')).rows.map((row) => [String(row['cell_id']), row]));
  });
  afterAll(() => rmSync(join(cohort, '../..'), {recursive: true, force: true}));

  test.each([['TCR', 1], ['BCR', 0.99]])('%s clones of single-pair singlets are the true ones (adjusted Rand index %d or more)', (receptor, least) => {
    const pairs = [...chain.called.values()].flatMap((run) => rowsOf(run, 'cells')).flatMap((cell): [string, string][] => {
      const known = truth.get(String(cell['cell_id']));
      return known?.['kind'] === 'singlet' && cell['chain_status'] === 'single pair' && cell['receptor'] === receptor ? [[String(cell['clone_id']), String(known['clone_id'])]] : [];
    });
    expect(pairs.length).toBeGreaterThan(100);
    expect(adjustedRandIndex(pairs)).toBeGreaterThanOrEqual(least);
  });

  test('B cells that are gone are missing with their number, and never 0', () => {
    const gone = rowsOf(chain.cohort, 'clonal_diversity').filter((row) => row['timepoint'] === 'month1' && row['receptor'] === 'BCR');
    expect(gone.length).toBeGreaterThan(0);
    expect(gone.filter((row) => row['value'] !== null || !/^only \d+ BCR\+ cells, 20 needed$/.test(String(row['missing'])))).toEqual([]);
  });

  test('another patient changes no row of a patient', () => {
    const alone = runReceptorChain(folder, {...request, libraries: request.libraries.filter(({row}) => row['patient_id'] === 'P01')});
    for (const table of tables) {
      const isOwn = (row: Row): boolean => [row['patient_id'], row['sample_id'], row['sample_id_a']].some((id) => String(id).startsWith('P01')) && row['same_patient'] !== 'false';
      expect(rowsOf(alone.cohort, table).length, table).toBeGreaterThan(0);
      expect(rowsOf(chain.cohort, table).filter(isOwn), table).toEqual(rowsOf(alone.cohort, table));
    }
  });

  test('the order in which the files of the patients come changes no byte', () => {
    const inputs = Object.fromEntries(perPatient.map((output) => [output, [...chain.called].reverse().map(([unit, run]) => ({unit, path: run.outputs[output]}))]));
    const {libraries, timepoints, contrasts, abundance} = request;
    const run = runStepFolder('clonal-abundance', folder, {inputs, params: abundance, design: {rows: libraries.map(({row}) => row), timepoints, contrasts, missing_pairs: 'drop', visits: []}});
    for (const table of tables) expect(readFileSync(run.outputs[table]).equals(readFileSync(chain.cohort.outputs[table])), table).toBe(true);
  });

  test('the frequencies of a sample sum to 1, and cells are counted once: read = removed + counted', () => {
    const abundance = Map.groupBy(rowsOf(chain.cohort, 'clonal_abundance').filter((row) => row['clone_id'] !== null), (row) => [row['sample_id'], row['receptor'], row['level'], row['cell_type']].join(' '));
    for (const rows of abundance.values()) expect(rows.reduce((sum, row) => sum + Number(row['frequency']), 0)).toBeCloseTo(1, 8);
    for (const rows of Map.groupBy(rowsOf(chain.cohort, 'receptor_attrition'), (row) => [row['sample_id'], row['receptor']].join(' ')).values()) {
      const removed = rows.reduce((sum, row) => sum + Number(row['n_removed']), 0);
      expect(Number(rows[0]['n_cells'])).toBe(removed + Number(rows.at(-1)?.['n_cells']));
    }
  });

  // The columns that AIRR Rearrangement 1.5 requires; airr-tools 2.0.0 (Python) finds such a table valid.
  test('airr_rearrangements has the required columns and one sequence_id a row', () => {
    const {columns, rows} = readTable(chain.cohort.outputs['airr_rearrangements']);
    expect(columns).toEqual(expect.arrayContaining([
      'sequence_id', 'sequence', 'rev_comp', 'productive', 'v_call', 'd_call', 'j_call', 'sequence_alignment', 'germline_alignment', 'junction', 'junction_aa', 'v_cigar', 'd_cigar', 'j_cigar', 'cell_id', 'clone_id',
    ]));
    expect(new Set(rows.map((row) => row['sequence_id'])).size).toBe(rows.length);
  });
});

// Clones of an independent Python program (pandas 2.3.3, single linkage of scipy 1.17.1): MD4 129 and 8 singletons of 137 B cells; values by numpy.
test.skipIf(sharedData === undefined).each([['MD4', 0.8434601583, 129 / 137], ['BL6', 0.0129997021, 5 / 143]])('spleen of the mouse %s: B-cell clonality %d', (mouse, clonality, topClone) => {
  const chain = runReceptorChain(folder, {
    libraries: ['TCR', 'BCR'].map((kind) => ({row: libraryRow(mouse, kind.toLowerCase(), {patient_id: mouse, timepoint: 'once'}), contigs: dataFile(`mouse_spleen_gex_bcr_tcr/${mouse}/${kind}/filtered_contig_annotations.csv.gz`)})),
    timepoints: ['once'], abundance: {draws: 10},
  });
  const value = (measure: string): number => Number(rowsOf(chain.cohort, 'clonal_diversity').find((row) => row['receptor'] === 'BCR' && row['measure'] === measure && row['method'] === 'observed')?.['value']);
  expect(value('clonality')).toBeCloseTo(clonality, 9);
  expect(value('top_clone')).toBeCloseTo(topClone, 9);
});

const gexRow = libraryRow('S1', 'gex', {patient_id: 'P1', timepoint: 'baseline'});
const tcrRow = libraryRow('S1', 'tcr', {patient_id: 'P1', timepoint: 'baseline'});

/** Twelve T cells of one sample in two clones, two of them orphans. */
function runTwelve(rows: readonly DesignRow[], {params, ...tables}: {params?: StepRequest['params']; qc?: readonly Row[]; labels?: readonly Row[]} = {}): StepRun {
  const keys = {sample_id: 'S1', patient_id: 'P1', timepoint: 'baseline', day: null};
  const cells = Array.from({length: 12}, (_, k): Row => ({...keys, cell_id: `S1_C${k}-1`, receptor: 'TCR', chain_status: k < 2 ? 'orphan VDJ' : 'single pair', clone_id: `P1-TCR-${k < 8 ? 1 : 2}`}));
  const write = (name: string, given: readonly Row[] | undefined, columns: readonly string[]): string => {
    writeTable(join(folder, name), {columns, rows: given ?? []});
    return join(folder, name);
  };
  const inputs = {
    clones: write('clones.tsv', [], ['clone_id', 'junction_1', 'junction_2']),
    cells: write('cells.tsv', cells, ['sample_id', 'patient_id', 'timepoint', 'day', 'cell_id', 'receptor', 'chain_status', 'clone_id', 'missing']),
    rearrangements: write('airr.tsv', [], ['sequence_id']),
    ...(tables.qc ? {qc_cells: write('qc.tsv', tables.qc, ['sample_id', 'cell_id', 'kept', 'removed_because'])} : {}),
    ...(tables.labels ? {labels: write('labels.tsv', tables.labels, ['cell_id', 'sample_id', 'lineage', 'cell_type'])} : {}),
  };
  return runStepFolder('clonal-abundance', folder, {inputs, params: {min_cells: 5, draws: 10, ...params}, design: {rows, timepoints: ['baseline'], contrasts: [], missing_pairs: 'drop', visits: []}});
}

const barcodes = (suffix: string, nKept: number): Row[] => Array.from({length: 12}, (_, k) => ({sample_id: 'S1', cell_id: `S1_C${k}${suffix}`, kept: k < nKept, removed_because: k < nKept ? null : 'n_genes below 200'}));
const summaryOf = (run: StepRun): unknown[] => rowsOf(run, 'clonal_abundance').filter((row) => row['level'] === 'all').map((row) => [row['sample_id'], row['clone_size'], row['n_cells'], String(row['missing']).replace(/;? ?cells_per_ul.*/, '')]);

describe('the denominator', () => {
  test('kept: cells that QC removed do not count, and are told apart', () => {
    const run = runTwelve([gexRow, tcrRow], {qc: barcodes('-1', 9)});
    expect(summaryOf(run)).toEqual([['S1', '8', '9', ''], ['S1', '1', '9', '']]);
    expect(rowsOf(run, 'receptor_attrition').map((row) => [row['stage'], row['n_cells'], row['n_removed'], row['reason']])).toEqual([
      ['read', '12', '0', 'cells with a contig'], ['kept', '9', '3', 'removed by QC: n_genes below 200'], ['counted', '9', '0', 'cells kept by QC with a clone'],
    ]);
  });

  test('vdj_cells counts them all, and so does kept where there is no gene expression', () => {
    const expected = [['S1', '8', '12', ''], ['S1', '4', '12', '']];
    expect(summaryOf(runTwelve([gexRow, tcrRow], {qc: barcodes('-1', 9), params: {denominator: 'vdj_cells'}}))).toEqual(expected);
    const without = runTwelve([tcrRow]);
    expect(summaryOf(without)).toEqual(expected);
    expect(rowsOf(without, 'receptor_attrition').at(-1)?.['reason']).toBe('V(D)J cells with a clone: the sample has no gene expression');
  });

  test('paired leaves out the cells of one arm', () => {
    expect(summaryOf(runTwelve([gexRow, tcrRow], {qc: barcodes('-1', 9), params: {denominator: 'paired'}}))).toEqual([['S1', '6', '7', ''], ['S1', '1', '7', '']]);
  });
});

describe('is missing with its reason', () => {
  test.each<[string, readonly DesignRow[], Parameters<typeof runTwelve>[1], string]>([
    ['a sample under the minimum', [tcrRow], {params: {min_cells: 13}}, 'only 12 TCR+ cells, 13 needed'],
    ['a sample whose barcodes are spelled otherwise in the count matrix', [gexRow, tcrRow], {qc: barcodes('', 12)}, 'none of 12 TCR cells is a barcode of the count matrix (S1_C0-1 against S1_C11)'],
    ['a sample whose gene expression failed', [gexRow, tcrRow], {}, 'no QC result of its gene expression'],
    ['an excluded library', [gexRow, {...tcrRow, excluded: 'chip failed'}, libraryRow('S2', 'tcr', {patient_id: 'P2', timepoint: 'baseline'})], {qc: barcodes('-1', 12)}, 'declared gap: chip failed'],
    ['a visit without sequencing', [libraryRow('S1', '', {patient_id: 'P1', timepoint: 'baseline'}), libraryRow('S2', 'tcr', {patient_id: 'P2', timepoint: 'baseline'})], {}, 'declared gap: no sequencing at this visit'],
    ['a library that only other samples have', [gexRow, libraryRow('S2', 'tcr', {patient_id: 'P2', timepoint: 'baseline'})], {qc: barcodes('-1', 12)}, 'no TCR library'],
  ])('%s', (_name, rows, given, reason) => {
    const run = runTwelve(rows, given);
    expect(run.stderr).toBe('');
    const own = rowsOf(run, 'clonal_diversity').filter((row) => row['sample_id'] === 'S1');
    // Observed 5 Hill numbers and 10 others, depth-matched 5 and 3, coverage-matched 5, asymptotic 5.
    expect(own.length).toBe(33);
    expect(new Set(own.map((row) => row['value'] ?? row['missing']))).toEqual(new Set([reason]));
    expect(rowsOf(run, 'clonal_abundance').filter((row) => row['sample_id'] === 'S1').every((row) => row['abundance'] === null && String(row['missing']).startsWith(reason))).toBe(true);
  });
});

test('cell types have rows of their own; a T-cell receptor in a monocyte counts under all only', () => {
  const labels = Array.from({length: 12}, (_, k): Row => ({cell_id: `S1_C${k}-1`, sample_id: 'S1', lineage: k < 2 ? 'monocyte' : 'T cell', cell_type: k < 2 ? 'monocyte' : k < 9 ? 'CD8 T cell' : 'T cell'}));
  const run = runTwelve([{...gexRow, lymphocytes_per_ul: '500'}, tcrRow], {qc: barcodes('-1', 12), labels});
  const rows = rowsOf(run, 'clonal_abundance').map((row) => [row['level'], row['cell_type'], row['clone_size'], row['n_cells'], row['cells_per_ul']]);
  // Ten lymphoid cells kept of 500 per microlitre: 50 a cell.
  expect(rows).toEqual([
    ['all', 'all', '8', '12', '400'], ['all', 'all', '4', '12', '200'], ['lineage', 'T cell', '6', '10', '300'], ['lineage', 'T cell', '4', '10', '200'],
    ['type', 'CD8 T cell', '6', '7', '300'], ['type', 'CD8 T cell', '1', '7', '50'],
  ]);
});

test('class_cuts that do not ascend are refused', () => {
  expect(runTwelve([tcrRow], {params: {class_cuts: [1, 9, 9]}})).toMatchObject({status: 65, problem: {input: 'class_cuts', found: '[1,9,9]'}});
});

/** Hubert and Arabie 1985. */
function adjustedRandIndex(pairs: readonly (readonly [string, string])[]): number {
  const choose2 = (n: number): number => (n * (n - 1)) / 2;
  const total = (keyOf: (pair: readonly [string, string]) => string): number => [...Map.groupBy(pairs, keyOf).values()].reduce((sum, group) => sum + choose2(group.length), 0);
  const [both, first, second] = [total((pair) => pair.join('\t')), total(([a]) => a), total(([, b]) => b)];
  const expected = (first * second) / choose2(pairs.length);
  return (both - expected) / ((first + second) / 2 - expected);
}
