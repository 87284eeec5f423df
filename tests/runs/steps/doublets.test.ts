// Doublets planted in real cells (Kang) and in a simulated cohort: how far the score tells them, and what qc makes of it.
import {mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {terminate} from 'scran.js';
import {afterAll, beforeAll, describe, expect, test} from 'vitest';
import {chooseCounts, type FoundCounts} from '../../../pipeline/analysis/cell-quality-input.ts';
import {randomStream, type Random} from '../../../pipeline/base/random.ts';
import {columnAsText} from '../../../pipeline/data/annotated-matrix.ts';
import {selectRows, stackRows, type SparseMatrix} from '../../../pipeline/data/matrix.ts';
import {readTable} from '../../../pipeline/formats/delimited-text.ts';
import {readH5ad} from '../../../pipeline/formats/h5ad.ts';
import {readTenxH5} from '../../../pipeline/formats/tenx-h5.ts';
import {scoreDoublets} from '../../../steps/qc/score-doublets.ts';
import {runCli} from '../../rig/cli.ts';
import {runStepFolder, type StepRun} from '../../rig/run-step.ts';
import {dataFile, sharedData} from '../../rig/shared-data.ts';
import {rowsOf} from './clonal-abundance-chain.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'lymphline-doublets-'));
});
afterAll(async () => {
  await terminate();
  rmSync(folder, {recursive: true, force: true});
});

/** Area under the ROC curve by ranks, ties counted half. */
function auroc(positive: readonly number[], negative: readonly number[]): number {
  const below = (value: number): number => negative.reduce((sum, other) => sum + (other < value ? 1 : other === value ? 0.5 : 0), 0);
  return positive.reduce((sum, value) => sum + below(value), 0) / (positive.length * negative.length);
}

/** Sums of two cells, each count kept with probability `thin`. */
function addPairs(counts: SparseMatrix, pairs: readonly (readonly [number, number])[], thin: number, random: Random): SparseMatrix {
  const rows = pairs.map((pair) => {
    const sum = new Map<number, number>();
    for (const cell of pair) for (let k = counts.indptr[cell]; k < counts.indptr[cell + 1]; k++) sum.set(counts.indices[k], (sum.get(counts.indices[k]) ?? 0) + counts.values[k]);
    const kept = (value: number): number => (thin === 1 ? value : Array.from({length: value}, () => random.uniform()).filter((chance) => chance < thin).length);
    return [...sum].sort(([a], [b]) => a - b).map(([gene, value]): [number, number] => [gene, kept(value)]).filter(([, value]) => value > 0);
  });
  const indptr = new Uint32Array(rows.length + 1);
  for (const [k, row] of rows.entries()) indptr[k + 1] = indptr[k] + row.length;
  const entries = rows.flat();
  return stackRows([counts, {kind: 'sparse', nRows: rows.length, nColumns: counts.nColumns, indptr, indices: Uint32Array.from(entries, ([gene]) => gene), values: Float32Array.from(entries, ([, value]) => value)}], counts.nColumns);
}

const lineageOf: Readonly<Record<string, string>> = {'CD4 T cells': 'T', 'CD8 T cells': 'T', 'CD14+ Monocytes': 'myeloid', 'FCGR3A+ Monocytes': 'myeloid', 'Dendritic cells': 'myeloid'};

/** Kang with 10 % pairs of random cells added, in one piece or by `column`; pieces of fewer than 100 cells are no well. */
async function withPairs(thin: number, column?: 'condition' | 'sample'): Promise<{counts: SparseMatrix; nCells: number; isAcross: boolean[]}[]> {
  const data = await readH5ad(dataFile('kang/kang2k.h5ad'), {obsm: false, uns: false});
  const {counts} = chooseCounts(data) as FoundCounts;
  const types = columnAsText(data.obs, 'cell_type') as string[];
  const wells = column === undefined ? [[...types.keys()]] : [...Map.groupBy(types.keys(), (cell) => (columnAsText(data.obs, column) as string[])[cell]).values()];
  return wells.filter((cells) => cells.length >= 100).map((cells) => {
    const random = randomStream(1, 'pairs');
    const pairs = Array.from({length: Math.round(cells.length / 10)}, (): [number, number] => {
      const [first, second] = [random.integer(cells.length), random.integer(cells.length - 1)];
      return [first, second < first ? second : second + 1];
    });
    const isAcross = pairs.map((pair) => new Set(pair.map((cell) => lineageOf[types[cells[cell]]] ?? types[cells[cell]])).size === 2);
    return {counts: addPairs(selectRows(counts, cells), pairs, thin, random), nCells: cells.length, isAcross};
  });
}

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

// Goal: 0.92 over pairs of two lineages, 0.85 over all. A well of Kang is a condition (about 1,000 cells); samples of 100 to 212 cells are the hard case.
describe.skipIf(sharedData === undefined)('10 % pairs added to Kang', () => {
  test.each([
    ['as one, summed', 1, undefined], ['as one, thinned to 65 % of the sum', 0.65, undefined],
    ['by condition, summed', 1, 'condition'], ['by condition, thinned', 0.65, 'condition'],
    ['by sample, summed', 1, 'sample'], ['by sample, thinned', 0.65, 'sample'],
  ] as const)('%s', async (name, thin, column) => {
    const found: {across: number; all: number; called: number}[] = [];
    for (const {counts, nCells, isAcross} of await withPairs(thin, column)) {
      const {scores, threshold} = await scoreDoublets(counts, {expectedRate: 0.1, random: randomStream(1, 'doublets'), threads: 1});
      const cells = Array.from(scores.subarray(0, nCells));
      const planted = Array.from(scores.subarray(nCells));
      found.push({across: auroc(planted.filter((_score, k) => isAcross[k]), cells), all: auroc(planted, cells), called: scores.filter((score) => score >= (threshold ?? Infinity)).length / counts.nRows});
    }
    const [across, all] = [mean(found.map((one) => one.across)), mean(found.map((one) => one.all))];
    console.log(`Kang ${name} (${found.length}): AUROC ${across.toFixed(3)} across lineages, ${all.toFixed(3)} over all`);
    expect([across >= 0.92, all >= 0.85]).toEqual([true, true]);
    // As many as were said to be expected, ties aside.
    for (const {called} of found) expect(called).toBeLessThan(0.105);
  }, 60_000);

  test('which cells are called hardly depends on the seed', async () => {
    const [{counts}] = await withPairs(0.65);
    const calls: Set<number>[] = [];
    for (const seed of [1, 2]) {
      const {scores, threshold} = await scoreDoublets(counts, {expectedRate: 0.1, random: randomStream(seed, 'doublets'), threads: 1});
      expect(threshold).not.toBeNull();
      calls.push(new Set([...scores.keys()].filter((cell) => scores[cell] >= (threshold ?? Infinity))));
    }
    const shared = [...calls[0]].filter((cell) => calls[1].has(cell)).length;
    expect(shared / (calls[0].size + calls[1].size - shared)).toBeGreaterThan(0.7);
  }, 60_000);
});

test('a simulated sample: two lineages in a droplet are told, qc marks or removes them, and attrition adds up', async () => {
  const cohort = join(folder, 'cohort');
  expect(runCli(['simulate', cohort, '--patients', '1', '--cells', '600']).status).toBe(0);
  const matrix = join(cohort, 'matrices/P01-baseline.h5');
  const row = {sample_id: 'P01-baseline', patient_id: 'P01', timepoint: 'baseline', day: '-7', library: 'gex'};
  const imported = runStepFolder('import-counts', mkdtempSync(join(folder, 'import-')), {unit: {kind: 'library', id: 'P01-baseline-gex'}, inputs: {counts: matrix}, design: {rows: [row]}});
  const qc = (params: Record<string, unknown>): StepRun => runStepFolder('qc', mkdtempSync(join(folder, 'qc-')), {unit: {kind: 'sample', id: 'P01-baseline'}, inputs: {counts: imported.outputs['counts']}, design: {rows: [row]}, params});
  const [marked, removed, again] = [qc({doublets: 'mark'}), qc({doublets: 'remove'}), qc({doublets: 'mark'})];
  const truth = new Map(readTable(join(cohort, 'truth/cells.tsv.gz')).rows.map((cell) => [String(cell['cell_id']), cell]));
  const judged = rowsOf(marked, 'cells').filter((cell) => cell['doublet_score'] !== null);
  const scoresOf = (kind: (cell: string) => boolean): number[] => judged.filter((cell) => kind(String(cell['cell_id']))).map((cell) => Number(cell['doublet_score']));
  const [doublets, singlets] = [scoresOf((cell) => truth.get(cell)?.['kind'] === 'doublet'), scoresOf((cell) => truth.get(cell)?.['kind'] === 'singlet')];
  expect(doublets.length).toBeGreaterThan(20);
  // The cohort's truth names one cell of each pair, so that pairs of one lineage are among them; the goal for pairs of two lineages is reached over all.
  expect(auroc(doublets, singlets)).toBeGreaterThan(0.92);
  expect(rowsOf(again, 'cells')).toEqual(rowsOf(marked, 'cells'));

  const nCalled = judged.filter((cell) => cell['doublet_call'] === 'doublet').length;
  expect(nCalled).toBeGreaterThan(0);
  expect(rowsOf(marked, 'cells').filter((cell) => cell['removed_because'] === 'doublet')).toEqual([]);
  expect(rowsOf(removed, 'cells').filter((cell) => cell['removed_because'] === 'doublet')).toHaveLength(nCalled);
  const attrition = rowsOf(removed, 'attrition');
  expect(attrition.find((one) => one['reason'] === 'doublet')).toMatchObject({n_removed: String(nCalled)});
  expect(Number(attrition[0]['n_cells']) - attrition.reduce((sum, one) => sum + Number(one['n_removed']), 0)).toBe(Number(attrition.at(-1)?.['n_cells']));
  expect((await readTenxH5(matrix)).barcodes).toHaveLength(Number(attrition[0]['n_cells']));
}, 120_000);
