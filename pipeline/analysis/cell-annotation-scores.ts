// Marker lists -> the scores that annotation compares, on whatever genes a cohort has. Knows lists and counts, not where they come from.
import type {SparseMatrix} from '../data/matrix.ts';
import type {AnnotationInput, Claim, Contest, Level} from './cell-annotation.ts';
import {scoreUcell, type ScoredSet} from './ucell.ts';

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
  readonly nCells: number;
  readonly maxRank: number;
  /** A list with fewer genes in the matrix takes no part: one gene is noise. Of a core half of its genes are enough. */
  readonly minMarkers: number;
}

/** How many genes of its list the matrix has. */
export interface ListCoverage {
  readonly label: string;
  readonly nPresent: number;
  readonly nMarkers: number;
}

export interface MarkerScores extends Pick<AnnotationInput, 'lineageScores' | 'coreScores' | 'contests' | 'claims' | 'singleCellLineages'> {
  /** Scores some of the cells: `cells` are their places among `nCells`. A score asks for no other cell, so that no more counts are in memory than of a piece. */
  readonly add: (counts: SparseMatrix, cells: ArrayLike<number>) => void;
  /** Lineages that take no part: their cells get the label of another. */
  readonly notCompared: readonly ListCoverage[];
}

/**
 * Symbols are compared without case, so that mouse genes find their human names. Genes that the matrix lacks are skipped, not counted as undetected:
 * a panel without half of a list would otherwise never show that lineage. The scores are there when all cells have been added.
 */
export function markerScores(symbols: readonly string[], rules: AnnotationRules, {nCells, maxRank, minMarkers}: ScoringOptions): MarkerScores {
  const column = new Map<string, number>();
  for (const [k, symbol] of symbols.entries()) if (!column.has(symbol.toUpperCase())) column.set(symbol.toUpperCase(), k);
  const present = (lists: readonly {label: string; genes: readonly string[]; least: number}[]): PresentList[] => lists
    .map(({label, genes, least}) => ({label, least, columns: [...new Set(genes.flatMap((gene) => column.get(gene.toUpperCase()) ?? []))]}))
    .filter(({columns, least}) => columns.length >= least)
    .map(({label, columns}) => ({set: {name: label, columns, negativeColumns: [], nMissing: 0, nNegativeMissing: 0}, scores: new Float64Array(nCells)}));
  const isMouse = hasMouseNames(symbols);
  const lineageLists = rules.lists.filter((list) => list.level === 'lineage').map(({label, markers, mouse}) => ({label, genes: isMouse ? [...markers, ...mouse] : markers, least: minMarkers}));
  const lineages = present(lineageLists);
  const asked = new Set([...rules.contests.flatMap(({by, holder}) => [...by, holder]), ...rules.claims.map(({label}) => label)]);
  const cores = present(rules.lists.filter((list) => asked.has(list.label)).map(({label, core}) => ({
    label, genes: core, least: Math.min(minMarkers, Math.max(2, Math.ceil(core.length / 2))),
  })));
  const lineageScores = new Map(lineages.map(({set, scores}) => [set.name, scores]));
  return {
    lineageScores,
    notCompared: lineageLists.filter(({label}) => !lineageScores.has(label)).map(({label, genes}) => ({label, nPresent: genes.filter((gene) => column.has(gene.toUpperCase())).length, nMarkers: genes.length})),
    coreScores: new Map(cores.map(({set, scores}) => [set.name, scores])),
    contests: rules.contests,
    claims: rules.claims,
    singleCellLineages: new Map([...rules.singleCellLineages].filter(([label]) => lineageScores.has(label))),
    add(counts, cells) {
      const own = scoreUcell(counts, [...lineages, ...cores].map(({set}) => set), {maxRank});
      const fill = (lists: readonly PresentList[], found: readonly Float64Array[]): void => {
        for (const [k, {scores}] of lists.entries()) for (let row = 0; row < cells.length; row++) scores[cells[row]] = found[k][row];
      };
      fill(lineages, own);
      fill(cores, aboveNothing(own.slice(lineages.length), counts, maxRank));
    },
  };
}

interface PresentList {
  readonly set: ScoredSet;
  /** One a cell. */
  readonly scores: Float64Array;
}

/**
 * Scores from 0 for a cell without any gene of the list. In a whole transcriptome that is what UCell gives; in a panel the undetected genes rank within
 * maxRank, and every list would pass a threshold.
 */
function aboveNothing(scores: readonly Float64Array[], {nColumns, indptr}: SparseMatrix, maxRank: number): Float64Array[] {
  const lowest = Math.min(maxRank, nColumns);
  // Of one undetected gene; a list of a few dozen differs by less than its size in ranks.
  const nothing = (cell: number): number => 1 - (Math.min((indptr[cell + 1] - indptr[cell] + 1 + nColumns) / 2, lowest) - 1) / Math.max(1, lowest - 1);
  return scores.map((own) => own.map((score, cell) => Math.max(0, score - nothing(cell)) / Math.max(1e-9, 1 - nothing(cell))));
}

/** Mouse symbols are written Cd3e, human ones CD3E. */
export function hasMouseNames(symbols: readonly string[]): boolean {
  const named = symbols.filter((symbol) => /^[A-Z][A-Za-z0-9]{2,}$/.test(symbol) && /[A-Za-z]{2}/.test(symbol));
  return named.filter((symbol) => /^[A-Z][a-z]/.test(symbol)).length > named.length / 2;
}
