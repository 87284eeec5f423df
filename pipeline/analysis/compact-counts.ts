// Counts of many cells in as few bytes as they need: gene numbers and counts are mostly below 65,536, and two bytes of each are half of what a SparseMatrix takes.
import type {SparseMatrix} from '../data/matrix.ts';

/** Cells x genes; a SparseMatrix is one too. */
export interface CompactCounts {
  readonly nRows: number;
  readonly nColumns: number;
  readonly indptr: Uint32Array;
  readonly indices: Uint16Array | Uint32Array;
  readonly values: Uint16Array | Float32Array;
}

export interface CompactBuilder {
  /** Rows below those that are there. */
  readonly add: (piece: SparseMatrix) => void;
  readonly counts: () => CompactCounts;
}

const most = 65_535;

/** `nStored`: at least as many values as will come. */
export function compactCounts({nRows, nColumns, nStored}: {nRows: number; nColumns: number; nStored: number}): CompactBuilder {
  const indptr = new Uint32Array(nRows + 1);
  const indices = nColumns <= most + 1 ? new Uint16Array(nStored) : new Uint32Array(nStored);
  let values: Uint16Array | Float32Array = new Uint16Array(nStored);
  let [row, at] = [0, 0];
  return {
    add(piece) {
      if (values instanceof Uint16Array && !areSmall(piece.values)) values = Float32Array.from(values);
      indices.set(piece.indices, at);
      values.set(piece.values, at);
      for (let own = 1; own <= piece.nRows; own++) indptr[row + own] = at + piece.indptr[own];
      row += piece.nRows;
      at += piece.indices.length;
    },
    counts: () => ({nRows: row, nColumns, indptr: indptr.subarray(0, row + 1), indices: indices.subarray(0, at), values: values.subarray(0, at)}),
  };
}

/** The rows named by `rows`, in that order. */
export function selectCompactRows({nColumns, indptr, indices, values}: CompactCounts, rows: ArrayLike<number>): SparseMatrix {
  const starts = new Uint32Array(rows.length + 1);
  for (let i = 0; i < rows.length; i++) starts[i + 1] = starts[i] + indptr[rows[i] + 1] - indptr[rows[i]];
  const selected = {indices: new Uint32Array(starts[rows.length]), values: new Float32Array(starts[rows.length])};
  for (let i = 0; i < rows.length; i++) {
    selected.indices.set(indices.subarray(indptr[rows[i]], indptr[rows[i] + 1]), starts[i]);
    selected.values.set(values.subarray(indptr[rows[i]], indptr[rows[i] + 1]), starts[i]);
  }
  return {kind: 'sparse', nRows: rows.length, nColumns, indptr: starts, ...selected};
}

/** A plain loop: it walks over every stored value. */
function areSmall(values: Float32Array): boolean {
  for (let k = 0; k < values.length; k++) if (!(values[k] >= 0 && values[k] <= most && values[k] % 1 === 0)) return false;
  return true;
}

/**
 * Gives the memory of arrays back at once; they are empty then. The collector comes when scripts ask for memory, and a library that computes for minutes
 * asks for none: what was read would stay beside what it needs.
 */
export function releaseArrays({indptr, indices, values}: Pick<CompactCounts, 'indptr' | 'indices' | 'values'>): void {
  for (const {buffer} of [indptr, indices, values]) if (buffer instanceof ArrayBuffer) buffer.transfer(0);
}
