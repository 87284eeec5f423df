// Immune deposits in kidney biopsies before and after: the sum of the stains that both have (immunofluorescence 0 to 3, +/- is 0.5).
import type {Row} from '../../data/table.ts';
import type {Known} from './three-valued.ts';
import {numberIn} from './visit.ts';

export const stains = ['igg', 'iga', 'igm', 'c3', 'c1q', 'kappa', 'lambda'] as const;

export interface Biopsy {
  readonly patient_id: string;
  readonly day: number | null;
  readonly deposits: Readonly<Record<string, number | null>>;
  readonly activity: number | null;
  readonly chronicity: number | null;
}

export function readBiopsy(row: Row): Biopsy {
  const deposit = (stain: string): number | null => (row[stain] === '+/-' ? 0.5 : numberIn(row, stain));
  return {patient_id: String(row['patient_id'] ?? ''), day: numberIn(row, 'day'), deposits: Object.fromEntries(stains.map((stain) => [stain, deposit(stain)])), activity: numberIn(row, 'activity_index'), chronicity: numberIn(row, 'chronicity_index')};
}

export interface BiopsyPair {
  readonly dayBefore: number;
  readonly dayAfter: number;
  readonly stains: readonly string[];
  readonly before: number;
  readonly after: number;
}

/** The last biopsy on or before the infusion and the last one after it. */
export function depositPair(own: readonly Biopsy[]): Known<BiopsyPair> {
  const [before, after] = sides(own);
  if (own.length === 0) return {missing: 'no biopsy'};
  if (before === undefined || after === undefined) return {missing: `no biopsy ${before === undefined ? 'before' : 'after'} the infusion`};
  const shared = stains.filter((stain) => before.deposits[stain] !== null && after.deposits[stain] !== null);
  if (shared.length === 0) return {missing: 'no stain in both biopsies'};
  const total = ({deposits}: Biopsy): number => shared.reduce((sum, stain) => sum + (deposits[stain] ?? 0), 0);
  return {dayBefore: before.day!, dayAfter: after.day!, stains: shared, before: total(before), after: total(after)};
}

/** After minus before. */
export function indexChange(own: readonly Biopsy[], index: 'activity' | 'chronicity'): Known<number> {
  const [before, after] = sides(own);
  const [a, b] = [before?.[index] ?? null, after?.[index] ?? null];
  return a === null || b === null ? {missing: own.length === 0 ? 'no biopsy' : `${index} index not in a biopsy before and one after`} : b - a;
}

function sides(own: readonly Biopsy[]): [Biopsy | undefined, Biopsy | undefined] {
  const dated = own.filter((biopsy) => biopsy.day !== null).toSorted((a, b) => a.day! - b.day!);
  return [dated.findLast((biopsy) => biopsy.day! <= 0), dated.findLast((biopsy) => biopsy.day! > 0)];
}
