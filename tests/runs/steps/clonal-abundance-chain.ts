// The receptor steps one after the other, as a plan would chain them: contigs of each library -> clones of each patient -> tables of the cohort.
import {mkdirSync} from 'node:fs';
import {join} from 'node:path';
import type {Row} from '../../../pipeline/data/table.ts';
import {readTable} from '../../../pipeline/formats/delimited-text.ts';
import type {Contrast, Design, DesignRow, JobInput} from '../../../pipeline/model/job-file.ts';
import {runStepFolder, type StepRequest, type StepRun} from '../../rig/run-step.ts';

/** A receptor library with its contigs. */
export interface ReceptorLibrary {
  readonly row: DesignRow;
  readonly contigs: string;
}

export interface ChainRequest {
  readonly libraries: readonly ReceptorLibrary[];
  readonly timepoints: readonly string[];
  readonly contrasts?: readonly Contrast[];
  readonly clonotypes?: StepRequest['params'];
  readonly abundance?: StepRequest['params'];
}

export interface Chain {
  /** call-clonotypes by patient. */
  readonly called: ReadonlyMap<string, StepRun>;
  readonly cohort: StepRun;
}

export const libraryRow = (sample_id: string, library: string, more: DesignRow): DesignRow => ({sample_id, day: '', library, library_id: `${sample_id}-${library}`, excluded: '', path: library, ...more});

/** Contigs of each library, then the clones of each patient. */
export function callPatients(folder: string, request: ChainRequest): Chain['called'] {
  const imported = new Map(request.libraries.map(({row, contigs}) => {
    const id = row['library_id'];
    return [id, runIn(folder, 'import-receptors', id, {unit: {kind: 'library', id}, inputs: {contigs}, design: {rows: [row]}})];
  }));
  return new Map(patientsOf(request).map((id) => {
    const inputs = request.libraries.filter(({row}) => row['patient_id'] === id).map(({row}) => fileOf(row['library_id'], imported, 'rearrangements'));
    const design: Design = {...designOf(request), rows: designOf(request).rows.filter((row) => row['patient_id'] === id)};
    return [id, runIn(folder, 'call-clonotypes', id, {unit: {kind: 'patient', id}, inputs: {rearrangements: inputs}, params: request.clonotypes, design})];
  }));
}

export function runReceptorChain(folder: string, request: ChainRequest): Chain {
  const called = callPatients(folder, request);
  const perPatient = (output: string): JobInput[] => patientsOf(request).map((id) => fileOf(id, called, output));
  const cohort = runIn(folder, 'clonal-abundance', 'cohort', {
    inputs: {clones: perPatient('clones'), cells: perPatient('cells'), rearrangements: perPatient('rearrangements'), rules: perPatient('rules'), alternatives: perPatient('alternatives')},
    params: request.abundance,
    design: designOf(request),
  });
  return {called, cohort};
}

function patientsOf({libraries}: ChainRequest): string[] {
  return [...new Set(libraries.map(({row}) => row['patient_id']))];
}

function designOf({libraries, timepoints, contrasts}: ChainRequest): Design {
  return {rows: libraries.map(({row}) => row), timepoints, contrasts: contrasts ?? [], missing_pairs: 'drop', visits: []};
}

export function rowsOf(run: StepRun | undefined, output: string): readonly Row[] {
  return readTable(run?.outputs[output] ?? '').rows;
}

function fileOf(unit: string, runs: ReadonlyMap<string, StepRun>, output: string): JobInput {
  return {unit, path: runs.get(unit)?.outputs[output] ?? ''};
}

function runIn(folder: string, step: string, name: string, request: StepRequest): StepRun {
  const own = join(folder, `${step}-${name}`);
  mkdirSync(own);
  const run = runStepFolder(step, own, request);
  if (run.status !== 0) throw new Error(`${step} ${name} ended with ${run.status}: ${run.stderr}`);
  return run;
}
