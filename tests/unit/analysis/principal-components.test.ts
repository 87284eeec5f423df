// Components against numpy's and scran's, of blocks and without.
import * as scran from 'scran.js';
import {afterAll, expect, test} from 'vitest';
import {principalComponents} from '../../../pipeline/analysis/principal-components.ts';
import {sparseRows, type SparseRows} from '../../../pipeline/analysis/sparse-rows.ts';
import {symmetricEigen} from '../../../pipeline/analysis/symmetric-eigen.ts';
import {randomStream} from '../../../pipeline/base/random.ts';

afterAll(() => scran.terminate());

function sparse(nRows: number, nColumns: number, value: (row: number, column: number) => number): SparseRows {
  const built = sparseRows({nRows, nColumns, most: nRows * nColumns});
  for (let row = 0; row < nRows; row++) built.addDense(Float64Array.from({length: nColumns}, (_, column) => value(row, column)));
  return built.rows();
}

const sumOfSquares = (values: Float64Array, width: number, column: number): number => values.reduce((sum, value, k) => (k % width === column ? sum + value * value : sum), 0);

test('eigenvalues and vectors of a matrix whose own are known', () => {
  // [[2, 1], [1, 2]] has 3 along (1, 1) and 1 along (1, -1); a third direction on its own has 5.
  const {values, vectors} = symmetricEigen([[2, 0, 1], [0, 5, 0], [1, 0, 2]]);
  expect(Array.from(values, (value) => value.toFixed(12))).toEqual(['5.000000000000', '3.000000000000', '1.000000000000']);
  expect(vectors.map((vector) => Array.from(vector, (value) => Math.abs(value).toFixed(12)))).toEqual([
    ['0.000000000000', '1.000000000000', '0.000000000000'], ['0.707106781187', '0.000000000000', '0.707106781187'], ['0.707106781187', '0.000000000000', '0.707106781187'],
  ]);
});

test.each([
  // numpy 2.5.5: the matrix less its block means, svd, squares of the singular values and the first row of u s (signs aside).
  ['no blocks', 1, [483.03079214, 176.92057392, 152.86651409], [1.92456084, 3.08832515, 0.67433926]],
  ['three blocks', 3, [482.92363525, 175.61459746, 151.6591434], [1.9792157, 3.35430448, 0.98485286]],
] as const)('%s: squares and scores are those of numpy', (_, nBlocks, squares, first) => {
  const matrix = sparse(30, 12, (i, j) => Math.max(0, ((7 * i + 13 * j + 3 * i * j) % 11) - 5));
  const {nComponents, components} = principalComponents(matrix, {nComponents: 3, block: Int32Array.from({length: 30}, (__, row) => row % nBlocks)});
  expect(nComponents).toBe(3);
  for (let k = 0; k < 3; k++) {
    expect(sumOfSquares(components, 3, k)).toBeCloseTo(squares[k], 6);
    expect(Math.abs(components[k])).toBeCloseTo(first[k], 6);
  }
});

/** 1,400 and 200 cells of 150 genes: four kinds of cells, of which two are in the large block only, over noise. */
function planted(): {matrix: SparseRows; block: Int32Array; dense: Float64Array} {
  const random = randomStream(5, 'planted components');
  const [nRows, nColumns] = [1600, 150];
  const block = Int32Array.from({length: nRows}, (_, row) => (row < 1400 ? 0 : 1));
  const dense = Float64Array.from({length: nRows * nColumns}, (_, k) => {
    const [row, column] = [Math.floor(k / nColumns), k % nColumns];
    const kind = row % (block[row] === 0 ? 4 : 2);
    const mean = (Math.floor(column / (10 + 5 * kind)) === kind ? 2.5 : 0.4) + (block[row] === 1 && column % 3 === 0 ? 0.5 : 0);
    return Math.max(0, Math.round(mean + random.normal()));
  });
  return {matrix: sparse(nRows, nColumns, (row, column) => dense[row * nColumns + column]), block, dense};
}

test('with a large and a small sample the components are those of scran, which weighs blocks alike', async () => {
  const {matrix, block, dense} = planted();
  await scran.initialize({numberOfThreads: 1});
  const [indices, indptr] = [Int32Array.from(matrix.indices), Int32Array.from(matrix.indptr)];
  const loaded = scran.initializeSparseMatrixFromSparseArrays(150, 1600, dense.filter((value) => value !== 0), indices, indptr, {byRow: false, forceInteger: true, layered: true});
  const theirs = scran.runPca(loaded, {features: new Uint8Array(150).fill(1), numberOfPCs: 3, block, blockMethod: 'regress'}).principalComponents();
  const ours = principalComponents(matrix, {nComponents: 3, block}).components;
  for (let k = 0; k < 3; k++) {
    const together = ours.reduce((sum, value, at) => (at % 3 === k ? sum + value * theirs[at] : sum), 0);
    expect(Math.abs(together) / Math.sqrt(sumOfSquares(ours, 3, k) * sumOfSquares(theirs, 3, k))).toBeGreaterThan(0.99999);
    expect(sumOfSquares(ours, 3, k) / sumOfSquares(theirs, 3, k)).toBeCloseTo(1, 4);
  }
});

test('fewer rows or columns than components are fewer components, and nothing to vary is zeros', () => {
  expect(principalComponents(sparse(40, 3, (i, j) => (i * (j + 2)) % 5), {nComponents: 20, block: new Int32Array(40)}).nComponents).toBe(3);
  const {nComponents, components} = principalComponents(sparse(12, 30, () => 1), {nComponents: 20, block: new Int32Array(12)});
  expect([nComponents, components.every((value) => Math.abs(value) < 1e-9)]).toEqual([12, true]);
});
