// A visit in which everything was recorded and nothing is wrong; tests change single cells of it.
import {sledaiItems} from '../../../../pipeline/analysis/clinical/sledai-items.ts';
import {readVisit, type Visit} from '../../../../pipeline/analysis/clinical/visit.ts';
import type {Row} from '../../../../pipeline/data/table.ts';

const quiet: Row = {
  patient_id: 'P1', day: 90, timepoint: null, ...Object.fromEntries(sledaiItems.map((item) => [`sledai_${item}`, 0])), sledai_2k_total: 0, pga: 0, prednisone_mg_per_day: 0, hydroxychloroquine_mg_per_day: 0,
  immunosuppressants: 'none', ivig: 0, c3_g_per_l: 1, c3_lln: 0.9, c4_g_per_l: 0.2, c4_lln: 0.1, anti_dsdna_iu_per_ml: 5, anti_dsdna_uln: 15, upcr_g_per_g: 0.1, upcr_mg_per_mmol: null, egfr_ml_per_min: 100, creatinine_umol_per_l: 70,
  creatinine_uln: 90, igg_g_per_l: 10, cd19_per_ul: 100, cd19_lod_per_ul: 1, hemolytic_anemia: 0, gi_activity: 0, new_activity: 0, treatment_failure: 0,
};

export function visitWith(changes: Row = {}): Visit {
  return readVisit({...quiet, ...changes}, () => null);
}

/** `rash` -> the cells of a visit with these items present. */
export function present(...items: string[]): Row {
  return Object.fromEntries(items.map((item) => [`sledai_${item}`, 1]));
}
