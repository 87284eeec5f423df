// Thins cells to a lower depth: each UMI is kept with a probability, as a shallower sequencing of the same library would.
import type {Random} from '../base/random.ts';
import type {SparseMatrix} from '../data/matrix.ts';

export interface Thinning {
  /** Row -> probability that a UMI is kept, 0..1. */
  readonly keepProbability: (row: number) => number;
  /** Row -> its own stream, named for the cell, so that no cell's draw depends on the other cells. */
  readonly randomOf: (row: number) => Random;
}

/** The thinned counts, same shape, without stored zeros. Throws on a value that is no whole count and on a probability outside 0..1. */
export function thinCounts(counts: SparseMatrix, thinning: Thinning): SparseMatrix {
  const indptr = new Uint32Array(counts.nRows + 1);
  const indices = new Uint32Array(counts.indices.length);
  const values = new Float32Array(counts.values.length);
  let stored = 0;
  for (let row = 0; row < counts.nRows; row++) {
    const p = thinning.keepProbability(row);
    if (!(p >= 0 && p <= 1)) throw new Error(`the probability to keep a UMI of row ${row} is ${p}, expected 0..1`);
    const random = p < 1 ? thinning.randomOf(row) : undefined;
    for (let k = counts.indptr[row]; k < counts.indptr[row + 1]; k++) {
      const n = counts.values[k];
      if (!Number.isInteger(n) || n < 0) throw new Error(`row ${row} holds ${n}, thinning needs whole counts`);
      const kept = random === undefined ? n : drawBinomial(n, p, random);
      if (kept === 0) continue;
      indices[stored] = counts.indices[k];
      values[stored++] = kept;
    }
    indptr[row + 1] = stored;
  }
  return {kind: 'sparse', nRows: counts.nRows, nColumns: counts.nColumns, indptr, indices: indices.slice(0, stored), values: values.slice(0, stored)};
}

/** Exact for every n: n trials. Most counts are 1, so that a faster sampler for large n would gain little. */
export function drawBinomial(n: number, p: number, random: Random): number {
  let kept = 0;
  for (let i = 0; i < n; i++) if (random.uniform() < p) kept++;
  return kept;
}
