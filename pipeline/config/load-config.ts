// Everything that a run's files say, checked together: run file, sheets, step parameters, profile, paths. All problems at once.
import {dirname} from 'node:path';
import {failed, succeeded, type Result} from '../base/result.ts';
import type {Failure} from '../model/failure.ts';
import type {DesignRow} from '../model/job-file.ts';
import type {Profile} from '../model/profile.ts';
import type {LibraryRow, RunConfig} from '../model/run-config.ts';
import type {StepContract} from '../model/step-contract.ts';
import type {Warning} from '../model/warning.ts';
import {clinicalSheets} from './clinical-columns.ts';
import {checkClinicalSheet} from './clinical-sheets.ts';
import {checkContrasts} from './contrast-checks.ts';
import type {PathSetting} from './expand-path.ts';
import {exportFailures} from './export-checks.ts';
import {resolveLibraryPaths} from './library-paths.ts';
import {resolveNamedFiles} from './named-files.ts';
import {parseOverrides} from './overrides.ts';
import {readProfile} from './read-profile.ts';
import {checkReadRows} from './read-rows.ts';
import {readRunFile, type ReadRunFile} from './read-run-file.ts';
import {readSheetFile, type ReadSheet} from './read-sheet.ts';
import {receptorReferenceFailures} from './receptor-references.ts';
import {checkSamplesSheet} from './samples-sheet.ts';
import {stepParams} from './step-params.ts';
import {checkTransgeneNames} from './transgene-names.ts';

export interface LoadedConfig {
  readonly config: RunConfig;
  /** Paths are absolute. */
  readonly rows: readonly LibraryRow[];
  readonly visits: readonly DesignRow[];
  readonly profile: Profile;
  /** By step: every parameter, defaults included. */
  readonly params: ReadonlyMap<string, Record<string, unknown>>;
  readonly warnings: readonly Warning[];
  /** The variables that paths named, with their values. */
  readonly variables: Readonly<Record<string, string>>;
}

export interface ConfigQuestion {
  readonly file: string;
  readonly contracts: readonly StepContract[];
  /** PATH=VALUE, e.g. `steps.qc.min_genes=300`; the value is YAML. */
  readonly set: readonly string[];
  readonly profile?: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly projectRoot: string;
}

export async function loadConfig(ask: ConfigQuestion): Promise<Result<LoadedConfig, readonly Failure[]>> {
  const paths: PathSetting = {folder: dirname(ask.file), projectRoot: ask.projectRoot, environment: ask.environment, variables: {}};
  const {overrides, failures: illFormed} = await parseOverrides(ask.set);
  const run = await readRunFile(ask.file, overrides);
  const failures: Failure[] = [...illFormed, ...run.failures];
  const named = run.config === undefined ? undefined : run.config.values['profile'];
  const profile = await readProfile({
    wanted: ask.profile ?? (typeof named === 'string' ? named : 'laptop'), paths, steps: ask.contracts.map((step) => step.name),
    ...(ask.profile === undefined && run.config !== undefined ? {place: run.placeOf(['profile'])} : {}),
  });
  if (!profile.ok) failures.push(...profile.error);
  if (run.config === undefined) return failed(inOrder(failures, ask.file));
  const params = stepParams(run, ask.contracts);
  const sheets = await readSheets(run, paths);
  failures.push(...params.failures, ...sheets.failures, ...exportFailures({exports: run.config.values['exports'], placeOf: run.placeOf, params: params.params.get('export'), patientColumns: sheets.patientColumns}));
  if (failures.length > 0 || !profile.ok) return failed(inOrder(failures, ask.file));
  const {config, rows, visits} = sheets;
  return succeeded({config, rows, visits, profile: profile.value, params: params.params, warnings: [...params.warnings, ...sheets.warnings], variables: paths.variables});
}

interface ReadSheets {
  readonly config: RunConfig;
  readonly rows: readonly LibraryRow[];
  readonly visits: readonly DesignRow[];
  /** Of the patients sheet. */
  readonly patientColumns: readonly string[];
  readonly failures: readonly Failure[];
  readonly warnings: readonly Warning[];
}

async function readSheets(run: ReadRunFile, paths: PathSetting): Promise<ReadSheets> {
  const {placeOf} = run;
  const {values, files, failures: notThere} = resolveNamedFiles(run.config, placeOf, paths);
  const config = {...run.config, values};
  const read = (key: string): ReadSheet | undefined => {
    const file = files.get(key);
    return file === undefined ? undefined : readSheetFile(file, 'the run file');
  };
  const samples = checkSamplesSheet(read('samples') ?? {failures: []}, {timepoints: config.timepoints, hasCells: values['cells'] !== undefined});
  const reads = await checkReadRows({rows: samples.rows, reference: values['reference'], placeOf, paths});
  const libraries = resolveLibraryPaths(samples.rows, paths, reads.chemistries);
  const contrasts = samples.sheet === undefined ? {failures: [], warnings: []} : checkContrasts({config, placeOf, sheet: samples.sheet, rows: samples.rows});
  const receptorReferences = receptorReferenceFailures({rows: samples.rows, reference: values['reference'], placeOf});
  const failures: Failure[] = [...notThere, ...samples.failures, ...reads.failures, ...receptorReferences, ...libraries.failures, ...contrasts.failures];
  const warnings: Warning[] = [...contrasts.warnings, ...checkTransgeneNames(values, paths)];
  const clinical = clinicalSheets.map((kind) => ({kind, sheet: read(kind.key)}));
  const patientSheet = clinical.find(({kind}) => kind.key === 'patients')?.sheet?.sheet;
  const sampled = samples.rows.map((row) => row.library.patient_id);
  const patients = new Set(sampled.length === 0 ? [] : [...sampled, ...(patientSheet?.rows ?? []).map((row) => row.cells['patient_id'] ?? '')]);
  for (const {kind, sheet} of clinical) {
    if (sheet === undefined) continue;
    const checked = checkClinicalSheet(sheet, kind, {patients, timepoints: config.timepoints});
    failures.push(...checked.failures);
    warnings.push(...checked.warnings);
  }
  const visits = clinical.find(({kind}) => kind.key === 'visits')?.sheet?.sheet?.rows.map((row) => row.cells) ?? [];
  return {config, rows: libraries.rows, visits, patientColumns: patientSheet?.columns ?? [], failures, warnings};
}

/** Without a place, then --set, the run file, the other files by name; within a file by line and column. */
function inOrder(failures: readonly Failure[], runFile: string): Failure[] {
  const rank = (failure: Failure): string => {
    const file = 'place' in failure ? failure.place?.file : undefined;
    return file === undefined ? '0' : file === '--set' ? '1' : file === runFile ? '2' : `3${file}`;
  };
  const place = (failure: Failure): [number, number] => ('place' in failure && failure.place !== undefined ? [failure.place.line, failure.place.column] : [0, 0]);
  return failures.toSorted((a, b) => {
    const [before, after] = [rank(a), rank(b)];
    if (before !== after) return before < after ? -1 : 1;
    return place(a)[0] - place(b)[0] || place(a)[1] - place(b)[1];
  });
}
