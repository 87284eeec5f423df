// TSV and CSV, plain or gzip, RFC 4180 quotes. Knows nothing of what the columns mean.
import {readFileSync} from 'node:fs';
import {gunzipSync, gzipSync} from 'node:zlib';
import {writeFileAtomic} from '../base/atomic-file.ts';
import {delimitedRecords, separatorOf, type DelimitedRecord} from '../base/delimited-records.ts';
import type {Cell, Row, Table} from '../data/table.ts';
import {FormatProblem} from '../base/format-problem.ts';

/** The cells are text; an empty cell is null. The separator is a tab if the header has one, else a comma. */
export function readTable(path: string): Table {
  const {columns, rows} = openTable(path);
  return {columns, rows: [...rows]};
}

/** The same, row by row: of a table of a million rows only those are kept that the caller keeps. */
export function openTable(path: string): {readonly columns: readonly string[]; readonly rows: Iterable<Row>} {
  const text = readText(path);
  const records = delimitedRecords(text, separatorOf(text.replace(/^(\uFEFF?##[^\n]*\n)+/, '')));
  let header = records.next();
  while (header.done !== true && isComment(header.value.cells[0])) header = records.next();
  if (header.done === true) throw new FormatProblem(path, {found: 'an empty file', expected: 'a header line', advice: 'Check how the file was made.'});
  const columns = header.value.cells;
  return {columns, rows: rowsOf(records, columns, path)};
}

/** BD Rhapsody puts lines before the header; `#barcode` of TRUST4 is a column. */
export const isComment = (line: string): boolean => line.startsWith('##');

function* rowsOf(records: Iterable<DelimitedRecord>, columns: readonly string[], path: string): Generator<Row, void> {
  for (const {cells, line, isUnclosed} of records) {
    if (isUnclosed) throw new FormatProblem(path, {found: 'a quote that never closes', expected: 'a closing quote', advice: 'Close it.', line});
    if (cells.length !== columns.length) {
      throw new FormatProblem(path, {found: `${cells.length} cells`, expected: `${columns.length}, as in the header`, advice: 'Check the separator and the quotes.', line});
    }
    const row: Record<string, string | null> = {};
    for (let k = 0; k < columns.length; k++) row[columns[k]] = cells[k] === '' ? null : cells[k];
    yield row;
  }
}

/** By the name of the file: `.csv` commas, else tabs; `.gz` compressed. Equal tables give equal bytes. */
export function writeTable(path: string, {columns, rows}: Table): void {
  writeCells(path, columns, rows.map((row) => () => columns.map((name) => row[name] ?? null)));
}

/** As `writeTable`, for a table with so many columns that an object a row would not fit in memory: each row is made when it is written. */
export function writeCells(path: string, columns: readonly string[], rows: readonly (() => readonly Cell[])[]): void {
  const separator = /\.csv(\.gz)?$/.test(path) ? ',' : '\t';
  const write = (cells: readonly Cell[]) => cells.map((cell) => quoted(cellText(cell), separator)).join(separator);
  const text = [write(columns), ...rows.map((row) => write(row()))].join('\n') + '\n';
  // Node's gzip header has mtime 0, so the bytes do not depend on the clock.
  writeFileAtomic(path, path.endsWith('.gz') ? gzipSync(text) : text);
}

/** Plain or gzip (told by the first two bytes), without a byte order mark. */
export function readText(path: string): string {
  const bytes = readFileSync(path);
  try {
    return (bytes[0] === 0x1f && bytes[1] === 0x8b ? gunzipSync(bytes) : bytes).toString('utf8').replace(/^\uFEFF/, '');
  } catch (error) {
    throw new FormatProblem(path, {found: `damaged gzip (${(error as Error).message})`, expected: 'a whole gzip file', advice: 'Copy the file again.'});
  }
}

function cellText(cell: Cell): string {
  if (cell === null) return '';
  // A value that is missing is null with a reason; NaN in a table would be neither.
  if (typeof cell === 'number' && !Number.isFinite(cell)) throw new Error(`a table cell is ${cell}`);
  return typeof cell === 'number' && !Number.isInteger(cell) ? String(Number(cell.toPrecision(10))) : String(cell);
}

const quoted = (text: string, separator: string) =>
  text.includes(separator) || /["\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
