// The course of each clone over every sampled timepoint of one patient: from the verdicts between neighbours in time, one word.
import {compareIds, trackClones, type TrackedClone} from './clone-tracking.ts';

export type Trajectory = 'not-distinguishable' | 'rising' | 'falling' | 'peak' | 'trough' | 'fluctuating';

export interface CloneCourse {
  readonly clone_id: string;
  readonly first_seen: string;
  readonly last_seen: string;
  readonly n_timepoints: number;
  readonly n_timepoints_seen: number;
  /** Cells at each timepoint, in order. */
  readonly counts: readonly number[];
  /** Between each two neighbours: `+`, `-` or `=` (not distinguishable). */
  readonly steps: string;
  readonly trajectory: Trajectory;
}

/** Timepoints in order, each with its counts; those without cells do not belong here. At least two. */
export function followClones(timepoints: readonly {readonly timepoint: string; readonly sizes: ReadonlyMap<string, number>}[]): CloneCourse[] {
  const ids = [...new Set(timepoints.flatMap(({sizes}) => [...sizes.keys()]))].sort(compareIds);
  const signs = new Map(ids.map((id) => [id, '']));
  for (let k = 1; k < timepoints.length; k++) {
    const tracked = new Map(trackClones(timepoints[k - 1].sizes, timepoints[k].sizes).map((row) => [row.clone_id, signOf(row)]));
    for (const id of ids) signs.set(id, signs.get(id)! + (tracked.get(id) ?? '='));
  }
  return ids.map((clone_id) => {
    const counts = timepoints.map(({sizes}) => sizes.get(clone_id) ?? 0);
    const seen = timepoints.filter((_, k) => counts[k] > 0).map(({timepoint}) => timepoint);
    const steps = signs.get(clone_id)!;
    return {clone_id, first_seen: seen[0], last_seen: seen[seen.length - 1], n_timepoints: timepoints.length, n_timepoints_seen: seen.length, counts, steps, trajectory: nameCourse(steps)};
  });
}

/** Steps that are not distinguishable say nothing of the direction. */
export function nameCourse(steps: string): Trajectory {
  const turns = steps.replaceAll('=', '').replace(/(.)\1+/g, '$1');
  switch (turns) {
    case '': return 'not-distinguishable';
    case '+': return 'rising';
    case '-': return 'falling';
    case '+-': return 'peak';
    case '-+': return 'trough';
    default: return 'fluctuating';
  }
}

function signOf({verdict}: TrackedClone): '+' | '-' | '=' {
  switch (verdict) {
    case 'new': case 'expanded': return '+';
    case 'not-detected': case 'contracted': return '-';
    case 'not-distinguishable': case null: return '=';
    default: return verdict satisfies never;
  }
}
