// The samples sheet -> one LibraryRow a row, each cell checked by itself. What rows say together: sample-agreement.ts.
import {closestName, didYouMean} from '../base/closest-name.ts';
import type {Failure} from '../model/failure.ts';
import {foreignSheetAdvice} from './foreign-sheets.ts';
import {personalData} from './personal-data.ts';
import {isNumberOrEmpty, parseSheet, type ReadSheet, type Sheet} from './read-sheet.ts';
import {sampleDisagreements} from './sample-agreement.ts';
import {isNamed, libraryRow, readFiles, type SampleRow} from './sample-row.ts';

export interface SamplesRules {
  /** Empty: not known, every label passes. */
  readonly timepoints: readonly string[];
  /** The run starts from `cells`: gex rows need no path. */
  readonly hasCells: boolean;
}

export interface ReadSamples {
  readonly rows: readonly SampleRow[];
  /** Undefined where the header is unusable. */
  readonly sheet?: Sheet;
  readonly failures: readonly Failure[];
}

/** Columns that name files: where a file lies is not published. */
export const fileColumns: readonly string[] = ['path', 'demux', 'fastq_1', 'fastq_2', 'contigs', 'whitelist', 'chemistry'];
const kinds = ['gex', 'tcr', 'bcr', 'adt', 'vdj'];

export function parseSamplesSheet(file: string, content: string, rules: SamplesRules): ReadSamples {
  return checkSamplesSheet(parseSheet(file, content), rules);
}

export function checkSamplesSheet({sheet, failures: unread}: ReadSheet, rules: SamplesRules): ReadSamples {
  if (sheet === undefined) return {rows: [], failures: unread};
  const lacking = missingColumns(sheet);
  if (lacking.length > 0) return {rows: [], failures: [...unread, ...personalData(sheet, fileColumns), ...lacking]};
  const failures = [...unread, ...personalData(sheet, fileColumns)];
  const rows = sheet.rows.map((source) => ({source, library: libraryRow(source.cells)}));
  for (const row of rows) failures.push(...rowFailures(row, rules));
  failures.push(...sampleDisagreements(rows.filter(isNamed)));
  return {rows, sheet, failures};
}

function missingColumns(sheet: Sheet): Failure[] {
  const required = ['sample_id', 'patient_id', 'timepoint', 'day', 'library', ...(sheet.columns.includes('fastq_1') ? [] : ['path'])];
  const missing = required.filter((name) => !sheet.columns.includes(name));
  if (missing.length === 0) return [];
  const place = sheet.placeOfColumn('');
  const foreign = foreignSheetAdvice(sheet.columns, missing);
  if (foreign !== undefined) return [{reason: 'sheet-invalid', place, expected: '', ...foreign}];
  return missing.map((name): Failure => {
    const near = closestName(name, sheet.columns.filter((column) => !required.includes(column)));
    return {reason: 'sheet-invalid', place: near === undefined ? place : sheet.placeOfColumn(near), found: `the column "${name}" is missing`, expected: '', advice: near === undefined ? `Add the column ${name}.` : `Is it the one called "${near}"?`};
  });
}

function rowFailures({library: row, source}: SampleRow, {timepoints, hasCells}: SamplesRules): Failure[] {
  const failures: Failure[] = [];
  const wrong = (column: string, found: string, expected = '', advice = ''): void => {
    failures.push({reason: 'sheet-invalid', place: source.placeOf(column), found, expected, advice});
  };
  for (const column of ['sample_id', 'patient_id', 'timepoint']) if (source.cells[column] === '') wrong(column, `${column} is empty`);
  for (const column of ['sample_id', 'patient_id', 'library_id', 'gem_well']) {
    // Lists of ids are written with commas, tables with tabs and line breaks.
    if (/[,\p{Cc}]/u.test(source.cells[column] ?? '')) wrong(column, `${column} is ${JSON.stringify(source.cells[column])}`, 'no commas and no line breaks');
  }
  if (row.timepoint !== '' && timepoints.length > 0 && !timepoints.includes(row.timepoint)) wrong('timepoint', `unknown timepoint "${row.timepoint}"`, timepoints.join(' | '), didYouMean(row.timepoint, timepoints));
  if (!isNumberOrEmpty(source.cells['day'])) wrong('day', `day is "${source.cells['day']}"`, 'a number of days, or empty');
  if (!isNumberOrEmpty(source.cells['lymphocytes_per_ul'])) wrong('lymphocytes_per_ul', `lymphocytes_per_ul is "${source.cells['lymphocytes_per_ul']}"`, 'a number, or empty');
  if (row.library !== '' && !kinds.includes(row.library)) wrong('library', `unknown library "${row.library}"`, kinds.join(' | '), didYouMean(row.library, kinds));
  const reads = source.cells['fastq_1'] ?? '';
  const isReceptor = ['tcr', 'bcr', 'vdj'].includes(row.library);
  const contigs = source.cells['contigs'] ?? '';
  if (row.library === '' && (row.path !== '' || reads !== '')) wrong('library', 'library is empty, though the row names a file', kinds.join(' | '));
  if (row.library !== '' && row.path === '' && reads === '' && !(isReceptor && contigs !== '') && row.excluded === '' && !(hasCells && row.library === 'gex')) {
    wrong('path', `path is empty, though library is ${row.library}`, '', 'Name the file; where there is none, empty library too or say why in a column `excluded`.');
  }
  if (row.path !== '' && reads !== '') wrong('fastq_1', 'the row has both path and fastq_1', 'one of them');
  if (contigs !== '' && row.library !== '' && !isReceptor) wrong('contigs', `contigs for library ${row.library}`, 'tcr | bcr | vdj');
  const [nForward, nReverse] = ['fastq_1', 'fastq_2'].map((column) => readFiles(source.cells[column] ?? '').length);
  if (nForward !== nReverse) wrong(nReverse === 0 ? 'fastq_1' : 'fastq_2', `${nForward} files in fastq_1 and ${nReverse} in fastq_2`, 'as many in one as in the other');
  if ((source.cells['demux'] ?? '') !== '' && (source.cells['demux_label'] ?? '') === '') wrong('demux', 'demux without a demux_label', '', 'Say in demux_label which cells of the pool are this sample.');
  if ((source.cells['demux_label'] ?? '') !== '' && (source.cells['demux'] ?? '') === '') wrong('demux_label', `demux_label ${source.cells['demux_label']} without a demux`, '', 'Name in demux the table that says whose cell each barcode is.');
  return failures;
}
