// Diversity at the depth of a smaller sample: cells drawn without replacement, in closed form where there is one. Counts in, numbers out.
import type {Random} from '../base/random.ts';
import {logChoose, sum} from './arithmetic.ts';
import {sampleCoverage} from './clonal-abundance.ts';
import {clonality, expandedFraction, topClone} from './clonal-diversity.ts';

export interface DrawnValue {
  /** Mean over the draws; null where no draw defines the measure. */
  readonly value: number | null;
  /** 2.5 % and 97.5 % of the draws: what choosing cells at random does, not an interval for the patient. */
  readonly lower: number | null;
  readonly upper: number | null;
}

export interface DrawnDiversity {
  readonly top_clone: DrawnValue;
  readonly expanded_fraction: DrawnValue;
  readonly clonality: DrawnValue;
}

/**
 * Hill number of order q at `depth` cells, from the expected f_k of the hypergeometric law (Chao et al. 2014, iNEXT): q = 0 is classical
 * rarefaction. `depth` is a whole number from 1 to the number of cells, else null: extrapolation is another method.
 */
export function hillAtDepth(counts: readonly number[], depth: number, q: number): number | null {
  const n = sum(counts);
  if (depth < 1 || depth > n) return null;
  let total = 0;
  for (const [size, nClones] of clonesOfSize(counts)) {
    for (let k = Math.max(1, depth - (n - size)); k <= Math.min(size, depth); k++) {
      const share = k / depth;
      const term = Math.abs(q - 1) < 1e-6 ? -share * Math.log(share) : share ** q;
      total += nClones * Math.exp(logChoose(size, k) + logChoose(n - size, depth - k) - logChoose(n, depth)) * term;
    }
  }
  return Math.abs(q - 1) < 1e-6 ? Math.exp(total) : total ** (1 / (1 - q));
}

/**
 * Expected coverage of `depth` cells: 1 - sum (x / n) C(n - x, depth) / C(n - 1, depth) (Chao & Jost 2012, iNEXT); the observed one at all
 * cells, null beyond.
 */
export function coverageAtDepth(counts: readonly number[], depth: number): number | null {
  const n = sum(counts);
  if (depth < 1 || depth > n) return null;
  if (depth === n) return sampleCoverage(counts);
  const unseen = clonesOfSize(counts).filter(([size]) => n - size >= depth)
    .map(([size, nClones]) => ((nClones * size) / n) * Math.exp(logChoose(n - size, depth) - logChoose(n - 1, depth)));
  return 1 - sum(unseen);
}

/**
 * `nDraws` draws of `depth` cells without replacement. The order of `counts` does not matter: they are sorted before the first draw. null
 * where there are fewer cells than `depth`.
 */
export function drawDiversity(counts: readonly number[], options: {depth: number; nDraws: number; expandedMinCells: number; random: Random}): DrawnDiversity | null {
  const ordered = counts.filter((count) => count > 0).sort((a, b) => b - a);
  const cells = ordered.flatMap((count, clone) => new Array<number>(count).fill(clone));
  const {depth, nDraws, expandedMinCells, random} = options;
  if (depth < 1 || depth > cells.length || nDraws < 1) return null;
  const top: number[] = [];
  const expanded: number[] = [];
  const clonal: (number | null)[] = [];
  for (let draw = 0; draw < nDraws; draw++) {
    const drawn = new Array<number>(ordered.length).fill(0);
    for (let i = 0; i < depth; i++) {
      const j = i + random.integer(cells.length - i);
      [cells[i], cells[j]] = [cells[j], cells[i]];
      drawn[cells[i]]++;
    }
    top.push(topClone(drawn)!);
    expanded.push(expandedFraction(drawn, expandedMinCells)!);
    clonal.push(clonality(drawn));
  }
  return {top_clone: summarise(top), expanded_fraction: summarise(expanded), clonality: summarise(clonal)};
}

function summarise(draws: readonly (number | null)[]): DrawnValue {
  const values = draws.filter((value) => value !== null).sort((a, b) => a - b);
  if (values.length === 0) return {value: null, lower: null, upper: null};
  const at = (share: number): number => values[Math.round(share * (values.length - 1))];
  return {value: sum(values) / values.length, lower: at(0.025), upper: at(0.975)};
}

function clonesOfSize(counts: readonly number[]): [number, number][] {
  const found = new Map<number, number>();
  for (const count of counts) if (count > 0) found.set(count, (found.get(count) ?? 0) + 1);
  return [...found].sort(([a], [b]) => a - b);
}
