// Everything that a run's files say, checked together: run file, sheets, step parameters, profile, paths. All problems at once.
import {existsSync, readFileSync} from 'node:fs';
import {dirname} from 'node:path';
import {parse} from 'yaml';
import {closestName} from '../base/closest-name.ts';
import {locate} from '../base/located-text.ts';
import {failed, succeeded, type Result} from '../base/result.ts';
import type {Failure} from '../model/failure.ts';
import type {DesignRow} from '../model/job-file.ts';
import type {Profile} from '../model/profile.ts';
import type {LibraryRow, RunConfig} from '../model/run-config.ts';
import type {StepContract} from '../model/step-contract.ts';
import type {Warning} from '../model/warning.ts';
import {expandPath, type PathSetting} from './expand-path.ts';
import {readProfile} from './read-profile.ts';
import {readRunFile, type ReadRunFile} from './read-run-file.ts';
import {parseSamplesSheet} from './read-sheet.ts';
import {resolveParams} from './resolve-params.ts';

export interface LoadedConfig {
  readonly config: RunConfig;
  /** Paths are absolute. */
  readonly rows: readonly LibraryRow[];
  readonly visits: readonly DesignRow[];
  readonly profile: Profile;
  /** By step: every parameter, defaults included. */
  readonly params: ReadonlyMap<string, Readonly<Record<string, unknown>>>;
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
  const strays = ask.set.filter((text) => !/^[^=.]+(\.[^=.]+)*=/.test(text));
  if (strays.length > 0) {
    return failed(strays.map((text): Failure => ({reason: 'config-invalid', place: locate('--set', text, 0, text.length), found: `${JSON.stringify(text)}`, expected: 'PATH=VALUE', advice: 'For example steps.qc.min_genes=300.'})));
  }
  const run = await readRunFile(ask.file, (values) => applySet(values, ask.set));
  const profile = await readProfile(ask.profile ?? (run.ok ? (run.value.config.values['profile'] as string | undefined) : undefined) ?? 'laptop', {folder: dirname(ask.file), projectRoot: ask.projectRoot});
  const failures: Failure[] = [...(run.ok ? [] : run.error), ...(profile.ok ? [] : profile.error)];
  if (!run.ok) return failed(failures);
  const {config} = run.value;
  const paths: PathSetting = {folder: dirname(config.file), projectRoot: ask.projectRoot, environment: ask.environment, variables: {}};
  const params = stepParams(run.value, ask.contracts, failures);
  const rows = readSamples(run.value, paths, failures);
  const visits = readVisits(run.value, paths, failures);
  if (failures.length > 0 || !profile.ok) return failed(failures);
  return succeeded({config, rows, visits, profile: profile.value, params, warnings: [], variables: paths.variables});
}

function applySet(values: Record<string, unknown>, set: readonly string[]): void {
  for (const text of set) {
    const at = text.indexOf('=');
    const keys = text.slice(0, at).split('.');
    let target = values;
    for (const key of keys.slice(0, -1)) target = (target[key] ??= {}) as Record<string, unknown>;
    target[keys[keys.length - 1]] = parse(text.slice(at + 1));
  }
}

function stepParams({config, placeOf}: ReadRunFile, contracts: readonly StepContract[], failures: Failure[]): Map<string, Record<string, unknown>> {
  const params = new Map<string, Record<string, unknown>>();
  for (const step of contracts.filter((one) => !one.tool)) {
    const resolved = resolveParams(step, config.steps[step.name] ?? {}, (name, at) => placeOf(['steps', step.name, name], at));
    if (resolved.ok) params.set(step.name, resolved.value);
    else failures.push(...resolved.error);
  }
  for (const name of Object.keys(config.steps)) {
    if (params.has(name) || contracts.some((step) => step.name === name && !step.tool)) continue;
    const near = closestName(name, contracts.map((step) => step.name));
    failures.push({reason: 'config-invalid', place: placeOf(['steps', name], 'key'), found: `there is no step "${name}"`, expected: '', advice: near === undefined ? '' : `Did you mean "${near}"?`});
  }
  return params;
}

function readSamples({config, placeOf}: ReadRunFile, paths: PathSetting, failures: Failure[]): LibraryRow[] {
  const file = sheetFile({config, placeOf}, 'samples', paths, failures);
  if (file === undefined) return [];
  const content = readFileSync(file, 'utf8');
  const rows = parseSamplesSheet(file, content, config.timepoints);
  if (!rows.ok) {
    failures.push(...rows.error);
    return [];
  }
  return rows.value.map((row) => {
    if (row.path === '') return row;
    const path = expandPath(row.path, paths);
    const problem = !path.ok ? `the variable ${path.error} is not set` : existsSync(path.value) ? undefined : 'there is no such file or folder';
    if (problem !== undefined && row.excluded === '') {
      const offset = Math.max(0, content.indexOf(row.path));
      failures.push({reason: 'sheet-invalid', place: locate(file, content, offset, row.path.length), found: `path ${row.path}: ${problem}`, expected: '', advice: ''});
    }
    return {...row, path: path.ok ? path.value : row.path};
  });
}

function readVisits(run: ReadRunFile, paths: PathSetting, failures: Failure[]): DesignRow[] {
  if (run.config.values['visits'] === undefined) return [];
  const file = sheetFile(run, 'visits', paths, failures);
  if (file === undefined) return [];
  const [header = '', ...lines] = readFileSync(file, 'utf8').replace(/^\uFEFF/, '').split(/\r?\n/);
  const separator = header.includes('\t') ? '\t' : ',';
  const names = header.split(separator);
  return lines.filter((line) => line.trim() !== '').map((line) => Object.fromEntries(line.split(separator).map((cell, i) => [names[i], cell])));
}

function sheetFile({config, placeOf}: ReadRunFile, key: string, paths: PathSetting, failures: Failure[]): string | undefined {
  const path = expandPath(String(config.values[key]), paths);
  const problem = !path.ok ? `the variable ${path.error} is not set` : existsSync(path.value) ? undefined : 'there is no such file';
  if (path.ok && problem === undefined) return path.value;
  failures.push({reason: 'config-invalid', place: placeOf([key]), found: `${key} ${String(config.values[key])}: ${problem ?? ''}`, expected: '', advice: ''});
  return undefined;
}
