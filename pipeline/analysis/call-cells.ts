// Which barcodes are cells, by the order of magnitude of their UMIs: the rule of Cell Ranger 2.2, as STARsolo describes it (CellRanger2.2).
import type {SparseMatrix} from '../data/matrix.ts';

export interface OrderOfMagnitudeRule {
  readonly expectCells: number;
  /** The robust maximum is this quantile of the expected cells. */
  readonly maxPercentile: number;
  /** A cell has at least the robust maximum divided by this. */
  readonly maxMinRatio: number;
}

/** UMIs of each row. */
export function umisOf({nRows, indptr, values}: SparseMatrix): Float64Array {
  const totals = new Float64Array(nRows);
  for (let row = 0; row < nRows; row++) for (let k = indptr[row]; k < indptr[row + 1]; k++) totals[row] += values[k];
  return totals;
}

/** Rows that are cells, ascending. A barcode without a UMI never is one. */
export function callCellsByOrder(umis: Float64Array, {expectCells, maxPercentile, maxMinRatio}: OrderOfMagnitudeRule): number[] {
  const counted = umis.filter((total) => total > 0).sort().reverse();
  if (counted.length === 0) return [];
  const robustMaximum = counted[Math.min(counted.length - 1, Math.round(expectCells * (1 - maxPercentile)))];
  const least = Math.max(1, Math.floor(robustMaximum / maxMinRatio + 0.5));
  return rowsWith(umis, least);
}

/** Rows with at least so many UMIs, ascending. */
export function rowsWith(umis: Float64Array, least: number): number[] {
  return [...umis.keys()].filter((row) => umis[row] >= least);
}
