// What every section of the report page is made of: figures with links to their values, tables that filter, folded explanations.
import type {Cell, Row} from '../data/table.ts';
import type {Figure, FigureData} from './figure.ts';
import type {PageContent} from './page-content.ts';
import {escapeXml} from './svg.ts';

/** Rows of a table in the page; the whole table is the TSV beside it. */
const mostRows = 150;

/** Those of the figures that this run has, in this order; then those that it has not, each with the reason. */
export function figuresOf({figures}: PageContent, ids: readonly string[], others: readonly {readonly name: string; readonly reason: string}[] = []): string {
  const asked = ids.flatMap((id) => figures.filter((one) => one.id === id));
  const absent = [...asked.flatMap(({id, absent: reason}) => (reason === undefined ? [] : [{name: id.replaceAll('-', ' '), reason}])), ...others];
  const byReason = [...Map.groupBy(absent, ({reason}) => reason)].map(([reason, own]) => `<li>${escapeXml(own.map(({name}) => name).join(', '))}: ${escapeXml(reason)}</li>`);
  const list = absent.length === 0 ? '' : `<div class="absent"><h3>Not in this run</h3><ul>${byReason.join('')}</ul></div>`;
  return asked.filter((one) => one.absent === undefined).map(figureBlock).join('') + list;
}

export const how = (body: string): string => `<details><summary>How this was computed</summary><p>${body}</p></details>`;

/** A folded table; '' where no row is kept. */
export function numbers(data: FigureData, table: string, keep: (row: Row) => boolean, heading: string, columns: readonly string[]): string {
  const rows = (data.tables[table] ?? []).filter(keep);
  if (rows.length === 0) return '';
  const file = table === 'cells' ? 'cells.tsv.gz' : `${table}.tsv`;
  const shown = rows.slice(0, mostRows);
  const note = `${shown.length < rows.length ? `The first ${shown.length} of ${rows.length}; all` : 'All'} are in <a href="tables/${file}">tables/${file}</a>.`;
  return scrollTable({heading, nRows: rows.length, note, id: `table-${heading.toLowerCase().replaceAll(' ', '-')}`, columns, rows: shown.map((row) => columns.map((name) => cellText(row[name] ?? null)))});
}

export interface ScrollTable {
  readonly heading: string;
  readonly id: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
  /** Of the whole table, where only its first rows are here. */
  readonly nRows?: number;
  /** HTML. */
  readonly note?: string;
}

export function scrollTable({heading, id, columns, rows, nRows = rows.length, note}: ScrollTable): string {
  const head = columns.map((name) => `<th scope="col">${escapeXml(name)}</th>`).join('');
  const body = rows.map((row) => `<tr>${row.map((cell, i) => `<td${wordy.includes(columns[i]) && cell.length > 30 ? ' class="long"' : ''}>${escapeXml(cell)}</td>`).join('')}</tr>`).join('');
  return `<details><summary>${escapeXml(heading)}: ${nRows} rows</summary>${note === undefined ? '' : `<p class="soft">${note}</p>`}<input hidden data-table="${id}" aria-label="Filter ${escapeXml(heading)}" placeholder="filter by words"><div class="table" tabindex="0" role="region" aria-label="${escapeXml(heading)}"><table id="${id}"><thead><tr>${head}</tr></thead><tbody>${body}</tbody></table></div></details>`;
}

const wordy = ['note', 'warning', 'missing', 'sentence', 'definition', 'value', 'source'];

function figureBlock(figure: Figure): string {
  return `<figure id="${figure.id}"><h3>${escapeXml(figure.title)}</h3><div class="paper" tabindex="0" role="group" aria-label="${escapeXml(figure.id.replaceAll('-', ' '))}">${figure.svg}</div><figcaption>${escapeXml(figure.caption)} <a href="figures/${figure.id}.svg">SVG</a> <a href="figures/${figure.id}.tsv">values</a> <a href="figures/${figure.id}.json">parameters</a></figcaption></figure>`;
}

/** Four significant digits on the page; the table has ten. */
function cellText(cell: Cell): string {
  if (cell === null) return '';
  const written = String(cell);
  return /^-?\d*\.\d+(e-?\d+)?$/i.test(written) && Number.isFinite(Number(written)) ? String(Number(Number(written).toPrecision(4))) : written;
}
