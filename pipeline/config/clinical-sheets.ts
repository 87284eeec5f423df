// The clinical sheets: every cell against its column's rule, every patient and timepoint against the run.
import {closestName, didYouMean} from '../base/closest-name.ts';
import type {Failure} from '../model/failure.ts';
import type {Warning} from '../model/warning.ts';
import type {CellRule, ClinicalSheet, NumberRange} from './clinical-columns.ts';
import {personalData} from './personal-data.ts';
import {isNumberOrEmpty, type ReadSheet, type Sheet, type SheetRow} from './read-sheet.ts';
import {absentItems, contradictions, visitFailures} from './visit-checks.ts';

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
  return {failures, warnings: [...nearMisses(sheet, kind), ...(kind.key === 'visits' ? contradictions(sheet) : [])]};
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
