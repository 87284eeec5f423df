// The counts of a sample's cells of one type added up, and which of these sums stand on the two sides of a contrast. After adding up, the patient is
// the unit of a test; cells of one patient are no replicates (Squair et al. 2021, Nat Commun 12:5692). Tests nothing itself.
import type {SparseMatrix} from '../data/matrix.ts';
import {pairSamples, type ContrastDefinition, type SampleRow} from './contrast-pairs.ts';
import {isInGroup, type CellGroup, type CellLabel} from './score-groups.ts';

export interface BulkSample {
  readonly sample_id: string;
  /** Why the sheet promises no counts of this sample; null where it does. */
  readonly gap: string | null;
}

export interface Pseudobulk {
  readonly sample_id: string;
  readonly group: CellGroup;
  /** Name of its column of counts. */
  readonly name: string;
  /** null where the sample was not measured. */
  readonly nCells: number | null;
  readonly nCounts: number | null;
  /** One sum a gene; null where there are too few cells, with the reason in `missing`. */
  readonly sums: Float64Array | null;
  readonly missing: string | null;
}

export interface BulkQuestion {
  /** Whole counts, cells x genes. */
  readonly counts: SparseMatrix;
  readonly sampleOfCell: readonly (string | null)[];
  readonly labelOfCell: readonly (CellLabel | undefined)[];
  readonly samples: readonly BulkSample[];
  readonly groups: readonly CellGroup[];
  readonly minCells: number;
}

/** One entry a group and sample, in that order. Sums of whole numbers below 2^53 are exact, so the order of cells does not matter. */
export function sumByGroup({counts, sampleOfCell, labelOfCell, samples, groups, minCells}: BulkQuestion): Pseudobulk[] {
  const cellsOf = Map.groupBy(sampleOfCell.keys(), (cell) => sampleOfCell[cell]);
  return groups.flatMap((group) => samples.map(({sample_id, gap}): Pseudobulk => {
    const common = {sample_id, group, name: `${sample_id}:${group.level}:${group.cell_type}`};
    if (gap !== null) return {...common, nCells: null, nCounts: null, sums: null, missing: gap};
    const cells = (cellsOf.get(sample_id) ?? []).filter((cell) => isInGroup(labelOfCell[cell], group));
    const sums = addUp(counts, cells);
    const size = {nCells: cells.length, nCounts: sums.reduce((total, sum) => total + sum, 0)};
    return cells.length >= minCells ? {...common, ...size, sums, missing: null} : {...common, ...size, sums: null, missing: `${cells.length} cells, ${minCells} needed`};
  }));
}

function addUp({indptr, indices, values, nColumns}: SparseMatrix, rows: readonly number[]): Float64Array {
  const sums = new Float64Array(nColumns);
  for (const row of rows) for (let k = indptr[row]; k < indptr[row + 1]; k++) sums[indices[k]] += values[k];
  return sums;
}

export interface BulkPair {
  readonly contrast: string;
  readonly group: CellGroup;
  readonly patient_id: string;
  /** Names of pseudobulks; null where the pair is not complete, with the reason in `missing`. */
  readonly before: string | null;
  readonly after: string | null;
  readonly missing: string | null;
}

/** One entry a contrast, group and patient of the sheet. `unassigned` is no cell type: its cells have nothing in common. */
export function pairPseudobulks(rows: readonly SampleRow[], contrasts: readonly ContrastDefinition[], bulks: readonly Pseudobulk[]): BulkPair[] {
  const byName = Map.groupBy(bulks, ({group}) => `${group.level}:${group.cell_type}`);
  return contrasts.flatMap((contrast) => {
    const {pairs, dropped} = pairSamples(rows, contrast);
    return [...byName.values()].flatMap((own) => {
      const {group} = own[0];
      const bulkOf = new Map(own.map((bulk) => [bulk.sample_id, bulk]));
      const absent = (patient_id: string, missing: string): BulkPair => ({contrast: contrast.name, group, patient_id, before: null, after: null, missing});
      const complete = pairs.map(({patient_id, before, after}): BulkPair => {
        if (group.cell_type === 'unassigned') return absent(patient_id, 'cells without a lineage are no cell type');
        for (const [side, sample] of [[contrast.before, before], [contrast.after, after]]) {
          const bulk = bulkOf.get(sample);
          if (bulk?.sums === undefined || bulk.sums === null) return absent(patient_id, `${side}: ${bulk?.missing ?? 'no such sample'}`);
        }
        return {contrast: contrast.name, group, patient_id, before: bulkOf.get(before)?.name ?? null, after: bulkOf.get(after)?.name ?? null, missing: null};
      });
      return [...complete, ...dropped.map(({patient_id, reason}) => absent(patient_id, reason))].sort((a, b) => (a.patient_id < b.patient_id ? -1 : 1));
    });
  });
}
