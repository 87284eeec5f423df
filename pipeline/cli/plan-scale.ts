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
    const input_gb = [...paths].reduce((sum, path) => sum + bytesOf(path), 0) / 1e9;
    if (input_gb <= measured.input_gb) return [];
    const text = `${name}: the ${measured.library.join(', ')} files of the sheet are ${short(input_gb)} GB together, and it was measured up to ${short(measured.input_gb)} GB (${measured.summary}). ${measured.beyond}`;
    return [{step: name, input_gb, measured_gb: measured.input_gb, text}];
  });
}

export function outgrownLines(outgrown: readonly Outgrown[]): string {
  return outgrown.map(({text}) => `warning: ${text}\n`).join('');
}

const short = (gigabytes: number): string => String(Number(gigabytes.toPrecision(2)));

/** Of a folder (Matrix Market) the files in it; 0 for what is not there, which is another's complaint. */
function bytesOf(path: string): number {
  const found = statSync(path, {throwIfNoEntry: false});
  if (found === undefined) return 0;
  return found.isDirectory() ? readdirSync(path).reduce((sum, name) => sum + (statSync(join(path, name), {throwIfNoEntry: false})?.size ?? 0), 0) : found.size;
}
