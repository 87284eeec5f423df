// All comparisons of a reproduction together: a word for each result, and one for the whole.
import type {ColumnDifference, Comparison, Status} from './compared.ts';

export type ResultStatus = Status | 'not-made' | 'not-published' | 'not-rebuilt';

export interface ComparedResult {
  /** Inside results/; of a figure without its ending. */
  readonly path: string;
  readonly kind: 'table' | 'figure' | 'other';
  readonly status: ResultStatus;
  /** One sentence; empty where it is identical. */
  readonly words: string;
  readonly columns: readonly ColumnDifference[];
}

export type Verdict = 'identical' | 'within' | 'differs' | 'nothing-rebuilt';

export interface Counts {
  readonly identical: number;
  readonly within: number;
  readonly differs: number;
  readonly notRebuilt: number;
}

export function countResults(results: readonly ComparedResult[]): Counts {
  const n = (...wanted: readonly ResultStatus[]): number => results.filter(({status}) => wanted.includes(status)).length;
  return {identical: n('identical'), within: n('within'), differs: n('differs', 'not-made', 'not-published'), notRebuilt: n('not-rebuilt')};
}

export function verdictOf({identical, within, differs}: Counts): Verdict {
  if (differs > 0) return 'differs';
  return within > 0 ? 'within' : identical > 0 ? 'identical' : 'nothing-rebuilt';
}

/** What differs and by how much, the worst column first. */
export function comparisonWords({columns, notes}: Comparison): string {
  const beyond = columns.filter((column) => column.nWithin < column.nDifferent);
  const told = beyond.length > 0 ? beyond : columns;
  const [first] = told;
  if (first?.column === 'lines') return [...notes, `${beyond.length > 0 ? `lines that differ: ${first.nDifferent - first.nWithin}` : `lines whose numbers are within tolerance: ${first.nDifferent}`}, the first: ${shown(withoutTags(first.example.published))} -> ${shown(withoutTags(first.example.again))}`].join('; ');
  const counted = first === undefined ? [] : [`${told.map(({column, nDifferent, nWithin}) => `${column}: ${beyond.length > 0 ? nDifferent - nWithin : nDifferent}`).slice(0, 4).join(', ')}${told.length > 4 ? ` and ${told.length - 4} more ${told.length === 5 ? 'column' : 'columns'}` : ''}`];
  const example = first === undefined ? [] : [`${first.example.row}: ${shown(first.example.published)} -> ${shown(first.example.again)}${largestWords(first)}`];
  return [...notes, ...counted.map((words) => (beyond.length > 0 ? `cells that differ: ${words}` : `cells within tolerance: ${words}`)), ...example].join('; ');
}

function largestWords({largestAbsolute, largestRelative}: ColumnDifference): string {
  if (largestAbsolute === null) return '';
  return ` (largest difference ${short(largestAbsolute)}${largestRelative === null ? '' : `, ${short(100 * largestRelative)} %`})`;
}

/** Of a line cut anywhere. */
const withoutTags = (line: string): string => line.replace(/^…[^<>]*>/, '…').replaceAll(/<[^<>]*(>|…?$)/g, ' ').replaceAll(/\s+/g, ' ').trim();
const short = (value: number): string => String(Number(value.toPrecision(3)));
const shown = (cell: string): string => (cell === '' ? '(empty)' : cell);
