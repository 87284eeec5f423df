// Diversity of one count vector as it was observed: a number, or null where the measure is not defined for it.
import {sum} from './arithmetic.ts';
import {countOfSize, sampleCoverage, unseenClones} from './clonal-abundance.ts';

export type DiversityMeasure =
  | 'hill' | 'gini' | 'clonality' | 'pielou' | 'd50' | 'd50_percent' | 'top_clone' | 'expanded_fraction' | 'chao1' | 'ace' | 'coverage';

export interface DiversityRow {
  readonly measure: DiversityMeasure;
  /** Order of the Hill number; null for other measures. */
  readonly q: number | null;
  readonly value: number | null;
  /** Why there is no value; empty where there is one. */
  readonly missing: string;
}

export interface DiversityOptions {
  readonly orders: readonly number[];
  readonly minCells: number;
  readonly expandedMinCells: number;
}

export const defaultDiversityOptions: DiversityOptions = {orders: [0, 1, 2], minCells: 20, expandedMinCells: 3};

/** Every measure of the counts (one a clone, whole numbers; zeros are ignored), in a fixed order. */
export function describeDiversity(allCounts: readonly number[], options: DiversityOptions = defaultDiversityOptions): DiversityRow[] {
  const counts = allCounts.filter((count) => count > 0).sort((a, b) => b - a);
  const n = sum(counts);
  const tooFew = n < options.minCells ? `only ${n} cells, ${options.minCells} needed` : '';
  const row = (measure: DiversityMeasure, valueOf: () => number | null, undefinedBecause = 'not defined', q: number | null = null): DiversityRow => {
    const value = tooFew ? null : valueOf();
    return {measure, q, value, missing: value === null ? tooFew || undefinedBecause : ''};
  };
  return [
    ...options.orders.map((q) => row('hill', () => hillNumber(counts, q), 'no cells', q)),
    row('gini', () => gini(counts), 'no cells'),
    row('clonality', () => clonality(counts), 'a single clone has no evenness'),
    row('pielou', () => pielou(counts), 'a single clone has no evenness'),
    row('d50', () => d50(counts), 'no cells'),
    row('d50_percent', () => d50Percent(counts), 'no cells'),
    row('top_clone', () => topClone(counts), 'no cells'),
    row('expanded_fraction', () => expandedFraction(counts, options.expandedMinCells), 'no cells'),
    row('chao1', () => chao1(counts), 'no cells'),
    row('ace', () => ace(counts), 'every rare clone is a singleton'),
    row('coverage', () => sampleCoverage(counts), 'no cells'),
  ];
}

/** Hill 1973: (sum p^q)^(1 / (1 - q)); q = 1 is the limit exp(Shannon), where the general formula divides by zero. */
export function hillNumber(counts: readonly number[], q: number): number | null {
  const n = sum(counts);
  if (n === 0) return null;
  const shares = counts.filter((count) => count > 0).map((count) => count / n);
  if (q === 0) return shares.length;
  // A grid of orders made by adding steps misses 1 by a rounding, and 1 / (1 - q) then explodes.
  if (Math.abs(q - 1) < 1e-6) return Math.exp(-sum(shares.map((p) => p * Math.log(p))));
  return sum(shares.map((p) => p ** q)) ** (1 / (1 - q));
}

/** Over seen clones only, so it depends on depth. */
export function gini(counts: readonly number[]): number | null {
  const n = sum(counts);
  if (n === 0) return null;
  const ordered = counts.filter((count) => count > 0).sort((a, b) => a - b);
  const size = ordered.length;
  return sum(ordered.map((count, index) => (2 * (index + 1) - size - 1) * count)) / (size * n);
}

/** Shannon / ln S; null with fewer than two clones. */
export function pielou(counts: readonly number[]): number | null {
  const seen = counts.filter((count) => count > 0);
  if (seen.length < 2) return null;
  // All equal is 1 by definition; rounding of the logarithms would leave 1 + 2e-16 and a negative clonality.
  if (seen.every((count) => count === seen[0])) return 1;
  return Math.log(hillNumber(seen, 1)!) / Math.log(seen.length);
}

/** 1 - Pielou. */
export function clonality(counts: readonly number[]): number | null {
  const evenness = pielou(counts);
  return evenness === null ? null : 1 - evenness;
}

/** Fewest clones that hold half of the cells, in whole numbers: float shares may miss an exact half by one clone. */
export function d50(counts: readonly number[]): number | null {
  const n = sum(counts);
  if (n === 0) return null;
  const ordered = [...counts].sort((a, b) => b - a);
  let held = 0;
  for (let index = 0; index < ordered.length; index++) {
    held += ordered[index];
    if (2 * held >= n) return index + 1;
  }
  return null;
}

export function d50Percent(counts: readonly number[]): number | null {
  const value = d50(counts);
  return value === null ? null : (100 * value) / counts.filter((count) => count > 0).length;
}

export function topClone(counts: readonly number[]): number | null {
  const n = sum(counts);
  return n === 0 ? null : counts.reduce((most, count) => Math.max(most, count), 0) / n;
}

/** Cells in clones of at least `minCells` cells / cells. */
export function expandedFraction(counts: readonly number[], minCells: number): number | null {
  const n = sum(counts);
  return n === 0 ? null : sum(counts.filter((count) => count >= minCells)) / n;
}

/** Clones seen and expected unseen (Chao 1984), as iNEXT: the unseen are not rounded up. */
export function chao1(counts: readonly number[]): number | null {
  const seen = counts.filter((count) => count > 0);
  return seen.length === 0 ? null : seen.length + unseenClones(seen);
}

/** Abundance coverage estimator (Chao & Lee 1992) with rare <= 10, as vegan; null where every rare clone is a singleton. */
export function ace(counts: readonly number[]): number | null {
  const seen = counts.filter((count) => count > 0);
  if (seen.length === 0) return null;
  const rare = seen.filter((count) => count <= 10);
  if (rare.length === 0) return seen.length;
  const f1 = countOfSize(seen, 1);
  const nRare = sum(rare);
  const coverage = 1 - f1 / nRare;
  if (coverage === 0) return null;
  const pairs = sum(rare.map((count) => count * (count - 1)));
  const variation = Math.max(((rare.length / coverage) * pairs) / (nRare * (nRare - 1)) - 1, 0);
  return seen.length - rare.length + rare.length / coverage + (f1 / coverage) * variation;
}
