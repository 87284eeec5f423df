// The attempts of a job as words: what each was given and how it ended.
import {readFileSync} from 'node:fs';
import type {JobFile} from '../model/job-file.ts';
import {readComplete, readFailure} from '../record/job-record.ts';
import {attemptsOf, type AttemptFolder, type RunDirectory} from '../record/run-directory.ts';

/** Undefined where no attempt failed, or the only one did; with `onlyGrown` also where all were given the same. */
export function attemptsText(directory: RunDirectory, job: string, {onlyGrown = false} = {}): string | undefined {
  const attempts = attemptsOf(directory.job(job));
  if (attempts.length < 2 || !attempts.some((attempt) => readFailure(attempt) !== undefined)) return undefined;
  if (onlyGrown && new Set(attempts.map(limitsText).filter((text) => text !== '')).size < 2) return undefined;
  return attempts.toReversed().map((attempt) => `attempt ${attempt.number}${limitsText(attempt)} ${endOf(attempt)}`).join('; ');
}

function endOf(attempt: AttemptFolder): string {
  const complete = readComplete(attempt);
  if (complete !== undefined) return complete.from === 'cache' ? 'was taken from the cache' : 'is complete';
  const failure = readFailure(attempt);
  return failure === undefined ? 'did not end' : `failed (${failure.reason})`;
}

function limitsText({job}: AttemptFolder): string {
  try {
    const {limits} = JSON.parse(readFileSync(job, 'utf8')) as JobFile;
    return ` with ${limits.memory_gb} GB and ${limits.minutes} minutes`;
  } catch {
    return '';
  }
}
