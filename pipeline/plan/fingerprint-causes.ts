// Why a job is not the one that was published: the difference of two fingerprints without what only follows from an upstream job, with the names of
// files, rows and libraries where the fingerprint has digests.
import {jsonDifferences, type JsonDifference} from '../base/json-difference.ts';
import type {InputSource} from '../model/plan.ts';
import type {Fingerprint} from './fingerprint.ts';

export interface SourceFiles {
  readonly version: string;
  readonly dependencies: Readonly<Record<string, string>>;
  readonly files: readonly (readonly [path: string, digest: string])[];
}

export interface CauseQuestion {
  readonly step: string;
  readonly published: Fingerprint;
  readonly here: Fingerprint;
  /** Of the job as it ran here. */
  readonly inputs: Readonly<Record<string, readonly InputSource[]>>;
  readonly sources: {readonly published?: SourceFiles; readonly here?: SourceFiles};
  /** The samples sheet, which a bundle holds with other paths: its rows are compared as the design, its bytes are no cause. */
  readonly samplesSheet?: string;
}

/** One sentence a cause. */
export function causesOf({step, published, here, inputs, sources, samplesSheet}: CauseQuestion): string[] {
  const words = [
    ...jsonDifferences(published.params, here.params).map((one) => changed(`parameter of ${step}: ${one.path}`, one)),
    ...configChanges(published.config, here.config),
    ...designChanges(published.design, here.design),
    ...inputChanges(published, here, {inputs, samplesSheet}),
  ];
  if (published.image !== here.image) words.push(`programs of ${step}: ${published.image} was published, ${here.image} here`);
  if (published.seed !== here.seed) words.push(`seed: ${shown(published.seed)} was published, ${shown(here.seed)} here`);
  if (published.source !== here.source) words.push(...sourceChanges(step, sources));
  if (published.contract !== here.contract) words.push(`the contract of ${step} (its step.yaml) is another one`);
  return words;
}

const changed = (what: string, {before, after}: JsonDifference): string => `${what}: ${shown(before)} was published, ${shown(after)} here`;

/** A job that is told the parameters of all steps says of another step's what that step says itself. */
function configChanges(before: Fingerprint['config'], after: Fingerprint['config']): string[] {
  return jsonDifferences(before, after).flatMap((one) => {
    const [, step, param] = /^steps\.([^.]+)\.params\.(.+)$/.exec(one.path) ?? [];
    if (step !== undefined) return [changed(`parameter of ${step}: ${param}`, one)];
    return /^steps\.[^.]+\.changed/.test(one.path) ? [] : [changed(`key of the run file: ${one.path}`, one)];
  });
}

function inputChanges(published: Fingerprint, here: Fingerprint, {inputs, samplesSheet}: {inputs: CauseQuestion['inputs']; samplesSheet: string | undefined}): string[] {
  return Object.entries(inputs).flatMap(([name, sources]) => {
    const [before, after] = [published.inputs[name] ?? [], here.inputs[name] ?? []];
    // Only files are causes; where the counts differ, another job of the plan did or did not deliver.
    if (before.length !== after.length || sources.length !== after.length) return [];
    return sources.flatMap((source, at) => (source.kind === 'file' && source.path !== samplesSheet && before[at] !== after[at] ? [`input ${shortPath(source.path)} (sha256 ${before[at].slice(0, 12)}… was published, ${after[at].slice(0, 12)}… here)`] : []));
  });
}

/** A row of the sheet is named by its sample and library. */
function designChanges(before: unknown, after: unknown): string[] {
  const rows = (after as {rows?: readonly Readonly<Record<string, string>>[]}).rows ?? [];
  return jsonDifferences(before, after).map(({path, before: old, after: now}) => {
    const [, at, column] = /^rows\[(\d+)\]\.?(.*)$/.exec(path) ?? [];
    const row = at === undefined ? undefined : rows[Number(at)];
    const place = row === undefined ? `design: ${path}` : `samples sheet, ${row['library_id'] ?? row['sample_id'] ?? `row ${at}`}: ${column || 'the row'}`;
    return `${place}: ${shown(old)} was published, ${shown(now)} here`;
  });
}

function sourceChanges(step: string, {published, here}: CauseQuestion['sources']): string[] {
  if (published === undefined || here === undefined) return [`the source of ${step} is another one`];
  const words = published.version === here.version ? [] : [`Lymphline ${published.version} was published, ${here.version} here`];
  words.push(...jsonDifferences(published.dependencies, here.dependencies).map(({path, before, after}) => `library ${path}: ${shown(before)} was published, ${shown(after)} here`));
  const [before, after] = [new Map(published.files), new Map(here.files)];
  const paths = [...new Set([...before.keys(), ...after.keys()])].filter((path) => before.get(path) !== after.get(path)).sort();
  // Compiled code, or another version: the names of all its files would hide what else changed.
  if (paths.length > 8) return [...words, `${paths.length} source files of ${step} are not as published, the first: ${paths[0]}`];
  words.push(...paths.map((path) => `source ${path} is ${!before.has(path) ? 'new' : !after.has(path) ? 'gone' : 'changed'}`));
  return words.length > 0 ? words : [`the source of ${step} is another one`];
}

const shown = (value: unknown): string => (value === undefined ? 'nothing' : typeof value === 'string' ? JSON.stringify(value) : JSON.stringify(value).slice(0, 120));
const shortPath = (path: string): string => path.replace(/^.*\/inputs\/[0-9a-f]{12}\//, '').replace(/^.*\//, '');
