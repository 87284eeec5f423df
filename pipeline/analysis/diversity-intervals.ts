// How far estimates of diversity may be off: the closed form for Chao1, and draws from the estimated community for the others (iNEXT).
import normalQuantile from '@stdlib/stats-base-dists-normal-quantile';
import type {Random} from '../base/random.ts';
import {sum} from './arithmetic.ts';
import {countOfSize, sampleCoverage, unseenClones} from './clonal-abundance.ts';
import {drawMultinomial} from './multinomial.ts';

export interface Interval {
  readonly lower: number;
  readonly upper: number;
}

/** Log-normal, so that it never goes below the clones that were seen (Chao 1987; iNEXT ChaoRichness). */
export function chao1Interval(counts: readonly number[], confidence = 0.95): Interval & {readonly se: number} {
  const n = sum(counts);
  const seen = counts.filter((x) => x > 0).length;
  const [f1, f2] = [1, 2].map((k) => countOfSize(counts, k));
  const unseen = unseenClones(counts);
  const a = (n - 1) / n;
  const variance = f2 > 0
    ? f2 * ((a / 2) * (f1 / f2) ** 2 + a ** 2 * (f1 / f2) ** 3 + (a ** 2 / 4) * (f1 / f2) ** 4)
    : (a * f1 * (f1 - 1)) / 2 + (a ** 2 * f1 * (2 * f1 - 1) ** 2) / 4 - (a ** 2 * f1 ** 4) / (4 * (seen + unseen));
  if (unseen === 0) return {lower: seen, upper: seen, se: 0};
  const ratio = Math.exp(normalQuantile(1 - (1 - confidence) / 2, 0, 1) * Math.sqrt(Math.log(1 + variance / unseen ** 2)));
  return {lower: seen + unseen / ratio, upper: seen + unseen * ratio, se: Math.sqrt(variance)};
}

/**
 * `estimates(counts)` +- normal quantile x the SD over samples of the same size from the estimated community: seen clones shrunk to their coverage, the
 * unseen sharing the rest (Chao et al. 2013, iNEXT EstiBootComm). null where an estimate or half of its draws have no value.
 */
export function bootstrapIntervals(counts: readonly number[], {estimates, nDraws, random, confidence = 0.95}: {estimates: (counts: readonly number[]) => readonly (number | null)[]; nDraws: number; random: Random; confidence?: number}): (Interval | null)[] {
  const ordered = counts.filter((x) => x > 0).sort((a, b) => b - a);
  const points = estimates(ordered);
  const n = sum(ordered);
  const shares = estimatedCommunity(ordered);
  const draws = points.map((): number[] => []);
  for (let draw = 0; draw < nDraws; draw++) {
    const drawn = drawMultinomial(shares, n, random).filter((x) => x > 0);
    for (const [k, value] of estimates(drawn).entries()) if (value !== null) draws[k].push(value);
  }
  const z = normalQuantile(1 - (1 - confidence) / 2, 0, 1);
  return points.map((point, k) => {
    if (point === null || draws[k].length < nDraws / 2 || draws[k].length < 2) return null;
    const mean = sum(draws[k]) / draws[k].length;
    const sd = Math.sqrt(sum(draws[k].map((value) => (value - mean) ** 2)) / (draws[k].length - 1));
    return {lower: Math.max(0, point - z * sd), upper: point + z * sd};
  });
}

/** Shares of the seen clones in the order of `counts`, then of the unseen; they sum to 1. */
export function estimatedCommunity(counts: readonly number[]): number[] {
  const n = sum(counts);
  const missing = 1 - (sampleCoverage(counts) ?? 1);
  const weights = counts.map((x) => (x / n) * (1 - x / n) ** n);
  const total = sum(weights);
  // One clone alone has no weight to give: nothing is unseen then.
  const shrink = total > 0 ? missing / total : 0;
  const nUnseen = Math.ceil(unseenClones(counts));
  return [...counts.map((x, k) => x / n - shrink * weights[k]), ...new Array<number>(nUnseen).fill(nUnseen > 0 ? missing / nUnseen : 0)];
}
