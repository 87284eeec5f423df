// Depletion and recovery of B cells from CD19 counts. A count is known at visits only, so both days lie between two visits: they are intervals.
import {all, isMissing, type Verdict} from './three-valued.ts';
import type {Visit} from './visit.ts';

export interface BCellSetting {
  /** Cells per microlitre; null: the limit of detection of the visit, else 1. */
  readonly depletionPerUl: number | null;
  readonly recoveryPerUl: number;
  /** The days that "month 1" and "month 3" mean, and how far from them a visit may lie. */
  readonly month1Day: number;
  readonly month3Day: number;
  readonly windowDays: number;
}

export type BCellState = 'depleted' | 'low' | 'present';

/** Below the depletion threshold (a threshold of 0: none counted), between the two, or at or above the recovery threshold. */
export function bCellState({numbers}: Visit, setting: BCellSetting): BCellState | {readonly missing: string} {
  const count = numbers['cd19_per_ul'];
  if (count === null) return {missing: 'CD19 count not recorded'};
  if (isDepleted(count, setting.depletionPerUl ?? numbers['cd19_lod_per_ul'] ?? 1)) return 'depleted';
  return count < setting.recoveryPerUl ? 'low' : 'present';
}

export interface BCellCourse {
  readonly isDepletedByMonth1: Verdict;
  readonly isRecoveredByMonth3: Verdict;
  readonly depletion: DayInterval;
  readonly recovery: DayInterval;
}

/** After `after` and at the latest on `by`; `by` is null where it was not seen. `unconfirmed`: the last visit, if it would be the first of the two that count. */
export type DayInterval = {readonly after: number | null; readonly by: number | null; readonly unconfirmed?: number} | {readonly missing: string};

interface Counted {
  readonly day: number;
  readonly state: BCellState;
}

/** `visits` of one patient by day. */
export function bCellCourse(visits: readonly Visit[], setting: BCellSetting): BCellCourse {
  const counted = visits.flatMap((visit): Counted[] => {
    const state = bCellState(visit, setting);
    return visit.day === null || isMissing(state) ? [] : [{day: visit.day, state}];
  });
  const after = counted.filter((one) => one.day > 0);
  const wasDepletedBefore = counted.findLast((one) => one.day <= 0)?.state === 'depleted';
  const first = after.find((one) => one.state === 'depleted');
  const never = after.length === 0 ? 'no CD19 count after the infusion' : wasDepletedBefore ? 'no B cells before the infusion' : undefined;
  if (never !== undefined) return {isDepletedByMonth1: {missing: never}, isRecoveredByMonth3: {missing: never}, depletion: {missing: never}, recovery: {missing: never}};
  const depletion: DayInterval = first === undefined ? {after: after[after.length - 1].day, by: null} : {after: counted[counted.indexOf(first) - 1]?.day ?? null, by: first.day};
  return {isDepletedByMonth1: byMonth1(after, setting), isRecoveredByMonth3: byMonth3(after, first, setting), depletion, recovery: recoveryDays(after, first)};
}

function byMonth1(after: readonly Counted[], {month1Day, windowDays}: BCellSetting): Verdict {
  const early = after.filter(({day}) => day <= month1Day + windowDays);
  if (early.some(({state}) => state === 'depleted')) return true;
  return early.length === 0 ? {missing: `no CD19 count by day ${month1Day + windowDays}`} : false;
}

/** At or above the threshold at the visit of month 3 and at the next one with a count. */
function byMonth3(after: readonly Counted[], first: Counted | undefined, {month3Day, windowDays}: BCellSetting): Verdict {
  const near = after.filter(({day}) => Math.abs(day - month3Day) <= windowDays).toSorted((a, b) => Math.abs(a.day - month3Day) - Math.abs(b.day - month3Day) || a.day - b.day);
  if (near.length === 0) return {missing: `no CD19 count within ${windowDays} days of day ${month3Day}`};
  const [visit] = near;
  if (first === undefined || first.day >= visit.day) return first?.day === visit.day ? false : {missing: 'B cells were not gone before'};
  const next = after[after.indexOf(visit) + 1];
  return all(visit.state === 'present', next === undefined ? {missing: 'not confirmed: no later visit'} : next.state === 'present');
}

/** The first of two consecutive counts at or above the threshold after the depletion. */
function recoveryDays(after: readonly Counted[], first: Counted | undefined): DayInterval {
  if (first === undefined) return {missing: 'B cells were not gone before'};
  const at = after.findIndex((one, i) => one.day > first.day && one.state === 'present' && after[i + 1]?.state === 'present');
  if (at >= 0) return {after: after[at - 1].day, by: after[at].day};
  const last = after[after.length - 1];
  return last.state === 'present' ? {after: after[after.length - 2].day, by: null, unconfirmed: last.day} : {after: last.day, by: null};
}

const isDepleted = (count: number, threshold: number): boolean => (threshold === 0 ? count === 0 : count < threshold);
