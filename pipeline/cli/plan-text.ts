// A plan as a table of text and as JSON.
import type {Decision} from '../schedule/decide-jobs.ts';
import {upstreamOf} from '../schedule/run-plan.ts';

export interface PlanTotals {
  readonly run: number;
  readonly cached: number;
  /** Of the jobs that run, as their contracts estimate. */
  readonly cpu_hours: number;
  /** The largest single job. */
  readonly memory_gb: number;
  /** Minutes with enough cores: the longest chain of jobs that run. */
  readonly critical_path_minutes: number;
  readonly critical_path: readonly string[];
}

export function planTotals(decisions: readonly Decision[]): PlanTotals {
  const toRun = decisions.filter((decision) => decision.action === 'run');
  const path = criticalPath(decisions);
  return {
    run: toRun.length,
    cached: decisions.length - toRun.length,
    cpu_hours: Math.round(toRun.reduce((sum, {request}) => sum + (request.limits.cpus * request.limits.minutes) / 60, 0) * 100) / 100,
    memory_gb: Math.max(0, ...toRun.map(({request}) => request.limits.memory_gb)),
    critical_path_minutes: path.minutes,
    critical_path: path.jobs,
  };
}

function criticalPath(decisions: readonly Decision[]): {minutes: number; jobs: string[]} {
  const longest = new Map<string, {minutes: number; jobs: string[]}>();
  let most = {minutes: 0, jobs: [] as string[]};
  for (const {request, action} of decisions) {
    let before = {minutes: 0, jobs: [] as string[]};
    for (const upstream of upstreamOf(request)) {
      const path = longest.get(upstream);
      if (path !== undefined && path.minutes > before.minutes) before = path;
    }
    const own = action === 'run' ? {minutes: before.minutes + request.limits.minutes, jobs: [...before.jobs, request.planned.id]} : before;
    longest.set(request.planned.id, own);
    if (own.minutes > most.minutes) most = own;
  }
  return most;
}

export function planJson(decisions: readonly Decision[]): {jobs: readonly unknown[]; totals: PlanTotals} {
  return {
    jobs: decisions.map(({request, action, why}) => ({
      id: request.planned.id, step: request.planned.step.name, unit: request.planned.unit, action, why: why.join(' '), ...request.limits,
    })),
    totals: planTotals(decisions),
  };
}

export function planTable(decisions: readonly Decision[]): string {
  const width = Math.max(3, ...decisions.map(({request}) => request.planned.id.length));
  const lines = decisions.map(({request, action, why}) => `${request.planned.id.padEnd(width)}  ${action.padEnd(6)}  ${why.join(' ')}`);
  const totals = planTotals(decisions);
  return `${lines.join('\n')}
${totals.run} jobs to run, ${totals.cached} cached. At most ${totals.cpu_hours} cpu-hours, ${totals.memory_gb} GB for the largest job, ${totals.critical_path_minutes} minutes along the longest chain.
`;
}
