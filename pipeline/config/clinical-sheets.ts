// The clinical sheets: every cell against its column's rule, every patient and timepoint against the run.
import {closestName, didYouMean} from '../base/closest-name.ts';
import type {Failure} from '../model/failure.ts';
import type {Warning} from '../model/warning.ts';
import {sledaiColumns, sledaiColumnWeight, type CellRule, type ClinicalSheet, type NumberRange} from './clinical-columns.ts';
import {personalData} from './personal-data.ts';
import {isNumberOrEmpty, type ReadSheet, type Sheet, type SheetRow} from './read-sheet.ts';

export interface ClinicalRules {
  /** Empty: not known, every one passes. */
  readonly patients: ReadonlySet<string>;
  readonly timepoints: readonly string[];
}

export function checkClinicalSheet({sheet, failures: unread}: ReadSheet, kind: ClinicalSheet, rules: ClinicalRules): {failures: readonly Failure[]; warnings: readonly Warning[]} {
  if (sheet === undefined) return {failures: unread, warnings: []};
  const personal = personalData(sheet);
  const missing = missingColumns(sheet, kind);
  if (missing.length > 0) return {failures: [...unread, ...personal, ...missing], warnings: []};
  const failures = [...unread, ...personal, ...misspeltItems(sheet, kind), ...(kind.key === 'visits' ? [...absentItems(sheet), ...visitFailures(sheet)] : [])];
  const seen = new Map<string, number>();
  for (const row of sheet.rows) {
    failures.push(...rowFailures(row, kind, rules));
    const key = kind.unique?.map((column) => row.cells[column]).join('\t');
    const before = key === undefined ? undefined : seen.get(key);
    if (before !== undefined) failures.push({reason: 'sheet-invalid', place: row.placeOf('patient_id'), found: `a second row for ${kind.unique!.map((column) => `${column} ${row.cells[column] || '(empty)'}`).join(', ')} (the first is row ${before})`, expected: '', advice: 'Keep one.'});
    else if (key !== undefined) seen.set(key, row.line);
  }
  return {failures, warnings: nearMisses(sheet, kind)};
}

function missingColumns(sheet: Sheet, kind: ClinicalSheet): Failure[] {
  return kind.required.filter((name) => !sheet.columns.includes(name)).map((name): Failure => {
    const near = closestName(name, sheet.columns.filter((column) => !Object.hasOwn(kind.columns, column)));
    return {reason: 'sheet-invalid', place: sheet.placeOfColumn(near ?? ''), found: `the column "${name}" is missing`, expected: '', advice: near === undefined ? `Add the column ${name}.` : `Is it the one called "${near}"?`};
  });
}

/** An item under a name that nobody reads would count as absent. */
function misspeltItems(sheet: Sheet, kind: ClinicalSheet): Failure[] {
  return sheet.columns.filter((column) => kind.key === 'visits' && column.startsWith('sledai_') && !Object.hasOwn(kind.columns, column)).map((column): Failure => ({
    reason: 'sheet-invalid', place: sheet.placeOfColumn(column), found: `there is no SLEDAI-2K item "${column}"`, expected: '', advice: didYouMean(column, Object.keys(kind.columns)),
  }));
}

/** A total needs all 24; none at all is a sheet with totals only. */
function absentItems(sheet: Sheet): Failure[] {
  const absent = sledaiColumns.filter((column) => !sheet.columns.includes(column));
  if (absent.length === 0 || absent.length === sledaiColumns.length) return [];
  const there = sheet.columns.find((column) => sledaiColumns.includes(column)) ?? '';
  const nThere = sledaiColumns.length - absent.length;
  return [{reason: 'sheet-invalid', place: sheet.placeOfColumn(there), found: `${nThere} of the 24 SLEDAI-2K items ${nThere === 1 ? 'has a column' : 'have columns'}; without: ${absent.slice(0, 4).join(', ')}${absent.length > 4 ? ` and ${absent.length - 4} more` : ''}`, expected: 'all 24, or none and the total alone', advice: 'Add the columns; a cell of an item that was not recorded stays empty.'}];
}

/** What one cell cannot show: a total beside its items, two units of one ratio, two visits on one day. */
function visitFailures(sheet: Sheet): Failure[] {
  const failures: Failure[] = [];
  const unitOf = new Map<string, {column: string; line: number}>();
  const visitOf = new Map<string, SheetRow>();
  for (const row of sheet.rows) {
    const wrong = (column: string, found: string, expected: string, advice: string): void => {
      failures.push({reason: 'sheet-invalid', place: row.placeOf(column), found, expected, advice});
    };
    const {patient_id = '', day = '', timepoint = '', sledai_2k_total: total = '', upcr_g_per_g: grams = '', upcr_mg_per_mmol: milligrams = ''} = row.cells;
    const items = sledaiColumns.filter((column) => row.cells[column] === '1');
    const sum = items.reduce((points, column) => points + sledaiColumnWeight(column), 0);
    if (/^\d+$/.test(total) && sledaiColumns.every((column) => /^[01]$/.test(row.cells[column] ?? '')) && Number(total) !== sum) {
      wrong('sledai_2k_total', `sledai_2k_total is ${total}, though its items add up to ${sum}`, '', `Items present: ${items.map((column) => `${column.slice('sledai_'.length)} ${sledaiColumnWeight(column)}`).join(', ') || 'none'}. Correct the total or the items, or leave the total empty.`);
    }
    if (grams !== '' && milligrams !== '') {
      // 1 g/g of creatinine (113 g/mol) is 113 mg/mmol; guidelines round to 100.
      const ratio = Number(milligrams) / Number(grams);
      if (Number(grams) > 0 && !(ratio > 85 && ratio < 130)) wrong('upcr_mg_per_mmol', `upcr_g_per_g is ${grams} and upcr_mg_per_mmol ${milligrams}`, 'about 100 to 113 mg/mmol for each g/g', 'Are the units mixed? Keep the one that was measured.');
    } else if (grams !== '' || milligrams !== '') {
      const column = grams !== '' ? 'upcr_g_per_g' : 'upcr_mg_per_mmol';
      const before = unitOf.get(patient_id);
      if (before === undefined) unitOf.set(patient_id, {column, line: row.line});
      else if (before.column !== column) wrong(column, `${column} at this visit of ${patient_id}, though row ${before.line} has ${before.column}`, 'one unit a patient', 'Units are never converted silently: give all visits of a patient in one of them.');
    }
    for (const [what, value] of [['day', day], ['timepoint', timepoint]] as const) {
      if (value === '') continue;
      const key = `${what}\t${patient_id}\t${value}`;
      const before = visitOf.get(key);
      if (before === undefined) visitOf.set(key, row);
      // Rows that agree in both are told as duplicates already.
      else if (before.cells['day'] !== day || before.cells['timepoint'] !== timepoint) wrong(what, `a second visit of ${patient_id} at ${what} ${value} (the first is row ${before.line})`, 'one', what === 'day' ? 'Merge them.' : 'Leave the timepoint of the visit without a sample empty.');
    }
  }
  return failures;
}

function nearMisses(sheet: Sheet, kind: ClinicalSheet): Warning[] {
  const absent = Object.keys(kind.columns).filter((column) => !sheet.columns.includes(column));
  return sheet.columns.flatMap((column): Warning[] => {
    const near = Object.hasOwn(kind.columns, column) || column.startsWith('sledai_') ? undefined : closestName(column, absent);
    return near === undefined ? [] : [{text: `${sheet.file}: the column "${column}" is not used. Did you mean "${near}"?`}];
  });
}

function rowFailures(row: SheetRow, kind: ClinicalSheet, {patients, timepoints}: ClinicalRules): Failure[] {
  const failures: Failure[] = [];
  const wrong = (column: string, found: string, expected: string, advice = ''): void => {
    failures.push({reason: 'sheet-invalid', place: row.placeOf(column), found, expected, advice});
  };
  for (const [column, rule] of Object.entries(kind.columns)) {
    const cell = row.cells[column];
    const expected = cell === undefined ? undefined : misfit(rule, cell);
    if (expected !== undefined) wrong(column, cell === '' ? `${column} is empty` : `${column} is "${cell}"`, expected, typeof rule === 'object' && 'advice' in rule && isNumberOrEmpty(cell) ? rule.advice : '');
  }
  const {patient_id, timepoint = '', day = ''} = row.cells;
  if (patient_id !== '' && patients.size > 0 && !patients.has(patient_id)) wrong('patient_id', `unknown patient "${patient_id}"`, 'a patient of the samples or the patients sheet', didYouMean(patient_id, [...patients]));
  if (timepoint !== '' && timepoints.length > 0 && !timepoints.includes(timepoint)) wrong('timepoint', `unknown timepoint "${timepoint}"`, [...timepoints, 'empty'].join(' | '), didYouMean(timepoint, timepoints));
  if (kind.key === 'visits' && timepoint === '' && day === '') wrong('day', 'the visit has neither day nor timepoint', 'one of them');
  return failures;
}

/** What was expected, or undefined where the cell fits. Everything but a required cell may be empty. */
function misfit(rule: CellRule, cell: string): string | undefined {
  if (cell === '') return rule === 'required' ? 'some text' : undefined;
  if (isRange(rule)) return !isNumberOrEmpty(cell) ? 'a number, or empty' : Number(cell) >= rule.low && Number(cell) <= rule.high ? undefined : `${rule.low} to ${rule.high} ${rule.unit}`;
  if (typeof rule !== 'string') return rule.includes(cell) ? undefined : rule.join(' | ');
  switch (rule) {
    case 'number':
      return isNumberOrEmpty(cell) ? undefined : 'a number, or empty';
    case 'item':
      return /^[01]$/.test(cell) ? undefined : '0, 1 or empty';
    case 'grade':
      return /^[0-5]$/.test(cell) ? undefined : 'a grade from 0 to 5, or empty';
    case 'deposit':
      return cell === '+/-' || (isNumberOrEmpty(cell) && Number(cell) >= 0 && Number(cell) <= 3) ? undefined : '0 to 3, +/- or empty';
    default:
      return undefined;
  }
}

function isRange(rule: CellRule): rule is NumberRange {
  return typeof rule === 'object' && 'unit' in rule;
}
