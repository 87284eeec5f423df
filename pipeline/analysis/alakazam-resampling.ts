// Abundance and diversity as alakazam's estimateAbundance and alphaDiversity give them: draws from the inferred complete distribution, every group
// at one depth. For comparison with published numbers; ours are in closed form.
import normalQuantile from '@stdlib/stats-base-dists-normal-quantile';
import type {Random} from '../base/random.ts';
import {sum} from './arithmetic.ts';
import {coverageCorrected, sampleCoverage, unseenClones} from './clonal-abundance.ts';
import {drawMultinomial} from './multinomial.ts';

export interface Resampled {
  readonly mean: number;
  readonly sd: number;
  readonly lower: number;
  readonly upper: number;
}

export interface ResampledSample {
  /** Of each count, in its order. */
  readonly abundance: readonly Resampled[];
  /** Of each order. */
  readonly diversity: readonly Resampled[];
  /** Diversity of each draw, by order: two groups are compared draw by draw. */
  readonly draws: readonly (readonly number[])[];
}

/** Shares of the seen clones, then those of the ceiling of the unseen, which share what is not covered. */
export function completeAbundance(counts: readonly number[]): number[] {
  const nUnseen = alakazamUnseen(counts);
  return [...coverageCorrected(counts), ...new Array<number>(nUnseen).fill(nUnseen > 0 ? (1 - sampleCoverage(counts)!) / nUnseen : 0)];
}

/** The ceiling; the whole-number arithmetic keeps a quotient that is whole from being one more by a rounding. */
export function alakazamUnseen(counts: readonly number[]): number {
  const unseen = unseenClones(counts);
  return Math.abs(unseen - Math.round(unseen)) < 1e-9 ? Math.round(unseen) : Math.ceil(unseen);
}

/** Cells of the smallest group that reaches the minimum: alakazam's `uniform`, `min_n`; null where none does. */
export function commonDepth(totals: readonly number[], minCells: number): number | null {
  const reached = totals.filter((n) => n >= minCells);
  return reached.length === 0 ? null : Math.min(...reached);
}

/** sum 1 - (1 - p)^n over all classes: what the mean richness of the draws tends to. */
export function expectedRichness(counts: readonly number[], depth: number): number {
  return sum(completeAbundance(counts).map((p) => -Math.expm1(depth * Math.log1p(-p))));
}

export function resampleAsAlakazam(counts: readonly number[], {depth, nDraws, orders, random}: {depth: number; nDraws: number; orders: readonly number[]; random: Random}): ResampledSample {
  const shares = completeAbundance(counts);
  const sums = counts.map(() => [0, 0]);
  const draws = orders.map((): number[] => []);
  for (let draw = 0; draw < nDraws; draw++) {
    const drawn = drawMultinomial(shares, depth, random);
    for (let clone = 0; clone < counts.length; clone++) {
      const share = drawn[clone] / depth;
      sums[clone][0] += share;
      sums[clone][1] += share * share;
    }
    const nOfSize = tally(drawn);
    for (const [k, q] of orders.entries()) draws[k].push(alakazamHill(nOfSize, depth, q));
  }
  const abundance = sums.map(([total, squares]) => summarise(total / nDraws, Math.sqrt(Math.max(0, (squares - total ** 2 / nDraws) / (nDraws - 1)))));
  const diversity = draws.map((values) => {
    const mean = sum(values) / nDraws;
    return summarise(mean, Math.sqrt(sum(values.map((value) => (value - mean) ** 2)) / (nDraws - 1)));
  });
  return {abundance, diversity, draws};
}

/** Clones of each size. */
function tally(counts: readonly number[]): number[] {
  const found = new Array<number>(1 + counts.reduce((most, count) => Math.max(most, count), 0)).fill(0);
  for (const count of counts) found[count]++;
  return found;
}

/** Order 1 is computed at 0.9999, as alakazam does. */
function alakazamHill(nOfSize: readonly number[], depth: number, order: number): number {
  const q = order === 1 ? 0.9999 : order;
  let total = 0;
  for (const [size, nClones] of nOfSize.entries()) if (nClones > 0 && size > 0) total += nClones * (size / depth) ** q;
  return total ** (1 / (1 - q));
}

function summarise(mean: number, sd: number): Resampled {
  const z = normalQuantile(0.975, 0, 1);
  return {mean, sd, lower: Math.max(0, mean - z * sd), upper: mean + z * sd};
}
