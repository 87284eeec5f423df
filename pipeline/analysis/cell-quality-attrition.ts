// How many barcodes of a sample each rule removed, as rows of attrition.tsv.
import type {Row} from '../data/table.ts';
import {removalReasons, type CellMetrics, type QualityBounds, type RemovalReason} from './cell-quality.ts';

/** `read`, a row for each rule that is on (also where it removes nobody), `analysed`; n_cells is what is left after the row. */
export function attritionRows(reasons: readonly (RemovalReason | null)[], bounds: QualityBounds, metrics: CellMetrics, {removesDoublets = false, isPooled = false}: {removesDoublets?: boolean; isPooled?: boolean} = {}): Row[] {
  let left = reasons.length;
  const removed = rulesThatAreOn(bounds, metrics, {removesDoublets, isPooled}).map((rule) => {
    const n_removed = reasons.filter((reason) => reason === rule).length;
    left -= n_removed;
    return {stage: 'qc', n_cells: left, n_removed, reason: rule};
  });
  return [
    {stage: 'read', n_cells: reasons.length, n_removed: 0, reason: 'barcodes in the file'},
    ...removed,
    {stage: 'analysed', n_cells: left, n_removed: 0, reason: 'kept'},
  ];
}

function rulesThatAreOn(bounds: QualityBounds, {percentMito}: CellMetrics, {removesDoublets, isPooled}: {removesDoublets: boolean; isPooled: boolean}): RemovalReason[] {
  return removalReasons.filter((reason) => {
    if (reason.startsWith('demux_')) return isPooled;
    if (reason === 'doublet') return removesDoublets;
    if (reason.includes('mito') && percentMito === null) return false;
    return reason.endsWith('_mad') ? bounds.mad !== null : bounds[reason as keyof QualityBounds] !== null;
  });
}
