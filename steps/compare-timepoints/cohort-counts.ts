// Kept cells of the cohort by sample: counts in the gene order of the universe, four bytes a value, labels, and UMIs a cell.
import {compactCounts, type CompactCounts} from '../../pipeline/analysis/compact-counts.ts';
import {orderGenes, type SignatureUniverse} from '../../pipeline/analysis/score-signatures.ts';
import type {CellLabel} from '../../pipeline/analysis/score-groups.ts';
import {columnAsText} from '../../pipeline/data/annotated-matrix.ts';
import {readTable} from '../../pipeline/formats/delimited-text.ts';
import {countStored, readH5adRows} from '../../pipeline/formats/h5ad-rows.ts';
import {readH5ad} from '../../pipeline/formats/h5ad.ts';

export interface SampleCells {
  readonly cells: readonly string[];
  /** UMIs of each cell over all its genes. */
  readonly nCounts: Float64Array;
  readonly labels: readonly (CellLabel | undefined)[];
  /** Where each cell is in `counts`, which may hold other samples of the same file too. */
  readonly rows: readonly number[];
  readonly counts: CompactCounts;
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
    const {obs} = await readH5ad(path, {X: false, layers: false, obsm: false, uns: false});
    const built = compactCounts({nRows: obs.index.length, nColumns: universe.genes.length, nStored: await countStored(path)});
    const nCounts = new Float64Array(obs.index.length);
    for await (const {rows, counts, var: genes} of readH5adRows(path)) {
      for (let row = 0; row < counts.nRows; row++) for (let k = counts.indptr[row]; k < counts.indptr[row + 1]; k++) nCounts[rows[row]] += counts.values[k];
      built.add(orderGenes(counts, genes.index, universe.genes));
    }
    const counts = built.counts();
    // Without X no counts come.
    if (counts.nRows < obs.index.length) continue;
    const sampleIds = columnAsText(obs, 'sample_id') ?? [];
    for (const [sample, rows] of Map.groupBy(sampleIds.keys(), (row) => sampleIds[row])) {
      if (sample === null) continue;
      const cells = rows.map((row) => obs.index[row]);
      samples.set(sample, {cells, nCounts: Float64Array.from(rows, (row) => nCounts[row]), labels: cells.map((cell) => labelOf.get(cell)), rows, counts});
    }
  }
  return samples;
}
