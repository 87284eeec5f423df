// One table of what an alignment came to, the same rows for every aligner: what only the aligner knows as it tells it, the rest counted here.
import {umisOf} from '../../pipeline/analysis/call-cells.ts';
import type {SparseMatrix} from '../../pipeline/data/matrix.ts';
import type {Row} from '../../pipeline/data/table.ts';
import {writeTable} from '../../pipeline/formats/delimited-text.ts';
import {refuse, type StepJob} from '../../pipeline/step-runtime/run-step.ts';
import type {CellCalling} from './cell-calling.ts';

const toldMetrics = ['n_reads', 'share_valid_barcodes', 'share_mapped', 'share_mapped_once', 'share_mapped_to_genes', 'sequencing_saturation', 'q30_barcode_and_umi', 'q30_read_2'] as const;

/** Shares are of the reads. null: the aligner could not compute it; absent: it has no such number. */
export type ToolMetrics = Partial<Record<(typeof toldMetrics)[number], number | null>>;

/** Reads of which none counts would become a sample without cells: that is no result, but a mistake in the sheet or the run file. */
export function refuseUncounted(job: StepJob, {n_reads, share_mapped}: ToolMetrics): never {
  const share = share_mapped === null || share_mapped === undefined ? '' : `, though ${Number((100 * share_mapped).toPrecision(3))} % map`;
  return refuse({
    input: job.inputFiles('fastq_2')[0].path, found: `no read of ${n_reads} that counts for a gene${share}`, expected: 'reads of the genes of the reference',
    advice: "Check the column chemistry (3' and 5' kits read opposite strands) and `reference` of the run file.",
  });
}

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
  for (const [metric, value] of counted(raw, cells)) rows.push({...of, metric, value, missing: null});
  writeTable(job.output('metrics'), {columns: [...Object.keys(of), 'metric', 'value', 'missing'], rows});
}

/** There is a UMI, and so a cell, or refuseUncounted was called. */
function counted(raw: SparseMatrix, cells: SparseMatrix): [string, number][] {
  const [rawUmis, cellUmis] = [umisOf(raw), umisOf(cells)];
  const [nUmis, nUmisInCells] = [sum(rawUmis), sum(cellUmis)];
  const genes = Float64Array.from({length: cells.nRows}, (_, cell) => cells.indptr[cell + 1] - cells.indptr[cell]);
  return [
    ['n_barcodes', rawUmis.filter((total) => total > 0).length],
    ['n_umis', nUmis],
    ['n_cells', cells.nRows],
    ['n_umis_in_cells', nUmisInCells],
    ['share_umis_in_cells', nUmisInCells / nUmis],
    ['median_umis_per_cell', median(cellUmis)],
    ['median_genes_per_cell', median(genes)],
    ['n_genes_in_cells', new Set(cells.indices).size],
  ];
}

const sum = (values: Float64Array): number => values.reduce((total, value) => total + value, 0);

function median(values: Float64Array): number {
  const sorted = values.toSorted();
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}
