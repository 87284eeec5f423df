// One table of what an alignment came to, the same rows for every aligner: what only the aligner knows as it tells it, the rest counted here.
import {umisOf} from '../../pipeline/analysis/call-cells.ts';
import type {SparseMatrix} from '../../pipeline/data/matrix.ts';
import type {Row} from '../../pipeline/data/table.ts';
import {writeTable} from '../../pipeline/formats/delimited-text.ts';
import type {StepJob} from '../../pipeline/step-runtime/run-step.ts';
import type {CellCalling} from './cell-calling.ts';

const toldMetrics = ['n_reads', 'share_valid_barcodes', 'share_mapped', 'share_mapped_once', 'share_mapped_to_genes', 'sequencing_saturation', 'q30_barcode_and_umi', 'q30_read_2'] as const;

/** Shares are of the reads. null: the aligner could not compute it; absent: it has no such number. */
export type ToolMetrics = Partial<Record<(typeof toldMetrics)[number], number | null>>;

export interface Alignment {
  readonly tool: 'star' | 'kallisto';
  readonly calling: CellCalling;
  readonly told: ToolMetrics;
  /** Barcodes x genes. */
  readonly raw: SparseMatrix;
  readonly cells: SparseMatrix;
}

export function writeMetrics(job: StepJob, {tool, calling, told, raw, cells}: Alignment): void {
  const [{sample_id, patient_id, timepoint, day, library_id}] = job.design.rows;
  const of = {sample_id, patient_id, timepoint, day: day || null, library_id, tool, cell_calling: calling};
  const program = {star: 'STAR', kallisto: 'kallisto'}[tool];
  const rows: Row[] = toldMetrics.map((metric) => {
    const value = told[metric];
    if (typeof value === 'number') return {...of, metric, value, missing: null};
    return {...of, metric, value: null, missing: value === null ? `${program} could not compute it` : `${program} does not tell it`};
  });
  for (const [metric, value] of counted(raw, cells)) rows.push({...of, metric, value, missing: value === null ? 'no cells' : null});
  writeTable(job.output('metrics'), {columns: [...Object.keys(of), 'metric', 'value', 'missing'], rows});
}

function counted(raw: SparseMatrix, cells: SparseMatrix): [string, number | null][] {
  const [rawUmis, cellUmis] = [umisOf(raw), umisOf(cells)];
  const [nUmis, nUmisInCells] = [sum(rawUmis), sum(cellUmis)];
  const genes = Float64Array.from({length: cells.nRows}, (_, cell) => cells.indptr[cell + 1] - cells.indptr[cell]);
  return [
    ['n_barcodes', rawUmis.filter((total) => total > 0).length],
    ['n_umis', nUmis],
    ['n_cells', cells.nRows],
    ['n_umis_in_cells', nUmisInCells],
    ['share_umis_in_cells', nUmis === 0 ? null : nUmisInCells / nUmis],
    ['median_umis_per_cell', median(cellUmis)],
    ['median_genes_per_cell', median(genes)],
    ['n_genes_in_cells', new Set(cells.indices).size],
  ];
}

const sum = (values: Float64Array): number => values.reduce((total, value) => total + value, 0);

function median(values: Float64Array): number | null {
  if (values.length === 0) return null;
  const sorted = values.toSorted();
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}
