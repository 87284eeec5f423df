// One row a sample: what was kept, under which limits, how its cells look, and what a reader should look at before believing it.
import type {SparseMatrix} from '../data/matrix.ts';
import type {Row} from '../data/table.ts';
import {ambientRna, type Well} from './ambient-rna.ts';
import {median} from './arithmetic.ts';
import type {CellJudgement, CellMetrics, QualityBounds} from './cell-quality.ts';
import {readSex} from './sex-check.ts';

/** After the keys. */
export const sampleQualityColumns = [
  'counts_from', 'n_barcodes', 'n_kept', 'fraction_kept', 'flag', 'median_counts', 'median_genes', 'median_percent_mito', 'n_dead',
  'min_genes', 'max_genes', 'min_counts', 'max_percent_mito', 'n_outside_bounds',
  'mad', 'counts_lower', 'counts_upper', 'genes_lower', 'genes_upper', 'percent_mito_upper', 'n_outliers',
  'ambient_fraction', 'ambient_umis', 'ambient_expected', 'ambient_genes', 'ambient_profile', 'missing',
];
export const sexCheckColumns = ['n_cells', 'xist_umis', 'y_umis', 'n_y_genes', 'y_share', 'sex', 'sex_stated', 'flag', 'missing'];

export interface QualityFlags {
  /** A sample with fewer kept cells is flagged. */
  readonly flag_below_cells: number;
  /** A sample that loses more than this share of its barcodes is flagged; barcodes of a pooled well that are no one's do not count. */
  readonly flag_lost_share: number;
}

export interface JudgedSample extends CellJudgement {
  readonly metrics: CellMetrics;
  readonly bounds: QualityBounds;
  /** Where the raw counts were found, as `h5ad layers/counts`. */
  readonly countsFrom: string;
  /** By gem well, the kept cells of each. */
  readonly wells: readonly Well[];
  /** Why measures of counts are missing altogether. */
  readonly missing?: string | null;
}

export function sampleQualityRow({metrics, bounds, reasons, limits, countsFrom, wells, missing = null}: JudgedSample, flags: QualityFlags): Row {
  const kept = [...reasons.keys()].filter((cell) => reasons[cell] === null);
  const own = reasons.filter((reason) => !reason?.startsWith('demux_')).length;
  const ambient = ambientRna(wells);
  const middle = (values: Float64Array | null): number | null => (values === null || kept.length === 0 || kept.some((cell) => Number.isNaN(values[cell])) ? null : median(kept.map((cell) => values[cell])));
  const outside = (limit: number | undefined): number | null => (limit === undefined ? null : Math.exp(limit));
  const absent = [
    kept.length === 0 ? 'medians: no cell was kept' : missing !== null ? missing : metrics.percentMito === null ? 'percent_mito: no mitochondrial genes in the matrix' : null,
    ambient.missing === null ? null : `ambient_fraction: ${missing === null ? ambient.missing : 'no raw counts'}`,
    ...off('no bound', boundNames.filter((name) => bounds[name] === null)),
    ...(limits === null ? [] : off('most cells are equal, or there is none', [...(limits.logCounts === null ? ['counts_lower', 'counts_upper'] : []), ...(limits.logGenes === null ? ['genes_lower', 'genes_upper'] : []), ...(limits.mito === null && metrics.percentMito !== null ? ['percent_mito_upper'] : [])])),
  ];
  return {
    counts_from: countsFrom, n_barcodes: reasons.length, n_kept: kept.length, fraction_kept: reasons.length === 0 ? null : kept.length / reasons.length,
    flag: flagsOf({own, kept: kept.length}, flags),
    median_counts: middle(metrics.nCounts), median_genes: middle(metrics.nGenes), median_percent_mito: middle(metrics.percentMito), n_dead: countDead(metrics, bounds, limits),
    min_genes: bounds.min_genes, max_genes: bounds.max_genes, min_counts: bounds.min_counts, max_percent_mito: bounds.max_percent_mito,
    n_outside_bounds: reasons.filter((reason) => reason !== null && (reason.startsWith('min_') || reason.startsWith('max_'))).length,
    mad: bounds.mad, counts_lower: outside(limits?.logCounts?.lower), counts_upper: outside(limits?.logCounts?.upper),
    genes_lower: outside(limits?.logGenes?.lower), genes_upper: outside(limits?.logGenes?.upper), percent_mito_upper: limits?.mito?.upper ?? null,
    n_outliers: reasons.filter((reason) => reason?.endsWith('_mad')).length,
    ambient_fraction: ambient.fraction, ambient_umis: ambient.nUmis, ambient_expected: ambient.expected, ambient_genes: ambient.genes.join(', ') || null,
    ambient_profile: wells.length === 0 ? null : wells.every((well) => well.emptyDroplets !== null) ? 'empty droplets' : 'all cells',
    missing: absent.filter((reason) => reason !== null).join('; ') || null,
  };
}

const boundNames = ['min_genes', 'max_genes', 'min_counts', 'max_percent_mito', 'mad'] as const;
const off = (why: string, names: readonly string[]): string[] => (names.length === 0 ? [] : [`${names.join(', ')}: ${why}`]);

/** `counts`: the kept cells. */
export function sexCheckRow(counts: SparseMatrix, symbols: readonly string[]): Row {
  const {xistUmis, yUmis, nYGenes, yShare, sex, missing} = readSex(counts, symbols);
  return {n_cells: counts.nRows, xist_umis: xistUmis, y_umis: yUmis, n_y_genes: nYGenes, y_share: yShare, sex, sex_stated: null, flag: null, missing: missing === null ? null : `sex: ${missing}`};
}

function flagsOf({own, kept}: {own: number; kept: number}, {flag_below_cells, flag_lost_share}: QualityFlags): string | null {
  const lost = own - kept;
  const reasons = [
    ...(lost > own * flag_lost_share ? [`lost ${lost} of ${own} barcodes, more than ${Math.round(100 * flag_lost_share)} %`] : []),
    ...(kept < flag_below_cells ? [`${kept} cells kept, fewer than ${flag_below_cells}`] : []),
  ];
  return reasons.length === 0 ? null : reasons.join('; ');
}

/** Barcodes whose mitochondrial share is over the bound or over the outliers' limit, whatever else is wrong with them: a broken cell keeps little else. */
function countDead({percentMito}: CellMetrics, bounds: QualityBounds, limits: CellJudgement['limits']): number | null {
  const most = Math.min(bounds.max_percent_mito ?? Infinity, limits?.mito?.upper ?? Infinity);
  return percentMito === null || most === Infinity ? null : percentMito.filter((share) => share > most).length;
}
