// The columns of the clinical sheets and what their cells may hold (interface.md section 3).
export type CellRule = 'text' | 'number' | 'item' | 'grade' | 'deposit' | 'required' | readonly string[];

export interface ClinicalSheet {
  readonly key: 'visits' | 'patients' | 'biopsies' | 'adverse_events';
  readonly required: readonly string[];
  readonly columns: Readonly<Record<string, CellRule>>;
  /** Two rows may not agree in all of these. */
  readonly unique?: readonly string[];
}

const all = (names: string, rule: CellRule): Record<string, CellRule> => Object.fromEntries(names.trim().split(/\s+/).map((name) => [name, rule]));

/** SLEDAI-2K (Gladman 2002): 24 items. */
const sledai = `seizure psychosis organic_brain_syndrome visual_disturbance cranial_nerve lupus_headache cva vasculitis arthritis myositis urinary_casts
  hematuria proteinuria pyuria rash alopecia ulcers pleurisy pericarditis low_complement dna_binding fever thrombocytopenia leukopenia`;

export const clinicalSheets: readonly ClinicalSheet[] = [
  {
    key: 'visits',
    required: ['patient_id', 'day', 'timepoint'],
    columns: {
      patient_id: 'required', day: 'number', timepoint: 'text', immunosuppressants: 'text', ivig: 'text',
      ...all(sledai.trim().split(/\s+/).map((name) => `sledai_${name}`).join(' '), 'item'),
      ...all('hemolytic_anemia gi_activity new_activity', 'item'),
      ...all(`sledai_2k_total pga prednisone_mg_per_day hydroxychloroquine_mg_per_day c3_g_per_l c3_lln c4_g_per_l c4_lln anti_dsdna_iu_per_ml anti_dsdna_uln
        upcr_g_per_g upcr_mg_per_mmol proteinuria_g_per_day egfr_ml_per_min creatinine_umol_per_l igg_g_per_l iga_g_per_l igm_g_per_l cd19_per_ul
        cd19_lod_per_ul lymphocytes_per_ul`, 'number'),
    },
    unique: ['patient_id', 'day', 'timepoint'],
  },
  {key: 'patients', required: ['patient_id'], columns: {patient_id: 'required', sex: 'text', age_years: 'number', ln_class: 'text', car_product: 'text'}, unique: ['patient_id']},
  {key: 'biopsies', required: ['patient_id', 'day'], columns: {patient_id: 'required', day: 'number', ...all('igg iga igm c3 c1q kappa lambda', 'deposit'), activity_index: 'number', chronicity_index: 'number', class: 'text'}},
  {
    key: 'adverse_events',
    required: ['patient_id', 'day_start', 'category', 'grade'],
    columns: {patient_id: 'required', day_start: 'number', day_end: 'number', category: ['crs', 'icans', 'infection', 'other'], term: 'text', grade: 'grade', scale: 'text'},
  },
];
