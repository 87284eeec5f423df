// Clinical visits of the simulated patients, engineered so that the numbers of the study come out: SLEDAI-2K 18 (10-22) to 0 (0-4), DORIS 2017
// complete 5 of 7, DORIS 2021 6 of 7, B cells gone by month 1 in all and back by month 3 in six.
import type {Row} from '../../data/table.ts';
import {sledaiItems, sledaiWeight} from '../clinical/sledai-items.ts';
import type {PatientSex} from './sex-genes.ts';

const kidney = ['proteinuria', 'hematuria', 'low_complement', 'dna_binding'];
/** Items of each patient at baseline: totals 18 22 10 18 20 16 18, median 18. */
const atBaseline: readonly (readonly string[])[] = [
  [...kidney, 'urinary_casts', 'rash'], [...kidney, 'urinary_casts', 'pyuria', 'alopecia'], ['proteinuria', 'low_complement', 'dna_binding', 'rash'], [...kidney, 'pyuria', 'ulcers'],
  [...kidney, 'urinary_casts', 'arthritis'], [...kidney, 'pyuria'], [...kidney, 'urinary_casts', 'rash'],
];
/** At the last visit: five without any item; one with serology only (DORIS 2021 but not 2017 complete); one with proteinuria (neither). Median 0. */
const atLast: readonly (readonly string[])[] = [[], [], [], [], ['low_complement', 'dna_binding'], ['proteinuria'], []];

export interface VisitPlan {
  readonly patient_id: string;
  /** 0-based; profiles repeat from the eighth patient on. */
  readonly patientIndex: number;
  /** Days and labels of the samples, in order. */
  readonly timepoints: readonly {readonly label: string; readonly day: number}[];
  /** Whether B cells are there, by timepoint label. */
  readonly hasBCells: (label: string) => boolean;
  /** false: every visit is like the first. */
  readonly responds: boolean;
  /** Factors around 1 of the patient's lymphocyte count. */
  readonly lymphocyteFactor: number;
}

export const visitColumns = [
  'patient_id', 'day', 'timepoint', ...sledaiItems.map((item) => `sledai_${item}`), 'sledai_2k_total', 'pga', 'prednisone_mg_per_day', 'hydroxychloroquine_mg_per_day', 'immunosuppressants', 'c3_g_per_l', 'c3_lln',
  'c4_g_per_l', 'c4_lln', 'anti_dsdna_iu_per_ml', 'anti_dsdna_uln', 'upcr_g_per_g', 'egfr_ml_per_min', 'igg_g_per_l', 'ivig', 'cd19_per_ul', 'cd19_lod_per_ul', 'lymphocytes_per_ul',
  'iga_g_per_l', 'igm_g_per_l', 'creatinine_umol_per_l', 'creatinine_uln', 'hemolytic_anemia', 'gi_activity', 'treatment_failure',
];

/** One row a visit: those with samples, and days 180 and 270 without, so that recovery by month 3 has its confirming visit. */
export function clinicalVisits({patient_id, patientIndex, timepoints, hasBCells, responds, lymphocyteFactor}: VisitPlan): Row[] {
  const profile = patientIndex % atBaseline.length;
  const lastDay = timepoints[timepoints.length - 1].day;
  const later = [180, 270].filter((day) => day > lastDay).map((day) => ({label: '', day}));
  const visits = [...timepoints, ...later];
  return visits.map(({label, day}, i): Row => {
    const isFirst = i === 0 || !responds;
    // Between the first and the last visit the disease is what it is at the last: the response is early.
    const items = isFirst ? atBaseline[profile] : atLast[profile];
    const isSerologyActive = items.includes('low_complement');
    const lateRecovery = profile === atBaseline.length - 1;
    const bCells = label === '' ? !responds || day >= 270 || !lateRecovery : hasBCells(label);
    // Values differ between patients by a little, states by design only.
    const own = [1, 1.07, 0.94, 1.13, 0.89, 1.02, 0.97][profile];
    const value = (mean: number, share = own): number => Number((mean * share).toPrecision(3));
    const scale = isFirst ? 1 : i === 1 ? 0.45 : 0.85;
    return {
      patient_id, day, timepoint: label || null,
      ...Object.fromEntries(sledaiItems.map((item) => [`sledai_${item}`, items.includes(item) ? 1 : 0])),
      sledai_2k_total: items.reduce((sum, item) => sum + sledaiWeight(item), 0),
      pga: isFirst ? 2.2 : items.includes('proteinuria') ? 0.8 : 0.2,
      prednisone_mg_per_day: isFirst ? 15 : 0, hydroxychloroquine_mg_per_day: isFirst ? 400 : 0, immunosuppressants: isFirst ? 'mycophenolate mofetil' : 'none',
      c3_g_per_l: value(isSerologyActive ? 0.6 : 1.1), c3_lln: 0.9, c4_g_per_l: value(isSerologyActive ? 0.06 : 0.2), c4_lln: 0.1, anti_dsdna_iu_per_ml: value(items.includes('dna_binding') ? 240 : 8), anti_dsdna_uln: 15,
      upcr_g_per_g: value(items.includes('proteinuria') ? (isFirst ? 2.6 : 0.9) : 0.15), egfr_ml_per_min: value(isFirst ? 72 : 88, 2 - own), igg_g_per_l: value(isFirst ? 13 : day < 100 ? 3.4 : 5.2), ivig: 0,
      cd19_per_ul: bCells ? Math.round((isFirst ? 180 : 95) * lymphocyteFactor) : 0, cd19_lod_per_ul: 1, lymphocytes_per_ul: Math.round(1300 * scale * lymphocyteFactor),
      iga_g_per_l: value(isFirst ? 2.2 : day < 100 ? 0.4 : 0.8), igm_g_per_l: value(isFirst ? 1.1 : day < 100 ? 0.1 : 0.4), creatinine_umol_per_l: value(isFirst ? 88 : 76), creatinine_uln: 90, hemolytic_anemia: 0, gi_activity: 0, treatment_failure: 0,
    };
  });
}

export const patientColumns = ['patient_id', 'sex', 'age_years', 'ln_class', 'car_product'];
export const biopsyColumns = ['patient_id', 'day', 'igg', 'iga', 'igm', 'c3', 'c1q', 'kappa', 'lambda', 'activity_index', 'chronicity_index', 'class'];
export const eventColumns = ['patient_id', 'day_start', 'day_end', 'category', 'term', 'grade', 'scale'];

/** One man among seven patients. */
export const patientSex = (patientIndex: number): PatientSex => (patientIndex % 7 === 4 ? 'male' : 'female');

export function clinicalPatient({patient_id, patientIndex}: Pick<VisitPlan, 'patient_id' | 'patientIndex'>): Row {
  return {patient_id, sex: patientSex(patientIndex), age_years: [27, 34, 22, 41, 30, 38, 25][patientIndex % 7], ln_class: lnClasses[patientIndex % 7], car_product: 'BCMA CAR-T (simulated)'};
}

const lnClasses = ['IV', 'IV+V', 'III', 'IV', 'IV', 'III+V', 'IV'];

/** Three of seven patients are biopsied before and after, one of them without C1q after; the others not at all. Deposits fall where the disease does. */
export function clinicalBiopsies({patient_id, patientIndex, responds}: Pick<VisitPlan, 'patient_id' | 'patientIndex' | 'responds'>): Row[] {
  const profile = patientIndex % 7;
  if (![0, 3, 5].includes(profile)) return [];
  const before = {igg: 3, iga: 1, igm: 2, c3: 3, c1q: 3, kappa: 2, lambda: 2};
  const after = {igg: 1, iga: 0, igm: '+/-', c3: 1, c1q: profile === 5 ? null : 1, kappa: 1, lambda: '+/-'};
  return [
    {patient_id, day: -20, ...before, activity_index: 12, chronicity_index: 3, class: lnClasses[profile]},
    {patient_id, day: 180, ...(responds ? after : before), activity_index: responds ? 3 : 12, chronicity_index: 3, class: lnClasses[profile]},
  ];
}

/** Where the cells act: CRS of grade 1 in one of seven, infections of grade 1 and 2 in two, never a severe one, no ICANS. */
export function clinicalEvents({patient_id, patientIndex, responds}: Pick<VisitPlan, 'patient_id' | 'patientIndex' | 'responds'>): Row[] {
  const event = (category: string, term: string, grade: number, [day_start, day_end]: readonly [number, number], scale: string): Row => ({patient_id, day_start, day_end, category, term, grade, scale});
  const profile = patientIndex % 7;
  if (!responds) return [];
  return [
    ...(profile === 1 ? [event('crs', 'cytokine release syndrome', 1, [4, 6], 'ASTCT')] : []),
    ...(profile === 2 ? [event('infection', 'upper respiratory tract infection', 1, [40, 46], 'CTCAE 5')] : []),
    ...(profile === 5 ? [event('infection', 'herpes zoster', 2, [62, 75], 'CTCAE 5')] : []),
    ...(profile % 2 === 0 ? [event('other', 'neutropenia', 3, [5, 14], 'CTCAE 5')] : []),
  ];
}
