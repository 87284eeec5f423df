// Exact intervals for the estimates of a paired comparison: Hodges-Lehmann by its rank distribution, Hedges' gz by the non-central t.
import betaCdf from '@stdlib/stats-base-dists-beta-cdf';
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

const largestNoncentrality = 37;

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
  const tail = (1 - confidence) / 2;
  const lower = findNoncentrality(t, n - 1, 1 - tail);
  const upper = findNoncentrality(t, n - 1, tail);
  if (lower === null || upper === null) return {missing: `t = ${t.toPrecision(4)} is too large for the non-central t series`};
  const correction = smallSampleCorrection(n);
  const [dzLower, dzUpper] = [lower / Math.sqrt(n), upper / Math.sqrt(n)];
  return {dzLower, dzUpper, gzLower: correction * dzLower, gzUpper: correction * dzUpper};
}

/** The cdf falls as the non-centrality grows: bisection within what the series can hold. */
function findNoncentrality(t: number, df: number, target: number): number | null {
  let low = -largestNoncentrality;
  let high = largestNoncentrality;
  if (!(noncentralTCdf(t, df, low) > target && noncentralTCdf(t, df, high) < target)) return null;
  for (let step = 0; step < 80; step++) {
    const middle = (low + high) / 2;
    if (noncentralTCdf(t, df, middle) > target) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

/** P(T <= t) of the non-central t, for |ncp| up to 37 where exp(-ncp^2 / 2) is still above 0 (Lenth 1989, AS 243). */
export function noncentralTCdf(t: number, df: number, ncp: number): number {
  if (t < 0) return 1 - noncentralTCdf(-t, df, -ncp);
  const half = (ncp * ncp) / 2;
  const x = (t * t) / (t * t + df);
  let total = 0;
  if (x > 0 && half > 0) {
    for (let j = 0; j < 5000; j++) {
      const even = Math.exp(-half + j * Math.log(half) - gammaln(j + 1));
      const odd = Math.sign(ncp) * Math.exp(-half + (j + 0.5) * Math.log(half) - gammaln(j + 1.5));
      total += even * betaCdf(x, j + 0.5, df / 2) + odd * betaCdf(x, j + 1, df / 2);
      // Poisson weights only fall beyond their mode.
      if (j > half && even < 1e-17) break;
    }
  } else if (x > 0) total = betaCdf(x, 0.5, df / 2);
  return Math.min(1, Math.max(0, normalCdf(-ncp, 0, 1) + total / 2));
}
