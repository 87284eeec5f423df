// The columns of the clinical sheets and what their cells may hold (interface.md section 3).
export type CellRule = 'text' | 'number' | 'item' | 'grade' | 'deposit' | 'required' | readonly string[] | NumberRange;

/** What a person can have; a value outside is a slip or another unit. */
export interface NumberRange {
  readonly low: number;
  readonly high: number;
  /** The unit in words, and what a value outside looks like. */
  readonly unit: string;
  readonly advice?: string;
}

export interface ClinicalSheet {
  readonly key: 'visits' | 'patients' | 'biopsies' | 'adverse_events';
  readonly required: readonly string[];
  readonly columns: Readonly<Record<string, CellRule>>;
  /** Two rows may not agree in all of these. */
  readonly unique?: readonly string[];
}

const all = (names: string, rule: CellRule): Record<string, CellRule> => Object.fromEntries(names.trim().split(/\s+/).map((name) => [name, rule]));

const range = (low: number, high: number, unit: string, advice?: string): NumberRange => ({low, high, unit, ...(advice === undefined ? {} : {advice})});

/** SLEDAI-2K (Gladman 2002): 24 items, eight of 8, six of 4, seven of 2 and three of 1. */
const sledai = `seizure psychosis organic_brain_syndrome visual_disturbance cranial_nerve lupus_headache cva vasculitis arthritis myositis urinary_casts
  hematuria proteinuria pyuria rash alopecia ulcers pleurisy pericarditis low_complement dna_binding fever thrombocytopenia leukopenia`;

export const sledaiColumns: readonly string[] = sledai.trim().split(/\s+/).map((name) => `sledai_${name}`);

export function sledaiColumnWeight(column: string): number {
  const at = sledaiColumns.indexOf(column);
  return at < 8 ? 8 : at < 14 ? 4 : at < 21 ? 2 : 1;
}

const days = range(-36500, 36500, 'days from infusion');
const inGrams = (unit: string): string => `Is it in another unit? The column is in ${unit}.`;

export const clinicalSheets: readonly ClinicalSheet[] = [
  {
    key: 'visits',
    required: ['patient_id', 'day', 'timepoint'],
    columns: {
      patient_id: 'required', day: days, timepoint: 'text', immunosuppressants: 'text', ivig: 'text',
      ...all(sledaiColumns.join(' '), 'item'),
      ...all('hemolytic_anemia gi_activity new_activity treatment_failure', 'item'),
      sledai_2k_total: range(0, 105, 'points'), pga: range(0, 3, 'points', 'On a scale to 10 or 100, divide.'), prednisone_mg_per_day: range(0, 2000, 'mg/day'), hydroxychloroquine_mg_per_day: range(0, 1000, 'mg/day'),
      ...all('c3_g_per_l c3_lln', range(0, 5, 'g/L', inGrams('g/L'))), ...all('c4_g_per_l c4_lln', range(0, 3, 'g/L', inGrams('g/L'))), ...all('anti_dsdna_iu_per_ml anti_dsdna_uln', range(0, 1e5, 'IU/mL')),
      upcr_g_per_g: range(0, 40, 'g/g', 'Is it in mg/mmol? That column is upcr_mg_per_mmol.'), upcr_mg_per_mmol: range(0, 4000, 'mg/mmol', 'Is it in mg/g? The column is in mg/mmol.'), proteinuria_g_per_day: range(0, 60, 'g/day', inGrams('g/day')),
      egfr_ml_per_min: range(0, 250, 'mL/min'), ...all('creatinine_umol_per_l creatinine_uln', range(15, 3000, 'umol/L', 'Is it in mg/dL? Multiply by 88.4.')),
      ...all('igg_g_per_l', range(0, 100, 'g/L', 'Is it in mg/dL? Divide by 100.')), ...all('iga_g_per_l igm_g_per_l', range(0, 50, 'g/L', 'Is it in mg/dL? Divide by 100.')),
      cd19_per_ul: range(0, 20000, 'cells/uL'), cd19_lod_per_ul: range(0, 100, 'cells/uL'), lymphocytes_per_ul: range(0, 500000, 'cells/uL'),
    },
    unique: ['patient_id', 'day', 'timepoint'],
  },
  {key: 'patients', required: ['patient_id'], columns: {patient_id: 'required', sex: 'text', age_years: range(0, 120, 'years'), ln_class: 'text', car_product: 'text', preflare_egfr_ml_per_min: range(0, 250, 'mL/min')}, unique: ['patient_id']},
  {key: 'biopsies', required: ['patient_id', 'day'], columns: {patient_id: 'required', day: days, ...all('igg iga igm c3 c1q kappa lambda', 'deposit'), activity_index: range(0, 24, 'points'), chronicity_index: range(0, 12, 'points'), class: 'text'}, unique: ['patient_id', 'day']},
  {
    key: 'adverse_events',
    required: ['patient_id', 'day_start', 'category', 'grade'],
    columns: {patient_id: 'required', day_start: days, day_end: days, category: ['crs', 'icans', 'infection', 'other'], term: 'text', grade: 'grade', scale: 'text',
      // Signs that make the ASTCT grade of CRS and ICANS, where they were recorded.
      ...all('fever crs_treated', 'item'), hypotension: ['none', 'no-vasopressor', 'one-vasopressor', 'several-vasopressors'], oxygen: ['none', 'low-flow', 'high-flow', 'positive-pressure'], ice: range(0, 10, 'points'),
      consciousness: ['awake', 'wakes-spontaneously', 'wakes-to-voice', 'wakes-to-touch', 'unarousable'], seizure: ['none', 'resolves', 'prolonged'], motor: ['none', 'deep-focal-weakness'], oedema: ['none', 'focal', 'diffuse'],
    },
  },
];
