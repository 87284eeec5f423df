import {expect, test} from 'vitest';
import {judgeCells, measureCells} from '../../../pipeline/analysis/cell-quality.ts';
import type {SparseMatrix} from '../../../pipeline/data/matrix.ts';

const off = {min_genes: null, max_genes: null, min_counts: null, max_percent_mito: null, mad: null};

function sparse(rows: readonly (readonly number[])[]): SparseMatrix {
  const stored = rows.map((row) => [...row.keys()].filter((j) => row[j] !== 0));
  return {
    kind: 'sparse',
    nRows: rows.length,
    nColumns: rows[0].length,
    indptr: Uint32Array.from([0, ...stored.map((_, i) => stored.slice(0, i + 1).flat().length)]),
    indices: Uint32Array.from(stored.flat()),
    values: Float32Array.from(stored.flatMap((columns, i) => columns.map((j) => rows[i][j]))),
  };
}

test('counts, genes and the mitochondrial share are those of the matrix', () => {
  // Row 2: 3 of 4 UMIs on MT-CO1 = 75 %.
  const metrics = measureCells(sparse([[5, 0, 0], [1, 0, 3], [0, 0, 0]]), ['CD3D', 'MTOR', 'MT-CO1']);
  expect([...metrics.nCounts]).toEqual([5, 4, 0]);
  expect([...metrics.nGenes]).toEqual([1, 2, 0]);
  expect([...(metrics.percentMito ?? [])]).toEqual([0, 75, 0]);
});

test('without a mitochondrial gene the share is missing, not 0, and its bound removes nobody', () => {
  const metrics = measureCells(sparse([[5, 1]]), ['CD3D', 'MTOR']);
  expect(metrics.percentMito).toBeNull();
  expect(judgeCells(metrics, {...off, max_percent_mito: 0})).toEqual([null]);
});

test('a barcode that breaks several rules is counted under the first', () => {
  const metrics = {nCounts: Float64Array.of(10, 900, 800), nGenes: Float64Array.of(5, 300, 250), percentMito: Float64Array.of(90, 5, 11)};
  expect(judgeCells(metrics, {...off, min_genes: 200, min_counts: 100, max_percent_mito: 10})).toEqual(['min_genes', null, 'max_percent_mito']);
});

test('an outlier lies beyond 5 scaled deviations of log counts', () => {
  // ln counts 0..4 in steps of 1: median 2, MAD 1 x 1.4826; 5 MADs reach 2 + 7.413 = 9.413. ln 12,000 = 9.39 stays, ln 13,000 = 9.47 goes.
  // With the sixth value in, the median is 2.5 and the deviations .5 .5 1.5 1.5 2.5 x: MAD 1.5, so the limit is 2.5 + 5 * 1.4826 * 1.5 = 13.62.
  const judge = (last: number): unknown => {
    const nCounts = Float64Array.from([0, 1, 2, 3, 4, last], Math.exp);
    return judgeCells({nCounts, nGenes: new Float64Array(6).fill(10), percentMito: null}, {...off, mad: 5})[5];
  };
  expect(judge(13.6)).toBeNull();
  expect(judge(13.63)).toBe('high_counts_mad');
});

test('equal cells have no outliers', () => {
  const metrics = {nCounts: Float64Array.of(5, 5, 5, 500), nGenes: Float64Array.of(3, 3, 3, 3), percentMito: Float64Array.of(1, 1, 1, 1)};
  expect(judgeCells(metrics, {...off, mad: 5})).toEqual([null, null, null, null]);
});
