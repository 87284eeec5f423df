// One row of the visits sheet as the rules see it: numbers, items and words, null where the cell is empty.
import type {Row} from '../../data/table.ts';
import {sledaiItems} from './sledai-items.ts';

export interface Visit {
  readonly patient_id: string;
  readonly timepoint: string;
  /** Days from infusion. */
  readonly day: number | null;
  /** 1, 0 or null by item of SLEDAI-2K, and `hemolytic_anemia gi_activity new_activity treatment_failure`. */
  readonly items: Readonly<Record<string, 0 | 1 | null>>;
  readonly recordedTotal: number | null;
  /** By column of the sheet. */
  readonly numbers: Readonly<Record<string, number | null>>;
  readonly immunosuppressants: string | null;
  readonly ivig: boolean | null;
}

export const ownItems = ['hemolytic_anemia', 'gi_activity', 'new_activity', 'treatment_failure'] as const;

const numberColumns = [
  'pga', 'prednisone_mg_per_day', 'hydroxychloroquine_mg_per_day', 'c3_g_per_l', 'c3_lln', 'c4_g_per_l', 'c4_lln', 'anti_dsdna_iu_per_ml', 'anti_dsdna_uln', 'upcr_g_per_g', 'upcr_mg_per_mmol', 'proteinuria_g_per_day',
  'egfr_ml_per_min', 'creatinine_umol_per_l', 'creatinine_uln', 'igg_g_per_l', 'iga_g_per_l', 'igm_g_per_l', 'cd19_per_ul', 'cd19_lod_per_ul', 'lymphocytes_per_ul',
] as const;

/** `dayOf`: the day of the sample of that patient and timepoint, for a visit that gives none. */
export function readVisit(row: Row, dayOf: (patient: string, timepoint: string) => number | null): Visit {
  const patient_id = String(row['patient_id'] ?? '');
  const timepoint = String(row['timepoint'] ?? '');
  const itemOf = (column: string): 0 | 1 | null => (row[column] === null || row[column] === undefined ? null : Number(row[column]) === 1 ? 1 : 0);
  return {
    patient_id, timepoint,
    day: numberIn(row, 'day') ?? (timepoint === '' ? null : dayOf(patient_id, timepoint)),
    items: Object.fromEntries([...sledaiItems.map((item) => [item, itemOf(`sledai_${item}`)] as const), ...ownItems.map((item) => [item, itemOf(item)] as const)]),
    recordedTotal: numberIn(row, 'sledai_2k_total'),
    numbers: Object.fromEntries(numberColumns.map((column) => [column, numberIn(row, column)])),
    immunosuppressants: typeof row['immunosuppressants'] === 'string' ? row['immunosuppressants'].trim() : null,
    ivig: row['ivig'] === null || row['ivig'] === undefined ? null : !isNo(String(row['ivig'])),
  };
}

/** By patient in order of the sheet, each patient's visits by day; visits whose day is not known come last. */
export function visitsByPatient(visits: readonly Visit[]): Map<string, readonly Visit[]> {
  const grouped = Map.groupBy(visits, (visit) => visit.patient_id);
  return new Map([...grouped].map(([patient, own]) => [patient, own.toSorted((a, b) => (a.day ?? Infinity) - (b.day ?? Infinity) || 0)]));
}

export function isNo(word: string): boolean {
  return /^(0|no|none|false|-)$/i.test(word.trim());
}

export function numberIn(row: Row, column: string): number | null {
  const cell = row[column];
  return cell === null || cell === undefined || cell === '' ? null : Number(cell);
}
