// Which barcodes of a sample are kept, and the one reason why each other is not: fixed bounds first, then outliers by median
// absolute deviation. Knows counts, not files.
import type {SparseMatrix} from '../data/matrix.ts';
import {median} from './arithmetic.ts';

export interface CellMetrics {
  /** UMIs a cell. */
  readonly nCounts: Float64Array;
  /** Genes with at least one UMI. */
  readonly nGenes: Float64Array;
  /** Percent of UMIs on mitochondrial genes, 0..100; null where the matrix holds none of those genes; 0 UMIs count as 0 %. */
  readonly percentMito: Float64Array | null;
}

export interface QualityBounds {
  readonly min_genes: number | null;
  readonly max_genes: number | null;
  readonly min_counts: number | null;
  /** Percent. */
  readonly max_percent_mito: number | null;
  /** Median absolute deviations; null switches the outlier rule off. */
  readonly mad: number | null;
}

/** In this order, those of a pooled well before all others and `doublet` judged among those that the others keep: a barcode that breaks several rules is counted under the first. */
export const removalReasons = [
  'demux_doublet', 'demux_unassigned', 'min_genes', 'max_genes', 'min_counts', 'max_percent_mito', 'low_counts_mad', 'high_counts_mad', 'low_genes_mad', 'high_genes_mad', 'high_mito_mad', 'doublet',
] as const;
export type RemovalReason = (typeof removalReasons)[number];

/** `geneSymbols`: one a column. Mitochondrial genes are the symbols that begin with `MT-` (human) or `mt-` (mouse). */
export function measureCells(counts: SparseMatrix, geneSymbols: readonly string[]): CellMetrics {
  const isMito = Uint8Array.from(geneSymbols, (symbol) => (/^(MT|mt)-/.test(symbol) ? 1 : 0));
  const hasMito = isMito.includes(1);
  const nCounts = new Float64Array(counts.nRows);
  const nGenes = new Float64Array(counts.nRows);
  const percentMito = new Float64Array(counts.nRows);
  for (let cell = 0; cell < counts.nRows; cell++) {
    let total = 0;
    let mito = 0;
    for (let k = counts.indptr[cell]; k < counts.indptr[cell + 1]; k++) {
      total += counts.values[k];
      if (isMito[counts.indices[k]] === 1) mito += counts.values[k];
    }
    nCounts[cell] = total;
    nGenes[cell] = counts.indptr[cell + 1] - counts.indptr[cell];
    percentMito[cell] = total === 0 ? 0 : (100 * mito) / total;
  }
  return {nCounts, nGenes, percentMito: hasMito ? percentMito : null};
}

/** Of the barcodes within the fixed bounds; null where more than half of them are equal, or none is there. Natural logarithms. */
export interface OutlierLimits {
  readonly logCounts: Limits | null;
  readonly logGenes: Limits | null;
  readonly mito: Limits | null;
}

interface Limits {
  readonly lower: number;
  readonly upper: number;
}

export interface CellJudgement {
  /** Why each barcode is removed, null where it is kept. */
  readonly reasons: (RemovalReason | null)[];
  /** Null where the rule is off. */
  readonly limits: OutlierLimits | null;
}

/** `given`: reasons that stand already, and whose barcodes take no part in the spread. */
export function judgeCells(metrics: CellMetrics, bounds: QualityBounds, given: readonly (RemovalReason | null)[] = []): (RemovalReason | null)[] {
  return judgeCellsBy(metrics, bounds, given).reasons;
}

/**
 * The same with the limits that decided.
 *
 * Outliers are judged among the barcodes that pass the fixed bounds: log counts and log genes on both sides, the mitochondrial share above,
 * beyond median +- `mad` x MAD with MAD scaled by 1.4826 (consistent with the standard deviation of a normal; Leys et al. 2013,
 * J Exp Soc Psychol 49:764). A MAD of 0 judges nobody: more than half of the cells are equal, and any other value would be an outlier.
 */
export function judgeCellsBy(metrics: CellMetrics, bounds: QualityBounds, given: readonly (RemovalReason | null)[] = []): CellJudgement {
  const {nCounts, nGenes, percentMito} = metrics;
  const reasons = Array.from(nCounts, (_, cell) => given[cell] ?? brokenBound(cell));
  if (bounds.mad === null) return {reasons, limits: null};
  const inBounds = [...reasons.keys()].filter((cell) => reasons[cell] === null);
  const limits: OutlierLimits = {
    logCounts: limitsOf(inBounds.map((cell) => Math.log(nCounts[cell])), bounds.mad),
    logGenes: limitsOf(inBounds.map((cell) => Math.log(nGenes[cell])), bounds.mad),
    mito: percentMito === null ? null : limitsOf(inBounds.map((cell) => percentMito[cell]), bounds.mad),
  };
  for (const cell of inBounds) reasons[cell] = outlierReason(cell, limits);
  return {reasons, limits};

  function brokenBound(cell: number): RemovalReason | null {
    if (bounds.min_genes !== null && nGenes[cell] < bounds.min_genes) return 'min_genes';
    if (bounds.max_genes !== null && nGenes[cell] > bounds.max_genes) return 'max_genes';
    if (bounds.min_counts !== null && nCounts[cell] < bounds.min_counts) return 'min_counts';
    if (bounds.max_percent_mito !== null && percentMito !== null && percentMito[cell] > bounds.max_percent_mito) return 'max_percent_mito';
    return null;
  }

  function outlierReason(cell: number, {logCounts, logGenes, mito}: OutlierLimits): RemovalReason | null {
    const [counts, genes] = [Math.log(nCounts[cell]), Math.log(nGenes[cell])];
    if (logCounts !== null && counts < logCounts.lower) return 'low_counts_mad';
    if (logCounts !== null && counts > logCounts.upper) return 'high_counts_mad';
    if (logGenes !== null && genes < logGenes.lower) return 'low_genes_mad';
    if (logGenes !== null && genes > logGenes.upper) return 'high_genes_mad';
    return mito !== null && percentMito !== null && percentMito[cell] > mito.upper ? 'high_mito_mad' : null;
  }
}

function limitsOf(values: readonly number[], nMad: number): Limits | null {
  // An empty barcode has a log count of -Infinity: it takes no part in the spread and falls below any lower limit.
  const finite = values.filter(Number.isFinite);
  if (finite.length === 0) return null;
  const center = median(finite);
  const spread = 1.4826 * median(finite.map((value) => Math.abs(value - center)));
  return spread === 0 ? null : {lower: center - nMad * spread, upper: center + nMad * spread};
}
