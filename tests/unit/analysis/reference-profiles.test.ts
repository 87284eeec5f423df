import {expect, test} from 'vitest';
import {averageProfiles, doubtfulLabels, logNormalised, markersPerPair, pairMarkers, ranksOf} from '../../../pipeline/analysis/reference-profiles.ts';
import type {SparseMatrix} from '../../../pipeline/data/matrix.ts';

/** Three cells, three genes: (4 0 0), (0 2 2), (0 6 2). */
const counts: SparseMatrix = {kind: 'sparse', nRows: 3, nColumns: 3, indptr: Uint32Array.of(0, 1, 3, 5), indices: Uint32Array.of(0, 1, 2, 1, 2), values: Float32Array.of(4, 2, 2, 6, 2)};

test('counts are scaled to the mean library and logged, and profiles are means over their cells', () => {
  // Totals 4, 4, 8, mean 16/3: 4 x (16/3)/4 = 16/3; 2 x (16/3)/4 = 8/3; 6 x (16/3)/8 = 4; 2 x (16/3)/8 = 4/3.
  const logs = logNormalised(counts);
  expect(Array.from(logs.values, (value) => value.toFixed(4))).toEqual([16 / 3, 8 / 3, 8 / 3, 4, 4 / 3].map((value) => Math.log2(1 + value).toFixed(4)));
  const {values, labels} = averageProfiles(counts, Int32Array.of(0, 1, 1), Int32Array.of(0, 1));
  expect([Array.from(values), Array.from(labels)]).toEqual([[4, 0, 0, 0, 4, 2], [0, 1]]);
});

test('ranks start at 1 and ties share the lowest', () => {
  expect(Array.from(ranksOf(Float64Array.of(0, 3, 0, 1)))).toEqual([1, 4, 1, 3]);
});

test('markers of a pair are the genes with the higher median, the largest difference first', () => {
  // SingleR: 500 x (2/3)^log2(n), so 333 for two labels and 222 for four.
  expect([markersPerPair(2), markersPerPair(4)]).toEqual([333, 222]);
  // Label 0: profiles (1 5 0) and (3 5 0), medians 2 5 0; label 1: (0 1 9).
  const markers = pairMarkers({labels: Int32Array.of(0, 0, 1), values: Float64Array.of(1, 5, 0, 3, 5, 0, 0, 1, 9)}, 2);
  expect(markers).toEqual([[[], [1, 0]], [[2], []]]);
});

test('a cell that stands far less above the other labels than is usual is doubtful', () => {
  // Leads over the median of three labels: 0.5, 0.52, 0.48, 0.51, 0.1. Median 0.5, MAD 0.02, scaled 0.0297: three of them below is 0.411.
  const best = Int32Array.of(0, 0, 0, 0, 0);
  const scores = [Float64Array.of(0.6, 0.62, 0.58, 0.61, 0.2), new Float64Array(5).fill(0.1), new Float64Array(5).fill(0)];
  expect(doubtfulLabels(best, scores, 3)).toEqual([false, false, false, false, true]);
});
