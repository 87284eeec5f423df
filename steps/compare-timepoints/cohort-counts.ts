// Kept cells of the cohort by sample: counts in the gene order of the universe, labels, and UMIs a cell.
import {orderGenes, type SignatureUniverse} from '../../pipeline/analysis/score-signatures.ts';
import type {CellLabel} from '../../pipeline/analysis/score-groups.ts';
import {columnAsText} from '../../pipeline/data/annotated-matrix.ts';
import {selectRows, type SparseMatrix} from '../../pipeline/data/matrix.ts';
import {readTable} from '../../pipeline/formats/delimited-text.ts';
import {readH5ad} from '../../pipeline/formats/h5ad.ts';

export interface SampleCells {
  readonly cells: readonly string[];
  /** UMIs of each cell over all its genes. */
  readonly nCounts: Float64Array;
  readonly labels: readonly (CellLabel | undefined)[];
  readonly counts: SparseMatrix;
}

export interface CohortFiles {
  readonly kept: readonly string[];
  readonly labels: readonly string[];
  /** Calls of the transgene, where they were made. */
  readonly car: readonly string[];
}

export async function readCohort(files: CohortFiles, universe: SignatureUniverse): Promise<Map<string, SampleCells>> {
  const callOf = new Map(files.car.flatMap((path) => readTable(path).rows.map((row): [string, string] => [String(row['cell_id']), String(row['car_call'])])));
  const labelOf = new Map(files.labels.flatMap((path) => readTable(path).rows.map((row): [string, CellLabel] => {
    const car_call = callOf.get(String(row['cell_id']));
    return [String(row['cell_id']), {lineage: String(row['lineage']), cell_type: String(row['cell_type']), ...(car_call === undefined ? {} : {car_call})}];
  })));
  const samples = new Map<string, SampleCells>();
  for (const path of files.kept) {
    const data = await readH5ad(path, {layers: false, obsm: false, uns: false});
    if (data.X?.kind !== 'sparse') continue;
    const rowsOf = new Map<string, number[]>();
    for (const [row, sample] of (columnAsText(data.obs, 'sample_id') ?? []).entries()) {
      if (sample === null) continue;
      if (!rowsOf.has(sample)) rowsOf.set(sample, []);
      rowsOf.get(sample)?.push(row);
    }
    for (const [sample, rows] of rowsOf) {
      const own = selectRows(data.X, rows);
      const cells = rows.map((row) => data.obs.index[row]);
      samples.set(sample, {cells, nCounts: totals(own), labels: cells.map((cell) => labelOf.get(cell)), counts: orderGenes(own, data.var.index, universe.genes)});
    }
  }
  return samples;
}

function totals(counts: SparseMatrix): Float64Array {
  const sums = new Float64Array(counts.nRows);
  for (let row = 0; row < counts.nRows; row++) for (let k = counts.indptr[row]; k < counts.indptr[row + 1]; k++) sums[row] += counts.values[k];
  return sums;
}
