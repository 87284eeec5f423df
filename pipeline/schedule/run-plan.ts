// Runs the jobs of a plan and adds up how they ended. Publishing and the terminal are not its business.
import type {RunFailure} from '../model/run-failure.ts';
import type {FinishedOutputs, JobRequest} from './job-request.ts';
import type {ResourcePool} from './resource-pool.ts';
import {runJob, type JobEnd, type JobSetting} from './run-job.ts';
import {runSchedule} from './scheduler.ts';

export interface RunOutcome {
  readonly finished: ReadonlyMap<string, FinishedOutputs>;
  readonly failures: readonly RunFailure[];
  /** job -> the upstream job without a result. */
  readonly skipped: ReadonlyMap<string, string>;
  readonly wasInterrupted: boolean;
}

export interface PlanSetting extends JobSetting {
  /** Outputs of jobs that are not among the requests. */
  readonly given?: ReadonlyMap<string, FinishedOutputs>;
}

export async function runPlan(requests: readonly JobRequest[], pool: ResourcePool, setting: PlanSetting): Promise<RunOutcome> {
  const finished = new Map<string, FinishedOutputs>(setting.given);
  const states = await runSchedule<JobEnd>({
    pool,
    signal: setting.signal,
    isSuccess: (end) => end.ok,
    jobs: requests.map((request) => ({
      id: request.planned.id,
      upstream: upstreamOf(request).filter((id) => setting.given?.has(id) !== true),
      cpus: request.limits.cpus,
      memory_gb: request.limits.memory_gb,
      run: async () => {
        const end = await runJob(request, finished, setting);
        if (end.ok) finished.set(request.planned.id, end.value);
        return end;
      },
    })),
  });
  const failures: RunFailure[] = [];
  const skipped = new Map<string, string>();
  let wasInterrupted = false;
  for (const [id, state] of states) {
    if (state.kind === 'interrupted') wasInterrupted = true;
    else if (state.kind === 'upstream-failed') {
      skipped.set(id, state.upstream);
      setting.listener({kind: 'job-skipped', job: id, upstream: state.upstream});
    } else if (!state.outcome.ok) {
      if (state.outcome.error.reason === 'interrupted') wasInterrupted = true;
      else failures.push(state.outcome.error);
    }
  }
  return {finished, failures, skipped, wasInterrupted};
}

/** The jobs whose outputs a job reads, each once. */
export function upstreamOf(request: JobRequest): string[] {
  const sources = Object.values(request.planned.inputs).flat();
  return [...new Set(sources.flatMap((source) => (source.kind === 'job' ? [source.job] : [])))];
}
