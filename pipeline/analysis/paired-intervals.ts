// Exact intervals for the estimates of a paired comparison: Hodges-Lehmann by its rank distribution, Hedges' gz by the non-central t.
import gammaln from '@stdlib/math-base-special-gammaln';
import normalCdf from '@stdlib/stats-base-dists-normal-cdf';
import {smallSampleCorrection} from './exact-paired-tests.ts';

export interface ExactInterval {
  readonly ciLower: number;
  readonly ciUpper: number;
  /** What the interval reaches: the rank distribution has steps, so at small n this is not the confidence asked for. */
  readonly achieved: number;
}

export interface EffectInterval {
  readonly dzLower: number;
  readonly dzUpper: number;
  readonly gzLower: number;
  readonly gzUpper: number;
}

export type Missing = {readonly missing: string};

const largestT = 10_000;

/** Interval of the Hodges-Lehmann estimate at order statistics of the Walsh averages, as R's exact wilcox.test; with ties it covers at least `achieved`. */
export function hodgesLehmannInterval(differences: readonly number[], confidence = 0.95): ExactInterval | Missing {
  const n = differences.length;
  if (n < 2) return {missing: `${n} complete pair${n === 1 ? '' : 's'}, 2 needed`};
  if (n > 50) return {missing: `${n} pairs, the exact interval takes at most 50`};
  const rounded = differences.map((value) => Number(value.toPrecision(12)));
  const walsh = Float64Array.from(rounded.flatMap((a, i) => rounded.slice(i).map((b) => (a + b) / 2))).sort();
  const chances = rankSumChances(n);
  // qsignrank: the first rank sum whose cumulative chance reaches the tail; R takes 1 for 0.
  let below = 0;
  let k = 0;
  while (below + chances[k] < (1 - confidence) / 2) below += chances[k++];
  if (k === 0) {
    below = chances[0];
    k = 1;
  }
  return {ciLower: walsh[k - 1], ciUpper: walsh[walsh.length - k], achieved: 1 - 2 * below};
}

function rankSumChances(n: number): Float64Array {
  const chances = new Float64Array((n * (n + 1)) / 2 + 1);
  chances[0] = 1;
  for (let rank = 1; rank <= n; rank++) {
    for (let s = chances.length - 1; s >= 0; s--) chances[s] = (chances[s] + (s >= rank ? chances[s - rank] : 0)) / 2;
  }
  return chances;
}

/** Interval of dz and of gz = J dz, by the non-centralities dz sqrt(n) that put the t seen at either tail. */
export function effectInterval(dz: number, n: number, confidence = 0.95): EffectInterval | Missing {
  if (n < 3) return {missing: `${n} complete pairs, 3 needed`};
  const t = dz * Math.sqrt(n);
  if (Math.abs(t) > largestT) return {missing: `t = ${t.toPrecision(4)} is too large for an interval`};
  const tail = (1 - confidence) / 2;
  const lower = findNoncentrality(t, n - 1, 1 - tail);
  const upper = findNoncentrality(t, n - 1, tail);
  const correction = smallSampleCorrection(n);
  const [dzLower, dzUpper] = [lower / Math.sqrt(n), upper / Math.sqrt(n)];
  return {dzLower, dzUpper, gzLower: correction * dzLower, gzUpper: correction * dzUpper};
}

/** The cdf falls as the non-centrality grows: a bracket about t, halved or cut by the chord, whichever is due. */
function findNoncentrality(t: number, df: number, target: number): number {
  const above = (ncp: number): number => noncentralTCdf(t, df, ncp) - target;
  let [low, high] = [t - 2, t + 2];
  for (let width = 4; above(low) < 0; width *= 2) low -= width;
  for (let width = 4; above(high) > 0; width *= 2) high += width;
  let [atLow, atHigh] = [above(low), above(high)];
  for (let step = 0; step < 100 && high - low > 1e-10 * (1 + Math.abs(low)); step++) {
    const chord = low + ((high - low) * atLow) / (atLow - atHigh);
    const middle = step % 3 === 2 || !(chord > low && chord < high) ? (low + high) / 2 : chord;
    const value = above(middle);
    if (value === 0) return middle;
    if (value > 0) [low, atLow] = [middle, value];
    else [high, atHigh] = [middle, value];
  }
  return (low + high) / 2;
}

/**
 * P(T <= t) of the non-central t: the mean of P(Z <= t s - ncp) over s = sqrt(chi-squared / df), by the trapezoid rule in log s, whose error falls
 * exponentially for such a bell. Unlike the usual series it has no largest non-centrality.
 */
export function noncentralTCdf(t: number, df: number, ncp: number): number {
  const logConstant = Math.LN2 + (df / 2) * Math.log(df / 2) - gammaln(df / 2);
  const logDensity = (u: number): number => logConstant + df * u - (df / 2) * Math.exp(2 * u);
  const low = -36 / df - 1;
  const high = 0.5 * Math.log(1 + 100 / df) + 0.5;
  const nSteps = Math.ceil((high - low) / Math.min(0.04, 0.6 / (1 + Math.max(Math.abs(t), Math.abs(ncp)))));
  const width = (high - low) / nSteps;
  let total = 0;
  for (let i = 0; i <= nSteps; i++) {
    const u = low + i * width;
    const log = logDensity(u);
    if (log > -38) total += Math.exp(log) * normalCdf(t * Math.exp(u) - ncp, 0, 1);
  }
  return Math.min(1, Math.max(0, total * width));
}
