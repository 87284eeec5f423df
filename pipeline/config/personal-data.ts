// What may not be in a clinical sheet, because the results of a run are published: names, addresses, calendar dates.
import type {Failure} from '../model/failure.ts';
import type {Sheet} from './read-sheet.ts';

interface PersonalKind {
  readonly words: string;
  readonly advice: string;
}

const date: PersonalKind = {words: 'a calendar date', advice: 'Give days from the infusion in the column day, negative before it.'};
const person: PersonalKind = {words: 'a name', advice: 'Give every patient a code, such as P01, and keep the list of names elsewhere.'};
const address: PersonalKind = {words: 'an e-mail address, a telephone number or an address', advice: 'Take the column out.'};

const columnKinds: readonly (readonly [RegExp, PersonalKind])[] = [
  [/^(date|.*_date|date_of_.*|dob|birthday|birth_?date|visit_?date|infusion_?date)$/, date],
  [/^(name|(patient|subject|full|first|last|middle|family|given|physician|doctor)_?names?|initials|surname|forename)$/, person],
  [/^(e[-_]?mail.*|mail|phone.*|telephone.*|address|street|mrn|medical_record.*|hospital_number|insurance_number|national_id|ssn|passport.*)$/, address],
];

const months = 'jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec';
const cellKinds: readonly (readonly [RegExp, PersonalKind])[] = [
  [/[^\s@]+@[^\s@]+\.[a-z]{2,}/i, address],
  [new RegExp(`\\b(19|20)\\d{2}[-/.](0?[1-9]|1[0-2])[-/.](0?[1-9]|[12]\\d|3[01])\\b|\\b\\d{1,2}[-/.]\\d{1,2}[-/.](19|20)?\\d{2}\\b|\\b\\d{1,2}[ -](${months})[a-z]*[ -](19|20)?\\d{2}\\b|\\b(${months})[a-z]* \\d{1,2},? (19|20)\\d{2}\\b`, 'i'), date],
];
/** `Ada Example` or `Example, Ada`; `Patient 3` and `Patient A` are codes. */
const nameLike = /^\p{Lu}\p{Ll}[\p{L}'’-]*(,? \p{Lu}\p{Ll}[\p{L}'’-]*)+$/u;

/** The first cell of each column and kind is told, not each row. */
export function personalData(sheet: Sheet): Failure[] {
  return sheet.columns.flatMap((column): Failure[] => {
    const kind = columnKinds.find(([pattern]) => pattern.test(column.toLowerCase().replaceAll(' ', '_')))?.[1];
    if (kind !== undefined) return [{reason: 'sheet-invalid', place: sheet.placeOfColumn(column), found: `the column "${column}" holds ${kind.words}`, expected: 'nothing that names a person or a calendar day', advice: kind.advice}];
    for (const row of sheet.rows) {
      const cell = row.cells[column] ?? '';
      const found = column === 'patient_id' && nameLike.test(cell) ? person : cellKinds.find(([pattern]) => pattern.test(cell))?.[1];
      if (found !== undefined) return [{reason: 'sheet-invalid', place: row.placeOf(column), found: `${column} holds ${found.words}`, expected: 'nothing that names a person or a calendar day', advice: found.advice}];
    }
    return [];
  });
}
