// The cohort's decision on genes and sets, as signature-universe writes it, and the scores of cells by it.
import {tidyRows, type SparseMatrix} from '../data/matrix.ts';
import {aucellTopRank, scoreAucell, type AucellOptions} from './aucell.ts';
import {binByRank, moduleScoreControls, scoreGenesControls, type Controls, type ExpressionOfCohort} from './control-genes.ts';
import {scoreExpression} from './expression-scores.ts';
import {noCounts} from './recover-counts.ts';
import {scoreUcell, type ScoredSet} from './ucell.ts';

export const scoreMethods = ['ucell', 'aucell', 'tirosh', 'score_genes', 'module_score', 'mean', 'zscore', 'zscore_rokai', 'ulm'] as const;
/** They see the order of a cell's genes alone. */
const rankMethods: readonly string[] = ['ucell', 'aucell'];
export type ScoreMethod = (typeof scoreMethods)[number];

/** A value a cell, or why the set has none by this method. */
export type SetScore = {readonly values: Float64Array} | {readonly missing: string};

export interface SignatureUniverse {
  /** Columns of the counts that are scored, sorted. */
  readonly genes: readonly string[];
  /** Columns that take no rank. */
  readonly excluded: readonly number[];
  /** null without cells. */
  readonly max_rank: number | null;
  /** Mean log expression of each gene over all cells of the cohort: what control genes are matched by. Absent without cells. */
  readonly mean_log_expression?: readonly number[];
  /** The cells have normalised values, of which only ranks within a cell mean something. */
  readonly without_counts?: boolean;
  readonly sets: readonly UniverseSet[];
}

export interface UniverseSet extends ScoredSet {
  readonly role: 'primary' | 'exploratory';
  /** Why the set is not scored; '' where it is. */
  readonly refused: string;
}

/** The columns of `counts` (named by `genes`) in the order of the universe; the others are dropped. Throws where a gene of it is not there. */
export function orderGenes(counts: SparseMatrix, genes: readonly string[], wanted: readonly string[]): SparseMatrix {
  const at = new Map(wanted.map((gene, k) => [gene, k]));
  const columnOf = Int32Array.from(genes, (gene) => at.get(gene) ?? -1);
  const known = new Set(genes);
  const absent = wanted.find((gene) => !known.has(gene));
  if (absent !== undefined) throw new Error(`the gene ${absent} of the universe is not in the counts`);
  const indptr = new Uint32Array(counts.nRows + 1);
  const indices = new Uint32Array(counts.indices.length);
  const values = new Float32Array(counts.values.length);
  let stored = 0;
  for (let row = 0; row < counts.nRows; row++) {
    for (let k = counts.indptr[row]; k < counts.indptr[row + 1]; k++) {
      const column = columnOf[counts.indices[k]];
      if (column < 0) continue;
      indices[stored] = column;
      values[stored++] = counts.values[k];
    }
    indptr[row + 1] = stored;
  }
  return tidyRows({kind: 'sparse', nRows: counts.nRows, nColumns: wanted.length, indptr, indices: indices.slice(0, stored), values: values.slice(0, stored)});
}

/** One entry a set, in the order of the universe. `counts`: in the gene order of the universe. A cell's score depends on no other cell than by the universe. */
export function scoreSignatures(counts: SparseMatrix, universe: SignatureUniverse, method: ScoreMethod, {tiesOf}: Pick<AucellOptions, 'tiesOf'> = {}): SetScore[] {
  const excluded = new Uint8Array(universe.genes.length);
  for (const column of universe.excluded) excluded[column] = 1;
  const refusal = (set: UniverseSet): string => refusalBy(set, method) || (universe.without_counts && !rankMethods.includes(method) ? `${method} needs counts: ${noCounts}` : '');
  const used = universe.sets.filter((set) => refusal(set) === '');
  const scores = used.length === 0 ? [] : scoreUsed(counts, used, {universe, method, excluded, tiesOf});
  const byName = new Map(used.map((set, i) => [set.name, scores[i]]));
  return universe.sets.map((set) => byName.get(set.name) ?? {missing: refusal(set)});
}

/** Scores of pieces of a sample, one after the other: a set that is missing in one is missing in all. At least one piece. */
export function joinScores(pieces: readonly (readonly SetScore[])[]): SetScore[] {
  return pieces[0].map((_, k): SetScore => {
    const values: Float64Array[] = [];
    for (const piece of pieces) {
      const score = piece[k];
      if ('missing' in score) return score;
      values.push(score.values);
    }
    const joined = new Float64Array(values.reduce((sum, own) => sum + own.length, 0));
    let at = 0;
    for (const own of values) {
      joined.set(own, at);
      at += own.length;
    }
    return {values: joined};
  });
}

function refusalBy(set: UniverseSet, method: ScoreMethod): string {
  const isSigned = set.negativeColumns.length + set.nNegativeMissing > 0;
  return set.refused === '' && isSigned && method !== 'ucell' ? 'a signed set: only UCell scores it' : set.refused;
}

function scoreUsed(counts: SparseMatrix, used: readonly UniverseSet[], {universe, method, excluded, tiesOf}: {universe: SignatureUniverse; method: ScoreMethod; excluded: Uint8Array} & Pick<AucellOptions, 'tiesOf'>): SetScore[] {
  const cohort = (): ExpressionOfCohort => {
    if (universe.mean_log_expression === undefined) throw new Error(`${method} needs the mean expression of the cohort, which this universe lacks`);
    return {means: universe.mean_log_expression, excluded};
  };
  switch (method) {
    case 'ucell':
      return scoreUcell(counts, used, {maxRank: universe.max_rank ?? 1, excluded}).map(whole);
    case 'aucell':
      return scoreAucell(counts, used, {topRank: aucellTopRank(universe.genes.length - universe.excluded.length), excluded, tiesOf}).map(whole);
    case 'tirosh':
      return scoreExpression(counts, used, {kind: 'bins', bins: binByRank(cohort())}, excluded).map(whole);
    case 'score_genes':
      return againstControls(counts, used, scoreGenesControls(binByRank(cohort()), used), excluded);
    case 'module_score': {
      const drawn = moduleScoreControls(cohort(), used);
      return 'missing' in drawn ? used.map(() => drawn) : againstControls(counts, used, drawn.controls, excluded);
    }
    case 'mean':
      return scoreExpression(counts, used, {kind: 'mean'}, excluded).map(whole);
    case 'zscore':
      return scoreExpression(counts, used, {kind: 'zscore', flavour: 'KSEA'}, excluded).map(whole);
    case 'zscore_rokai':
      return scoreExpression(counts, used, {kind: 'zscore', flavour: 'RoKAI'}, excluded).map(whole);
    case 'ulm':
      return scoreExpression(counts, used, {kind: 'ulm'}, excluded).map(whole);
  }
}

function againstControls(counts: SparseMatrix, used: readonly UniverseSet[], controls: readonly Controls[], excluded: Uint8Array): SetScore[] {
  const columns = controls.map((one) => ('missing' in one ? new Uint32Array() : one.columns));
  return scoreExpression(counts, used, {kind: 'controls', controls: columns}, excluded).map((values, k) => {
    const own = controls[k];
    return 'missing' in own ? own : whole(values);
  });
}

/** A score that is no number in some cell is none for the sample. */
function whole(values: Float64Array): SetScore {
  return values.some(Number.isNaN) ? {missing: 'the method has no value in some cells: no control genes, or no spread of expression'} : {values};
}
