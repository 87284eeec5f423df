// Matrices as the science passes them around. Cells are rows, genes are columns, everywhere.

/** Compressed rows (CSR). `indices` ascend within a row, no duplicates, no stored zeros. */
export interface SparseMatrix {
  readonly kind: 'sparse';
  readonly nRows: number;
  readonly nColumns: number;
  /** nRows + 1 offsets. */
  readonly indptr: Uint32Array;
  readonly indices: Uint32Array;
  readonly values: Float32Array;
}

/** Row-major. */
export interface DenseMatrix {
  readonly kind: 'dense';
  readonly nRows: number;
  readonly nColumns: number;
  readonly values: Float32Array | Float64Array | Int32Array;
}

export type Matrix = SparseMatrix | DenseMatrix;

/** The rows named by `rows` (indices into the matrix), in that order. */
export function selectRows(matrix: SparseMatrix, rows: ArrayLike<number>): SparseMatrix {
  const indptr = new Uint32Array(rows.length + 1);
  for (let i = 0; i < rows.length; i++) indptr[i + 1] = indptr[i] + matrix.indptr[rows[i] + 1] - matrix.indptr[rows[i]];
  const indices = new Uint32Array(indptr[rows.length]);
  const values = new Float32Array(indptr[rows.length]);
  for (let i = 0; i < rows.length; i++) {
    const from = matrix.indptr[rows[i]];
    const to = matrix.indptr[rows[i] + 1];
    indices.set(matrix.indices.subarray(from, to), indptr[i]);
    values.set(matrix.values.subarray(from, to), indptr[i]);
  }
  return {kind: 'sparse', nRows: rows.length, nColumns: matrix.nColumns, indptr, indices, values};
}

/** Stacks matrices with the same columns, top to bottom. */
export function stackRows(matrices: readonly SparseMatrix[], nColumns: number): SparseMatrix {
  const nRows = matrices.reduce((sum, m) => sum + m.nRows, 0);
  const nStored = matrices.reduce((sum, m) => sum + m.indices.length, 0);
  const indptr = new Uint32Array(nRows + 1);
  const indices = new Uint32Array(nStored);
  const values = new Float32Array(nStored);
  let row = 0;
  let offset = 0;
  for (const m of matrices) {
    if (m.nColumns !== nColumns) throw new Error(`stackRows: ${m.nColumns} columns, expected ${nColumns}`);
    indices.set(m.indices, offset);
    values.set(m.values, offset);
    for (let i = 1; i <= m.nRows; i++) indptr[row + i] = offset + m.indptr[i];
    row += m.nRows;
    offset += m.indices.length;
  }
  return {kind: 'sparse', nRows, nColumns, indptr, indices, values};
}

export interface RowStack {
  /** Rows below those that are there. */
  readonly add: (piece: SparseMatrix) => void;
  /** Views of what was added; nothing is added after it. */
  readonly matrix: () => SparseMatrix;
}

/** As `stackRows` of matrices that come one after the other. `nRows`, `nStored`: at least as many as will come. */
export function rowStack({nRows, nColumns, nStored}: {readonly nRows: number; readonly nColumns: number; readonly nStored: number}): RowStack {
  const [indptr, indices, values] = [new Uint32Array(nRows + 1), new Uint32Array(nStored), new Float32Array(nStored)];
  let [row, at] = [0, 0];
  return {
    add(piece) {
      if (piece.nColumns !== nColumns) throw new Error(`rowStack: ${piece.nColumns} columns, expected ${nColumns}`);
      indices.set(piece.indices, at);
      values.set(piece.values, at);
      for (let own = 1; own <= piece.nRows; own++) indptr[row + own] = at + piece.indptr[own];
      row += piece.nRows;
      at += piece.indices.length;
    },
    matrix: () => ({kind: 'sparse', nRows: row, nColumns, indptr: indptr.subarray(0, row + 1), indices: indices.subarray(0, at), values: values.subarray(0, at)}),
  };
}

/** Rows of the result are the columns of `matrix`, by one counting pass. */
export function transposed(matrix: SparseMatrix): SparseMatrix {
  const {nRows, nColumns, indptr, indices, values} = matrix;
  const starts = new Uint32Array(nColumns + 1);
  for (const column of indices) starts[column + 1]++;
  for (let j = 0; j < nColumns; j++) starts[j + 1] += starts[j];
  const next = starts.slice();
  const rows = new Uint32Array(indices.length);
  const kept = new Float32Array(indices.length);
  for (let i = 0; i < nRows; i++) {
    for (let at = indptr[i]; at < indptr[i + 1]; at++) {
      const to = next[indices[at]]++;
      rows[to] = i;
      kept[to] = values[at];
    }
  }
  return {kind: 'sparse', nRows: nColumns, nColumns: nRows, indptr: starts, indices: rows, values: kept};
}

/** The same matrix with ascending indices in each row, duplicates summed and stored zeros left out. */
export function tidyRows(matrix: SparseMatrix): SparseMatrix {
  if (isTidy(matrix)) return matrix;
  const {nRows, nColumns} = matrix;
  const indptr = new Uint32Array(nRows + 1);
  const indices = new Uint32Array(matrix.indices.length);
  const values = new Float32Array(matrix.values.length);
  const sum = new Float64Array(nColumns);
  let at = 0;
  for (let i = 0; i < nRows; i++) {
    const row = matrix.indices.subarray(matrix.indptr[i], matrix.indptr[i + 1]);
    for (let k = matrix.indptr[i]; k < matrix.indptr[i + 1]; k++) sum[matrix.indices[k]] += matrix.values[k];
    for (const column of row.slice().sort()) {
      if (sum[column] === 0) continue;
      indices[at] = column;
      values[at++] = sum[column];
      sum[column] = 0;
    }
    indptr[i + 1] = at;
  }
  return {kind: 'sparse', nRows, nColumns, indptr, indices: indices.slice(0, at), values: values.slice(0, at)};
}

function isTidy({nRows, indptr, indices, values}: SparseMatrix): boolean {
  for (let i = 0; i < nRows; i++) for (let k = indptr[i] + 1; k < indptr[i + 1]; k++) if (indices[k] <= indices[k - 1]) return false;
  return !values.includes(0);
}
