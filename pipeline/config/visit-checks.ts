// The visits sheet beyond single cells: items that have no column, a total beside its items, two units of one ratio, a visit given twice.
import type {Failure} from '../model/failure.ts';
import type {Warning} from '../model/warning.ts';
import {sledaiColumns, sledaiColumnWeight} from './clinical-columns.ts';
import type {Sheet, SheetRow} from './read-sheet.ts';

/** A total needs all 24; none at all is a sheet with totals only. */
export function absentItems(sheet: Sheet): Failure[] {
  const absent = sledaiColumns.filter((column) => !sheet.columns.includes(column));
  if (absent.length === 0 || absent.length === sledaiColumns.length) return [];
  const there = sheet.columns.find((column) => sledaiColumns.includes(column)) ?? '';
  const nThere = sledaiColumns.length - absent.length;
  return [{reason: 'sheet-invalid', place: sheet.placeOfColumn(there), found: `${nThere} of the 24 SLEDAI-2K items ${nThere === 1 ? 'has a column' : 'have columns'}; without: ${absent.slice(0, 4).join(', ')}${absent.length > 4 ? ` and ${absent.length - 4} more` : ''}`, expected: 'all 24, or none and the total alone', advice: 'Add the columns; a cell of an item that was not recorded stays empty.'}];
}

/** What one cell cannot show: a total beside its items, two units of one ratio, two visits on one day. */
export function visitFailures(sheet: Sheet): Failure[] {
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

const serology: readonly (readonly [string, string, string, 'below' | 'above'])[] = [
  ['sledai_low_complement', 'c3_g_per_l', 'c3_lln', 'below'], ['sledai_low_complement', 'c4_g_per_l', 'c4_lln', 'below'], ['sledai_dna_binding', 'anti_dsdna_iu_per_ml', 'anti_dsdna_uln', 'above'],
];

/** An item that its own value contradicts. Whether the patient is in a remission that asks for serology is then not known. */
export function contradictions(sheet: Sheet): Warning[] {
  return sheet.rows.flatMap(({cells, line}) => serology.flatMap(([item, column, limit, side]): Warning[] => {
    const [value, bound] = [cells[column] ?? '', cells[limit] ?? ''];
    const isAbnormal = value !== '' && bound !== '' && (side === 'below' ? Number(value) < Number(bound) : Number(value) > Number(bound));
    return isAbnormal && cells[item] === '0' ? [{text: `${sheet.file}:${line} ${item} is 0, though ${column} ${value} is ${side} ${limit} ${bound}: remission by serology is not known at this visit.`}] : [];
  }));
}
