// Paired tests for a handful of patients, by enumeration: no normal approximation anywhere. The unit is the patient: one difference each.
import tCdf from '@stdlib/stats-base-dists-t-cdf';
import tQuantile from '@stdlib/stats-base-dists-t-quantile';
import gammaln from '@stdlib/math-base-special-gammaln';
import {median, sum} from './arithmetic.ts';

export interface PairedSummary {
  readonly nPairs: number;
  readonly nUp: number;
  readonly nDown: number;
  /** Mean of after - before, with the t interval at 95 %; the interval is null where all differences are equal. */
  readonly meanDifference: number;
  readonly ciLower: number | null;
  readonly ciUpper: number | null;
  /** Two-sided; null where all differences are equal (the statistic divides by 0). */
  readonly pT: number | null;
  /** mean / sd of the differences, and Hedges' correction gz = J dz, J = G((n-1)/2) / G((n-2)/2) sqrt(2 / (n-1)). */
  readonly dz: number | null;
  readonly hedgesGz: number | null;
  /** Median of the Walsh averages (d_i + d_j) / 2, i <= j. */
  readonly hodgesLehmann: number;
  /** Exact conditional distribution over mid-ranks, zero differences dropped (Wilcoxon 1945); 1 where every difference is 0. */
  readonly pWilcoxon: number;
  /** Share of the 2^n sign patterns whose mean is at least as far from 0. */
  readonly pSignFlip: number;
  /** Smallest p that the Wilcoxon test can reach with this many non-zero differences: 2 / 2^n. */
  readonly pFloor: number;
}

export const maxPairs = 25;

/** `differences`: after - before, one a patient, finite; 2 to 25 of them (2^25 sign patterns), else `missing` says why. */
export function summarisePairs(differences: readonly number[]): PairedSummary | {readonly missing: string} {
  const n = differences.length;
  if (n < 2) return {missing: `${n} complete pair${n === 1 ? '' : 's'}, 2 needed`};
  if (n > maxPairs) return {missing: `${n} pairs, exact tests take at most ${maxPairs}`};
  // Floating noise would break ties that are there in the data: 0.3 - 0.2 is not 0.5 - 0.4.
  const rounded = differences.map((value) => Number(value.toPrecision(12)));
  const mean = sum(differences) / n;
  const sd = Math.sqrt(sum(differences.map((value) => (value - mean) ** 2)) / (n - 1));
  const isConstant = rounded.every((value) => value === rounded[0]);
  const margin = (tQuantile(0.975, n - 1) * sd) / Math.sqrt(n);
  const dz = isConstant ? null : mean / sd;
  const nonZero = rounded.filter((value) => value !== 0);
  return {
    nPairs: n,
    nUp: rounded.filter((value) => value > 0).length,
    nDown: rounded.filter((value) => value < 0).length,
    meanDifference: mean,
    ciLower: isConstant ? null : mean - margin,
    ciUpper: isConstant ? null : mean + margin,
    // The lower tail of the mirrored statistic keeps small p exact where 1 - cdf would cancel.
    pT: dz === null ? null : 2 * tCdf(-Math.abs(dz) * Math.sqrt(n), n - 1),
    dz,
    hedgesGz: dz === null || n < 3 ? null : smallSampleCorrection(n) * dz,
    hodgesLehmann: median(walshAverages(rounded)),
    pWilcoxon: wilcoxon(nonZero),
    pSignFlip: signFlip(rounded),
    pFloor: nonZero.length === 0 ? 1 : 2 / 2 ** nonZero.length,
  };
}

/** Hedges' J for n pairs, n >= 3. */
export function smallSampleCorrection(n: number): number {
  return Math.exp(gammaln((n - 1) / 2) - gammaln((n - 2) / 2)) * Math.sqrt(2 / (n - 1));
}

function walshAverages(values: readonly number[]): number[] {
  return values.flatMap((a, i) => values.slice(i).map((b) => (a + b) / 2));
}

/** Doubled mid-ranks are integers, so the null distribution of the rank sum is counted exactly. */
function wilcoxon(nonZero: readonly number[]): number {
  if (nonZero.length === 0) return 1;
  const sizes = nonZero.map(Math.abs);
  const doubledRanks = sizes.map((size) => 1 + 2 * sizes.filter((other) => other < size).length + sizes.filter((other) => other === size).length);
  const total = sum(doubledRanks);
  const observed = sum(doubledRanks.filter((_, i) => nonZero[i] > 0));
  const ways = new Float64Array(total + 1);
  ways[0] = 1;
  for (const rank of doubledRanks) for (let s = total; s >= rank; s--) ways[s] += ways[s - rank];
  let asFar = 0;
  for (let s = 0; s <= total; s++) if (Math.abs(2 * s - total) >= Math.abs(2 * observed - total)) asFar += ways[s];
  return asFar / 2 ** nonZero.length;
}

/**
 * Sums over the 2^n sign patterns, in two halves: for each sum of the first half the sorted sums of the second say at once how many totals are as far from 0. The same
 * count as by going through all patterns, in the time of their square root.
 */
function signFlip(differences: readonly number[]): number {
  const n = differences.length;
  const scale = sum(differences.map(Math.abs));
  if (scale === 0) return 1;
  // The slack takes sums that are equal but for rounding as equal.
  const observed = Math.abs(sum(differences)) - 1e-12 * scale;
  if (observed <= 0) return 1;
  const first = signedSums(differences.slice(0, n >> 1)).sort();
  const second = signedSums(differences.slice(n >> 1)).sort();
  let asHigh = 0;
  let from = second.length;
  for (const part of first) {
    while (from > 0 && part + second[from - 1] >= observed) from--;
    asHigh += second.length - from;
  }
  // Every pattern has its mirror image below 0.
  return (2 * asHigh) / 2 ** n;
}

function signedSums(values: readonly number[]): Float64Array {
  let sums = Float64Array.of(0);
  for (const value of values) {
    const next = new Float64Array(2 * sums.length);
    sums.forEach((held, i) => {
      next[2 * i] = held + value;
      next[2 * i + 1] = held - value;
    });
    sums = next;
  }
  return sums;
}

/** Benjamini-Hochberg q values; a null p stays null and does not count in m. */
export function adjustBenjaminiHochberg(p: readonly (number | null)[]): (number | null)[] {
  const order = [...p.keys()].filter((i) => p[i] !== null).sort((a, b) => (p[b] ?? 0) - (p[a] ?? 0));
  const q: (number | null)[] = p.map(() => null);
  let least = 1;
  for (const [k, i] of order.entries()) {
    least = Math.min(least, ((p[i] ?? 1) * order.length) / (order.length - k));
    q[i] = least;
  }
  return q;
}
