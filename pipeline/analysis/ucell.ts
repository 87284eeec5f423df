// UCell signature scores (Andreatta & Carmona 2021, Comput Struct Biotechnol J 19:3796; formula of UCell >= 2.16): the rank of a set's genes in
// each cell, from raw counts. A cell's score does not depend on any other cell.
import type {SparseMatrix} from '../data/matrix.ts';
import {invert} from './set-membership.ts';
import {tieRanks} from './tie-blocks.ts';

/** A set as columns of the matrix. */
export interface ScoredSet {
  readonly name: string;
  /** Columns that count upwards, and downwards (signed sets); no duplicates. */
  readonly columns: readonly number[];
  readonly negativeColumns: readonly number[];
  /** Genes of the set that the matrix lacks: with `impute` each counts as the worst rank, with `skip` pass 0. */
  readonly nMissing: number;
  readonly nNegativeMissing: number;
}

export interface UcellOptions {
  /** Ranks beyond it count as it; one value for the whole cohort. At most the number of ranked genes is used. */
  readonly maxRank: number;
  /** Weight of the negative genes, UCell's w_neg; default 1. */
  readonly negativeWeight?: number;
  /** 1 a column to leave out of the ranking (Ig and TCR V genes, the transgene); none of them may be in a set. */
  readonly excluded?: Uint8Array;
}

/**
 * One score a cell and set, 0..1: U = 1 - (R - Rmin) / (n maxRank - Rmin), R the sum of descending mid-ranks over all ranked genes (zeros
 * included) capped at maxRank, n the genes of the set, Rmin = n (n + 1) / 2. A signed set scores max(0, U+ - w U-). A set without any gene
 * scores NaN: say so before calling. Throws where a set has more genes than maxRank, as UCell does.
 */
export function scoreUcell(counts: SparseMatrix, sets: readonly ScoredSet[], options: UcellOptions): Float64Array[] {
  const {excluded, negativeWeight = 1} = options;
  const nExcluded = excluded?.reduce((sum, mark) => sum + mark, 0) ?? 0;
  const nRanked = counts.nColumns - nExcluded;
  const maxRank = Math.min(options.maxRank, nRanked);
  const parts = sets.flatMap((set) => [
    {columns: set.columns, n: set.columns.length + set.nMissing, nMissing: set.nMissing},
    {columns: set.negativeColumns, n: set.negativeColumns.length + set.nNegativeMissing, nMissing: set.nNegativeMissing},
  ]);
  for (const [k, part] of parts.entries()) {
    if (part.n > maxRank) throw new Error(`signature ${sets[k >> 1].name} has ${part.n} genes, more than the maximum rank ${maxRank}`);
  }
  const {offsets, sets: partOf} = invert(counts.nColumns, parts.map((part) => part.columns));
  const rankSum = new Float64Array(parts.length);
  const nDetected = new Uint32Array(parts.length);
  const scores = sets.map(() => new Float64Array(counts.nRows));
  const {indptr, indices, values} = counts;
  const ranks = tieRanks();
  const midRank = (first: number, last: number): number => Math.min((first + last) / 2, maxRank);
  for (let cell = 0; cell < counts.nRows; cell++) {
    const from = indptr[cell];
    const to = indptr[cell + 1];
    ranks.take({values, indices, from, to}, nExcluded === 0 ? undefined : excluded);
    const detected = ranks.rank(midRank);
    // Every undetected gene shares the mid-rank of the zeros, which no whole transcriptome leaves below maxRank but a small panel may.
    const zeroRank = Math.min((detected + 1 + nRanked) / 2, maxRank);
    rankSum.fill(0);
    nDetected.fill(0);
    for (let k = from; k < to; k++) {
      const column = indices[k];
      const last = offsets[column + 1];
      if (offsets[column] === last) continue;
      const rank = ranks.worthOf(values[k]);
      for (let m = offsets[column]; m < last; m++) {
        rankSum[partOf[m]] += rank;
        nDetected[partOf[m]]++;
      }
    }
    const u = (k: number): number => {
      const {n, columns, nMissing} = parts[k];
      const least = (n * (n + 1)) / 2;
      const sum = rankSum[k] + (columns.length - nDetected[k]) * zeroRank + nMissing * maxRank;
      return 1 - (sum - least) / (n * maxRank - least);
    };
    for (let s = 0; s < sets.length; s++) {
      scores[s][cell] = parts[2 * s + 1].n === 0 ? u(2 * s) : Math.max(0, u(2 * s) - negativeWeight * u(2 * s + 1));
    }
  }
  return scores;
}
