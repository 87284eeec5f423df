// Marker lists -> the scores that annotation compares, on whatever genes a cohort has. Knows lists and counts, not where they come from.
import type {SparseMatrix} from '../data/matrix.ts';
import type {AnnotationInput, Contest} from './cell-annotation.ts';
import {scoreUcell} from './ucell.ts';

export interface MarkerList {
  readonly label: string;
  readonly level: 'lineage' | 'type';
  readonly markers: readonly string[];
  /** Genes that contests compare. */
  readonly core: readonly string[];
}

export interface AnnotationRules {
  readonly lists: readonly MarkerList[];
  readonly contests: readonly (Contest & {readonly level: 'lineage' | 'type'})[];
  readonly singleCellLineages: ReadonlyMap<string, number>;
}

export interface ScoringOptions {
  readonly maxRank: number;
  /** A list with fewer genes in the matrix takes no part: one gene is noise. */
  readonly minMarkers: number;
}

/**
 * Symbols are compared without case, so that mouse genes find their human names. Genes that the matrix lacks are skipped, not counted as undetected:
 * a panel without half of a list would otherwise never show that lineage.
 */
export function scoreMarkers(
  counts: SparseMatrix, symbols: readonly string[], rules: AnnotationRules, options: ScoringOptions,
): Pick<AnnotationInput, 'lineageScores' | 'coreScores' | 'lineageContests' | 'typeContests' | 'singleCellLineages'> {
  const column = new Map<string, number>();
  for (const [k, symbol] of symbols.entries()) if (!column.has(symbol.toUpperCase())) column.set(symbol.toUpperCase(), k);
  const score = (lists: readonly {label: string; genes: readonly string[]}[]): Map<string, Float64Array> => {
    const present = lists
      .map(({label, genes}) => ({label, columns: [...new Set(genes.flatMap((gene) => column.get(gene.toUpperCase()) ?? []))]}))
      .filter(({columns}) => columns.length >= options.minMarkers);
    const scores = scoreUcell(counts, present.map(({label, columns}) => ({name: label, columns, negativeColumns: [], nMissing: 0, nNegativeMissing: 0})), {maxRank: options.maxRank});
    return new Map(present.map(({label}, k) => [label, scores[k]]));
  };
  const lineageScores = score(rules.lists.filter((list) => list.level === 'lineage').map(({label, markers}) => ({label, genes: markers})));
  const contested = new Set(rules.contests.flatMap(({challenger, holder}) => [challenger, holder]));
  const coreScores = score(rules.lists.filter((list) => contested.has(list.label)).map(({label, core}) => ({label, genes: core})));
  const held = rules.contests.filter(({challenger, holder}) => coreScores.has(challenger) && coreScores.has(holder));
  return {
    lineageScores,
    coreScores,
    lineageContests: held.filter((contest) => contest.level === 'lineage'),
    typeContests: held.filter((contest) => contest.level === 'type'),
    singleCellLineages: new Map([...rules.singleCellLineages].filter(([label]) => lineageScores.has(label))),
  };
}
