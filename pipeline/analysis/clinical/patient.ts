// All that the clinical sheets say of one patient, and each visit under every rule.
import {gradeOn, type AdverseEvent} from './adverse-events.ts';
import {bCellState} from './b-cells.ts';
import type {Biopsy} from './biopsies.ts';
import {dorisStates} from './doris.ts';
import {iggState} from './immunoglobulin.ts';
import {lldas} from './lldas.ts';
import {renalStates} from './renal.ts';
import type {ClinicalSetting} from './rules.ts';
import {clinicalSledai, sledai2k, sledaiRule} from './sledai.ts';
import type {Known} from './three-valued.ts';
import type {Visit} from './visit.ts';

export interface ClinicalPatient {
  readonly patient_id: string;
  /** By day. */
  readonly visits: readonly Visit[];
  /** null: the run has no sheet of adverse events, so nothing is known. */
  readonly events: readonly AdverseEvent[] | null;
  /** null: no sheet of biopsies. */
  readonly biopsies: readonly Biopsy[] | null;
  readonly preflareEgfr: number | null;
}

export const visitMeasures = [
  'sledai_2k', 'clinical_sledai', 'doris_2021', 'doris_2017_clinical_on', 'doris_2017_clinical_off', 'doris_2017_complete_on', 'doris_2017_complete_off', 'lldas', 'renal_kdigo2024', 'renal_bliss_ln_crr', 'renal_bliss_ln_perr',
  'renal_lunar', 'crs_grade', 'icans_grade', 'b_cells', 'igg_band', 'after_ivig',
] as const;

export type VisitMeasure = (typeof visitMeasures)[number];

export interface VisitState {
  readonly value: Known<number | boolean | string>;
  readonly rule_id: string;
}

export function visitStates(patient: ClinicalPatient, visit: Visit, {readings, bCells, ivigDays}: ClinicalSetting): Readonly<Record<VisitMeasure, VisitState>> {
  const at = patient.visits.indexOf(visit);
  const doris = dorisStates(visit, readings);
  const renal = renalStates(visit, {baseline: baselineVisit(patient.visits), preflareEgfr: patient.preflareEgfr}, readings);
  const igg = iggState(visit, patient.visits, ivigDays);
  const grade = (category: string): Known<number> => (patient.events === null ? {missing: 'no sheet of adverse events'} : gradeOn(patient.events, category, visit.day));
  return {
    sledai_2k: {value: sledai2k(visit), rule_id: sledaiRule(visit)},
    clinical_sledai: {value: clinicalSledai(visit), rule_id: 'clinical-sledai'},
    doris_2021: {value: doris.doris_2021, rule_id: 'doris-2021'},
    doris_2017_clinical_on: {value: doris.doris_2017_clinical_on, rule_id: 'doris-2017-clinical-on'},
    doris_2017_clinical_off: {value: doris.doris_2017_clinical_off, rule_id: 'doris-2017-clinical-off'},
    doris_2017_complete_on: {value: doris.doris_2017_complete_on, rule_id: 'doris-2017-complete-on'},
    doris_2017_complete_off: {value: doris.doris_2017_complete_off, rule_id: 'doris-2017-complete-off'},
    lldas: {value: lldas(visit, at > 0 ? patient.visits[at - 1] : undefined, readings), rule_id: 'lldas'},
    renal_kdigo2024: {value: renal.renal_kdigo2024, rule_id: 'renal-kdigo2024'},
    renal_bliss_ln_crr: {value: renal.renal_bliss_ln_crr, rule_id: 'renal-bliss-ln-crr'},
    renal_bliss_ln_perr: {value: renal.renal_bliss_ln_perr, rule_id: 'renal-bliss-ln-perr'},
    renal_lunar: {value: renal.renal_lunar, rule_id: 'renal-lunar'},
    crs_grade: {value: grade('crs'), rule_id: 'crs-astct'},
    icans_grade: {value: grade('icans'), rule_id: 'icans-astct'},
    b_cells: {value: bCellState(visit, bCells), rule_id: 'b-cells'},
    igg_band: {value: igg.band, rule_id: 'igg-bands'},
    after_ivig: {value: igg.afterIvig, rule_id: 'igg-bands'},
  };
}

/** The last visit on or before the infusion. */
export function baselineVisit(visits: readonly Visit[]): Visit | undefined {
  return visits.findLast((visit) => visit.day !== null && visit.day <= 0);
}
