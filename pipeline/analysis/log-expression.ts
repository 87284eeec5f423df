// Counts of a cell as log1p(10,000 count / total), natural logarithm: what Seurat's LogNormalize and scanpy's normalize_total with log1p give. Computed
// cell by cell where it is needed and never held for a whole sample.
import type {SparseMatrix} from '../data/matrix.ts';

/** Counts below it are whole small numbers, and each needs its logarithm once a cell. */
const tableSize = 256;

/** Fills `target` with the values of the row's stored entries, in their order; `total` is over all stored counts of the row. Reused from row to row. */
export type LogRow = (row: number, target: Float64Array) => void;

export function logRows({indptr, values}: SparseMatrix): LogRow {
  const known = new Float64Array(tableSize);
  return (row, target) => {
    let total = 0;
    for (let k = indptr[row]; k < indptr[row + 1]; k++) total += values[k];
    const factor = 10_000 / total;
    known.fill(-1);
    for (let k = indptr[row], i = 0; k < indptr[row + 1]; k++, i++) {
      const count = values[k];
      if (count >= tableSize || count % 1 !== 0) target[i] = Math.log1p(count * factor);
      else target[i] = known[count] >= 0 ? known[count] : (known[count] = Math.log1p(count * factor));
    }
  };
}

/** Adds the log expression of every cell to `sums`, one entry a column. */
export function addLogExpression(counts: SparseMatrix, sums: Float64Array): void {
  const {nRows, nColumns, indptr, indices} = counts;
  const fill = logRows(counts);
  const values = new Float64Array(nColumns);
  for (let row = 0; row < nRows; row++) {
    fill(row, values);
    for (let k = indptr[row], i = 0; k < indptr[row + 1]; k++, i++) sums[indices[k]] += values[i];
  }
}
