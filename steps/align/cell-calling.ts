// Which rule calls the cells, and the rule that both aligners have in common.
import {callCellsByOrder, rowsWith, umisOf} from '../../pipeline/analysis/call-cells.ts';
import type {FeatureMatrix} from '../../pipeline/data/feature-matrix.ts';
import {selectRows} from '../../pipeline/data/matrix.ts';
import {refuse, type StepJob} from '../../pipeline/step-runtime/run-step.ts';

export type CellCalling = 'emptydrops' | 'order_of_magnitude' | 'none';

export function chooseCellCalling(job: StepJob, tool: 'star' | 'kallisto'): CellCalling {
  const wanted = job.param<CellCalling | 'auto'>('cell_calling');
  if (wanted === 'auto') return tool === 'star' ? 'emptydrops' : 'order_of_magnitude';
  if (wanted === 'emptydrops' && tool === 'kallisto') {
    refuse({input: 'steps.align.cell_calling', found: 'emptydrops with tool kallisto', expected: 'order_of_magnitude, none or auto', advice: 'bustools calls no cells. Take one of these, or set tool: star here and in build-reference.'});
  }
  return wanted;
}

/** The barcodes of the raw matrix that a rule without EmptyDrops calls cells. */
export function calledCells(job: StepJob, raw: FeatureMatrix, calling: Exclude<CellCalling, 'emptydrops'>): FeatureMatrix {
  const umis = umisOf(raw.counts);
  const rows = calling === 'none' ? rowsWith(umis, 1) : callCellsByOrder(umis, {expectCells: job.param('expect_cells'), maxPercentile: job.param('max_percentile'), maxMinRatio: job.param('max_min_ratio')});
  return {...raw, barcodes: rows.map((row) => raw.barcodes[row]), counts: selectRows(raw.counts, rows)};
}
