// --only and --until: part of a plan, always with everything that it needs.
import {closestName} from '../base/closest-name.ts';
import type {PlannedJob} from '../model/plan.ts';
import {UsageError} from './command.ts';

/** `until` names a step; `only` a step or a job. Plan order is kept. */
export function selectJobs(jobs: readonly PlannedJob[], wanted: {only: string | undefined; until: string | undefined}): readonly PlannedJob[] {
  const named = [wanted.only, wanted.until].filter((name) => name !== undefined);
  if (named.length === 0) return jobs;
  const targets = named.map((name) => new Set(jobs.filter((job) => job.id === name || job.step.name === name).map((job) => job.id)));
  named.forEach((name, i) => {
    if (targets[i].size > 0) return;
    const near = closestName(name, [...new Set(jobs.flatMap((job) => [job.step.name, job.id]))]);
    throw new UsageError(`No step or job of this run is called ${JSON.stringify(name)}.${near === undefined ? '' : ` Did you mean "${near}"?`}`);
  });
  const kept = new Set(targets.flatMap((set) => [...set]));
  // A job comes after every job it reads from: one pass from the end finds all that are needed.
  for (const job of jobs.toReversed()) {
    if (!kept.has(job.id)) continue;
    for (const source of Object.values(job.inputs).flat()) if (source.kind === 'job') kept.add(source.job);
  }
  return jobs.filter((job) => kept.has(job.id));
}
