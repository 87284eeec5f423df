// The endpoints of the simulated study, the golden intervals, and what becomes of patients whose status is not known.
import {expect, test} from 'vitest';
import {readEvent} from '../../../../pipeline/analysis/clinical/adverse-events.ts';
import {readBiopsy} from '../../../../pipeline/analysis/clinical/biopsies.ts';
import {bCellTable, conflictTable, visitTable} from '../../../../pipeline/analysis/clinical/clinical-tables.ts';
import {endpoints, patientEndpoints, summaryRows} from '../../../../pipeline/analysis/clinical/endpoints.ts';
import type {ClinicalPatient} from '../../../../pipeline/analysis/clinical/patient.ts';
import {defaultReadings} from '../../../../pipeline/analysis/clinical/readings.ts';
import {ruleRows, type ClinicalSetting} from '../../../../pipeline/analysis/clinical/rules.ts';
import {readVisit} from '../../../../pipeline/analysis/clinical/visit.ts';
import {clinicalBiopsies, clinicalEvents, clinicalVisits} from '../../../../pipeline/analysis/simulated-cohort/clinical.ts';
import type {Row} from '../../../../pipeline/data/table.ts';

const setting: ClinicalSetting = {readings: defaultReadings, bCells: {depletionPerUl: null, recoveryPerUl: 20, month1Day: 30, month3Day: 90, windowDays: 15}, ivigDays: 28};
const timepoints = [{label: 'baseline', day: -7}, {label: 'month1', day: 30}, {label: 'month3', day: 90}];

function cohort(change: (row: Row, i: number) => Row = (row) => row): ClinicalPatient[] {
  return Array.from({length: 7}, (_, i): ClinicalPatient => {
    const plan = {patient_id: `P${i + 1}`, patientIndex: i, responds: true};
    const rows = clinicalVisits({...plan, timepoints, lymphocyteFactor: 1, hasBCells: (label) => label === 'baseline' || (label === 'month3' && i !== 6)});
    return {patient_id: plan.patient_id, visits: rows.map((row) => readVisit(change(row, i), () => null)), events: clinicalEvents(plan).map(readEvent), biopsies: clinicalBiopsies(plan).map(readBiopsy), preflareEgfr: null};
  });
}

const summary = (patients: readonly ClinicalPatient[]): Map<unknown, Row> => new Map(summaryRows(patientEndpoints(patients, setting)).map((row) => [row['endpoint'], row]));
/** `5/7 = 71.4 (29.0-96.3)`. */
const counted = (row: Row | undefined): string => `${row?.['k']}/${row?.['n']} = ${['percent', 'ci_lower', 'ci_upper'].map((name) => Number(row?.[name]).toFixed(1)).join(' ')}`;
const spread = (row: Row | undefined): unknown[] => ['median', 'low', 'high', 'n'].map((name) => row?.[name]);

// Clopper-Pearson at 95 %: 5/7 29.0-96.3, 1/7 0.4-57.9, 0/7 0-41.0, 6/7 42.1-99.6; 7/7 is 0/7 turned round.
test('the twelve endpoints of the study come out of the simulated visits', () => {
  const found = summary(cohort());
  expect(spread(found.get('sledai_2k_baseline'))).toEqual([18, 10, 22, 7]);
  expect(spread(found.get('sledai_2k_last_visit'))).toEqual([0, 0, 4, 7]);
  expect(Object.fromEntries(['doris_2017_complete', 'doris_2021', 'b_cell_depletion_by_month1', 'b_cell_recovery_by_month3', 'crs_any', 'crs_grade_1', 'icans_any', 'infection_grade_3', 'hypogammaglobulinaemia'].map((name) => [name, counted(found.get(name))]))).toEqual({
    doris_2017_complete: '5/7 = 71.4 29.0 96.3', doris_2021: '6/7 = 85.7 42.1 99.6', b_cell_depletion_by_month1: '7/7 = 100.0 59.0 100.0', b_cell_recovery_by_month3: '6/7 = 85.7 42.1 99.6',
    crs_any: '1/7 = 14.3 0.4 57.9', crs_grade_1: '1/7 = 14.3 0.4 57.9', icans_any: '0/7 = 0.0 0.0 41.0', infection_grade_3: '0/7 = 0.0 0.0 41.0', hypogammaglobulinaemia: '7/7 = 100.0 59.0 100.0',
  });
  // Sums of stains 16 to 5 twice (3+1+2+3+3+2+2 to 1+0+0.5+1+1+1+0.5), and 13 to 4 without C1q.
  expect([found.get('biopsy_deposition_change')?.['k'], ...spread(found.get('biopsy_deposition_change'))]).toEqual([3, -11, -11, -9, 3]);
  expect(found.get('biopsy_deposition_change')?.['patients_missing']).toBe('P2,P3,P5,P7');
});

test('a patient whose status is not known is in no denominator and is named; the last visit that has the score decides', () => {
  const patients = cohort((row, i) => (i === 0 && Number(row['day']) > 0 ? {...row, pga: null} : i === 1 && row['day'] === 270 ? {...row, pga: null, sledai_rash: null} : row));
  const found = summary(patients);
  expect(found.get('doris_2017_complete')).toMatchObject({k: 4, n: 6, n_missing: 1, patients_missing: 'P1', k_most: 5});
  const rows = patientEndpoints(patients, setting);
  const of = (endpoint: string, patient: string) => rows.find((row) => row.endpoint === endpoint && row.patient_id === patient);
  expect(of('doris_2017_complete', 'P1')?.value).toEqual({missing: 'PGA not recorded'});
  expect([of('doris_2017_complete', 'P2')?.day, of('sledai_2k_last_visit', 'P2')?.day, of('sledai_2k_last_visit', 'P3')?.day]).toEqual([180, 180, 270]);
});

test('without the sheets of events and biopsies nothing is claimed of them', () => {
  const found = summary(cohort().map((patient) => ({...patient, events: null, biopsies: null})));
  expect(found.get('crs_any')).toMatchObject({n: 0, missing: 'no sheet of adverse events', n_missing: 7});
  expect(found.get('crs_any')?.['k']).toBeUndefined();
  expect(found.get('biopsy_deposition_change')).toMatchObject({n: 0, missing: 'no sheet of biopsies'});
});

test('where sources disagree, the patients whose status flips are named', () => {
  const patients = cohort((row, i) => (i === 2 && Number(row['day']) > 0 ? {...row, prednisone_mg_per_day: 5} : i === 3 && Number(row['day']) > 0 ? {...row, pga: 0.5} : row));
  const {rows} = conflictTable(patients, setting, patientEndpoints(patients, setting));
  const of = (conflict: string, endpoint: string): Row | undefined => rows.find((row) => row['conflict'] === conflict && row['endpoint'] === endpoint);
  expect(of('doris_prednisone', 'doris_2017_complete')).toMatchObject({reading_used: 'at-most-5', reading_other: 'below-5', k_used: 4, k_other: 3, n_flipped: 1, patients_flipped: 'P3'});
  expect(of('doris_pga', 'doris_2021')).toMatchObject({k_used: 5, k_other: 6, n_flipped: 1, patients_flipped: 'P4'});
  expect(of('kidney_function', 'renal_response_kdigo2024_complete')).toMatchObject({n_flipped: 0, patients_flipped: null});
});

test('every rule that a table names is explained with its source, and every status of a visit has its rule or reason', () => {
  const known = new Set(ruleRows(setting).map((row) => row['rule_id']));
  const patients = cohort();
  expect(patientEndpoints(patients, setting).filter((row) => !known.has(row.rule_id))).toEqual([]);
  const {columns, rows} = visitTable(patients, setting);
  for (const column of columns.filter((name) => name.endsWith('_rule_id'))) {
    const measure = column.replace(/_rule_id$/, '');
    for (const row of rows) {
      expect(known.has(row[column] as string), `${column} ${String(row[column])}`).toBe(true);
      expect(row[measure] !== null || String(row['missing']).includes(`${measure}: `), measure).toBe(true);
    }
  }
  expect(ruleRows(setting).every((row) => String(row['definition']).length > 0 && String(row['source']).length > 0)).toBe(true);
});

test('days of depletion and recovery are intervals, under every threshold', () => {
  const {rows} = bCellTable(cohort(), setting);
  expect(rows.find((row) => row['patient_id'] === 'P1' && row['event'] === 'depletion' && row['variant'] === 'main')).toMatchObject({after_day: -7, by_day: 30, in_time: true});
  expect(rows.find((row) => row['patient_id'] === 'P7' && row['event'] === 'recovery' && row['variant'] === 'main')).toMatchObject({after_day: 180, by_day: null, in_time: false, missing: 'seen on day 270, not confirmed: no later visit'});
});

test('the order of patients changes no count', () => {
  const forward = summary(cohort());
  const backward = summary(cohort().reverse());
  for (const {endpoint} of endpoints) expect({...backward.get(endpoint), patients_missing: null}).toEqual({...forward.get(endpoint), patients_missing: null});
});
