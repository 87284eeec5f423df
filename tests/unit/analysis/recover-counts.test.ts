import {expect, test} from 'vitest';
import {chooseCounts} from '../../../pipeline/analysis/cell-quality-input.ts';
import {recoverCounts, recoverFrom} from '../../../pipeline/analysis/recover-counts.ts';
import {randomStream} from '../../../pipeline/base/random.ts';
import type {SparseMatrix} from '../../../pipeline/data/matrix.ts';
import {readH5ad} from '../../../pipeline/formats/h5ad.ts';
import {dataFile, sharedData} from '../../rig/shared-data.ts';

/** 50 cells of 200 genes, counts of 1 to 4,096 with most of them small. */
function plant(): SparseMatrix {
  const random = randomStream(7, 'counts to recover');
  const values = Float32Array.from({length: 50 * 200}, (_, k) => (k % 200 === 0 ? 1 : Math.floor(2 ** (12 * random.uniform() ** 3))));
  return {kind: 'sparse', nRows: 50, nColumns: 200, indptr: Uint32Array.from({length: 51}, (_, k) => 200 * k), indices: Uint32Array.from({length: 10_000}, (_, k) => k % 200), values};
}

/** As scanpy stores it: each cell to 10,000, then the function, as 32-bit floats. */
function normalised(counts: SparseMatrix, then: (value: number) => number): SparseMatrix {
  const totals = Array.from({length: counts.nRows}, (_, row) => counts.values.subarray(200 * row, 200 * row + 200).reduce((sum, value) => sum + value, 0));
  return {...counts, values: counts.values.map((value, k) => then((10_000 * value) / totals[Math.floor(k / 200)]))};
}

test.each<[string, (value: number) => number]>([
  ['natural logarithm', Math.log1p], ['binary logarithm', (value) => Math.log2(value + 1)], ['decimal logarithm', (value) => Math.log10(value + 1)], ['no logarithm', (value) => value],
])('%s: every count comes back', (undone, then) => {
  const counts = plant();
  expect(recoverCounts(normalised(counts, then))).toEqual({counts, undone});
});

test('a cell whose smallest counts are 2 and 3 is told by the others', () => {
  const counts: SparseMatrix = {kind: 'sparse', nRows: 1, nColumns: 4, indptr: Uint32Array.of(0, 4), indices: Uint32Array.of(0, 1, 2, 3), values: Float32Array.of(2, 3, 7, 40)};
  expect(recoverCounts({...counts, values: counts.values.map((value) => Math.log1p(value * 3.7))})?.counts.values).toEqual(counts.values);
});

test('values that are no multiples, that are negative, or that say nothing of a factor are not taken for counts', () => {
  const random = randomStream(8, 'no counts');
  const counts = plant();
  expect(recoverCounts({...counts, values: counts.values.map(() => random.uniform() + 0.1)})).toBeUndefined();
  // Rounded to three decimals, as pbmc68k_reduced has it.
  expect(recoverCounts(normalised(counts, (value) => Math.round(1000 * Math.log1p(value)) / 1000))).toBeUndefined();
  expect(recoverCounts({...counts, values: counts.values.map((value, k) => (k === 9 ? -1 : value))})).toBeUndefined();
  expect(recoverCounts({...counts, values: counts.values.map(() => 0.7)})).toBeUndefined();
});

test.skipIf(!sharedData)('Seurat’s pbmc_small: the recovered counts of each cell add up to its own nUMI', async () => {
  const data = await readH5ad(dataFile('h5ad/pbmc-small_80x20_rawX.h5ad'));
  expect(chooseCounts(data)).toHaveProperty('found');
  const found = recoverFrom(data);
  expect(found?.where).toBe('raw/X, recovered from normalised values (natural logarithm)');
  const {indptr, values, nRows} = found?.counts as SparseMatrix;
  const sums = Array.from({length: nRows}, (_, row) => values.subarray(indptr[row], indptr[row + 1]).reduce((sum, value) => sum + value, 0));
  const column = [...data.obs.columns].find(([name]) => /^(nUMI|nCount_RNA)$/.test(name))?.[1];
  expect(sums).toEqual(column !== undefined && 'values' in column ? [...column.values].map(Number) : []);
});
