// Two tables that should be equal, cell by cell; a row is found again by its keys, so that one more row does not make all below it differ.
import type {Row, Table} from '../../data/table.ts';
import {columnTally, comparisonOf, numberPattern, toleranceOf, type Comparison, type Tolerances} from './compared.ts';

/** Cells are text or null. */
export function compareTables(published: Table, again: Table, tolerances: Tolerances = {}): Comparison {
  const notes: string[] = [];
  const lost = published.columns.filter((name) => !again.columns.includes(name));
  const added = again.columns.filter((name) => !published.columns.includes(name));
  if (lost.length > 0) notes.push(`columns that are not made again: ${lost.join(', ')}`);
  if (added.length > 0) notes.push(`columns that were not published: ${added.join(', ')}`);
  const shared = published.columns.filter((name) => again.columns.includes(name));
  const isSameOrder = shared.every((name, at) => again.columns.filter((one) => shared.includes(one))[at] === name);
  if (!isSameOrder) notes.push('the columns stand in another order');
  const keys = keyColumns(published).filter((name) => shared.includes(name));
  const [before, after] = [keyed(published.rows, keys), keyed(again.rows, keys)];
  const tallies = shared.map((column) => columnTally(column, toleranceOf(tolerances, column)));
  for (const [key, row] of before) {
    const other = after.get(key);
    if (other === undefined) continue;
    shared.forEach((column, at) => tallies[at].add(shownKey(key), textOf(row[column]), textOf(other[column])));
  }
  notes.push(...oneSided(before, after, 'published only'), ...oneSided(after, before, 'made again only'));
  const columns = tallies.flatMap((tally) => tally.result() ?? []);
  if (notes.length === 0 && columns.length === 0 && [...before.keys()].some((key, at) => key !== [...after.keys()][at])) notes.push('the rows stand in another order');
  return comparisonOf(columns, notes);
}

const textOf = (cell: Row[string] | undefined): string => (cell === null || cell === undefined ? '' : String(cell));

/** The columns before the first that holds measured numbers; `day` is a key. */
function keyColumns({columns, rows}: Table): string[] {
  const sample = rows.slice(0, 200);
  const isMeasured = (column: string): boolean => column !== 'day' && sample.length > 0 && sample.some((row) => numberPattern.test(textOf(row[column]))) && !/_id$|^cluster$|^(sample|patient)/.test(column);
  const first = columns.findIndex(isMeasured);
  const keys = columns.slice(0, first < 0 ? columns.length : first).filter((name) => name !== 'missing');
  return keys.length === 0 ? columns.slice(0, 1) : keys;
}

/** Rows of equal keys are numbered. */
function keyed(rows: readonly Row[], keys: readonly string[]): Map<string, Row> {
  const seen = new Map<string, number>();
  return new Map(rows.map((row) => {
    const name = keys.map((key) => textOf(row[key])).filter((cell) => cell !== '').join(', ');
    const n = (seen.get(name) ?? 0) + 1;
    seen.set(name, n);
    return [n === 1 ? name : `${name} (${n})`, row];
  }));
}

function oneSided(these: ReadonlyMap<string, Row>, those: ReadonlyMap<string, Row>, words: string): string[] {
  const alone = [...these.keys()].filter((key) => !those.has(key));
  return alone.length === 0 ? [] : [`${alone.length} ${alone.length === 1 ? 'row' : 'rows'} ${words}, the first: ${shownKey(alone[0])}`];
}

/** Sequences and long lists say little to a reader. */
const shownKey = (key: string): string => {
  const parts = key.split(', ').filter((part) => part.length <= 32);
  return parts.length <= 6 ? parts.join(', ') : `${parts.slice(0, 5).join(', ')}, …`;
};
