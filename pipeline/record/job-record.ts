// complete.json: written last, and the only thing that means "done".
import {readFileSync} from 'node:fs';
import {writeFileAtomic, writeFileAtomicAsync} from '../base/atomic-file.ts';
import type {BatchRun} from '../model/event.ts';
import type {JobFile} from '../model/job-file.ts';
import type {RunFailure} from '../model/run-failure.ts';
import type {AttemptFolder} from './run-directory.ts';

/** What an output is, without where it is. */
export interface OutputDigest {
  /** sha256; of a folder: of its sorted paths and digests. */
  readonly digest: string;
  readonly bytes: number;
}

export interface CompleteRecord {
  readonly job: string;
  readonly hash: string;
  /** The fingerprint itself, so that `why` can subtract it from another. */
  readonly fingerprint: unknown;
  /** Why the job ran, in words; empty where it came from the cache. */
  readonly why: readonly string[];
  readonly from: 'run' | 'cache';
  readonly outputs: Readonly<Record<string, OutputDigest>>;
  /** Outputs whose files were removed since: nothing needed them any more. Their digests stay, so that what was made from them stays done. */
  readonly removed?: readonly string[];
  readonly started: string;
  readonly seconds: number;
  /** What the attempt was given; absent where it came from the cache. */
  readonly limits?: JobFile['limits'];
  readonly input_bytes?: number;
  /** Absent where it was too short to be looked at, or ran out of sight of the engine. */
  readonly peak_memory_gb?: number;
  /** Why there is none, where there might have been. */
  readonly peak_missing?: string;
  readonly batch?: BatchRun;
}

export function writeComplete(attempt: AttemptFolder, record: CompleteRecord): void {
  writeFileAtomic(attempt.complete, `${JSON.stringify(record)}\n`);
}

/** Once it is on the disk; jobs that end together wait for it together. */
export function completeAttempt(attempt: AttemptFolder, record: CompleteRecord): Promise<void> {
  return writeFileAtomicAsync(attempt.complete, `${JSON.stringify(record)}\n`);
}

/** Undefined where the attempt did not end well. */
export function readComplete(attempt: AttemptFolder): CompleteRecord | undefined {
  return readJson(attempt.complete) as CompleteRecord | undefined;
}

export function writeFailure(attempt: AttemptFolder, failure: RunFailure): void {
  writeFileAtomic(attempt.failure, `${JSON.stringify(failure, undefined, 2)}\n`);
}

export function readFailure(attempt: AttemptFolder): RunFailure | undefined {
  return readJson(attempt.failure) as RunFailure | undefined;
}

function readJson(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    return undefined;
  }
}
