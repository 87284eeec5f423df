// Marker lists -> the scores that annotation compares, on whatever genes a cohort has. Knows lists and counts, not where they come from.
import type {SparseMatrix} from '../data/matrix.ts';
import type {AnnotationInput, Claim, Contest, Level} from './cell-annotation.ts';
import {scoreUcell} from './ucell.ts';

export interface MarkerList {
  readonly label: string;
  readonly level: Level;
  readonly markers: readonly string[];
  /** Genes that contests and claims look at. */
  readonly core: readonly string[];
  /** Counted beside `markers` where the matrix is of a mouse. */
  readonly mouse: readonly string[];
}

export interface AnnotationRules {
  readonly lists: readonly MarkerList[];
  readonly contests: readonly Contest[];
  readonly claims: readonly Claim[];
  readonly singleCellLineages: ReadonlyMap<string, number>;
}

export interface ScoringOptions {
  readonly maxRank: number;
  /** A list with fewer genes in the matrix takes no part: one gene is noise. Of a core half of its genes are enough. */
  readonly minMarkers: number;
}

/**
 * Symbols are compared without case, so that mouse genes find their human names. Genes that the matrix lacks are skipped, not counted as undetected:
 * a panel without half of a list would otherwise never show that lineage.
 */
export function scoreMarkers(
  counts: SparseMatrix, symbols: readonly string[], rules: AnnotationRules, options: ScoringOptions,
): Pick<AnnotationInput, 'lineageScores' | 'coreScores' | 'contests' | 'claims' | 'singleCellLineages'> {
  const column = new Map<string, number>();
  for (const [k, symbol] of symbols.entries()) if (!column.has(symbol.toUpperCase())) column.set(symbol.toUpperCase(), k);
  const score = (lists: readonly {label: string; genes: readonly string[]; least: number}[]): Map<string, Float64Array> => {
    const present = lists
      .map(({genes, ...list}) => ({...list, columns: [...new Set(genes.flatMap((gene) => column.get(gene.toUpperCase()) ?? []))]}))
      .filter(({columns, least}) => columns.length >= least);
    const scores = scoreUcell(counts, present.map(({label, columns}) => ({name: label, columns, negativeColumns: [], nMissing: 0, nNegativeMissing: 0})), {maxRank: options.maxRank});
    return new Map(present.map(({label}, k) => [label, scores[k]]));
  };
  const isMouse = hasMouseNames(symbols);
  const lineageScores = score(rules.lists.filter((list) => list.level === 'lineage').map(({label, markers, mouse}) => ({label, genes: isMouse ? [...markers, ...mouse] : markers, least: options.minMarkers})));
  const asked = new Set([...rules.contests.flatMap(({by, holder}) => [...by, holder]), ...rules.claims.map(({label}) => label)]);
  const coreScores = aboveNothing(score(rules.lists.filter((list) => asked.has(list.label)).map(({label, core}) => ({
    label, genes: core, least: Math.min(options.minMarkers, Math.max(2, Math.ceil(core.length / 2))),
  }))), counts, options.maxRank);
  return {
    lineageScores,
    coreScores,
    contests: rules.contests,
    claims: rules.claims,
    singleCellLineages: new Map([...rules.singleCellLineages].filter(([label]) => lineageScores.has(label))),
  };
}

/**
 * Scores from 0 for a cell without any gene of the list. In a whole transcriptome that is what UCell gives; in a panel the undetected genes rank within
 * maxRank, and every list would pass a threshold.
 */
function aboveNothing(scores: ReadonlyMap<string, Float64Array>, {nColumns, indptr}: SparseMatrix, maxRank: number): Map<string, Float64Array> {
  const lowest = Math.min(maxRank, nColumns);
  // Of one undetected gene; a list of a few dozen differs by less than its size in ranks.
  const nothing = (cell: number): number => 1 - (Math.min((indptr[cell + 1] - indptr[cell] + 1 + nColumns) / 2, lowest) - 1) / Math.max(1, lowest - 1);
  return new Map([...scores].map(([label, own]) => [label, own.map((score, cell) => Math.max(0, score - nothing(cell)) / Math.max(1e-9, 1 - nothing(cell)))]));
}

/** Mouse symbols are written Cd3e, human ones CD3E. */
export function hasMouseNames(symbols: readonly string[]): boolean {
  const named = symbols.filter((symbol) => /^[A-Z][A-Za-z0-9]{2,}$/.test(symbol) && /[A-Za-z]{2}/.test(symbol));
  return named.filter((symbol) => /^[A-Z][a-z]/.test(symbol)).length > named.length / 2;
}
