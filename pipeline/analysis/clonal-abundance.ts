// How much of a sample each clone is: exact intervals for what was seen, coverage for what was not. Counts in, numbers out.
import {sum} from './arithmetic.ts';
import {clopperPearson} from './proportions.ts';

export interface CloneAbundance {
  readonly clone_id: string;
  readonly clone_size: number;
  /** Cells of all clones: the denominator. */
  readonly n_cells: number;
  readonly frequency: number;
  readonly frequency_lower: number;
  readonly frequency_upper: number;
  /** Coverage corrected; null with `abundance_sd` and `rank` below the minimum, and `missing` says so. */
  readonly abundance: number | null;
  /** sqrt(p (1 - p) / n): what alakazam's bootstrap converges to. */
  readonly abundance_sd: number | null;
  /** 1 is the largest; clones of one size share the smallest of their ranks, since any order among them would be chance. */
  readonly rank: number | null;
  readonly expansion_class: string;
  readonly missing: string;
}

export interface AbundanceOptions {
  /** Cells below which coverage is not trusted. */
  readonly minCells: number;
  /** Largest size of each class but the last, ascending. */
  readonly classCuts: readonly number[];
  /** Of the exact interval, 0.95. */
  readonly confidence: number;
}

export const defaultAbundanceOptions: AbundanceOptions = {minCells: 20, classCuts: [1, 2, 9, 99], confidence: 0.95};

/** One row a clone with at least one cell, by clone_size descending, then clone_id. */
export function cloneAbundances(sizes: ReadonlyMap<string, number>, options: AbundanceOptions = defaultAbundanceOptions): CloneAbundance[] {
  const seen = [...sizes].filter(([, size]) => size > 0).sort(([idA, a], [idB, b]) => b - a || (idA < idB ? -1 : 1));
  const counts = seen.map(([, size]) => size);
  const n = sum(counts);
  const missing = n < options.minCells ? `only ${n} cells, ${options.minCells} needed` : '';
  const corrected = coverageCorrected(counts);
  // Thousands of clones have few sizes, and a search for each singleton's rank would pass all larger clones.
  const intervals = new Map([...new Set(counts)].map((size) => [size, exactInterval(size, n, options.confidence)]));
  const ranks = new Map<number, number>();
  for (const [index, size] of counts.entries()) if (!ranks.has(size)) ranks.set(size, index + 1);
  return seen.map(([clone_id, size], index) => {
    const [frequency_lower, frequency_upper] = intervals.get(size)!;
    const p = corrected[index];
    return {
      clone_id, clone_size: size, n_cells: n, frequency: size / n, frequency_lower, frequency_upper,
      abundance: missing ? null : p, abundance_sd: missing ? null : Math.sqrt((p * (1 - p)) / n),
      rank: missing ? null : ranks.get(size)!, expansion_class: expansionClass(size, options.classCuts), missing,
    };
  });
}

/** f_k: number of clones with exactly k cells. */
export function countOfSize(counts: readonly number[], k: number): number {
  return counts.reduce((found, count) => found + (count === k ? 1 : 0), 0);
}

/** Share of the repertoire that belongs to seen clones (Chao & Jost 2012; alakazam with r = 1); null without cells. */
export function sampleCoverage(counts: readonly number[]): number | null {
  const n = sum(counts);
  if (n === 0) return null;
  const f1 = countOfSize(counts, 1);
  const f2 = countOfSize(counts, 2);
  // Without doubletons the bias-corrected form, which has 2 where 2 f2 would be 0.
  const weight = f2 > 0 ? (n - 1) * f1 : (n - 1) * (f1 - 1);
  return f1 === 0 ? 1 : 1 - (f1 / n) * (weight / (weight + (f2 > 0 ? 2 * f2 : 2)));
}

/** Expected number of unseen clones (Chao 1984), not rounded; alakazam takes the ceiling. */
export function unseenClones(counts: readonly number[]): number {
  const n = sum(counts);
  const f1 = countOfSize(counts, 1);
  const f2 = countOfSize(counts, 2);
  if (f1 === 0) return 0;
  return f2 > 0 ? ((n - 1) * f1 ** 2) / (2 * n * f2) : ((n - 1) * f1 * (f1 - 1)) / (2 * n);
}

/**
 * p_i = (x_i / n) (1 - L exp(-x_i)), one a count, sum = coverage: alakazam's inferCompleteAbundance. Chao et al. 2015 have (1 - x/n)^n in
 * place of exp(-x).
 */
export function coverageCorrected(counts: readonly number[]): number[] {
  const n = sum(counts);
  const coverage = sampleCoverage(counts);
  if (coverage === null) return [];
  const weights = counts.map((count) => (count / n) * Math.exp(-count));
  const lambda = coverage === 1 ? 0 : (1 - coverage) / sum(weights);
  return counts.map((count, index) => count / n - lambda * weights[index]);
}

/** Exact interval of k in n, n > 0: callers leave before this where there are no cells. */
export function exactInterval(k: number, n: number, confidence = 0.95): [number, number] {
  const interval = clopperPearson(k, n, confidence);
  if ('missing' in interval) throw new Error(interval.missing);
  return [interval.ciLower, interval.ciUpper];
}

/** With cuts 1, 2, 9, 99: `1`, `2`, `3-9`, `10-99`, `>=100`. */
export function expansionClass(size: number, cuts: readonly number[]): string {
  const index = cuts.findIndex((cut) => size <= cut);
  if (index === -1) return `>=${cuts[cuts.length - 1] + 1}`;
  const low = index === 0 ? 1 : cuts[index - 1] + 1;
  return low === cuts[index] ? `${low}` : `${low}-${cuts[index]}`;
}
