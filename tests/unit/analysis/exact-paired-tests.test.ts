import {expect, test} from 'vitest';
import {randomStream} from '../../../pipeline/base/random.ts';
import {adjustBenjaminiHochberg, summarisePairs, type PairedSummary} from '../../../pipeline/analysis/exact-paired-tests.ts';

// Origin: R 4.2.2 (t.test), coin wilcoxsign_test(distribution = "exact", zero.method = "Wilcoxon"), enumeration of sign flips in R.
const fixtures = [
  {name: 'n5_all_up', before: [0.31, 0.28, 0.4, 0.35, 0.22], after: [0.45, 0.33, 0.52, 0.41, 0.39], meanDifference: 0.108, ci: [0.0438406848272, 0.1721593151728], pT: 0.009492705270525, pWilcoxon: 0.0625, pSignFlip: 0.0625, dz: 2.090105099234, hedgesGz: 1.667662589134},
  {name: 'n7_all_down', before: [0.52, 0.61, 0.47, 0.58, 0.66, 0.49, 0.55], after: [0.31, 0.4, 0.35, 0.33, 0.51, 0.42, 0.37], meanDifference: -0.17, ci: [-0.2267607203897, -0.1132392796103], pT: 0.000329832425171, pWilcoxon: 0.015625, pSignFlip: 0.015625, dz: -2.769939777627, hedgesGz: -2.406043614522},
  {name: 'n7_mixed', before: [0.52, 0.61, 0.47, 0.58, 0.66, 0.49, 0.55], after: [0.5, 0.4, 0.49, 0.33, 0.68, 0.42, 0.37], meanDifference: -0.09857142857143, ci: [-0.2034002322689, 0.00625737512604], pT: 0.06102912043891, pWilcoxon: 0.125, pSignFlip: 0.109375, dz: -0.8696404366401, hedgesGz: -0.7553928920794},
  {name: 'n7_one_outlier', before: [0.5, 0.51, 0.52, 0.53, 0.54, 0.55, 0.56], after: [0.49, 0.49, 0.49, 0.49, 0.49, 0.49, 0.9], meanDifference: 0.01857142857143, ci: [-0.1134612826896, 0.1506041398325], pT: 0.7424548602621, pWilcoxon: 0.296875, pSignFlip: 1, dz: 0.1300867534297, hedgesGz: 0.1129968257619},
  {name: 'n7_zeros_and_ties', before: [1, 2, 3, 4, 5, 6, 7], after: [1, 3, 4, 3, 7, 8, 9], meanDifference: 1, ci: [-0.0679198835006, 2.067919883501], pT: 0.06183472987214, pWilcoxon: 0.125, pSignFlip: 0.125, dz: 0.8660254037844, hedgesGz: 0.7522527780637},
  {name: 'n6', before: [10.1, 9.8, 11.2, 10.7, 9.5, 10.9], after: [9.2, 9.9, 10.1, 9.6, 9.1, 10.2], meanDifference: -0.6833333333333, ci: [-1.172945016531, -0.1937216501355], pT: 0.01574677751902, pWilcoxon: 0.0625, pSignFlip: 0.0625, dz: -1.464659399558, hedgesGz: -1.23141046043},
  {name: 'n8_negcor_singular_lmm', before: [1, 8, 2, 7, 3, 6, 4, 5], after: [9, 2, 8.5, 3, 7, 4.2, 6, 5.5], meanDifference: 1.15, ci: [-2.983988506046, 5.283988506046], pT: 0.5316975860488, pWilcoxon: 0.484375, pSignFlip: 0.5, dz: 0.2325657312467, hedgesGz: 0.2065655587184},
];

function summary(differences: readonly number[]): PairedSummary {
  const result = summarisePairs(differences);
  if ('missing' in result) throw new Error(result.missing);
  return result;
}

test.each(fixtures)('$name equals R and coin within 1e-9', (fixture) => {
  const result = summary(fixture.after.map((value, i) => value - fixture.before[i]));
  for (const key of ['meanDifference', 'pT', 'pWilcoxon', 'pSignFlip', 'dz', 'hedgesGz'] as const) {
    expect(Math.abs((result[key] ?? Number.NaN) - fixture[key]), key).toBeLessThan(1e-9);
  }
  expect(Math.abs((result.ciLower ?? Number.NaN) - fixture.ci[0])).toBeLessThan(1e-9);
  expect(Math.abs((result.ciUpper ?? Number.NaN) - fixture.ci[1])).toBeLessThan(1e-9);
});

test('the Hodges-Lehmann estimate is the median of the Walsh averages', () => {
  // Differences -0.9 0.1 -1.1 -1.1 -0.4 -0.7: 21 averages, the 11th is -0.75 (R prints the root -0.7499271 for tied data).
  expect(summary([-0.9, 0.1, -1.1, -1.1, -0.4, -0.7]).hodgesLehmann).toBeCloseTo(-0.75, 12);
  // R wilcox.test on n5_all_up: 0.11.
  expect(summary([0.14, 0.05, 0.12, 0.06, 0.17]).hodgesLehmann).toBeCloseTo(0.11, 12);
});

test('the floor counts only differences that are not 0', () => {
  expect(summary([1, 2, 3, 4, 5, 6, 7]).pFloor).toBe(0.015625);
  expect(summary([0, 2, 3, 4, 5, 6, 7])).toMatchObject({pFloor: 0.03125, nUp: 6, nDown: 0, nPairs: 7});
});

test('equal differences have no t test, all zeros no evidence, one pair no summary', () => {
  expect(summary([0.1, 0.1, 0.1])).toMatchObject({pT: null, dz: null, ciLower: null, pWilcoxon: 0.25, pSignFlip: 0.25});
  expect(summary([0, 0, 0])).toMatchObject({pWilcoxon: 1, pSignFlip: 1, pFloor: 1, hodgesLehmann: 0});
  expect(summarisePairs([0.3])).toEqual({missing: '1 complete pair, 2 needed'});
});

test('neither the order of patients nor the direction of the contrast changes a p value', () => {
  const base = summary([0.3, -0.1, 0.2, 0.2, -0.4, 0.9]);
  const moved = summary([0.9, 0.2, -0.4, 0.3, 0.2, -0.1].map((value) => -value));
  expect(moved.pWilcoxon).toBe(base.pWilcoxon);
  expect(moved.pSignFlip).toBe(base.pSignFlip);
  expect(moved.pT).toBeCloseTo(base.pT ?? Number.NaN, 12);
});

test('q values equal R p.adjust(method = "BH"), and a missing p takes no part', () => {
  const expected = [0.0008, 0.016, 0.048, 0.048, 0.048, 0.2666666666667, 0.5714285714286, 0.99];
  const q = adjustBenjaminiHochberg([null, ...[0.0001, 0.004, 0.019, 0.03, 0.03, 0.2, 0.5, 0.99]]);
  expect(q[0]).toBeNull();
  for (const [i, value] of expected.entries()) expect(q[i + 1]).toBeCloseTo(value, 10);
});

test('the sign-flip test counts as going through every pattern does, up to 25 patients', () => {
  const random = randomStream(4, 'sign flip');
  for (const n of [2, 3, 7, 10, 13]) {
    // Rounded, so that totals tie.
    const differences = Array.from({length: n}, () => Math.round(10 * (random.normal() + 0.4)) / 10);
    const total = Math.abs(differences.reduce((sum, value) => sum + value, 0));
    let asFar = 0;
    for (let pattern = 0; pattern < 2 ** n; pattern++) {
      const flipped = differences.reduce((sum, value, i) => sum + ((pattern >> i) & 1 ? value : -value), 0);
      if (Math.abs(flipped) >= total - 1e-9) asFar++;
    }
    expect(summary(differences).pSignFlip, String(differences)).toBeCloseTo(asFar / 2 ** n, 12);
  }
  expect(summary(Array.from({length: 25}, (_, i) => 1 + i / 100)).pSignFlip).toBe(2 / 2 ** 25);
});
