// What may not be in a sheet, because the results of a run are published: names, addresses, calendar dates.
import {locate} from '../base/located-text.ts';
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
const addressLike = /[^\s@"']+@[^\s@"']+\.[a-z]{2,}/i;
/** With its year in full: nothing else is written so. */
const fullDate = new RegExp(`\\b(19|20)\\d{2}[-/.](0?[1-9]|1[0-2])[-/.](0?[1-9]|[12]\\d|3[01])\\b|\\b\\d{1,2}[-/.]\\d{1,2}[-/.](19|20)\\d{2}\\b|\\b\\d{1,2}[ -](${months})[a-z]*[ -](19|20)?\\d{2}\\b|\\b(${months})[a-z]* \\d{1,2},? (19|20)\\d{2}\\b`, 'i');
/** 01.02.24; an id may be numbered so. */
const shortDate = /\b\d{1,2}[-/.]\d{1,2}[-/.]\d{2}\b/;
/** 20240131, as file names have it. */
const packedDate = /\b(19|20)\d{2}(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])\b/;
const idColumns: readonly string[] = ['patient_id', 'sample_id', 'library_id', 'gem_well'];
/** `Ada Example` or `Example, Ada`; `Patient 3` and `Patient A` are codes. */
const nameLike = /^\p{Lu}\p{Ll}[\p{L}'’-]*(,? \p{Lu}\p{Ll}[\p{L}'’-]*)+$/u;

/** The first cell of each column and kind is told, not each row. `files`: columns that name files, which are not published with the results. */
export function personalData(sheet: Sheet, files: readonly string[] = []): Failure[] {
  return sheet.columns.filter((column) => !files.includes(column)).flatMap((column): Failure[] => {
    const kind = columnKinds.find(([pattern]) => pattern.test(column.toLowerCase().replaceAll(' ', '_')))?.[1];
    if (kind !== undefined) return [{reason: 'sheet-invalid', place: sheet.placeOfColumn(column), found: `the column "${column}" holds ${kind.words}`, ...expected(kind)}];
    for (const row of sheet.rows) {
      const found = kindOfCell(row.cells[column] ?? '', column);
      if (found !== undefined) return [{reason: 'sheet-invalid', place: row.placeOf(column), found: `${column} holds ${found.words}`, ...expected(column === 'batch' && found === date ? {...found, advice: 'Name batches by a code, such as A.'} : found)}];
    }
    return [];
  });
}

/** `values`: the run file without its comments; `text`: as the user wrote it, where it is shown. */
export function personalValues(file: string, text: string, values: string): Failure[] {
  return ([[addressLike, address], [fullDate, date]] as const).flatMap(([pattern, kind]): Failure[] => {
    const match = pattern.exec(values);
    return match === null ? [] : [{reason: 'config-invalid', place: locate(file, text, Math.max(0, text.indexOf(match[0])), match[0].length), found: `the run file holds ${kind.words} (${match[0]})`, ...expected(kind)}];
  });
}

/** What a file's name gives away, in words; undefined where it is nothing. */
export function personalFileName(name: string): string | undefined {
  const words = name.replaceAll('_', ' ');
  return addressLike.test(words) ? address.words : fullDate.test(words) || packedDate.test(words) ? date.words : undefined;
}

function kindOfCell(cell: string, column: string): PersonalKind | undefined {
  if (column === 'patient_id' && nameLike.test(cell)) return person;
  if (addressLike.test(cell)) return address;
  return fullDate.test(cell) || (!idColumns.includes(column) && shortDate.test(cell)) ? date : undefined;
}

const expected = ({advice}: PersonalKind): {expected: string; advice: string} => ({expected: 'nothing that names a person or a calendar day', advice});
