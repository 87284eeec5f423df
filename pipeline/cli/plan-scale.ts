// Is the cohort larger than a step was ever measured with? Told from the size of the sheet's files, before anything runs; the engine opens none of them.
import {readdirSync, statSync} from 'node:fs';
import {join} from 'node:path';
import type {LibraryRow} from '../model/run-config.ts';
import type {StepContract} from '../model/step-contract.ts';

export interface Outgrown {
  readonly step: string;
  /** Of the sheet's files of the libraries that the step's contract names; a billion bytes each. */
  readonly input_gb: number;
  readonly measured_gb: number;
  readonly text: string;
}

/** `steps`: of the jobs that would run. */
export function outgrownSteps(steps: readonly StepContract[], rows: readonly LibraryRow[]): Outgrown[] {
  return [...new Map(steps.map((step) => [step.name, step])).values()].flatMap(({name, measured}) => {
    if (measured === undefined) return [];
    const paths = new Set(rows.filter((row) => row.excluded === '' && row.path !== '' && measured.library.includes(row.library)).map(({path}) => path));
    const input_gb = [...paths].reduce((sum, path) => sum + bytesOf(path, measured.folder_files), 0) / 1e9;
    if (input_gb <= measured.input_gb) return [];
    const text = `${name}: the ${measured.library.join(', ')} files of the sheet are ${short(input_gb)} GB together, and it was measured up to ${short(measured.input_gb)} GB (${measured.summary}). ${measured.beyond}`;
    return [{step: name, input_gb, measured_gb: measured.input_gb, text}];
  });
}

export function outgrownLines(outgrown: readonly Outgrown[]): string {
  return outgrown.map(({text}) => `warning: ${text}\n`).join('');
}

const short = (gigabytes: number): string => String(Number(gigabytes.toPrecision(2)));

/** 0 for what is not there, which is another's complaint. */
function bytesOf(path: string, names: readonly string[]): number {
  const found = statSync(path, {throwIfNoEntry: false});
  if (found === undefined) return 0;
  return found.isDirectory() ? bytesIn(path, names) : found.size;
}

/** Of a folder of Cell Ranger or STARsolo the matrix of cells alone: reads and raw matrices beside it are many times as large. */
function bytesIn(folder: string, names: readonly string[], depth = 0): number {
  const entries = readdirSync(folder, {withFileTypes: true});
  const file = names.find((name) => entries.some((entry) => entry.name === name && !entry.isDirectory()));
  if (file !== undefined) return statSync(join(folder, file), {throwIfNoEntry: false})?.size ?? 0;
  if (depth === deepest) return 0;
  const folders = entries.filter((entry) => entry.isDirectory() && !entry.name.startsWith('raw')).map(({name}) => name).sort();
  for (const name of folders) {
    const bytes = bytesIn(join(folder, name), names, depth + 1);
    if (bytes > 0) return bytes;
  }
  return 0;
}

const deepest = 3;
