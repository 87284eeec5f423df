import {expect, test} from 'vitest';
import {effectInterval, hodgesLehmannInterval, noncentralTCdf} from '../../../pipeline/analysis/paired-intervals.ts';

// Origin: R 4.2.2, non-central t interval of dz by inversion of pt(ncp).
const effects: readonly (readonly [string, number, number, number, number, number])[] = [
  ['n5_all_up', 5, 2.090105099234, 0.4228667632134, 3.709074872868, 0.7978845608029],
  ['n7_all_down', 7, -2.769939777627, -4.44972447315, -1.060063307718, 0.8686266878274],
  ['n7_mixed', 7, -0.8696404366401, -1.728445643356, 0.03776724963198, 0.8686266878274],
  ['n7_one_outlier', 7, 0.1300867534297, -0.619437150139, 0.8691401772346, 0.8686266878274],
  ['n7_zeros_and_ties', 7, 0.8660254037844, -0.04026302031381, 1.72378397582, 0.8686266878274],
  ['n6', 6, -1.464659399558, -2.625848305092, -0.2458865950412, 0.8407486824597],
  ['n8_negcor', 8, 0.2325657312467, -0.478502785498, 0.9278441137786, 0.8882029076728],
];

test.each(effects)('the effect interval of %s equals the inversion in R', (_, n, dz, lower, upper, correction) => {
  const interval = effectInterval(dz, n);
  if ('missing' in interval) throw new Error(interval.missing);
  expect(Math.abs(interval.dzLower - lower)).toBeLessThan(1e-4);
  expect(Math.abs(interval.dzUpper - upper)).toBeLessThan(1e-4);
  expect(Math.abs(interval.gzLower - correction * lower)).toBeLessThan(1e-4);
  expect(Math.abs(interval.gzUpper - correction * upper)).toBeLessThan(1e-4);
});

// Origin: R 4.2.2 pt(t, df, ncp).
test.each([[2.5, 6, 1.2, 0.83618092686629], [-1, 3, 2, 0.0030052475954501], [9, 2, 4, 0.81467439230428], [30, 7, 28, 0.5284636157235], [0.3, 1, 0.1, 0.55418317831747], [15, 19, 20, 0.026891436030047]])('the non-central t at %d with %d degrees of freedom and non-centrality %d is that of R', (t, df, ncp, p) => {
  expect(noncentralTCdf(t, df, ncp)).toBeCloseTo(p, 10);
});

test('the central case is the t distribution, and mirroring swaps the tails', () => {
  expect(noncentralTCdf(2.4469118511449692, 6, 0)).toBeCloseTo(0.975, 9);
  expect(noncentralTCdf(-1.5, 6, 0.7) + noncentralTCdf(1.5, 6, -0.7)).toBeCloseTo(1, 12);
});

// Origin: R 4.2.2 wilcox.test(conf.int = TRUE), the fixtures where R itself is exact.
// achieved = 1 - 2 P(V < k): n = 5, k = 1: 1 - 2/32; n = 7, k = 3: 1 - 2 * 3/128.
test.each([
  ['n5_all_up', [0.14, 0.05, 0.12, 0.06, 0.17], 0.05, 0.17, 0.9375],
  ['n7_all_down', [-0.21, -0.21, -0.12, -0.25, -0.15, -0.07, -0.18], -0.23, -0.11, 0.953125],
  ['n7_one_outlier', [-0.01, -0.02, -0.03, -0.04, -0.05, -0.06, 0.34], -0.05, 0.16, 0.953125],
] as const)('the Hodges-Lehmann interval of %s equals R and says what it reaches', (_, differences, lower, upper, achieved) => {
  const interval = hodgesLehmannInterval(differences);
  if ('missing' in interval) throw new Error(interval.missing);
  expect(interval.ciLower).toBeCloseTo(lower, 9);
  expect(interval.ciUpper).toBeCloseTo(upper, 9);
  expect(interval.achieved).toBeCloseTo(achieved, 12);
});

test('too few pairs and too large a t are missing with a reason', () => {
  expect(hodgesLehmannInterval([0.1])).toEqual({missing: '1 complete pair, 2 needed'});
  expect(effectInterval(1, 2)).toEqual({missing: '2 complete pairs, 3 needed'});
  expect(effectInterval(4000, 7)).toEqual({missing: 't = 1.058e+4 is too large for an interval'});
});
