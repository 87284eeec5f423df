// The endpoints of each patient, and what they add up to in the cohort. A patient whose status is missing is in no denominator and is named.
import type {Row} from '../../data/table.ts';
import {median} from '../arithmetic.ts';
import {clopperPearson} from '../proportions.ts';
import {hasGrade, worstGrade} from './adverse-events.ts';
import {bCellCourse} from './b-cells.ts';
import {depositPair, indexChange} from './biopsies.ts';
import {hasHypogammaglobulinaemia} from './immunoglobulin.ts';
import {visitStates, type ClinicalPatient, type VisitMeasure} from './patient.ts';
import type {ClinicalSetting} from './rules.ts';
import {holds, isMissing, type Known, type Verdict} from './three-valued.ts';
import type {Visit} from './visit.ts';

export interface PatientEndpoint {
  /** true or false for a share, a number for a median. */
  readonly value: Known<boolean | number>;
  /** Day of the visit or event that decided; null where there is no one day. */
  readonly day: number | null;
  readonly rule_id: string;
}

interface Endpoint {
  readonly endpoint: string;
  readonly kind: 'share' | 'median';
  readonly of: (patient: ClinicalPatient, setting: ClinicalSetting) => PatientEndpoint;
}

const shareAtLast = (endpoint: string, measure: VisitMeasure, claim: (value: unknown) => boolean = (value) => value === true): Endpoint => ({endpoint, kind: 'share', of: (patient, setting) => atVisit(patient, setting, measure, 'last', claim)});
const grade = (endpoint: string, category: string, rule_id: string, claim: (events: NonNullable<ClinicalPatient['events']>) => Verdict): Endpoint =>
  ({endpoint, kind: 'share', of: ({events}) => ({value: events === null ? {missing: 'no sheet of adverse events'} : claim(events), day: events?.find((event) => event.category === category && (event.day_start ?? -1) >= 0)?.day_start ?? null, rule_id})});

export const endpoints: readonly Endpoint[] = [
  {endpoint: 'follow_up_days', kind: 'median', of: ({visits}) => followUp(visits)},
  {endpoint: 'sledai_2k_baseline', kind: 'median', of: (patient, setting) => atVisit(patient, setting, 'sledai_2k', 'baseline')},
  {endpoint: 'sledai_2k_last_visit', kind: 'median', of: (patient, setting) => atVisit(patient, setting, 'sledai_2k', 'last')},
  shareAtLast('doris_2021', 'doris_2021'),
  shareAtLast('doris_2017_complete', 'doris_2017_complete_on'),
  shareAtLast('doris_2017_complete_off_therapy', 'doris_2017_complete_off'),
  shareAtLast('doris_2017_clinical', 'doris_2017_clinical_on'),
  shareAtLast('doris_2017_clinical_off_therapy', 'doris_2017_clinical_off'),
  shareAtLast('lldas', 'lldas'),
  shareAtLast('renal_response_kdigo2024_complete', 'renal_kdigo2024', (value) => value === 'complete'),
  shareAtLast('renal_response_kdigo2024_any', 'renal_kdigo2024', (value) => value !== 'none'),
  shareAtLast('renal_response_bliss_ln_crr', 'renal_bliss_ln_crr'),
  shareAtLast('renal_response_bliss_ln_perr', 'renal_bliss_ln_perr'),
  shareAtLast('renal_response_lunar', 'renal_lunar'),
  {endpoint: 'b_cell_depletion_by_month1', kind: 'share', of: ({visits}, {bCells}) => {
    const {isDepletedByMonth1, depletion} = bCellCourse(visits, bCells);
    return {value: isDepletedByMonth1, day: isMissing(depletion) ? null : depletion.by, rule_id: 'b-cell-depletion-month1'};
  }},
  {endpoint: 'b_cell_recovery_by_month3', kind: 'share', of: ({visits}, {bCells}) => {
    const {isRecoveredByMonth3, recovery} = bCellCourse(visits, bCells);
    return {value: isRecoveredByMonth3, day: isMissing(recovery) ? null : recovery.by, rule_id: 'b-cell-recovery-month3'};
  }},
  grade('crs_any', 'crs', 'crs-astct', (events) => hasGrade(events, 'crs', 1)),
  grade('crs_grade_1', 'crs', 'crs-astct', (events) => holds(worstGrade(events, 'crs'), (worst) => worst === 1)),
  grade('crs_grade_2_or_more', 'crs', 'crs-astct', (events) => hasGrade(events, 'crs', 2)),
  grade('icans_any', 'icans', 'icans-astct', (events) => hasGrade(events, 'icans', 1)),
  grade('infection_any', 'infection', 'infection-grade', (events) => hasGrade(events, 'infection', 1)),
  grade('infection_grade_3', 'infection', 'infection-grade', (events) => hasGrade(events, 'infection', 3)),
  {endpoint: 'hypogammaglobulinaemia_baseline', kind: 'share', of: (patient, setting) => atVisit(patient, setting, 'igg_band', 'baseline', (band) => band !== 'above-6')},
  {endpoint: 'hypogammaglobulinaemia', kind: 'share', of: ({visits}, {ivigDays}) => ({value: hasHypogammaglobulinaemia(visits, ivigDays), day: null, rule_id: 'igg-bands'})},
  {endpoint: 'hypogammaglobulinaemia_severe', kind: 'share', of: ({visits}, {ivigDays}) => ({value: hasHypogammaglobulinaemia(visits, ivigDays, ['severe', 'replacement']), day: null, rule_id: 'igg-bands'})},
  {endpoint: 'biopsy_deposition_change', kind: 'median', of: ({biopsies}) => {
    const pair = biopsies === null ? {missing: 'no sheet of biopsies'} : depositPair(biopsies);
    return {value: isMissing(pair) ? pair : pair.after - pair.before, day: isMissing(pair) ? null : pair.dayAfter, rule_id: 'biopsy-deposition'};
  }},
  ...(['activity', 'chronicity'] as const).map((index): Endpoint => ({endpoint: `biopsy_${index}_index_change`, kind: 'median', of: ({biopsies}) => ({value: biopsies === null ? {missing: 'no sheet of biopsies'} : indexChange(biopsies, index), day: null, rule_id: 'biopsy-index'})})),
];

/** At the last visit before, or the last after, the infusion that has the value. */
function atVisit(patient: ClinicalPatient, setting: ClinicalSetting, measure: VisitMeasure, which: 'baseline' | 'last', claim?: (value: unknown) => boolean): PatientEndpoint {
  const side = patient.visits.filter((visit) => visit.day !== null && (which === 'baseline' ? visit.day <= 0 : visit.day > 0));
  const states = side.map((visit) => ({day: visit.day, ...visitStates(patient, visit, setting)[measure]}));
  const found = states.findLast(({value}) => !isMissing(value));
  if (found === undefined) {
    const last = states[states.length - 1];
    return {value: last === undefined ? {missing: `no visit ${which === 'baseline' ? 'before' : 'after'} the infusion`} : (last.value as {missing: string}), day: null, rule_id: last?.rule_id ?? measure.replaceAll('_', '-')};
  }
  return {value: claim === undefined ? (found.value as number) : claim(found.value), day: found.day, rule_id: found.rule_id};
}

function followUp(visits: readonly Visit[]): PatientEndpoint {
  const last = visits.findLast((visit) => visit.day !== null && visit.day > 0)?.day ?? null;
  return {value: last ?? {missing: 'no visit after the infusion'}, day: last, rule_id: 'follow-up'};
}

export interface PatientRow extends PatientEndpoint {
  readonly endpoint: string;
  readonly patient_id: string;
}

export function patientEndpoints(patients: readonly ClinicalPatient[], setting: ClinicalSetting): PatientRow[] {
  return endpoints.flatMap(({endpoint, of}) => patients.map((patient): PatientRow => ({endpoint, patient_id: patient.patient_id, ...of(patient, setting)})));
}

/**
 * One row an endpoint: k of n with its exact interval in percent, or median and range; `biopsy_*_change` has both, k patients in whom it fell. `k_most`: if all
 * of the missing ones were true. One missing item is enough to leave a remission open but one present item refutes it, so that k of n alone leans to one side.
 */
export function summaryRows(rows: readonly PatientRow[]): Row[] {
  return endpoints.map(({endpoint, kind}): Row => {
    const own = rows.filter((row) => row.endpoint === endpoint);
    const values = own.flatMap(({value}) => (isMissing(value) ? [] : [value]));
    const absent = own.filter(({value}) => isMissing(value));
    const isChange = endpoint.endsWith('_change');
    const share: Row = kind === 'share' || isChange ? shareOf(values.map((value) => (isChange ? Number(value) < 0 : value === true))) : {};
    const numbers = kind === 'median' && values.length > 0 ? values.map(Number) : undefined;
    return {
      endpoint, n: values.length, ...share,
      ...(numbers === undefined ? {} : {value: median(numbers), median: median(numbers), low: Math.min(...numbers), high: Math.max(...numbers)}),
      rule_id: own.find(({value}) => !isMissing(value))?.rule_id ?? own[0]?.rule_id ?? null,
      missing: values.length > 0 ? null : commonReason(absent),
      n_missing: absent.length, k_most: typeof share['k'] === 'number' ? share['k'] + absent.length : null, patients_missing: absent.map((row) => row.patient_id).join(',') || null,
    };
  });
}

function shareOf(claims: readonly boolean[]): Row {
  const k = claims.filter((claim) => claim).length;
  const interval = clopperPearson(k, claims.length);
  return 'missing' in interval ? {} : {k, percent: 100 * interval.share, ci_lower: 100 * interval.ciLower, ci_upper: 100 * interval.ciUpper};
}

function commonReason(absent: readonly PatientRow[]): string {
  const reasons = [...new Set(absent.flatMap(({value}) => (isMissing(value) ? [value.missing] : [])))];
  return reasons.length === 0 ? 'no patient' : reasons.join(', ');
}
