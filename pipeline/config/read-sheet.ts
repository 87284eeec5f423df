// The samples sheet (TSV or CSV) -> one LibraryRow a row, or every problem at its line. Opens none of the files it names.
import {closestName} from '../base/closest-name.ts';
import {locate} from '../base/located-text.ts';
import {failed, succeeded, type Result} from '../base/result.ts';
import type {Failure} from '../model/failure.ts';
import type {LibraryRow} from '../model/run-config.ts';

const required = ['sample_id', 'patient_id', 'timepoint', 'day', 'library', 'path'];
const libraries = ['gex', 'tcr', 'bcr', 'adt', 'vdj', ''];

export function parseSamplesSheet(file: string, content: string, timepoints: readonly string[]): Result<LibraryRow[], readonly Failure[]> {
  const text = content.replace(/^\uFEFF/, '');
  const lines = text.split('\n').map((line) => line.replace(/\r$/, ''));
  const separator = lines[0].includes('\t') ? '\t' : ',';
  const header = splitLine(lines[0], separator);
  const problems: Failure[] = [];
  let offset = 0;
  const problem = (found: string, expected: string, advice: string): void => {
    problems.push({reason: 'sheet-invalid', place: locate(file, text, offset, Infinity), found, expected, advice});
  };
  for (const name of required) if (!header.includes(name)) problem(`the column "${name}" is missing`, '', `Add the column ${name}.`);
  if (problems.length > 0) return failed(problems);
  const rows: LibraryRow[] = [];
  for (const [index, line] of lines.entries()) {
    if (index > 0 && line.trim() !== '') {
      const cells = splitLine(line, separator);
      const columns = Object.fromEntries(header.flatMap((name, column) => (name === '' ? [] : [[name, cells[column] ?? '']])));
      const {sample_id, patient_id, timepoint, library, path} = columns;
      for (const name of ['sample_id', 'patient_id']) if (columns[name] === '') problem(`${name} is empty`, '', '');
      if (!timepoints.includes(timepoint)) {
        const near = closestName(timepoint, timepoints);
        problem(`unknown timepoint "${timepoint}"`, timepoints.join(' | '), near === undefined ? '' : `Did you mean "${near}"?`);
      }
      if (!libraries.includes(library)) problem(`unknown library "${library}"`, 'gex | tcr | bcr | adt | vdj', '');
      const library_id = columns.library_id || `${sample_id}-${library}`;
      if (library !== '' && !columns.fastq_1 && rows.some((row) => row.library_id === library_id)) {
        problem(`a second row for library "${library_id}"`, '', 'Give each matrix its own library_id.');
      }
      rows.push({sample_id, patient_id, timepoint, library, library_id, path, excluded: columns.excluded ?? '', columns});
    }
    offset = text.indexOf('\n', offset) + 1;
  }
  return problems.length > 0 ? failed(problems) : succeeded(rows);
}

/** Quoted cells may hold the separator; a doubled quote is a quote. */
function splitLine(line: string, separator: string): string[] {
  const cells = [''];
  let quoted = false;
  for (let i = 0; i < line.length; i++) {
    if (line[i] === '"' && quoted && line[i + 1] === '"') cells[cells.length - 1] += line[i++];
    else if (line[i] === '"') quoted = !quoted;
    else if (line[i] === separator && !quoted) cells.push('');
    else cells[cells.length - 1] += line[i];
  }
  return cells.map((cell) => cell.trim());
}
