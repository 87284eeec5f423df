// A sheet (TSV or CSV) -> rows of named cells that know their place. Knows nothing of what the columns mean.
import {delimitedRecords, separatorOf, type DelimitedRecord} from '../base/delimited-records.ts';
import {locate, type Location} from '../base/located-text.ts';
import type {Failure} from '../model/failure.ts';
import {readTextFile} from './text-file.ts';

export interface SheetRow {
  readonly line: number;
  /** By column; without the white space around them. */
  readonly cells: Readonly<Record<string, string>>;
  /** Of a column's cell; of the whole line where the sheet has no such column. */
  readonly placeOf: (column: string) => Location;
}

export interface Sheet {
  readonly file: string;
  readonly columns: readonly string[];
  readonly rows: readonly SheetRow[];
  /** Of a name in the header; of the whole header where it is not there. */
  readonly placeOfColumn: (column: string) => Location;
}

export interface ReadSheet {
  /** Rows that could not be read are left out. */
  readonly sheet?: Sheet;
  readonly failures: readonly Failure[];
}

/** `file` exists. */
export function readSheetFile(file: string, askedBy: string): ReadSheet {
  const read = readTextFile(file);
  switch (read.kind) {
    case 'text':
      return parseSheet(file, read.text);
    case 'unreadable':
      return {failures: [{reason: 'file-unreadable', path: file, askedBy, code: read.code}]};
    case 'not-text': {
      const {text, offset, found, advice} = read.notText;
      const column = columnAt(text, offset);
      return {failures: [{reason: 'sheet-invalid', place: locate(file, text, offset, 1), found: column === undefined ? found : `${found} in column "${column}"`, expected: 'UTF-8 text', advice}]};
    }
  }
}

export function parseSheet(file: string, content: string): ReadSheet {
  const text = content.replace(/^\uFEFF/, '');
  const records = [...delimitedRecords(text, separatorOf(text))];
  const placeOfCell = (record: DelimitedRecord, at: number): Location => {
    const last = record.offsets.length - 1;
    if (at < 0 || at > last) return locate(file, text, record.offsets[0], record.end - record.offsets[0]);
    const end = at === last ? record.end : record.offsets[at + 1] - 1;
    return locate(file, text, record.offsets[at], end - record.offsets[at]);
  };
  const failures: Failure[] = [];
  const wrong = (place: Location, found: string, expected: string, advice: string): void => {
    failures.push({reason: 'sheet-invalid', place, found, expected, advice});
  };
  const [header, ...body] = records;
  if (header === undefined) {
    wrong(locate(file, text, 0, 1), 'the sheet is empty', 'a header with the names of the columns', '');
    return {failures};
  }
  const names = header.cells.map((name) => name.trim());
  const nColumns = names.findLastIndex((name) => name !== '') + 1;
  if (names.length === 1 && names[0].includes(';')) {
    wrong(placeOfCell(header, 0), 'the columns are separated by semicolons', 'tabs or commas', 'Save the sheet as TSV, or as CSV with commas.');
    return {failures};
  }
  if (names.length === 1 && names[0].split(/\s+/).length > 2) {
    wrong(placeOfCell(header, 0), 'the columns are separated by spaces', 'tabs or commas', 'Save the sheet as TSV or CSV; an editor may have turned its tabs into spaces.');
    return {failures};
  }
  for (const [at, name] of names.entries()) {
    const first = names.indexOf(name);
    if (name !== '' && first < at) wrong(placeOfCell(header, at), `a second column "${name}"`, '', `Rename one; the first is column ${first + 1}.`);
  }
  const rows = body.flatMap((record): SheetRow[] => {
    const {cells, line} = record;
    const trimmed = cells.map((cell) => cell.trim());
    if (trimmed.every((cell) => cell === '')) return [];
    if (record.isUnclosed) {
      const at = record.offsets.length - 1;
      wrong(placeOfCell(record, at), `a quote that never closes${names[at] ? ` in column "${names[at]}"` : ''}`, '', 'Close it, or double it where it is meant as a character.');
      return [];
    }
    if (cells.length < nColumns) {
      const place = placeOfCell(record, cells.length - 1);
      const separator = names.length > 1 && cells.length === 1 && cells[0].includes(',') ? 'The header is separated by tabs; separate this row by tabs too.' : 'A separator is missing; empty cells need theirs too.';
      wrong(place, `row ${line} has ${cells.length} ${cells.length === 1 ? 'cell' : 'cells'}, so none for column "${names[cells.length]}"`, `${nColumns}, as in the header`, separator);
      return [];
    }
    const stray = trimmed.findIndex((cell, at) => cell !== '' && (at >= names.length || names[at] === ''));
    if (stray >= 0) {
      wrong(placeOfCell(record, stray), `row ${line} has a cell ${JSON.stringify(trimmed[stray])} under no column name (the ${stray + 1}th)`, `${nColumns}, as in the header`, 'Quote a cell that holds the separator, or name the column.');
      return [];
    }
    const named = Object.fromEntries(names.flatMap((name, at) => (name === '' ? [] : [[name, trimmed[at] ?? '']])));
    return [{line, cells: named, placeOf: (column) => placeOfCell(record, names.indexOf(column))}];
  });
  const sheet: Sheet = {file, columns: names.filter((name) => name !== ''), rows, placeOfColumn: (column) => placeOfCell(header, names.indexOf(column))};
  return {sheet, failures};
}

function columnAt(text: string, offset: number): string | undefined {
  const [header, ...body] = delimitedRecords(text, separatorOf(text));
  const record = body.find((one) => one.offsets[0] <= offset && offset <= one.end);
  return record === undefined ? undefined : header.cells[record.offsets.findLastIndex((start) => start <= offset)]?.trim();
}

/** Plain decimal notation: not 0x10, not Infinity. An absent column is empty. */
export const isNumberOrEmpty = (cell: string | undefined): boolean => cell === undefined || cell === '' || /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(cell);
