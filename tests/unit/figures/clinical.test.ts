// The clinical figures and findings: whole, gapped and absent tables, one patient and forty, long labels; still a picture, with the reason in it.
import {Resvg} from '@resvg/resvg-js';
import {expect, test} from 'vitest';
import {readEvent} from '../../../pipeline/analysis/clinical/adverse-events.ts';
import {readBiopsy} from '../../../pipeline/analysis/clinical/biopsies.ts';
import {conflictTable, patientTable, visitTable} from '../../../pipeline/analysis/clinical/clinical-tables.ts';
import {patientEndpoints, summaryRows} from '../../../pipeline/analysis/clinical/endpoints.ts';
import type {ClinicalPatient} from '../../../pipeline/analysis/clinical/patient.ts';
import {defaultReadings} from '../../../pipeline/analysis/clinical/readings.ts';
import type {ClinicalSetting} from '../../../pipeline/analysis/clinical/rules.ts';
import {readVisit} from '../../../pipeline/analysis/clinical/visit.ts';
import {clinicalBiopsies, clinicalEvents, clinicalVisits} from '../../../pipeline/analysis/simulated-cohort/clinical.ts';
import type {Row} from '../../../pipeline/data/table.ts';
import {claims} from '../../../pipeline/figures/claims.ts';
import {drawClinicalCourse} from '../../../pipeline/figures/clinical-course.ts';
import {clinicalFindings, clinicalLine} from '../../../pipeline/figures/clinical-findings.ts';
import {drawEndpoints} from '../../../pipeline/figures/endpoints.ts';
import type {FigureData} from '../../../pipeline/figures/figure.ts';

const setting: ClinicalSetting = {readings: defaultReadings, bCells: {depletionPerUl: null, recoveryPerUl: 20, month1Day: 30, month3Day: 90, windowDays: 15}, ivigDays: 28};
const timepoints = [{label: 'baseline', day: -7}, {label: 'month1', day: 30}, {label: 'month3', day: 90}];

/** Tables as the report reads them: every cell text or null. */
const asText = (rows: readonly Row[]): Row[] => rows.map((row) => Object.fromEntries(Object.entries(row).map(([name, cell]) => [name, cell === null || cell === undefined ? null : String(cell)])));

function dataOf(nPatients: number, {name = (i: number) => `P${i + 1}`, change = (row: Row): Row => row, hasEvents = true} = {}): FigureData {
  const patients = Array.from({length: nPatients}, (_, i): ClinicalPatient => {
    const plan = {patient_id: name(i), patientIndex: i, responds: true};
    const rows = clinicalVisits({...plan, timepoints, lymphocyteFactor: 1, hasBCells: (label) => label === 'baseline' || (label === 'month3' && i % 7 !== 6)});
    return {patient_id: plan.patient_id, visits: rows.map((row) => readVisit(change(row), () => null)), events: hasEvents ? clinicalEvents(plan).map(readEvent) : null, biopsies: clinicalBiopsies(plan).map(readBiopsy), preflareEgfr: null};
  });
  const endpoints = patientEndpoints(patients, setting);
  const tables = {clinical_visits: visitTable(patients, setting).rows, clinical_summary: summaryRows(endpoints), clinical_patients: patientTable(endpoints).rows, clinical_conflicts: conflictTable(patients, setting, endpoints).rows};
  return {tables: Object.fromEntries(Object.entries(tables).map(([table, rows]) => [table, asText(rows)])), timepoints: ['baseline', 'month1', 'month3'], contrasts: [], patients: patients.map((patient) => patient.patient_id), lineageColours: new Map()};
}

const unmeasured = (row: Row): Row => ({patient_id: row['patient_id'] ?? null, day: row['day'] ?? null, timepoint: null});
const scenes: readonly (readonly [string, FigureData])[] = [
  ['the study', dataOf(7)], ['one patient', dataOf(1)], ['forty patients', dataOf(40)], ['long names', dataOf(3, {name: (i) => `<site & ward>-patient-${i}-with-a-very-long-label`})],
  ['visits without a value', dataOf(3, {change: unmeasured, hasEvents: false})], ['no table', {...dataOf(1), tables: {}}], ['visits without a day', dataOf(2, {change: (row) => ({...row, day: null})})],
  ['values of 0 on a log axis', dataOf(2, {change: (row) => ({...row, anti_dsdna_iu_per_ml: 0, cd19_per_ul: 0})})],
];

test.each(scenes)('%s: both figures render, say nothing undefined, have no tiny text and stay inside', (_name, data) => {
  for (const figure of [drawClinicalCourse(data), drawEndpoints(data)]) {
    const image = new Resvg(figure.svg, {font: {loadSystemFonts: false}}).render();
    // Without fonts a picture of one reason is its hatching alone.
    expect(image.pixels.some((value) => value < 245), figure.id).toBe(true);
    for (const [, size] of figure.svg.matchAll(/font-size="([\d.]+)"/g)) expect(Number(size)).toBeGreaterThanOrEqual(6);
    expect(figure.svg + figure.title).not.toMatch(/NaN|undefined|Infinity/);
    expect(figure.svg).not.toContain('<site');
    const [, width, height] = (/viewBox="0 0 ([\d.]+) ([\d.]+)"/.exec(figure.svg) ?? []).map(Number);
    for (const [, x, y] of figure.svg.matchAll(/<(?:circle c|text )x="([-\d.]+)" (?:cy|y)="([-\d.]+)"/g)) expect(Number(x) >= 0 && Number(x) <= width && Number(y) >= 0 && Number(y) <= height, `${figure.id} ${x} ${y}`).toBe(true);
  }
});

test('equal tables give equal pictures, and the values drawn are those of the tables', () => {
  const data = dataOf(7);
  expect(drawClinicalCourse(dataOf(7))).toEqual(drawClinicalCourse(data));
  const {values} = drawClinicalCourse(data);
  expect(values.rows.find((row) => row['measure'] === 'sledai_2k' && row['patient_id'] === 'P2' && row['day'] === '-7')).toMatchObject({value: '22', missing: null});
  expect(values.rows.find((row) => row['measure'] === 'renal_kdigo2024' && row['patient_id'] === 'P2' && row['day'] === -7)).toMatchObject({value: null, missing: 'before the infusion'});
  expect(drawEndpoints(data).values.rows.find((row) => row['endpoint'] === 'doris_2017_complete')).toMatchObject({k: '5', n: '7', rule_id: 'doris-2017-complete-on'});
});

test('what is not known is hatched with its reason', () => {
  const data = dataOf(3, {hasEvents: false});
  const {svg, values} = drawEndpoints(data);
  expect(svg).toContain('no sheet of adverse events');
  expect(values.rows.find((row) => row['endpoint'] === 'crs_any')).toMatchObject({percent: null, missing: 'no sheet of adverse events'});
  expect(drawClinicalCourse({...data, tables: {}}).svg).toContain('no visits sheet');
});

test('the findings say each claim of the study, and what is not known as readily', () => {
  expect(clinicalFindings(dataOf(7)).map(({sentence}) => sentence)).toEqual([
    'SLEDAI-2K, median and range: 18 (10 to 22) before the infusion, 0 (0 to 4) at the last visit.',
    'DORIS 2017 complete remission in 5 of 7; DORIS 2021, which ignores serology, in 6 of 7.',
    'Gone by month 1 in 7 of 7, back by month 3 in 6 of 7.',
    'CRS in 1 of 7, grade 1 in 1 of 7; ICANS in 0 of 7; infection of grade 3 or more in 0 of 7; hypogammaglobulinaemia in 7 of 7.',
    'Less in 3 of 3 patients with a biopsy before and after; 4 have no such pair.',
  ]);
  expect(clinicalFindings(dataOf(7))[1].estimate).toBe('2017 complete: 71.4 % (95 % CI 29.0 to 96.3). No status flips where sources are read the other way.');
  const flipped = dataOf(7, {change: (row) => (row['patient_id'] === 'P3' && Number(row['day']) > 0 ? {...row, prednisone_mg_per_day: 5} : row)});
  expect(clinicalFindings(flipped)[1].estimate).toContain('DORIS 2017 complete flips for P3 if DORIS prednisone is read as below-5 instead of at-most-5');
  expect(clinicalLine(dataOf(3, {hasEvents: false}))).toContain('CRS in an unknown number (no sheet of adverse events)');
  // 22 items, PGA and prednisone are not recorded: cut to 60 characters.
  expect(clinicalFindings(dataOf(2, {change: unmeasured}))[1].sentence).toBe('DORIS 2017 complete remission in an unknown number (incomplete: 22 items not recorded, PGA not recorded …); DORIS 2021, which ignores serology, in an unknown number (incomplete: 22 items not recorded, PGA not recorded …).');
  expect([clinicalFindings({...dataOf(1), tables: {}}), clinicalLine({...dataOf(1), tables: {}})]).toEqual([[], '']);
});

test('the claims in short: each lineage by what happened to it, with interferon told apart', () => {
  const row = (cell_type: string, outcome: string, mean_difference: string, q_t: string | null): Row => ({contrast: 'c', variant: 'main', family: 'primary-signatures', level: 'lineage', cell_type, outcome, mean_difference, q_t, missing: q_t === null ? '1 complete pair, 3 needed' : null});
  const sets = (cell_type: string, [alpha, inflammation, free]: readonly (readonly [string, string | null])[]): Row[] => [row(cell_type, 'HALLMARK_INTERFERON_ALPHA_RESPONSE', ...alpha), row(cell_type, 'HALLMARK_INFLAMMATORY_RESPONSE', ...inflammation), row(cell_type, 'HALLMARK_INFLAMMATORY_RESPONSE_NO_IFN', ...free)];
  const rows = [
    ...sets('T cell', [['-1', '0.01'], ['-1', '0.01'], ['-1', '0.6']]), ...sets('monocyte', [['-1', '0.01'], ['-1', '0.01'], ['-1', '0.01']]), ...sets('B cell', [['-1', '0.3'], ['1', '0.3'], ['1', '0.3']]),
    ...sets('NK cell', [['-1', '0.01'], ['1', '0.01'], ['1', '0.01']]), ...sets('plasma cell', [['-1', null], ['1', null], ['1', null]]),
  ];
  const data: FigureData = {...dataOf(7), tables: {...dataOf(7).tables, timepoint_comparisons: rows}, contrasts: [{name: 'c', by: 'timepoint', before: 'baseline', after: 'month3', where: {}, primary: true}], lineageColours: new Map(['T cell', 'NK cell', 'B cell', 'plasma cell', 'monocyte'].map((lineage) => [lineage, '#000000']))};
  expect(claims(data).map(({heading, words}) => `${heading}: ${words}`)).toEqual([
    'Inflammatory status: Lower at month3 in monocyte; lower by interferon genes only in T cell; some sets lower and some higher in NK cell; no change seen in B cell; not tested in plasma cell.',
    'B cells: Gone by month 1 in 7 of 7, back by month 3 in 6 of 7.',
    'SLEDAI-2K: 18 (10 to 22) before the infusion, 0 (0 to 4) at the last visit (median and range).',
    'Remission: DORIS 2017 complete remission in 5 of 7; DORIS 2021, which ignores serology, in 6 of 7.',
    'Safety: CRS in 1 of 7, grade 1 in 1 of 7; ICANS in 0 of 7; infection of grade 3 or more in 0 of 7; hypogammaglobulinaemia in 7 of 7.',
    'Immune deposits: Less in 3 of 3 patients with a biopsy before and after; 4 have no such pair.',
  ]);
  expect(claims({...data, tables: {}})).toEqual([]);
});
