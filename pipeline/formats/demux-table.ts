// Whose cell each barcode of a pooled well is: tables of vireo, souporcell, demuxlet, freemuxlet, Seurat (HTODemux, MULTIseqDemux) and Cell Ranger multi, or two columns.
import {FormatProblem} from '../base/format-problem.ts';
import type {Row} from '../data/table.ts';
import {readTable} from './delimited-text.ts';

export interface DemuxTable {
  readonly tool: string;
  /** Barcode -> label; null for a droplet of several, undefined is for what the table does not assign. */
  readonly labelOf: ReadonlyMap<string, string | null | undefined>;
  /** Sorted. */
  readonly labels: readonly string[];
}

interface Form {
  readonly tool: string;
  /** All of them are in the header. */
  readonly columns: readonly string[];
  readonly barcode: string;
  readonly label: (row: Row) => string | null | undefined;
}

const text = (row: Row, column: string): string => String(row[column] ?? '').trim();

/** `doublet` and `none` by the tool's own words for them; any other word is a label. */
function said(word: string): string | null | undefined {
  if (/^(doublet|multiplet|multiplets|dbl|doublets)$/i.test(word)) return null;
  return /^(unassigned|unknown|negative|blank|blanks|ambiguous|amb|na|nan|none|)$/i.test(word) ? undefined : word;
}

/** A class column decides, and the label counts only in a singlet. */
const classed = (classes: string, label: (row: Row) => string) => (row: Row): string | null | undefined => {
  const word = text(row, classes);
  return /^(singlet|sng)$/i.test(word) ? said(label(row)) : said(word) === null ? null : undefined;
};

/** The first that fits is taken. An unnamed first column holds R's row names. */
const forms: readonly Form[] = [
  {tool: 'vireo', columns: ['cell', 'donor_id'], barcode: 'cell', label: (row) => said(text(row, 'donor_id'))},
  {tool: 'souporcell', columns: ['barcode', 'status', 'assignment'], barcode: 'barcode', label: classed('status', (row) => text(row, 'assignment'))},
  {tool: 'demuxlet', columns: ['BARCODE', 'DROPLET.TYPE', 'SNG.BEST.GUESS'], barcode: 'BARCODE', label: classed('DROPLET.TYPE', (row) => text(row, 'SNG.BEST.GUESS'))},
  {tool: 'demuxlet', columns: ['BARCODE', 'BEST'], barcode: 'BARCODE', label: (row) => ofBest(text(row, 'BEST'))},
  {tool: 'Seurat HTODemux', columns: ['', 'HTO_classification.global', 'hash.ID'], barcode: '', label: classed('HTO_classification.global', (row) => text(row, 'hash.ID'))},
  {tool: 'Seurat MULTIseqDemux', columns: ['', 'MULTI_ID'], barcode: '', label: (row) => said(text(row, 'MULTI_ID'))},
  {tool: 'Cell Ranger multi', columns: ['Barcodes', 'Assignment'], barcode: 'Barcodes', label: (row) => said(text(row, 'Assignment'))},
  {tool: 'Cell Ranger multi', columns: ['Barcode', 'Assignment'], barcode: 'Barcode', label: (row) => said(text(row, 'Assignment'))},
  {tool: 'Cell Ranger multi', columns: ['cell_barcode', 'num_features', 'feature_call'], barcode: 'cell_barcode', label: (row) => (Number(text(row, 'num_features')) > 1 ? null : said(text(row, 'feature_call')))},
];

/** The first version of demuxlet: `SNG-donor`, `DBL-donor1-donor2-0.5`, `AMB-…`. */
function ofBest(word: string): string | null | undefined {
  if (word.startsWith('SNG-')) return said(word.slice('SNG-'.length));
  return word.startsWith('DBL-') ? null : undefined;
}

export function readDemuxTable(path: string): DemuxTable {
  const {columns, rows} = readTable(path);
  const form = forms.find((one) => one.columns.every((name) => columns.includes(name))) ?? twoColumns(columns);
  if (form === undefined) {
    throw new FormatProblem(path, {
      found: `the columns ${columns.slice(0, 6).join(', ')}`, line: 1,
      expected: 'donor_ids.tsv of vireo (cell, donor_id), clusters.tsv of souporcell (barcode, status, assignment), .best of demuxlet (BARCODE, DROPLET.TYPE, SNG.BEST.GUESS), the metadata of Seurat (hash.ID and HTO_classification.global, or MULTI_ID), assignment_confidence_table.csv of Cell Ranger (Barcodes, Assignment), or two columns with a header: barcode and label',
      advice: 'Name the table that says whose cell each barcode is.',
    });
  }
  const labelOf = new Map<string, string | null | undefined>();
  for (const [k, row] of rows.entries()) {
    const barcode = text(row, form.barcode);
    if (barcode === '' || labelOf.has(barcode)) {
      throw new FormatProblem(path, {found: barcode === '' ? 'a row without a barcode' : `barcode ${barcode} twice`, expected: 'each barcode once', advice: 'Give one table a gem well.', line: k + 2});
    }
    labelOf.set(barcode, form.label(row));
  }
  const labels = [...new Set([...labelOf.values()].filter((label) => typeof label === 'string'))].sort();
  return {tool: form.tool, labelOf, labels};
}

const twoColumns = (columns: readonly string[]): Form | undefined => (columns.length === 2 ? {tool: 'two columns', columns, barcode: columns[0], label: (row) => said(text(row, columns[1]))} : undefined);
