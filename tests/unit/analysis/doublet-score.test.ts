import {expect, test} from 'vitest';
import {coexpressionScorer} from '../../../pipeline/analysis/coexpression-score.ts';
import {doubletNeighbors, doubletScores, drawPairs, expectedDoubletRate, neighborScores, pairSums} from '../../../pipeline/analysis/doublet-score.ts';
import {randomStream} from '../../../pipeline/base/random.ts';
import type {SparseMatrix} from '../../../pipeline/data/matrix.ts';

test('every simulated doublet is two different cells, two a cell, and its counts are their sum', () => {
  // Cell k holds 10^k of a gene of its own and 1 of a shared one: the sum says which two were taken.
  const counts: SparseMatrix = {kind: 'sparse', nRows: 3, nColumns: 4, indptr: Uint32Array.of(0, 2, 4, 6), indices: Uint32Array.of(0, 3, 1, 3, 2, 3), values: Float32Array.of(1, 1, 10, 1, 100, 1)};
  const pairs = drawPairs(3, randomStream(1, 'test'));
  expect(pairs).toHaveLength(12);
  const sumOf = pairSums(counts);
  for (let k = 0; k < pairs.length; k += 2) {
    const [a, b] = [pairs[k], pairs[k + 1]].sort();
    const {columns, sums} = sumOf(pairs[k], pairs[k + 1]);
    expect([Array.from(columns), Array.from(sums)]).toEqual([[a, b, 3], [10 ** a, 10 ** b, 2]]);
  }
  // 300 cells: each is drawn four times in the mean, and e^-4 of them (5 or 6) never.
  const drawn = drawPairs(300, randomStream(1, 'test'));
  expect([drawn.length, Math.min(...drawn), Math.max(...drawn)]).toEqual([1200, 0, 299]);
  expect(new Set(drawn).size).toBeGreaterThan(285);
  for (let k = 0; k < drawn.length; k += 2) expect(drawn[k]).not.toBe(drawn[k + 1]);
});

test('the score among neighbours is the posterior of Wolock et al. 2019', () => {
  // 400 cells: k = round(0.5 x 20) = 10, with two simulated a cell round(10 x 3) = 30.
  expect(doubletNeighbors(400)).toBe(30);
  // Two cells with 3 neighbours of 6: the first has none simulated, the second all. q = 1/5 and 4/5, rate 0.06, r = 2:
  // (q x 0.03) / (0.94 - q x 0.91) = 0.006/0.758 and 0.024/0.212.
  const scores = neighborScores([1, 0, 1, 2, 3, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0], {nCells: 2, nNeighbors: 3, expectedRate: 0.06});
  expect(scores[0]).toBeCloseTo(0.006 / 0.758, 12);
  expect(scores[1]).toBeCloseTo(0.024 / 0.212, 12);
});

test('two scores are put together by their ranks, ties at their middle', () => {
  // Two cells and four simulated. First score 1 2 2 3 4 5: shares below 0, 0.3 (mean of 1/5 and 2/5), 0.3, 0.6, 0.8, 1. Second 10 30 20 ...: 0, 0.4, 0.2, 0.6, 0.8, 1.
  const {cells} = doubletScores([Float64Array.of(1, 2, 2, 3, 4, 5), Float64Array.of(10, 30, 20, 40, 50, 60)], {nCells: 2, expectedRate: 0.1});
  expect(Array.from(cells, (score) => score.toFixed(6))).toEqual(['0.000000', '0.350000']);
});

/** 100 cells scored 0..99 and 200 simulated doublets, by one score; the threshold as a number of called cells, or the reason. */
function called(simulated: (k: number) => number, expectedRate: number): number | string {
  const scores = Float64Array.from([...Array.from({length: 100}, (_, k) => k), ...Array.from({length: 200}, (_, k) => simulated(k))]);
  const {cells, threshold} = doubletScores([scores], {nCells: 100, expectedRate});
  return 'missing' in threshold ? threshold.missing : cells.filter((score) => score >= threshold.at).length;
}

test('as many cells are called as doublets are expected, and none where simulated doublets are hardly more frequent above', () => {
  // Every simulated doublet scores above the cells: 10 calls, the rate of simulated ones is 10 times that of cells.
  expect(called(() => 200, 0.1)).toBe(10);
  // Half of them do: 5 times 10 % of the cells, just enough.
  expect(called((k) => (k % 2 === 0 ? 200 : -1), 0.1)).toBe(10);
  // 40 % do: 5 times the highest 8 cells.
  expect(called((k) => (k % 5 < 2 ? 200 : -1), 0.1)).toBe(8);
  // None does: they are where the lowest cells are.
  expect(called(() => -1, 0.1)).toBe('simulated doublets score hardly higher than cells: less than 5 times as many lie above any threshold for 10 calls');
  expect(called(() => 200, 0.004)).toBe('less than one doublet expected among 100 cells');
});

test('a cell that expresses genes of two exclusive kinds scores above all others', () => {
  // 20 cells of gene 0 and 1, 20 of gene 2 and 3; the last expresses all four. Alone in 41 cells: genes 0 and 2 in 40 (p = 2 x 21/41 x 20/41), 0 and 1 never.
  const kinds = [...Array.from({length: 40}, (_, cell) => (cell < 20 ? [0, 1] : [2, 3])), [0, 1, 2, 3]];
  const counts: SparseMatrix = {
    kind: 'sparse', nRows: 41, nColumns: 4, indptr: Uint32Array.from({length: 42}, (_, row) => kinds.slice(0, row).flat().length), indices: Uint32Array.from(kinds.flat()), values: new Float32Array(kinds.flat().length).fill(1),
  };
  const scorer = coexpressionScorer(counts);
  const scores = Float64Array.from({length: 41}, (_, cell) => scorer.cell(cell));
  expect(Math.max(...scores.subarray(0, 40))).toBeLessThan(0.01);
  // Pairs 0-2, 0-3, 1-2, 1-3, 21 and 21 detected: p = 840/1681, alone 40 of 41: z = (40 - 41 p) / sqrt(41 p (1 - p)) = 6.09. z^2/2 + ln(z sqrt(2 pi)) = 21.3 each.
  const [p, n] = [840 / 1681, 41];
  const z = (40 - n * p) / Math.sqrt(n * p * (1 - p));
  expect(scores[40]).toBeCloseTo(4 * ((z * z) / 2 + Math.log(z * Math.sqrt(2 * Math.PI))), 1);
  // A droplet with a cell of each kind expresses the same four genes, one with two of a kind what each of them does.
  expect(scorer.pair(0, 20)).toBe(scores[40]);
  expect(scorer.pair(0, 1)).toBe(scores[0]);
});

test('the expected share of doublets follows the cells of the well', () => {
  // 10x: 8 % of 10,000 cells.
  const alone = {nBarcodes: 10_000, nDoublets: 0, nUnassigned: 0, nOfOtherSamples: 0};
  expect(expectedDoubletRate(alone)).toBeCloseTo(0.08, 12);
  // A quarter of the same well, by a table of labels that knows no doublets: they are among its cells at the same rate.
  expect(expectedDoubletRate({...alone, nBarcodes: 2500, nOfOtherSamples: 7500})).toBeCloseTo(0.08, 12);
  // By a table that took 600 doublets of two samples out, and 100 barcodes of no one: 2,325 of 9,300 cells are its own. Two of a pair are its own with
  // (2325/9300)^2 = 1/16, one with 1/4: 8 % / 16 of all barcodes over 1/4 of them is 2 %.
  expect(expectedDoubletRate({nBarcodes: 2325 + 700, nDoublets: 600, nUnassigned: 100, nOfOtherSamples: 6975})).toBeCloseTo(0.02, 12);
  expect([expectedDoubletRate({...alone, nBarcodes: 20}), expectedDoubletRate({...alone, nBarcodes: 100_000})]).toEqual([0.001, 0.5]);
});
