import {expect, test} from 'vitest';
import {doubletNeighbors, doubletScores, withSimulatedDoublets} from '../../../pipeline/analysis/doublet-score.ts';
import {randomStream} from '../../../pipeline/base/random.ts';
import type {SparseMatrix} from '../../../pipeline/data/matrix.ts';

test('every simulated doublet is the sum of two different cells', () => {
  // Cell k holds 10^k of a gene of its own and 1 of a shared one: the sum says which two were taken.
  const counts: SparseMatrix = {kind: 'sparse', nRows: 3, nColumns: 4, indptr: Uint32Array.of(0, 2, 4, 6), indices: Uint32Array.of(0, 3, 1, 3, 2, 3), values: Float32Array.of(1, 1, 10, 1, 100, 1)};
  const all = withSimulatedDoublets(counts, randomStream(1, 'test'));
  expect(all.nRows).toBe(9);
  const sums = Array.from({length: 9}, (_, row) => Array.from(all.values.subarray(all.indptr[row], all.indptr[row + 1])));
  expect(sums.slice(0, 3)).toEqual([[1, 1], [10, 1], [100, 1]]);
  for (const sum of sums.slice(3)) expect([[1, 10, 2], [1, 100, 2], [10, 100, 2]]).toContainEqual(sum);
  for (let row = 0; row < 9; row++) expect(Array.from(all.indices.subarray(all.indptr[row], all.indptr[row + 1]))).toEqual([...all.indices.subarray(all.indptr[row], all.indptr[row + 1])].sort());
});

test('the score is the posterior of Wolock et al. 2019', () => {
  // 400 cells: k = round(0.5 x 20) = 10, with two simulated a cell round(10 x 3) = 30.
  expect(doubletNeighbors(400)).toBe(30);
  // Two cells with 3 neighbours of 6: the first has none simulated, the second all. q = 1/5 and 4/5, rate 0.06, r = 2:
  // (q x 0.03) / (0.94 - q x 0.91) = 0.006/0.758 and 0.024/0.212.
  const {cells} = doubletScores([1, 0, 1, 2, 3, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0], {nCells: 2, nNeighbors: 3, expectedRate: 0.06});
  expect(cells[0]).toBeCloseTo(0.006 / 0.758, 12);
  expect(cells[1]).toBeCloseTo(0.024 / 0.212, 12);
});

/** Neighbourhoods of 20 for `nCells` cells (none simulated) and twice as many simulated doublets with the given numbers of simulated neighbours. */
function scoresOf(nCells: number, nSimulatedOf: (k: number) => number): ReturnType<typeof doubletScores> {
  const neighbors = Array.from({length: 3 * nCells}, (_, row) => Array.from({length: 20}, (_unused, k) => (row >= nCells && k < nSimulatedOf(row - nCells) ? nCells : 0))).flat();
  return doubletScores(neighbors, {nCells, nNeighbors: 20, expectedRate: 0.1});
}

test('the threshold lies between the two peaks of the simulated doublets, and there is none where they have one', () => {
  const scoreAt = (n: number): number => {
    const q = (n + 1) / 22;
    return (q * 0.05) / (0.9 - q * 0.85);
  };
  const two = scoresOf(100, (k) => (k % 2 === 0 ? 1 + (k % 3) : 17 + (k % 3)));
  expect('at' in two.threshold && two.threshold.at > scoreAt(3) && two.threshold.at < scoreAt(17)).toBe(true);
  expect(scoresOf(100, () => 5).threshold).toEqual({missing: 'the scores of simulated doublets have one peak, no valley to call at'});
  // Three of 200 stand apart: nothing that could be detected.
  expect(scoresOf(100, (k) => (k < 2 ? 15 : k === 2 ? 20 : 3)).threshold).toEqual({missing: 'the valley of the scores leaves only 1.5 % of the simulated doublets above it'});
});
