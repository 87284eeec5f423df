// What a job of Slurm says of its own end: exit.json, written by its script.
import {readFileSync} from 'node:fs';
import type {ExitFile} from './judge.ts';

/** `notStarted`: errno of the program; `setUp`: the set-up line that failed. */
export type FoundExit = ExitFile & {readonly notStarted?: string; readonly setUp?: string};

/** Undefined where it is not there (yet), or is another attempt's. */
export function readExitFile(path: string, attempt: string): FoundExit | undefined {
  try {
    const found = JSON.parse(readFileSync(path, 'utf8')) as FoundExit;
    return found.attempt === attempt ? found : undefined;
  } catch {
    return undefined;
  }
}
