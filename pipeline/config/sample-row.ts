// One row of the samples sheet: what it says of a library, and where it stands.
import type {LibraryRow} from '../model/run-config.ts';
import type {SheetRow} from './read-sheet.ts';

export interface SampleRow {
  readonly library: LibraryRow;
  readonly source: SheetRow;
}

/** With the defaults of the optional columns filled in. */
export function libraryRow(cells: SheetRow['cells']): LibraryRow {
  const {sample_id, patient_id, timepoint, library} = cells;
  const library_id = cells['library_id'] || `${sample_id}-${library}`;
  const excluded = cells['excluded'] ?? '';
  const path = cells['path'] ?? '';
  const columns = {
    ...cells, path, library_id, excluded, tissue: cells['tissue'] || 'blood', cell_subset: cells['cell_subset'] || 'PBMC', gem_well: cells['gem_well'] || sample_id,
  };
  return {sample_id, patient_id, timepoint, library, library_id, path, excluded, columns};
}

/** A declared gap: excluded with a reason, or without any sequencing. */
export const isGap = ({library: row}: SampleRow): boolean => row.excluded !== '' || row.library === '';

/** Are the cells filled in that say whose sample it is? */
export const isNamed = ({library: row}: SampleRow): boolean => row.sample_id !== '' && row.patient_id !== '' && row.timepoint !== '';

/** Several lanes are separated by `;`. */
export const readFiles = (cell: string): string[] => cell.split(';').map((path) => path.trim()).filter((path) => path !== '');
