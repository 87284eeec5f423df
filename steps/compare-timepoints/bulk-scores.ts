// Scores of the sum of a sample's cells of one type, beside the means of their cells: where both say the same, it does not hang on how cells with few counts are ranked.
import {rankBulk, singscore, ssgsea, type BulkRanks} from '../../pipeline/analysis/bulk-scores.ts';
import {noCounts} from '../../pipeline/analysis/recover-counts.ts';
import {isInGroup, type CellGroup} from '../../pipeline/analysis/score-groups.ts';
import type {SignatureUniverse, UniverseSet} from '../../pipeline/analysis/score-signatures.ts';
import type {SampleValue} from '../../pipeline/analysis/timepoint-comparison.ts';
import type {SampleCells} from './cohort-counts.ts';

export const bulkMethods = ['singscore', 'ssgsea'] as const;

/** A value of a set and sample; each sample's cells are added up and ranked once. */
export function bulkScores({samples, universe, minCells}: {readonly samples: ReadonlyMap<string, SampleCells>; readonly universe: SignatureUniverse; readonly minCells: number}, group: CellGroup): (method: (typeof bulkMethods)[number], set: UniverseSet) => (sample: string) => SampleValue {
  const excluded = new Uint8Array(universe.genes.length);
  for (const column of universe.excluded) excluded[column] = 1;
  const known = new Map<string, BulkRanks | {readonly missing: string}>();
  const ranksOf = (id: string): BulkRanks | {readonly missing: string} => {
    const held = known.get(id) ?? rankSum(samples.get(id), {group, minCells, excluded});
    known.set(id, held);
    return held;
  };
  return (method, set) => (id) => {
    if (universe.without_counts) return {missing: `the sum of the cells needs counts: ${noCounts}`};
    if (set.negativeColumns.length + set.nNegativeMissing > 0) return {missing: 'a signed set: only UCell scores it'};
    const ranks = ranksOf(id);
    if ('missing' in ranks) return ranks;
    return {value: (method === 'singscore' ? singscore : ssgsea)(ranks, set)};
  };
}

function rankSum(sample: SampleCells | undefined, {group, minCells, excluded}: {readonly group: CellGroup; readonly minCells: number; readonly excluded: Uint8Array}): BulkRanks | {readonly missing: string} {
  if (sample === undefined) return {missing: 'no such sample in the table'};
  const rows = sample.cells.flatMap((_cell, i) => (isInGroup(sample.labels[i], group) ? [sample.rows[i]] : []));
  if (rows.length < minCells) return {missing: `${rows.length} cells, ${minCells} needed`};
  const {indptr, indices, values, nColumns} = sample.counts;
  const sums = new Float64Array(nColumns);
  for (const row of rows) for (let k = indptr[row]; k < indptr[row + 1]; k++) sums[indices[k]] += values[k];
  return rankBulk(sums, excluded);
}
