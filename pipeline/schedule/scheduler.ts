// Starts every job whose upstreams are done and which the pool can lend; a failure stops only what depends on it. The end of a job costs the same however many
// there are: only those that wait for it are looked at.
import {addInOrder, createReadyJobs} from './ready-jobs.ts';
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
export async function runSchedule<Outcome>({jobs, pool, isSuccess, signal}: Schedule<Outcome>): Promise<ReadonlyMap<string, JobState<Outcome>>> {
  const states = new Map<string, JobState<Outcome>>();
  const dependents = dependentsOf(jobs);
  const nAwaited = jobs.map((job) => job.upstream.length);
  const ready = createReadyJobs(jobs);
  for (const [place, n] of nAwaited.entries()) if (n === 0) ready.add(place);
  const running = new Set<number>();
  const ended: {readonly place: number; readonly outcome: Outcome}[] = [];
  const bugs: unknown[] = [];
  let wake = (): void => {};

  const start = (place: number): boolean => {
    // The start of one may have stopped all others.
    const lease = signal?.aborted ? undefined : pool.tryTake(jobs[place]);
    if (lease === undefined) return false;
    running.add(place);
    void jobs[place].run(lease).then((outcome) => ended.push({place, outcome}), (error: unknown) => bugs.push(error)).finally(() => {
      lease.giveBack();
      running.delete(place);
      wake();
    });
    return true;
  };
  const isDone = (id: string): boolean => {
    const state = states.get(id);
    return state?.kind === 'ended' && isSuccess(state.outcome);
  };
  /** In plan order: who waits for it may start, or never will. */
  const tell = (from: number): void => {
    const settled = [from];
    for (let place; (place = settled.shift()) !== undefined;) {
      const wasDone = isDone(jobs[place].id);
      for (const next of dependents.get(jobs[place].id) ?? []) {
        const {id, upstream} = jobs[next];
        if (wasDone) {
          if (--nAwaited[next] === 0) ready.add(next);
        } else if (!states.has(id)) {
          states.set(id, {kind: 'upstream-failed', upstream: upstream.find((one) => states.has(one) && !isDone(one)) ?? jobs[place].id});
          addInOrder(settled, next);
        }
      }
    }
  };

  for (;;) {
    for (const {place, outcome} of ended) states.set(jobs[place].id, {kind: 'ended', outcome});
    if (signal?.aborted) {
      for (const [place, {id}] of jobs.entries()) if (!states.has(id) && !running.has(place) && bugs.length === 0) states.set(id, {kind: 'interrupted'});
    } else if (bugs.length === 0) {
      for (const {place} of ended) tell(place);
      ready.offer(start);
    }
    ended.length = 0;
    if (running.size === 0) break;
    await new Promise<void>((resolve) => (wake = resolve));
  }
  if (bugs.length > 0) throw bugs[0];
  return states;
}

function dependentsOf(jobs: readonly SchedulableJob<unknown>[]): ReadonlyMap<string, readonly number[]> {
  const dependents = new Map<string, number[]>(jobs.map(({id}) => [id, []]));
  const strangers: string[] = [];
  for (const [place, {id, upstream}] of jobs.entries()) {
    for (const one of upstream) {
      const own = dependents.get(one);
      if (own === undefined) strangers.push(`${id} waits for ${one}`);
      else own.push(place);
    }
  }
  if (strangers.length > 0) throw new Error(`jobs wait for jobs that are not scheduled: ${strangers.join(', ')}`);
  return dependents;
}
