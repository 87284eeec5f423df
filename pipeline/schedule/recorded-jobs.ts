// The jobs of a run as their records tell: are these the results of this plan? What an output holds is taken from its record, since a run may
// keep its results alone.
import {digestFingerprint, differenceInWords, type Fingerprint} from '../plan/fingerprint.ts';
import type {DigestMemo} from '../record/digest-memo.ts';
import {readComplete, type CompleteRecord} from '../record/job-record.ts';
import {attemptsOf, type AttemptFolder, type RunDirectory} from '../record/run-directory.ts';
import {fingerprintOf, gatherInputs, outputPaths, type FinishedOutputs, type JobRequest} from './job-request.ts';

export interface RecordedJob {
  readonly request: JobRequest;
  readonly record: CompleteRecord;
  /** Where each output was written. */
  readonly paths: Readonly<Record<string, string>>;
}

export interface RecordedJobs {
  readonly jobs: readonly RecordedJob[];
  /** What would run now, and why. */
  readonly stale: readonly {readonly job: string; readonly why: readonly string[]}[];
}

export async function recordedJobs(requests: readonly JobRequest[], {directory, memo}: {readonly directory: RunDirectory; readonly memo: DigestMemo}): Promise<RecordedJobs> {
  const finished = new Map<string, FinishedOutputs>();
  const jobs: RecordedJob[] = [];
  const stale: {job: string; why: readonly string[]}[] = [];
  for (const request of requests) {
    const {id, step} = request.planned;
    const gathered = await gatherInputs(request, finished, memo);
    if (gathered.kind === 'waiting') continue;
    const fingerprint = gathered.kind === 'inputs' ? fingerprintOf(request, gathered.inputs) : undefined;
    const hash = fingerprint === undefined ? undefined : digestFingerprint(fingerprint);
    const done = lastRecord(attemptsOf(directory.job(id)), hash);
    if (done === undefined) stale.push({job: id, why: ['it has no result.']});
    else if (gathered.kind === 'unreadable') stale.push({job: id, why: [`its input ${gathered.input} cannot be read: ${gathered.path} (${gathered.code}).`]});
    else {
      const {attempt, record} = done;
      if (record.hash !== hash) stale.push({job: id, why: differenceInWords(record.fingerprint as Fingerprint, fingerprintOf(request, gathered.inputs))});
      const paths = outputPaths(step, attempt.outputs);
      finished.set(id, Object.fromEntries(Object.entries(record.outputs).map(([name, {digest, bytes}]) => [name, {path: paths[name], digest, bytes, ...(record.removed?.includes(name) ? {isRemoved: true} : {})}])));
      jobs.push({request, record, paths});
    }
  }
  return {jobs, stale};
}

/** The one with this hash where there is one, else the latest. */
export function lastRecord(attempts: readonly AttemptFolder[], hash?: string): {attempt: AttemptFolder; record: CompleteRecord} | undefined {
  const done = attempts.flatMap((attempt) => {
    const record = readComplete(attempt);
    return record === undefined ? [] : [{attempt, record}];
  });
  return done.find(({record}) => record.hash === hash) ?? done[0];
}
