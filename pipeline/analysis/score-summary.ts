// Scores of cells -> one row a group (sample x cell type), the unit that patients are compared by.
import {median} from './arithmetic.ts';

export interface ScoreSummary {
  readonly nCells: number;
  readonly mean: number;
  readonly median: number;
  /** Over n - 1; null for a single cell. */
  readonly sd: number | null;
}

/** group -> summary, in the order of first appearance. `groups`: a group's name for each cell, null for a cell that belongs to none. */
export function summarizeScores(scores: ArrayLike<number>, groups: readonly (string | null)[]): Map<string, ScoreSummary> {
  if (scores.length !== groups.length) throw new Error(`${scores.length} scores for ${groups.length} cells`);
  const scoresOfGroup = new Map<string, number[]>();
  for (const [cell, group] of groups.entries()) {
    if (group === null) continue;
    const held = scoresOfGroup.get(group);
    if (held === undefined) scoresOfGroup.set(group, [scores[cell]]);
    else held.push(scores[cell]);
  }
  return new Map([...scoresOfGroup].map(([group, held]) => [group, summarize(held)]));
}

function summarize(held: readonly number[]): ScoreSummary {
  if (held.some(Number.isNaN)) throw new Error('a score is NaN: a set without genes was scored');
  const nCells = held.length;
  const mean = held.reduce((sum, score) => sum + score, 0) / nCells;
  const squares = held.reduce((sum, score) => sum + (score - mean) ** 2, 0);
  return {nCells, mean, median: median(held), sd: nCells > 1 ? Math.sqrt(squares / (nCells - 1)) : null};
}
