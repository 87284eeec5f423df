// The clinical tables: a row a visit, a row a patient and endpoint, the other readings of disagreeing sources, and when B cells went and came back.
import type {Cell, Row, Table} from '../../data/table.ts';
import {bCellCourse} from './b-cells.ts';
import {patientEndpoints, type PatientRow} from './endpoints.ts';
import {visitMeasures, visitStates, type ClinicalPatient} from './patient.ts';
import {otherReadings, type Readings} from './readings.ts';
import type {ClinicalSetting} from './rules.ts';
import {isMissing, type Known} from './three-valued.ts';

/** Values of the sheet that the figures draw beside the states. */
const measured = ['upcr_g_per_g', 'upcr_mg_per_mmol', 'proteinuria_g_per_day', 'egfr_ml_per_min', 'c3_g_per_l', 'c3_lln', 'c4_g_per_l', 'c4_lln', 'anti_dsdna_iu_per_ml', 'anti_dsdna_uln', 'prednisone_mg_per_day', 'pga', 'cd19_per_ul', 'cd19_lod_per_ul', 'igg_g_per_l', 'iga_g_per_l', 'igm_g_per_l'] as const;

/** `missing` holds `measure: reason`, separated by `; `. */
export function visitTable(patients: readonly ClinicalPatient[], setting: ClinicalSetting): Table {
  const rows = patients.flatMap((patient) => patient.visits.map((visit): Row => {
    const states = visitStates(patient, visit, setting);
    const reasons = visitMeasures.flatMap((name) => (isMissing(states[name].value) ? [`${name}: ${states[name].value.missing.replaceAll(';', ',')}`] : []));
    return {
      patient_id: patient.patient_id, timepoint: visit.timepoint || null, day: visit.day,
      ...Object.fromEntries(visitMeasures.flatMap((name) => [[name, cellOf(states[name].value)], [ruleColumn(name), states[name].rule_id]])),
      missing: reasons.join('; ') || null, sledai_2k_recorded: visit.recordedTotal, ...Object.fromEntries(measured.map((name) => [name, visit.numbers[name]])),
    };
  }));
  return {columns: ['patient_id', 'timepoint', 'day', ...visitMeasures, ...visitMeasures.map(ruleColumn), 'missing', 'sledai_2k_recorded', ...measured], rows};
}

const ruleColumn = (measure: string): string => `${measure}_rule_id`;

export function patientTable(rows: readonly PatientRow[]): Table {
  return {
    columns: ['patient_id', 'endpoint', 'value', 'day', 'rule_id', 'missing'],
    rows: rows.map(({patient_id, endpoint, value, day, rule_id}): Row => ({patient_id, endpoint, value: cellOf(value), day, rule_id, missing: isMissing(value) ? value.missing : null})),
  };
}

const touches: Readonly<Record<keyof Readings, readonly string[]>> = {
  doris_prednisone: ['doris_2021', 'doris_2017_clinical', 'doris_2017_complete'],
  doris_pga: ['doris_2021', 'doris_2017_clinical', 'doris_2017_complete'],
  ivig: ['doris_2017_clinical_off_therapy', 'doris_2017_complete_off_therapy'],
  lldas_car_t: ['lldas'],
  kidney_function: ['renal_response_kdigo2024_complete', 'renal_response_kdigo2024_any'],
};

/** Whether any patient's status would flip under the other reading of each disagreement. */
export function conflictTable(patients: readonly ClinicalPatient[], setting: ClinicalSetting, used: readonly PatientRow[]): Table {
  const rows = otherReadings(setting.readings).flatMap(({conflict, used: reading, other, readings}) => {
    const under = patientEndpoints(patients, {...setting, readings});
    return touches[conflict].map((endpoint): Row => {
      const [here, there] = [used, under].map((all) => all.filter((row) => row.endpoint === endpoint));
      const flipped = here.filter((row, i) => cellOf(row.value) !== cellOf(there[i].value)).map((row) => row.patient_id);
      const count = (rows: readonly PatientRow[]): number => rows.filter((row) => row.value === true).length;
      const known = (rows: readonly PatientRow[]): number => rows.filter((row) => !isMissing(row.value)).length;
      return {conflict, reading_used: reading, reading_other: other, endpoint, k_used: count(here), n_used: known(here), k_other: count(there), n_other: known(there), n_flipped: flipped.length, patients_flipped: flipped.join(',') || null, missing: null};
    });
  });
  return {columns: ['conflict', 'reading_used', 'reading_other', 'endpoint', 'k_used', 'n_used', 'k_other', 'n_other', 'n_flipped', 'patients_flipped', 'missing'], rows};
}

/** Depletion and recovery of each patient, as intervals of days, under the threshold that is used (first) and others. */
export function bCellTable(patients: readonly ClinicalPatient[], {bCells}: ClinicalSetting): Table {
  const others = [0, 1, 5, 10, 20];
  const rows = patients.flatMap(({patient_id, visits}) => (['depletion', 'recovery'] as const).flatMap((event) => {
    const thresholds = event === 'depletion' ? [bCells.depletionPerUl, ...others] : [bCells.recoveryPerUl, ...others.filter((one) => one > 0)];
    return thresholds.map((threshold, i): Row => {
      const course = bCellCourse(visits, event === 'depletion' ? {...bCells, depletionPerUl: threshold} : {...bCells, recoveryPerUl: threshold ?? bCells.recoveryPerUl});
      const [interval, inTime] = event === 'depletion' ? [course.depletion, course.isDepletedByMonth1] : [course.recovery, course.isRecoveredByMonth3];
      const notSeen = isMissing(interval) || interval.by !== null ? null : interval.unconfirmed === undefined ? `not seen by day ${interval.after}` : `seen on day ${interval.unconfirmed}, not confirmed: no later visit`;
      return {
        patient_id, event, variant: i === 0 ? 'main' : 'other threshold', threshold_per_ul: threshold ?? 'limit of detection', in_time: cellOf(inTime),
        ...(isMissing(interval) ? {} : {after_day: interval.after, by_day: interval.by}),
        missing: [isMissing(inTime) ? inTime.missing : null, isMissing(interval) ? interval.missing : notSeen].filter((one, at, both) => one !== null && both.indexOf(one) === at).join(', ') || null,
      };
    });
  }));
  return {columns: ['patient_id', 'event', 'variant', 'threshold_per_ul', 'in_time', 'after_day', 'by_day', 'missing'], rows};
}

function cellOf(value: Known<Cell>): Cell {
  return isMissing(value) ? null : value;
}
