// What a job of Slurm says of its own end: exit.json, written by its script.
import {readFileSync} from 'node:fs';
import type {ExitFile} from './judge.ts';

export interface FoundExit extends ExitFile {
  /** Errno of the program. */
  readonly notStarted?: string;
  /** The set-up line that failed. */
  readonly setUp?: string;
  /** Why there was no scratch. */
  readonly notReady?: string;
  /** Errno of the copy of its outputs, which were in scratch. */
  readonly notCopiedOut?: string;
  /** The most that its memory group held, files that were read included; absent where it has no group of its own. */
  readonly peakBytes?: number;
}

/** Undefined where it is not there (yet), or is another attempt's. */
export function readExitFile(path: string, attempt: string): FoundExit | undefined {
  try {
    const found = JSON.parse(readFileSync(path, 'utf8')) as FoundExit;
    return found.attempt === attempt ? {...found, started: plainTime(found.started), ended: plainTime(found.ended)} : undefined;
  } catch {
    return undefined;
  }
}

/** Not every `date` knows milliseconds. */
const plainTime = (time: string): string => time.replace(/\.(?!\d{3}Z).*$/, 'Z');
