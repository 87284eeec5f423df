import {expect, test} from 'vitest';
import {rankBulk, singscore, ssgsea} from '../../../pipeline/analysis/bulk-scores.ts';
import type {ScoredSet} from '../../../pipeline/analysis/ucell.ts';

const set = (columns: readonly number[]): ScoredSet => ({name: 'S', columns, negativeColumns: [], nMissing: 0, nNegativeMissing: 0});

test('singscore is the mean rank between the least and the most it can be', () => {
  const sums = Float64Array.of(0, 5, 5, 9, 2);
  // Ascending ranks, ties lowest: 1, 3, 3, 5, 2. Set {1, 3}: mean 4; least (2 + 1) / 2 = 1.5, most (10 - 2 + 1) / 2 = 4.5: 2.5 / 3.
  expect(singscore(rankBulk(sums), set([1, 3]))).toBeCloseTo(2.5 / 3, 14);
  // Without gene 3 the ranks are 1, 3, 3, 2 of four: 3; least 1, most 4: (3 - 1) / 3.
  expect(singscore(rankBulk(sums, Uint8Array.of(0, 0, 0, 1, 0)), set([1]))).toBeCloseTo(2 / 3, 14);
});

// Origin: GSVA 1.46.0 (R 4.2.2), gsva(method = "ssgsea", ssgsea.norm = FALSE), 40 genes with many ties; genes counted from 1.
const samples = [
  [1, 3, 1, 1, 2, 2, 0, 1, 2, 2, 4, 4, 4, 4, 6, 6, 2, 5, 7, 3, 7, 5, 10, 10, 9, 6, 8, 7, 8, 7, 36, 36, 34, 46, 39, 32, 30, 44, 44, 37],
  [4, 4, 6, 2, 3, 1, 2, 3, 4, 3, 6, 3, 1, 8, 7, 2, 5, 5, 8, 0, 9, 13, 8, 7, 12, 11, 9, 9, 9, 17, 36, 45, 35, 42, 48, 36, 36, 31, 41, 37],
  [4, 3, 2, 4, 4, 1, 4, 2, 4, 2, 7, 3, 3, 4, 4, 2, 10, 4, 4, 8, 12, 14, 14, 9, 11, 9, 12, 11, 10, 5, 47, 39, 46, 41, 40, 48, 37, 39, 38, 44],
];
test.each([
  ['S1', [1, 5, 12, 33, 40], [1.8665684977863, 0.965339117683573, 4.67580731648619]],
  ['S2', [2, 3, 4, 8, 21, 22, 31], [-5.3594144607688, -0.068476823680843, 0.67580911975544]],
])('ssGSEA of %s equals GSVA', (_, genes, expected) => {
  samples.forEach((sums, i) => expect(ssgsea(rankBulk(Float64Array.from(sums)), set(genes.map((gene) => gene - 1)))).toBeCloseTo(expected[i], 10));
});
