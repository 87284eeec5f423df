// Runs the jobs of a plan and adds up how they ended. Publishing and the terminal are not its business.
import {existsSync} from 'node:fs';
import type {RunFailure} from '../model/run-failure.ts';
import {decideJobs} from './decide-jobs.ts';
import type {FinishedOutputs, JobRequest} from './job-request.ts';
import type {JobEnd, JobSetting} from './job-setting.ts';
import type {ResourcePool} from './resource-pool.ts';
import {runJob} from './run-job.ts';
import {runSchedule} from './scheduler.ts';
import {stopsTheRun} from './write-trouble.ts';

export interface RunOutcome {
  readonly finished: ReadonlyMap<string, FinishedOutputs>;
  readonly failures: readonly RunFailure[];
  /** job -> the upstream job without a result. */
  readonly skipped: ReadonlyMap<string, string>;
  /** By a signal, or by a disk that takes no more. */
  readonly wasInterrupted: boolean;
  /** A job met inputs that were removed: the same plan again makes them first. */
  readonly needsAnotherRound: boolean;
}

export interface PlanSetting extends Omit<JobSetting, 'lease' | 'restored'> {
  /** Look for removed files even where no removal is on record. */
  readonly looksForRemoved?: boolean;
  /** Outputs of jobs that are not among the requests. */
  readonly given?: ReadonlyMap<string, FinishedOutputs>;
  readonly onFinished?: (job: string, finished: Map<string, FinishedOutputs>) => void;
}

export async function runPlan(requests: readonly JobRequest[], pool: ResourcePool, setting: PlanSetting): Promise<RunOutcome> {
  // Where nothing was removed, no job has to be decided on beforehand.
  const restored = new Set(setting.looksForRemoved || existsSync(setting.directory.removals) ? (await decideJobs(requests, setting)).filter((decision) => decision.isRestored).map(({request}) => request.planned.id) : []);
  const finished = new Map<string, FinishedOutputs>(setting.given);
  // On a disk that takes no more, the jobs under way may end; every other would fail too.
  const disk = new AbortController();
  const states = await runSchedule<JobEnd>({
    pool,
    signal: AbortSignal.any([setting.signal, disk.signal]),
    isSuccess: (end) => end.ok,
    jobs: requests.map((request) => ({
      id: request.planned.id,
      upstream: upstreamOf(request).filter((id) => setting.given?.has(id) !== true),
      cpus: request.limits.cpus,
      memory_gb: request.limits.memory_gb,
      run: async (lease) => {
        const end = await runJob(request, finished, {...setting, lease, restored});
        if (end.ok) {
          finished.set(request.planned.id, end.value);
          setting.onFinished?.(request.planned.id, finished);
        } else if (end.error.reason === 'write-failed' && stopsTheRun(end.error.code)) disk.abort();
        return end;
      },
    })),
  });
  const failures: RunFailure[] = [];
  const skipped = new Map<string, string>();
  let wasInterrupted = false;
  let needsAnotherRound = false;
  for (const [id, state] of states) {
    if (state.kind === 'interrupted') wasInterrupted = true;
    else if (state.kind === 'upstream-failed') skipped.set(id, state.upstream);
    else if (!state.outcome.ok) {
      if (state.outcome.error.reason === 'interrupted') wasInterrupted = true;
      else if (state.outcome.error.reason === 'inputs-removed') needsAnotherRound = true;
      else failures.push(state.outcome.error);
    }
  }
  return {finished, failures, skipped, wasInterrupted, needsAnotherRound};
}

/** The jobs whose outputs a job reads, each once. */
export function upstreamOf(request: JobRequest): string[] {
  const sources = Object.values(request.planned.inputs).flat();
  return [...new Set(sources.flatMap((source) => (source.kind === 'job' ? [source.job] : [])))];
}
