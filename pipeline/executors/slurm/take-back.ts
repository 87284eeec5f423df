// Takes back what no engine follows: the jobs that are on record as handed over, and whose end nobody has seen.
import {existsSync, rmSync} from 'node:fs';
import type {LaunchFiles} from '../launcher.ts';
import {scancelWords} from './cancel.ts';
import {readExitFile} from './exit-file.ts';
import type {SlurmClient} from './slurm-client.ts';
import {readSubmission, type SubmissionRecord} from './submission-record.ts';

export interface TakenBack {
  readonly jobs: readonly SubmissionRecord[];
  /** Slurm's, where it did not take them all; the records of those stay. */
  readonly words?: string;
}

/** One call a submission, however many jobs it has. Without its record a job does not start any more, even if Slurm did not hear. */
export async function takeBack(client: SlurmClient, attempts: readonly LaunchFiles[]): Promise<TakenBack> {
  const open = attempts.flatMap((files) => {
    const record = underWay(files);
    return record === undefined ? [] : [{files, record}];
  });
  const jobs: SubmissionRecord[] = [];
  let words: string | undefined;
  for (const [token, group] of Map.groupBy(open, ({record}) => record.token)) {
    const answer = await client.ask('scancel', scancelWords(token, group.flatMap(({record: {jobId, task}}) => (jobId === undefined ? [] : [task === undefined ? jobId : `${jobId}_${task}`]))));
    if (answer.kind === 'answered') {
      jobs.push(...group.map(({record}) => record));
      for (const {files} of group) rmSync(files.submitted, {force: true});
    } else words ??= answer.words;
  }
  return {jobs, ...(words === undefined ? {} : {words})};
}

/** Undefined also where it has ended well: its record stays, and the next run takes the result. */
export function underWay(files: LaunchFiles): SubmissionRecord | undefined {
  if (files.closing.some((path) => existsSync(path))) return undefined;
  const record = readSubmission(files.submitted);
  return record === undefined || readExitFile(files.exit, record.attempt)?.exitCode === 0 ? undefined : record;
}
