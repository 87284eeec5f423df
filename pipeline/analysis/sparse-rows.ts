// Expression of some genes in many cells, row after row, in as few bytes as it needs: a component analysis asks for neither every gene nor sixteen digits.

/** Compressed rows: cells x genes. */
export interface SparseRows {
  readonly nRows: number;
  readonly nColumns: number;
  readonly indptr: Uint32Array;
  readonly indices: Uint16Array | Uint32Array;
  readonly values: Float32Array;
}

export interface SparseRowsBuilder {
  /** The next row, one value a column. */
  readonly addDense: (row: ArrayLike<number>) => void;
  /** The next row, of what is not zero. */
  readonly addSparse: (columns: ArrayLike<number>, values: ArrayLike<number>) => void;
  readonly rows: () => SparseRows;
}

const mostIn16Bits = 65_536;

/** `most`: at least as many values as will come. Memory that no value reaches is never taken: the system gives it page by page. */
export function sparseRows({nRows, nColumns, most}: {nRows: number; nColumns: number; most: number}): SparseRowsBuilder {
  const indptr = new Uint32Array(nRows + 1);
  const indices = nColumns <= mostIn16Bits ? new Uint16Array(most) : new Uint32Array(most);
  const values = new Float32Array(most);
  let row = 0;
  let at = 0;
  return {
    addDense(own) {
      for (let column = 0; column < own.length; column++) {
        if (own[column] === 0) continue;
        indices[at] = column;
        values[at++] = own[column];
      }
      indptr[++row] = at;
    },
    addSparse(columns, own) {
      indices.set(columns, at);
      values.set(own, at);
      at += columns.length;
      indptr[++row] = at;
    },
    rows: () => ({nRows: row, nColumns, indptr: indptr.subarray(0, row + 1), indices: indices.subarray(0, at), values: values.subarray(0, at)}),
  };
}
