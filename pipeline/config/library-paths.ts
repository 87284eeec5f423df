// The files that the samples sheet names: made absolute, and every one that is not there told at its cell.
import type {Failure} from '../model/failure.ts';
import type {LibraryRow} from '../model/run-config.ts';
import {findPath, type PathSetting} from './expand-path.ts';
import {noWhitelist} from './read-rows.ts';
import {readFiles, type SampleRow} from './sample-row.ts';

/** `chemistries`: what the sheet calls a chemistry -> its file, for the column `chemistry_file` of rows with reads. */
export function resolveLibraryPaths(rows: readonly SampleRow[], paths: PathSetting, chemistries: ReadonlyMap<string, string> = new Map()): {rows: LibraryRow[]; failures: Failure[]} {
  const failures: Failure[] = [];
  const known = new Map<string, ReturnType<typeof findPath>>();
  const resolved = rows.map(({library, source}): LibraryRow => {
    const find = (written: string, column: string): string => {
      const found = known.get(written) ?? findPath(written, paths);
      known.set(written, found);
      // What an excluded row names is not read.
      if (found.problem !== undefined && library.excluded === '') {
        failures.push({reason: 'sheet-invalid', place: source.placeOf(column), found: `${column} of row ${source.line}: ${found.problem.found}`, expected: '', advice: found.problem.advice});
      }
      return found.path;
    };
    const columns = {...library.columns};
    for (const column of ['path', 'demux']) if (columns[column]) columns[column] = find(columns[column], column);
    if (columns['whitelist'] === noWhitelist) columns['whitelist'] = '';
    for (const column of ['fastq_1', 'fastq_2', 'contigs', 'whitelist']) if (columns[column]) columns[column] = readFiles(columns[column]).map((path) => find(path, column)).join(';');
    const chemistry = columns['fastq_1'] ? chemistries.get(columns['chemistry'] ?? '') : undefined;
    if (chemistry !== undefined) columns['chemistry_file'] = chemistry;
    return {...library, path: columns['path'], columns};
  });
  return {rows: resolved, failures};
}
