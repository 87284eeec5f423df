// A sample that fails is set aside, and the plan is made again without it: what comes out is what a sheet that excludes it gives.
import {unreachable} from '../base/result.ts';
import type {Listener, Quarantine} from '../model/event.ts';
import type {RunFailure} from '../model/run-failure.ts';
import type {JobRequest} from './job-request.ts';
import type {ResourcePool} from './resource-pool.ts';
import {runPlan, type PlanSetting, type RunOutcome} from './run-plan.ts';

export interface QuarantineOutcome extends RunOutcome {
  /** In plan order of what failed. */
  readonly quarantined: readonly Quarantine[];
  /** What was run last: without the quarantined samples. */
  readonly requests: readonly JobRequest[];
}

/** `replan`: the requests without these samples, sample_id -> reason; absent where a sample that fails stops what depends on it. */
export type Replan = (excluded: ReadonlyMap<string, string>) => readonly JobRequest[];

export async function runWithQuarantine(all: readonly JobRequest[], pool: ResourcePool, setting: PlanSetting, replan?: Replan): Promise<QuarantineOutcome> {
  const quarantined = new Map<string, Quarantine>();
  const ofQuarantined: RunFailure[] = [];
  const skipped = new Map<string, string>();
  const inOnePlan = {...setting, listener: withoutRepetition(setting.listener)};
  for (let requests = all, nRounds = 0; ;) {
    // What a repaired sample would need again is not removed.
    const outcome = await runPlan(requests, pool, {...inOnePlan, looksForRemoved: nRounds > 0, ...(quarantined.size === 0 ? {} : {onFinished: undefined})});
    if (outcome.needsAnotherRound && !outcome.wasInterrupted) {
      // Each round makes what the last one missed: no more rounds than jobs.
      if (++nRounds > requests.length) throw new Error('removed outputs are needed again and again');
      continue;
    }
    const fresh = replan === undefined || outcome.wasInterrupted ? [] : setAside(requests, outcome.failures);
    for (const {quarantine, failure} of fresh) {
      if (!ofQuarantined.includes(failure)) ofQuarantined.push(failure);
      if (quarantined.has(quarantine.sample_id)) continue;
      quarantined.set(quarantine.sample_id, quarantine);
      setting.listener({kind: 'sample-quarantined', ...quarantine});
    }
    const next = replan === undefined || fresh.length === 0 ? undefined : replan(new Map([...quarantined.values()].map(({sample_id, reason}) => [sample_id, reason])));
    const planned = new Set(next?.map((request) => request.planned.id));
    for (const [job, upstream] of outcome.skipped) {
      // What the next plan has too may still be done.
      if (planned.has(job)) continue;
      skipped.set(job, upstream);
      setting.listener({kind: 'job-skipped', job, upstream});
    }
    if (next === undefined) return {...outcome, failures: [...ofQuarantined, ...outcome.failures], skipped, quarantined: [...quarantined.values()], requests};
    requests = next;
  }
}

/** The samples of failed jobs, in plan order, so that of several failures of a sample it is always the same that is told. */
function setAside(requests: readonly JobRequest[], failures: readonly RunFailure[]): {quarantine: Quarantine; failure: RunFailure}[] {
  return requests.flatMap((request) => {
    const {id, step, unit} = request.planned;
    const failure = failures.find((one) => one.job === id);
    const words = failure === undefined ? undefined : reasonWords(failure);
    if (failure === undefined || words === undefined || unit.kind === 'cohort') return [];
    const samples = new Set(request.design.rows.filter((row) => row['excluded'] === '' && row['library'] !== '').map((row) => row['sample_id']));
    return [...samples].map((sample_id) => ({failure, quarantine: {sample_id, job: id, reason: `quarantined: ${step.name} ${words}`}}));
  });
}

/** Undefined for what the machine did, which says nothing of a sample: a full disk must not make a smaller study. */
function reasonWords(failure: RunFailure): string | undefined {
  switch (failure.reason) {
    case 'step-refused':
      // Results hold no paths.
      return /(^|\s)\//.test(failure.problem.found) ? 'refused its input' : `refused its input: found ${failure.problem.found}`;
    case 'step-failed':
      return `ended with exit code ${failure.exitCode}`;
    case 'step-timed-out':
      return 'ran out of time';
    case 'out-of-memory':
      return 'ran out of memory';
    case 'step-killed':
      // Somebody's wish, or a machine that is shut down.
      return ['SIGTERM', 'SIGINT', 'SIGHUP'].includes(failure.signal) ? undefined : `was killed by ${failure.signal}`;
    case 'output-missing':
    case 'output-invalid':
      return `wrote no valid output "${failure.output}"`;
    case 'input-unreadable':
    case 'input-closed':
      return `could not read its input ${failure.input}`;
    case 'command-not-started':
    case 'engine-failed':
    case 'write-failed':
    case 'node-failed':
    case 'preempted':
    case 'cancelled':
    case 'requeued':
    case 'vanished':
    case 'launch-failed':
    case 'never-starts':
    case 'submit-refused':
      return undefined;
    default:
      return unreachable(failure);
  }
}

/** A job that is done stays done in the next plan: it is told once. So is a cache that cannot be written. */
function withoutRepetition(listener: Listener): Listener {
  const told = new Map<string, string>();
  return (event) => {
    if (event.kind === 'job-reused' && event.from === 'run' && told.get(event.job) === event.hash) return;
    if (event.kind === 'cache-unwritable') {
      if (told.has(event.kind)) return;
      told.set(event.kind, event.code);
    }
    if (event.kind === 'job-reused' || event.kind === 'job-completed') told.set(event.job, event.hash);
    listener(event);
  };
}
