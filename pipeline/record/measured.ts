// What finished jobs took, kept in the cache's folder for estimates: measured.jsonl, one line a job. Never part of a result or a fingerprint.
import {appendFileSync, readFileSync, statSync} from 'node:fs';
import {dirname, join} from 'node:path';
import {writeFileAtomic} from '../base/atomic-file.ts';
import {endLastLine} from '../base/file-end.ts';
import {makeFolders} from '../base/system-error.ts';

export interface Measured {
  readonly step: string;
  readonly input_bytes: number;
  readonly outputs: Readonly<Record<string, number>>;
  readonly seconds: number;
  /** Absent where the job was too short to be looked at, or ran out of sight of the engine. */
  readonly peak_memory_gb?: number;
}

/** Of each step so many of the latest are kept. */
const keptPerStep = 200;
const keptBytes = 4e6;

export const measuredFile = (cacheRoot: string): string => join(cacheRoot, 'measured.jsonl');

/** By step, oldest first. */
export function readMeasured(path: string): ReadonlyMap<string, readonly Measured[]> {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch {
    return new Map();
  }
  return Map.groupBy(text.split('\n').flatMap(parseLine), ({step}) => step);
}

function parseLine(line: string): Measured[] {
  try {
    const measured = JSON.parse(line) as Measured;
    return typeof measured.step === 'string' && measured.input_bytes >= 0 && measured.seconds >= 0 ? [measured] : [];
  } catch {
    return [];
  }
}

/** On a full or closed disk the next run learns it. */
export function appendMeasured(path: string, learned: readonly Measured[]): void {
  if (learned.length === 0) return;
  try {
    makeFolders(dirname(path));
    endLastLine(path);
    appendFileSync(path, learned.map((one) => `${JSON.stringify(one)}\n`).join(''));
    if (statSync(path).size > keptBytes) writeFileAtomic(path, [...readMeasured(path).values()].flatMap((own) => own.slice(-keptPerStep)).map((one) => `${JSON.stringify(one)}\n`).join(''));
  } catch {
    // Nothing rests on it.
  }
}
