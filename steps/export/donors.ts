// What archives ask of a donor, as terms of their ontologies; what the sheets do not say is unknown, never guessed.
import type {Row} from '../../pipeline/data/table.ts';

export interface Donor {
  readonly patient_id: string;
  /** `female`, `male` or null. */
  readonly sex: 'female' | 'male' | null;
  readonly ageYears: number | null;
  readonly disease: string | null;
  readonly ethnicity: string | null;
}

export interface Sample {
  readonly sample_id: string;
  readonly tissue: string;
  readonly donor: Donor;
}

/** By sample. */
export function donorsOf(design: readonly Readonly<Record<string, string>>[], patients: readonly Row[]): ReadonlyMap<string, Sample> {
  const rowOf = new Map(patients.map((row) => [String(row['patient_id']), row]));
  return new Map(design.map((row) => [row['sample_id'], {sample_id: row['sample_id'], tissue: row['tissue'] ?? 'blood', donor: donorOf(row['patient_id'], rowOf.get(row['patient_id']))}]));
}

function donorOf(patient_id: string, row: Row | undefined): Donor {
  const text = (column: string): string | null => (row?.[column] === null || row?.[column] === undefined ? null : String(row[column]));
  const sex = (text('sex') ?? '').toLowerCase();
  const age = text('age_years');
  return {
    patient_id, sex: /^f(emale)?$/.test(sex) ? 'female' : /^m(ale)?$/.test(sex) ? 'male' : null,
    ageYears: age !== null && /^\d+(\.\d+)?$/.test(age) ? Math.floor(Number(age)) : null,
    disease: text('disease_ontology_term_id'), ethnicity: text('self_reported_ethnicity_ontology_term_id'),
  };
}

export const sexTerm = ({sex}: Donor): string => (sex === 'female' ? 'PATO:0000383' : sex === 'male' ? 'PATO:0000384' : 'unknown');

/** Human Developmental Stages number the years 2 to 79 from 96, 80 to 99 from 206, and have terms of their own for 1 and 100. */
export function stageTerm({ageYears: age}: Donor): string {
  const number = age === null ? undefined : age === 1 ? 246 : age >= 2 && age <= 79 ? 94 + age : age >= 80 && age <= 99 ? 126 + age : age === 100 ? 228 : undefined;
  return number === undefined ? 'unknown' : `HsapDv:${String(number).padStart(7, '0')}`;
}
