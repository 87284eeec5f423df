// Rolling removal (keep: results): an output that no job of the plan needs any more goes. Its record stays, so that what was made from it stays done.
import {appendFileSync, rmSync} from 'node:fs';
import type {Listener} from '../model/event.ts';
import type {PlannedJob} from '../model/plan.ts';
import {readComplete, writeComplete} from '../record/job-record.ts';
import {attemptsOf, removeRemains, type RunDirectory} from '../record/run-directory.ts';
import type {FinishedOutputs} from './job-request.ts';

export interface Removal {
  readonly job: string;
  readonly outputs: readonly string[];
}

/** What may go: not published, and read by none but `isDone` jobs. */
export function removableOutputs(planned: readonly PlannedJob[], isDone: (job: string) => boolean): Removal[] {
  const readers = readersOf(planned);
  return planned.filter((job) => isDone(job.id)).flatMap((job) => {
    const outputs = Object.keys(job.step.outputs).filter((output) => job.step.outputs[output].publish === undefined && (readers.get(`${job.id}.${output}`) ?? []).every(isDone));
    return outputs.length === 0 ? [] : [{job: job.id, outputs}];
  });
}

function readersOf(planned: readonly PlannedJob[]): ReadonlyMap<string, readonly string[]> {
  const readers = new Map<string, string[]>();
  for (const job of planned) {
    for (const source of Object.values(job.inputs).flat()) {
      if (source.kind !== 'job') continue;
      const key = `${source.job}.${source.output}`;
      readers.set(key, [...(readers.get(key) ?? []), job.id]);
    }
  }
  return readers;
}

/** The record first: what it calls removed is not missed if the engine dies before the file is gone. */
export function removeOutputs(directory: RunDirectory, removal: Removal, finished: FinishedOutputs): {removed: string[]; bytes: number} {
  const names = removal.outputs.filter((name) => finished[name] !== undefined && !finished[name].isRemoved);
  if (names.length === 0) return {removed: [], bytes: 0};
  const attempt = attemptsOf(directory.job(removal.job)).find(({outputs}) => finished[names[0]].path.startsWith(`${outputs}/`));
  const record = attempt === undefined ? undefined : readComplete(attempt);
  if (attempt === undefined || record === undefined) return {removed: [], bytes: 0};
  const bytes = names.reduce((sum, name) => sum + finished[name].bytes, 0);
  appendFileSync(directory.removals, `${JSON.stringify({job: removal.job, attempt: attempt.number, outputs: names, bytes})}\n`);
  writeComplete(attempt, {...record, removed: [...(record.removed ?? []), ...names]});
  for (const name of names) rmSync(finished[name].path, {recursive: true, force: true});
  return {removed: names, bytes};
}

/** Attempts that the run does not rest on: their outputs go, their records and logs stay. */
export function removeSuperseded(directory: RunDirectory, finished: ReadonlyMap<string, FinishedOutputs>): void {
  for (const [job, outputs] of finished) {
    const paths = Object.values(outputs).map(({path}) => path);
    for (const attempt of attemptsOf(directory.job(job)).filter((one) => !paths.some((path) => path.startsWith(`${one.outputs}/`)))) {
      const record = readComplete(attempt);
      const names = Object.keys(record?.outputs ?? {});
      if (record !== undefined && names.every((name) => record.removed?.includes(name))) continue;
      if (record !== undefined) writeComplete(attempt, {...record, removed: names});
      removeRemains(attempt);
    }
  }
}

/** Called with each job that ends well: removes what only it still needed. `planned`: the whole plan, also what --until leaves out. */
export function rollingRemoval(planned: readonly PlannedJob[], directory: RunDirectory, listener: Listener): (job: string, finished: Map<string, FinishedOutputs>) => void {
  const jobs = new Map(planned.map((job) => [job.id, job]));
  const readers = readersOf(planned);
  return (ended, finished) => {
    const upstream = Object.values(jobs.get(ended)?.inputs ?? {}).flat().flatMap((source) => (source.kind === 'job' ? [source.job] : []));
    for (const job of new Set([...upstream, ended])) {
      const outputs = finished.get(job);
      const step = jobs.get(job)?.step;
      if (outputs === undefined || step === undefined) continue;
      const unneeded = Object.keys(outputs).filter((output) => step.outputs[output].publish === undefined && (readers.get(`${job}.${output}`) ?? []).every((reader) => finished.has(reader)));
      const {removed, bytes} = removeOutputs(directory, {job, outputs: unneeded}, outputs);
      if (removed.length === 0) continue;
      finished.set(job, {...outputs, ...Object.fromEntries(removed.map((name) => [name, {...outputs[name], isRemoved: true}]))});
      listener({kind: 'intermediates-removed', job, outputs: removed, bytes});
    }
  };
}
