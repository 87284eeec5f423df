// What every section of the report page is made of: figures with links to their values, tables that filter, folded explanations.
import type {Cell, Row} from '../data/table.ts';
import type {Figure, FigureData} from './figure.ts';
import type {PageContent} from './page-content.ts';
import {escapeXml} from './svg.ts';

/** Rows of a table in the page; the whole table is the TSV beside it. */
const mostRows = 150;

/** Those of the figures that this run has, in this order. */
export const figuresOf = ({figures}: PageContent, ids: readonly string[]): string => ids.map((id) => figureBlock(figures.find((one) => one.id === id))).join('');

export const how = (body: string): string => `<details><summary>How this was computed</summary><p>${body}</p></details>`;

/** A folded table; '' where no row is kept. */
export function numbers(data: FigureData, table: string, keep: (row: Row) => boolean, heading: string, columns: readonly string[]): string {
  const rows = (data.tables[table] ?? []).filter(keep);
  if (rows.length === 0) return '';
  const id = `table-${heading.toLowerCase().replaceAll(' ', '-')}`;
  const file = table === 'cells' ? 'cells.tsv.gz' : `${table}.tsv`;
  const shown = rows.slice(0, mostRows);
  const head = columns.map((name) => `<th>${name}</th>`).join('');
  const body = shown.map((row) => `<tr>${columns.map((name) => `<td${['note', 'warning', 'missing', 'sentence', 'definition'].includes(name) && String(row[name] ?? '').length > 30 ? ' class="long"' : ''}>${escapeXml(cellText(row[name] ?? null))}</td>`).join('')}</tr>`).join('');
  return `<details><summary>${heading}: ${rows.length} rows</summary><p class="soft">${shown.length < rows.length ? `The first ${shown.length} of ${rows.length}; all` : 'All'} are in <a href="tables/${file}">tables/${file}</a>.</p><input hidden data-table="${id}" aria-label="Filter ${heading}" placeholder="filter by words"><div class="table" tabindex="0"><table id="${id}"><thead><tr>${head}</tr></thead><tbody>${body}</tbody></table></div></details>`;
}

function figureBlock(figure: Figure | undefined): string {
  if (figure === undefined) return '';
  return `<figure id="${figure.id}"><h3>${escapeXml(figure.title)}</h3><div class="paper" tabindex="0">${figure.svg}</div><figcaption>${escapeXml(figure.caption)} <a href="figures/${figure.id}.svg">SVG</a> <a href="figures/${figure.id}.tsv">values</a> <a href="figures/${figure.id}.json">parameters</a></figcaption></figure>`;
}

/** Four significant digits on the page; the table has ten. */
function cellText(cell: Cell): string {
  if (cell === null) return '';
  const written = String(cell);
  return /^-?\d*\.\d+(e-?\d+)?$/i.test(written) && Number.isFinite(Number(written)) ? String(Number(Number(written).toPrecision(4))) : written;
}
