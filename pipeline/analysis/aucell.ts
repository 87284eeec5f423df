// AUCell scores (Aibar et al. 2017, Nat Methods 14:1083) without its random tie-breaks: each gene contributes what it would on average over all
// orders of its tie block. The same cells give the same scores, whatever the seed. On request ties are broken at random, to compare with scores of AUCell itself.
import type {Random} from '../base/random.ts';
import type {SparseMatrix} from '../data/matrix.ts';
import {invert} from './set-membership.ts';
import {tieRanks} from './tie-blocks.ts';
import type {ScoredSet} from './ucell.ts';

export interface AucellOptions {
  /** T: ranks r < T count, strictly. One value for the whole cohort. */
  readonly topRank: number;
  /** 1 a column to leave out of the ranking; none of them may be in a set. */
  readonly excluded?: Uint8Array;
  /** Breaks ties at random, as AUCell does: a stream for each row. Absent: each gene counts what it would on average. */
  readonly tiesOf?: (row: number) => Random;
}

/** AUCell's aucMaxRank: ceiling(5 % of the ranked genes). Keep it below the genes a poor cell detects, or zeros enter the top by chance. */
export function aucellTopRank(nRankedGenes: number): number {
  return Math.ceil(nRankedGenes / 20);
}

/**
 * One score a cell and set, 0..1: sum of (T - r) over the set's present genes with r < T, divided by the most that min(n, T - 1) genes can
 * reach. Missing genes are left out, as AUCell does. A set without present genes scores NaN. Throws on a signed set: AUCell has none.
 */
export function scoreAucell(counts: SparseMatrix, sets: readonly ScoredSet[], options: AucellOptions): Float64Array[] {
  const {topRank, excluded, tiesOf} = options;
  for (const set of sets) {
    if (set.negativeColumns.length + set.nNegativeMissing > 0) throw new Error(`signature ${set.name} is signed; AUCell scores unsigned sets only`);
  }
  const nExcluded = excluded?.reduce((sum, mark) => sum + mark, 0) ?? 0;
  const nRanked = counts.nColumns - nExcluded;
  const {offsets, sets: setOf} = invert(counts.nColumns, sets.map((set) => set.columns));
  const most = sets.map((set) => sumOfTop(Math.min(set.columns.length, topRank - 1), topRank));
  const scores = sets.map(() => new Float64Array(counts.nRows));
  const {indptr, indices, values} = counts;
  const ranks = tieRanks();
  const share = (first: number, last: number): number => tieShare(first, last, topRank);
  const sum = new Float64Array(sets.length);
  const nDetected = new Uint32Array(sets.length);
  for (let cell = 0; cell < counts.nRows; cell++) {
    const from = indptr[cell];
    const to = indptr[cell + 1];
    if (tiesOf !== undefined) {
      const rankOf = breakTies(counts, cell, {topRank, excluded, random: tiesOf(cell)});
      for (let s = 0; s < sets.length; s++) scores[s][cell] = sets[s].columns.reduce((total, column) => total + Math.max(0, topRank - (rankOf.get(column) ?? topRank)), 0) / most[s];
      continue;
    }
    ranks.take({values, indices, from, to}, nExcluded === 0 ? undefined : excluded);
    const detected = ranks.rank(share);
    const zeroShare = tieShare(detected + 1, nRanked, topRank);
    sum.fill(0);
    nDetected.fill(0);
    for (let k = from; k < to; k++) {
      const column = indices[k];
      const last = offsets[column + 1];
      if (offsets[column] === last) continue;
      const own = ranks.worthOf(values[k]);
      for (let m = offsets[column]; m < last; m++) {
        sum[setOf[m]] += own;
        nDetected[setOf[m]]++;
      }
    }
    for (let s = 0; s < sets.length; s++) scores[s][cell] = (sum[s] + (sets[s].columns.length - nDetected[s]) * zeroShare) / most[s];
  }
  return scores;
}

/** Gene -> rank, for the ranks below the top rank: counts descending, equal ones in random order, then as many of the genes without counts as there is room for. */
function breakTies({indptr, indices, values, nColumns}: SparseMatrix, cell: number, {topRank, excluded, random}: {readonly topRank: number; readonly excluded: Uint8Array | undefined; readonly random: Random}): Map<number, number> {
  const detected: {column: number; count: number; key: number}[] = [];
  const isDetected = new Uint8Array(nColumns);
  for (let k = indptr[cell]; k < indptr[cell + 1]; k++) {
    isDetected[indices[k]] = 1;
    if (excluded?.[indices[k]] !== 1) detected.push({column: indices[k], count: values[k], key: random.uniform()});
  }
  detected.sort((a, b) => b.count - a.count || a.key - b.key);
  const order = detected.slice(0, topRank - 1).map(({column}) => column);
  // Most cells detect more genes than have a place at the top.
  const zeros = order.length === topRank - 1 ? [] : Array.from({length: nColumns}, (_, column) => column).filter((column) => isDetected[column] === 0 && excluded?.[column] !== 1);
  for (let drawn = 0; order.length < topRank - 1 && drawn < zeros.length; drawn++) {
    const at = drawn + random.integer(zeros.length - drawn);
    order.push(zeros[at]);
    zeros[at] = zeros[drawn];
  }
  return new Map(order.map((column, place) => [column, place + 1]));
}

/** Expected T - r (0 from T on) of a gene whose tie block spans the ranks first..last. */
function tieShare(first: number, last: number, topRank: number): number {
  if (first >= topRank || first > last) return 0;
  const lastCounted = Math.min(last, topRank - 1);
  return ((topRank - first + (topRank - lastCounted)) * (lastCounted - first + 1)) / 2 / (last - first + 1);
}

/** Sum of T - r over r = 1..k. */
function sumOfTop(k: number, topRank: number): number {
  return k * topRank - (k * (k + 1)) / 2;
}
