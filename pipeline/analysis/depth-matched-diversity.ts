// Measures without a closed form at the depth of a smaller sample: cells drawn without replacement. Counts in, numbers out.
import type {Random} from '../base/random.ts';
import {sum} from './arithmetic.ts';
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
