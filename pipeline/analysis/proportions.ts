// Intervals for a share of a small count, and what share a count could have missed.
import betaQuantile from '@stdlib/stats-base-dists-beta-quantile';

export interface ProportionInterval {
  readonly share: number;
  readonly ciLower: number;
  readonly ciUpper: number;
  readonly confidence: number;
}

/** Exact interval (Clopper and Pearson 1934) of `nWith` among `n`; `missing` where n is 0 or the counts are not counts. */
export function clopperPearson(nWith: number, n: number, confidence = 0.95): ProportionInterval | {readonly missing: string} {
  if (!Number.isSafeInteger(nWith) || !Number.isSafeInteger(n) || nWith < 0 || nWith > n) return {missing: `${nWith} of ${n} is not a count of a count`};
  if (n === 0) return {missing: 'nothing counted'};
  if (!(confidence > 0 && confidence < 1)) return {missing: `confidence ${confidence} is not between 0 and 1`};
  const tail = (1 - confidence) / 2;
  return {
    share: nWith / n,
    // The beta quantile has no value at a shape of 0: none seen reaches down to 0, all seen up to 1.
    ciLower: nWith === 0 ? 0 : betaQuantile(tail, nWith, n - nWith + 1),
    ciUpper: nWith === n ? 1 : betaQuantile(1 - tail, nWith + 1, n - nWith),
    confidence,
  };
}

/** Smallest share that n cells would have shown at least once with a chance of 95 %: 1 - 0.05^(1/n). */
export function detectionLimit(n: number): {readonly share: number} | {readonly missing: string} {
  if (!Number.isSafeInteger(n) || n < 1) return {missing: `${n} cells, at least 1 needed`};
  return {share: -Math.expm1(Math.log(0.05) / n)};
}
