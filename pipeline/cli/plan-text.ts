// A plan as a table of text and as JSON.
import {bytesText} from '../console/bytes-text.ts';
import type {Decision} from '../schedule/decide-jobs.ts';
import type {JobEstimate} from '../schedule/estimate.ts';
import type {JobRequest} from '../schedule/job-request.ts';
import {upstreamOf} from '../schedule/run-plan.ts';
import {spaceNeeded} from '../schedule/space.ts';

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

export interface PlanEstimate {
  /** Jobs to run whose step has run before with this cache; the others count with their limits. */
  readonly learnt: number;
  /** Cores times hours. */
  readonly cluster_hours: number;
  readonly memory_gb: number;
  readonly critical_path_minutes: number;
  readonly disk_bytes: number;
  readonly files: number;
}

type Estimates = ReadonlyMap<string, JobEstimate>;

export function planTotals(decisions: readonly Decision[]): PlanTotals {
  const toRun = decisions.filter((decision) => decision.action === 'run');
  const path = criticalPath(decisions, (request) => request.limits.minutes);
  return {
    run: toRun.length,
    cached: decisions.length - toRun.length,
    cpu_hours: Math.round(toRun.reduce((sum, {request}) => sum + (request.limits.cpus * request.limits.minutes) / 60, 0) * 100) / 100,
    memory_gb: Math.max(0, ...toRun.map(({request}) => request.limits.memory_gb)),
    critical_path_minutes: path.minutes,
    critical_path: path.jobs,
  };
}

export function planEstimate(decisions: readonly Decision[], estimates: Estimates): PlanEstimate {
  const toRun = decisions.filter(({action}) => action === 'run').map(({request}) => ({request, estimate: estimates.get(request.planned.id)}));
  const minutesOf = (request: JobRequest): number => (estimates.get(request.planned.id)?.seconds ?? 0) / 60;
  const {bytes, files} = spaceNeeded(toRun.map(({request}) => request), estimates, {offersToCache: true});
  return {
    learnt: toRun.filter(({estimate}) => estimate?.isLearnt).length,
    cluster_hours: significant(toRun.reduce((sum, {request}) => sum + (request.limits.cpus * minutesOf(request)) / 60, 0)),
    memory_gb: significant(Math.max(0, ...toRun.map(({estimate}) => (estimate === undefined || wasTooShort(estimate) ? 0 : estimate.memory_gb)))),
    critical_path_minutes: significant(criticalPath(decisions, minutesOf).minutes),
    disk_bytes: Math.round(bytes),
    files,
  };
}

/** It ended before its memory was looked at; its contract would be taken for the largest job of the run. */
const wasTooShort = ({isLearnt, isMemoryLearnt, seconds}: JobEstimate): boolean => isLearnt && !isMemoryLearnt && seconds < 1;

/** An estimate has no more than two digits. */
const significant = (value: number): number => Number(value.toPrecision(2));

function criticalPath(decisions: readonly Decision[], minutesOf: (request: JobRequest) => number): {minutes: number; jobs: string[]} {
  const longest = new Map<string, {minutes: number; jobs: string[]}>();
  let most = {minutes: 0, jobs: [] as string[]};
  for (const {request, action} of decisions) {
    let before = {minutes: 0, jobs: [] as string[]};
    for (const upstream of upstreamOf(request)) {
      const path = longest.get(upstream);
      if (path !== undefined && path.minutes > before.minutes) before = path;
    }
    const own = action === 'run' ? {minutes: before.minutes + minutesOf(request), jobs: [...before.jobs, request.planned.id]} : before;
    longest.set(request.planned.id, own);
    if (own.minutes > most.minutes) most = own;
  }
  return most;
}

export function planJson(decisions: readonly Decision[], estimates: Estimates): {jobs: readonly unknown[]; totals: PlanTotals & {readonly estimate: PlanEstimate}} {
  return {
    jobs: decisions.map(({request, action, why}) => ({
      id: request.planned.id, step: request.planned.step.name, unit: request.planned.unit, action, why: why.join(' '), ...request.limits, estimate: jobEstimate(estimates.get(request.planned.id)),
    })),
    totals: {...planTotals(decisions), estimate: planEstimate(decisions, estimates)},
  };
}

/** null where no job of the step has run before with this cache. */
function jobEstimate(estimate: JobEstimate | undefined): unknown {
  if (estimate === undefined || !estimate.isLearnt) return null;
  const {seconds, memory_gb, isMemoryLearnt, outputs} = estimate;
  return {minutes: significant(seconds / 60), memory_gb: isMemoryLearnt ? significant(memory_gb) : null, output_bytes: Math.round(Object.values(outputs).reduce((sum, bytes) => sum + bytes, 0))};
}

export function planTable(decisions: readonly Decision[], estimates: Estimates): string {
  const width = Math.max(3, ...decisions.map(({request}) => request.planned.id.length));
  const lines = decisions.map(({request, action, why}) => `${request.planned.id.padEnd(width)}  ${action.padEnd(6)}  ${why.join(' ')}`);
  const totals = planTotals(decisions);
  return `${lines.join('\n')}
${totals.run} jobs to run, ${totals.cached} cached. At most ${totals.cpu_hours} cpu-hours, ${totals.memory_gb} GB for the largest job, ${totals.critical_path_minutes} minutes along the longest chain.
${estimateLine(totals.run, planEstimate(decisions, estimates))}`;
}

function estimateLine(nRun: number, {learnt, cluster_hours, memory_gb, critical_path_minutes, disk_bytes, files}: PlanEstimate): string {
  if (learnt === 0) return '';
  const basis = learnt === nRun ? '' : ` (${learnt} of ${nRun} jobs; the others at their limits)`;
  return `By earlier runs${basis}: about ${cluster_hours} cluster-hours (cores x hours), ${memory_gb} GB for the largest job, ${critical_path_minutes} minutes along the longest chain, ${bytesText(disk_bytes)} in ${files} files.\n`;
}
