// submitted.json in an attempt's folder: what was handed to Slurm. Written before sbatch, so that a crash in between never hands over twice.
import {readFileSync} from 'node:fs';
import {writeFileAtomic} from '../../base/atomic-file.ts';

export interface SubmissionRecord {
  /** Of this attempt, anywhere and ever: what the job's own files carry. */
  readonly attempt: string;
  readonly job: string;
  readonly hash: string;
  /** The name of the Slurm job: no two submissions have the same. */
  readonly token: string;
  /** The task of an array; absent without one. */
  readonly task?: number;
  /** Absent until sbatch has said it. */
  readonly jobId?: string;
  readonly submitted: string;
}

export function writeSubmission(path: string, record: SubmissionRecord): void {
  writeFileAtomic(path, `${JSON.stringify(record)}\n`);
}

export function readSubmission(path: string): SubmissionRecord | undefined {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as SubmissionRecord;
  } catch {
    return undefined;
  }
}
