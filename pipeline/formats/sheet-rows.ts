// A sheet that a person wrote and `validate` has passed -> rows with their line. As forgiving as the checks were: cells are trimmed, blank lines are skipped.
import {delimitedRecords, separatorOf} from '../base/delimited-records.ts';
import type {Row} from '../data/table.ts';
import {readText} from './delimited-text.ts';

export interface SheetLine {
  readonly line: number;
  /** The cells are text; an empty cell is null. */
  readonly row: Row;
}

export function readSheetLines(path: string): SheetLine[] {
  const text = readText(path);
  const [header, ...records] = delimitedRecords(text, separatorOf(text));
  const columns = (header?.cells ?? []).map((name) => name.trim());
  return records.flatMap(({cells, line}): SheetLine[] => {
    const trimmed = cells.map((cell) => cell.trim());
    if (trimmed.every((cell) => cell === '')) return [];
    return [{line, row: Object.fromEntries(columns.flatMap((name, at) => (name === '' ? [] : [[name, trimmed[at] || null]])))}];
  });
}
