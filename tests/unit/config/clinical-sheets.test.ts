// Clinical sheets that cannot be right: each a message with its place, and none for sheets that are.
import {expect, test} from 'vitest';
import {clinicalSheets, sledaiColumns, sledaiColumnWeight} from '../../../pipeline/config/clinical-columns.ts';
import {checkClinicalSheet} from '../../../pipeline/config/clinical-sheets.ts';
import {parseSheet} from '../../../pipeline/config/read-sheet.ts';
import {failureText} from '../../../pipeline/console/failure-text.ts';
import {sledaiItems, sledaiWeight} from '../../../pipeline/analysis/clinical/sledai-items.ts';

const open = {patients: new Set<string>(), timepoints: []};

function messages(key: (typeof clinicalSheets)[number]['key'], header: readonly string[], ...rows: readonly (readonly (string | number)[])[]): string[] {
  const text = [header, ...rows].map((cells) => cells.join('\t')).join('\n');
  return checkClinicalSheet(parseSheet('s.tsv', text), clinicalSheets.find((kind) => kind.key === key)!, open).failures.map((failure) => failureText(failure).split('\n').filter((part, i) => i === 0 || /^ {4}\S/.test(part)).map((part) => part.trim()).join(' '));
}

const visit = (...more: string[]): string[] => ['patient_id', 'day', 'timepoint', ...more];
const withItems = [...visit(), ...sledaiColumns, 'sledai_2k_total'];
const items = (...present: string[]): number[] => sledaiColumns.map((column) => (present.includes(column.slice('sledai_'.length)) ? 1 : 0));

test('the sheet and the score know the same items with the same weights', () => {
  expect(sledaiColumns).toEqual(sledaiItems.map((item) => `sledai_${item}`));
  expect(sledaiColumns.map(sledaiColumnWeight)).toEqual(sledaiItems.map(sledaiWeight));
});

// rash 2 + proteinuria 4 = 6.
test('a total that is not the sum of its items is told with the items; one that is, or has none to compare with, is not', () => {
  expect(messages('visits', withItems, ['P1', 0, '', ...items('rash', 'proteinuria'), 8])).toEqual(['s.tsv:2:55 sledai_2k_total is 8, though its items add up to 6. Items present: proteinuria 4, rash 2. Correct the total or the items, or leave the total empty.']);
  expect(messages('visits', withItems, ['P1', 0, '', ...items('rash', 'proteinuria'), 6])).toEqual([]);
  expect(messages('visits', withItems, ['P1', 0, '', '', ...items('rash').slice(1), 6])).toEqual([]);
  expect(messages('visits', visit('sledai_2k_total'), ['P1', 0, '', 18])).toEqual([]);
});

test('23 items are not enough, and an unknown item is none', () => {
  const fewer = withItems.filter((name) => name !== 'sledai_fever');
  expect(messages('visits', fewer, ['P1', 0, '', ...items().slice(1), 0])).toEqual(['s.tsv:1:26 23 of the 24 SLEDAI-2K items have columns; without: sledai_fever, expected all 24, or none and the total alone. Add the columns; a cell of an item that was not recorded stays empty.']);
  expect(messages('visits', [...withItems, 'sledai_fatigue'], ['P1', 0, '', ...items(), 0, 1])[0]).toMatch(/^s\.tsv:1:\d+ there is no SLEDAI-2K item "sledai_fatigue"\./);
});

test('impossible values name the unit that they may be in', () => {
  expect(messages('visits', visit('pga', 'igg_g_per_l', 'creatinine_umol_per_l', 'upcr_g_per_g', 'c3_g_per_l'), ['P1', 0, '', 35, 650, 0.9, 260, 85], ['P1', 30, '', 0.2, 6.5, 80, 0.3, 0.85])).toEqual([
    's.tsv:2:7 pga is "35", expected 0 to 3 points. On a scale to 10 or 100, divide.',
    's.tsv:2:22 c3_g_per_l is "85", expected 0 to 5 g/L. Is it in another unit? The column is in g/L.',
    's.tsv:2:18 upcr_g_per_g is "260", expected 0 to 40 g/g. Is it in mg/mmol? That column is upcr_mg_per_mmol.',
    's.tsv:2:14 creatinine_umol_per_l is "0.9", expected 15 to 3000 umol/L. Is it in mg/dL? Multiply by 88.4.',
    's.tsv:2:10 igg_g_per_l is "650", expected 0 to 100 g/L. Is it in mg/dL? Divide by 100.',
  ].toSorted((a, b) => order(a) - order(b)));
});

const order = (message: string): number => ['pga', 'c3_', 'upcr', 'creat', 'igg'].findIndex((name) => message.split(' ')[1].startsWith(name));

// 1 g/g = 1000 mg / (1000 mg / 113.12 mg per mmol) = 113 mg/mmol.
test('proteinuria in two units: a pair that is one value in both is allowed, a pair that is not and a change of unit are told', () => {
  const header = visit('upcr_g_per_g', 'upcr_mg_per_mmol');
  expect(messages('visits', header, ['P1', 0, '', 0.5, 56.6], ['P2', 0, '', 0.5, 50])).toEqual([]);
  expect(messages('visits', header, ['P1', 0, '', 0.5, 0.5])).toEqual(['s.tsv:2:11 upcr_g_per_g is 0.5 and upcr_mg_per_mmol 0.5, expected about 100 to 113 mg/mmol for each g/g. Are the units mixed? Keep the one that was measured.']);
  expect(messages('visits', header, ['P1', 0, '', 2.5, ''], ['P1', 30, '', '', 40], ['P2', 0, '', '', 250])).toEqual(['s.tsv:3:9 upcr_mg_per_mmol at this visit of P1, though row 2 has upcr_g_per_g, expected one unit a patient. Units are never converted silently: give all visits of a patient in one of them.']);
});

test('two visits of a patient on one day or at one timepoint, and rows twice', () => {
  expect(messages('visits', visit(), ['P1', 0, 'a'], ['P1', 0, 'b'], ['P2', 0, 'a'], ['P2', 30, 'a'], ['P3', 0, 'a'], ['P3', 0, 'a'], ['P4', 0, ''], ['P4', 0, ''])).toEqual([
    's.tsv:3:4 a second visit of P1 at day 0 (the first is row 2), expected one. Merge them.',
    's.tsv:5:7 a second visit of P2 at timepoint a (the first is row 4), expected one. Leave the timepoint of the visit without a sample empty.',
    's.tsv:7:1 a second row for patient_id P3, day 0, timepoint a (the first is row 6). Keep one.',
    's.tsv:9:1 a second row for patient_id P4, day 0, timepoint (empty) (the first is row 8). Keep one.',
  ]);
  expect(messages('biopsies', ['patient_id', 'day', 'igg'], ['P1', 0, 1], ['P1', 0, 2])).toEqual(['s.tsv:3:1 a second row for patient_id P1, day 0 (the first is row 2). Keep one.']);
});

test.each([
  [['patient_id', 'name'], ['P1', 'x'], 's.tsv:1:12 the column "name" holds a name, expected nothing that names a person or a calendar day. Give every patient a code, such as P01, and keep the list of names elsewhere.'],
  [['patient_id', 'Date of birth'], ['P1', 'x'], 's.tsv:1:12 the column "Date of birth" holds a calendar date, expected nothing that names a person or a calendar day. Give days from the infusion in the column day, negative before it.'],
  [['patient_id', 'contact'], ['P1', 'ward@hospital.example'], 's.tsv:2:4 contact holds an e-mail address, a telephone number or an address, expected nothing that names a person or a calendar day. Take the column out.'],
  [['patient_id'], ['Ada Example'], 's.tsv:2:1 patient_id holds a name, expected nothing that names a person or a calendar day. Give every patient a code, such as P01, and keep the list of names elsewhere.'],
  [['patient_id', 'sex'], ['Example, Ada', 'f'], 's.tsv:2:1 patient_id holds a name, expected nothing that names a person or a calendar day. Give every patient a code, such as P01, and keep the list of names elsewhere.'],
])('personal data %j %j is refused with advice', (header, row, message) => {
  expect(messages('patients', header, row)).toEqual([message]);
});

test.each(['2023-04-05', '5.4.2023', '04/05/23', '5 Apr 2023', 'April 5, 2023', 'seen 2023/4/5 again'])('the calendar date in "%s" is refused', (cell) => {
  expect(messages('patients', ['patient_id', 'note'], ['P1', cell])).toEqual(['s.tsv:2:4 note holds a calendar date, expected nothing that names a person or a calendar day. Give days from the infusion in the column day, negative before it.']);
});

test.each(['Patient 3', 'P-01', 'Patient A', 'IV + V', 'CTCAE 5.0', 'BCMA CAR-T', 'mycophenolate mofetil 2000 mg', '12-15 days', 'May improve'])('"%s" is no personal data', (cell) => {
  expect(messages('patients', ['patient_id', 'note'], [cell, cell])).toEqual([]);
});

test('an item of serology that its value contradicts is a warning with its row', () => {
  const header = visit('c3_g_per_l', 'c3_lln', 'anti_dsdna_iu_per_ml', 'anti_dsdna_uln', ...sledaiColumns);
  const text = [header, ['P1', 0, '', 0.5, 0.9, 90, 15, ...items('dna_binding')], ['P1', 30, '', 1, 0.9, 20, 15, ...items()], ['P1', 60, '', 0.5, '', 5, 15, ...items()]].map((cells) => cells.join('\t')).join('\n');
  expect(checkClinicalSheet(parseSheet('s.tsv', text), clinicalSheets[0], open)).toEqual({failures: [], warnings: [
    {text: 's.tsv:2 sledai_low_complement is 0, though c3_g_per_l 0.5 is below c3_lln 0.9: remission by serology is not known at this visit.'},
    {text: 's.tsv:3 sledai_dna_binding is 0, though anti_dsdna_iu_per_ml 20 is above anti_dsdna_uln 15: remission by serology is not known at this visit.'},
  ]});
});
