// Adverse events: the worst grade of a patient by category, and the ASTCT grades of CRS and ICANS from their signs (Lee et al. 2019).
import type {Row} from '../../data/table.ts';
import type {Known, Verdict} from './three-valued.ts';
import {numberIn} from './visit.ts';

export interface CrsSigns {
  readonly fever: boolean;
  readonly hypotension: 'none' | 'no-vasopressor' | 'one-vasopressor' | 'several-vasopressors';
  readonly oxygen: 'none' | 'low-flow' | 'high-flow' | 'positive-pressure';
  /** After antipyretics, tocilizumab or steroids fever is not asked for. */
  readonly treated?: boolean;
}

/** The more severe of hypotension and hypoxia; 0 without fever. Grade 5 is death and is recorded, not derived. */
export function crsGrade({fever, hypotension, oxygen, treated}: CrsSigns): number {
  if (!fever && treated !== true) return 0;
  return 1 + Math.max(['none', 'no-vasopressor', 'one-vasopressor', 'several-vasopressors'].indexOf(hypotension), ['none', 'low-flow', 'high-flow', 'positive-pressure'].indexOf(oxygen));
}

export interface IcansSigns {
  /** 0 to 10; null where it could not be asked. */
  readonly ice: number | null;
  readonly consciousness: 'awake' | 'wakes-spontaneously' | 'wakes-to-voice' | 'wakes-to-touch' | 'unarousable';
  readonly seizure?: 'none' | 'resolves' | 'prolonged';
  readonly motor?: 'none' | 'deep-focal-weakness';
  readonly oedema?: 'none' | 'focal' | 'diffuse';
}

/** The worst of its parts. An ICE score of 0 in a patient who is awake (global aphasia) is grade 3, unarousable is 4. */
export function icansGrade({ice, consciousness, seizure = 'none', motor = 'none', oedema = 'none'}: IcansSigns): number {
  const byIce = ice === null ? 0 : ice >= 10 ? 0 : ice >= 7 ? 1 : ice >= 3 ? 2 : 3;
  const byConsciousness = ['awake', 'wakes-spontaneously', 'wakes-to-voice', 'wakes-to-touch', 'unarousable'].indexOf(consciousness);
  return Math.max(byIce, byConsciousness, {none: 0, resolves: 3, prolonged: 4}[seizure], motor === 'none' ? 0 : 4, {none: 0, focal: 3, diffuse: 4}[oedema]);
}

export interface AdverseEvent {
  readonly patient_id: string;
  readonly day_start: number | null;
  readonly day_end: number | null;
  readonly category: string;
  /** As recorded, else from the signs where the sheet has them. */
  readonly grade: number | null;
  /** From the signs; null where the sheet has none. */
  readonly derivedGrade: number | null;
}

export function readEvent(row: Row): AdverseEvent {
  const derivedGrade = gradeBySigns(row);
  return {
    patient_id: String(row['patient_id'] ?? ''), day_start: numberIn(row, 'day_start'), day_end: numberIn(row, 'day_end'), category: String(row['category'] ?? ''),
    grade: numberIn(row, 'grade') ?? derivedGrade, derivedGrade,
  };
}

/** The signs as the sheet words them; a sign that is not recorded is unknown, so that no grade is derived without the two that make it. */
function gradeBySigns(row: Row): number | null {
  const word = (column: string): string => String(row[column] ?? '');
  if (row['category'] === 'crs' && word('fever') !== '' && word('hypotension') !== '' && word('oxygen') !== '') {
    return crsGrade({fever: word('fever') === '1', hypotension: word('hypotension') as CrsSigns['hypotension'], oxygen: word('oxygen') as CrsSigns['oxygen'], treated: word('crs_treated') === '1'});
  }
  if (row['category'] !== 'icans' || word('consciousness') === '') return null;
  const or = (column: string): string => word(column) || 'none';
  return icansGrade({
    ice: numberIn(row, 'ice'), consciousness: word('consciousness') as IcansSigns['consciousness'], seizure: or('seizure') as 'none', motor: or('motor') as 'none', oedema: or('oedema') as 'none',
  });
}

/** `own`: all events of one patient. Events that began before the infusion do not count; a patient without an event has grade 0. */
export function worstGrade(own: readonly AdverseEvent[], category: string): Known<number> {
  const counted = own.filter((event) => event.category === category && !(event.day_start !== null && event.day_start < 0));
  const open = counted.find((event) => event.grade === null || event.day_start === null);
  if (open !== undefined) return {missing: `${category} without a ${open.grade === null ? 'grade' : 'day'}`};
  return counted.reduce((worst, event) => Math.max(worst, event.grade ?? 0), 0);
}

/** Whether the worst grade is at least `least`; one event of that grade decides, whatever else has no grade. */
export function hasGrade(own: readonly AdverseEvent[], category: string, least: number): Verdict {
  if (own.some((event) => event.category === category && event.day_start !== null && event.day_start >= 0 && (event.grade ?? 0) >= least)) return true;
  const worst = worstGrade(own, category);
  return typeof worst === 'number' ? worst >= least : worst;
}

/** The grade on a day: the worst event that lasts then; an event without an end lasts its first day. */
export function gradeOn(own: readonly AdverseEvent[], category: string, day: number | null): Known<number> {
  if (day === null) return {missing: 'day not known'};
  return worstGrade(own.filter((event) => event.day_start === null || (event.day_start <= day && day <= (event.day_end ?? event.day_start))), category);
}
