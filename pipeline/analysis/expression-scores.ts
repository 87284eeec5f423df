// Scores that are sums over log expression: the mean of a set, the mean minus that of control genes, and decoupler's zscore and ulm. One pass over the
// stored counts of a cell serves every set.
import type {SparseMatrix} from '../data/matrix.ts';
import {logRows} from './log-expression.ts';
import {invert} from './set-membership.ts';
import type {ScoredSet} from './ucell.ts';

export type ExpressionScore =
  | {readonly kind: 'mean'}
  /** Mean of the set minus the mean of every other gene in the bins that its genes lie in: no draw, no seed. `bins` as binByRank gives them. */
  | {readonly kind: 'bins'; readonly bins: Int32Array}
  /** Mean of the set minus the mean of its controls, which may hold genes of the set. */
  | {readonly kind: 'controls'; readonly controls: readonly Uint32Array[]}
  /** sqrt(m) mean / sd, sd over all genes of the cell; KSEA takes the cell's mean from that of the set first (decoupler 2.3.1; 2.1.1 had the names the other way round). */
  | {readonly kind: 'zscore'; readonly flavour: 'KSEA' | 'RoKAI'}
  /** t of the slope of expression on membership over the genes of the cell. */
  | {readonly kind: 'ulm'};

/** One score a cell and set. Missing and excluded genes are left out. NaN for a set without genes, and where a cell has no spread (zscore). */
export function scoreExpression(counts: SparseMatrix, sets: readonly ScoredSet[], score: ExpressionScore, excluded?: Uint8Array): Float64Array[] {
  const {nRows, nColumns, indptr, indices} = counts;
  const nExcluded = excluded?.reduce((sum, mark) => sum + mark, 0) ?? 0;
  const nGenes = nColumns - nExcluded;
  const signed = sets.find((set) => set.negativeColumns.length + set.nNegativeMissing > 0);
  if (signed !== undefined) throw new Error(`signature ${signed.name} is signed; only UCell scores signed sets`);
  const {offsets, sets: setOf} = invert(nColumns, sets.map((set) => set.columns));
  const {offsets: controlOffsets, sets: controlOf} = invert(nColumns, score.kind === 'controls' ? score.controls : []);
  const bins = score.kind === 'bins' ? score.bins : undefined;
  const binsOfSet = bins === undefined ? [] : sets.map((set) => binsOf(set, bins));
  const nBins = bins?.reduce((most, bin) => Math.max(most, bin + 1), 0) ?? 0;
  const fill = logRows(counts);
  const values = new Float64Array(nColumns);
  const [setSum, controlSum, binSum] = [new Float64Array(sets.length), new Float64Array(sets.length), new Float64Array(nBins)];
  const scores = sets.map(() => new Float64Array(nRows));
  for (let row = 0; row < nRows; row++) {
    fill(row, values);
    setSum.fill(0);
    controlSum.fill(0);
    binSum.fill(0);
    let [sum, squares] = [0, 0];
    // The walk over every stored count of the matrix: nothing but array reads in it.
    for (let k = indptr[row], i = 0, end = indptr[row + 1]; k < end; k++, i++) {
      const gene = indices[k];
      if (excluded !== undefined && excluded[gene] === 1) continue;
      const value = values[i];
      sum += value;
      squares += value * value;
      if (bins !== undefined) binSum[bins[gene]] += value;
      for (let m = offsets[gene], last = offsets[gene + 1]; m < last; m++) setSum[setOf[m]] += value;
      for (let m = controlOffsets[gene], last = controlOffsets[gene + 1]; m < last; m++) controlSum[controlOf[m]] += value;
    }
    const mean = sum / nGenes;
    const spread = Math.max(0, squares - nGenes * mean * mean);
    for (let s = 0; s < sets.length; s++) {
      const n = sets[s].columns.length;
      scores[s][row] = worth(score, {n, setMean: setSum[s] / n, mean, spread, nGenes, controlMean: controlMean(s)});
    }
    function controlMean(s: number): number {
      if (score.kind === 'controls') return controlSum[s] / score.controls[s].length;
      if (score.kind !== 'bins') return 0;
      let total = -setSum[s];
      for (const bin of binsOfSet[s].bins) total += binSum[bin];
      return total / binsOfSet[s].nControls;
    }
  }
  return scores;
}

interface CellSums {
  readonly n: number;
  readonly setMean: number;
  readonly controlMean: number;
  readonly mean: number;
  /** Sum of squares about the mean. */
  readonly spread: number;
  readonly nGenes: number;
}

function worth(score: ExpressionScore, {n, setMean, controlMean, mean, spread, nGenes}: CellSums): number {
  switch (score.kind) {
    case 'mean':
      return setMean;
    case 'bins':
    case 'controls':
      return setMean - controlMean;
    case 'zscore':
      return ((setMean - (score.flavour === 'KSEA' ? mean : 0)) * Math.sqrt(n)) / Math.sqrt(spread / (nGenes - 1));
    case 'ulm': {
      const r = (n * (setMean - mean)) / Math.sqrt(n * (1 - n / nGenes) * spread);
      // The smallest double above 0 at 1 keeps a perfect fit finite, as decoupler does.
      const epsilon = Number.EPSILON;
      return r * Math.sqrt((nGenes - 2) / ((1 - r + epsilon) * (1 + r + epsilon)));
    }
  }
}

function binsOf(set: ScoredSet, bins: Int32Array): {bins: number[]; nControls: number} {
  const own = new Set(set.columns.map((column) => bins[column]));
  const nHeld = bins.reduce((n, bin) => n + (own.has(bin) ? 1 : 0), 0);
  return {bins: [...own], nControls: nHeld - set.columns.length};
}
