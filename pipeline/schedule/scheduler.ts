// Starts every job whose upstreams are done and which the pool can lend; a failure stops only what depends on it.
import type {Lease, ResourcePool, Resources} from './resource-pool.ts';

export interface SchedulableJob<Outcome> extends Resources {
  readonly id: string;
  readonly upstream: readonly string[];
  readonly run: (lease: Lease) => Promise<Outcome>;
}

export type JobState<Outcome> =
  | {readonly kind: 'ended'; readonly outcome: Outcome}
  | {readonly kind: 'upstream-failed'; readonly upstream: string}
  | {readonly kind: 'interrupted'};

export interface Schedule<Outcome> {
  readonly jobs: readonly SchedulableJob<Outcome>[];
  readonly pool: ResourcePool;
  readonly isSuccess: (outcome: Outcome) => boolean;
  readonly signal?: AbortSignal;
}

/** Runs all jobs; the plan must have no cycle. A job that throws is a bug: it surfaces once the jobs under way have ended, and no other starts. */
export async function runSchedule<Outcome>(schedule: Schedule<Outcome>): Promise<ReadonlyMap<string, JobState<Outcome>>> {
  const states = new Map<string, JobState<Outcome>>();
  const running = new Map<string, Promise<void>>();
  const bugs: unknown[] = [];
  const known = new Set(schedule.jobs.map((job) => job.id));
  const strangers = schedule.jobs.flatMap((job) => job.upstream.filter((id) => !known.has(id)).map((id) => `${job.id} waits for ${id}`));
  if (strangers.length > 0) throw new Error(`jobs wait for jobs that are not scheduled: ${strangers.join(', ')}`);
  const isDone = (id: string): boolean => {
    const state = states.get(id);
    return state?.kind === 'ended' && schedule.isSuccess(state.outcome);
  };
  for (;;) {
    let changed = false;
    for (const job of bugs.length > 0 ? [] : schedule.jobs) {
      if (states.has(job.id) || running.has(job.id)) continue;
      const broken = job.upstream.find((id) => states.has(id) && !isDone(id));
      if (schedule.signal?.aborted) states.set(job.id, {kind: 'interrupted'});
      else if (broken !== undefined) states.set(job.id, {kind: 'upstream-failed', upstream: broken});
      else if (job.upstream.every(isDone)) {
        const lease = schedule.pool.tryTake(job);
        if (!lease) continue;
        running.set(job.id, job.run(lease).then((outcome) => {
          states.set(job.id, {kind: 'ended', outcome});
        }).catch((error: unknown) => {
          bugs.push(error);
        }).finally(() => {
          lease.giveBack();
          running.delete(job.id);
        }));
      } else continue;
      changed = true;
    }
    if (running.size > 0) await Promise.race(running.values());
    else if (bugs.length > 0) throw bugs[0];
    else if (!changed) return states;
  }
}
