// The run file -> RunConfig, or every problem in it at once, each at its line and column. Knows no sheets and no steps.
import {existsSync, readFileSync} from 'node:fs';
import {resolve} from 'node:path';
import {isMap, isPair, isScalar, parseDocument, type Document} from 'yaml';
import {closestName} from '../base/closest-name.ts';
import {locate, type Location} from '../base/located-text.ts';
import {failed, succeeded, type Result} from '../base/result.ts';
import type {Failure} from '../model/failure.ts';
import type {Contrast} from '../model/job-file.ts';
import type {RunConfig} from '../model/run-config.ts';
import {runSchema} from './run-schema.ts';

export interface ReadRunFile {
  readonly config: RunConfig;
  /** The place of a value (or of its key), for whoever checks it later. */
  readonly placeOf: (path: readonly (string | number)[], at?: 'key' | 'value') => Location;
}

export async function readRunFile(file: string): Promise<Result<ReadRunFile, readonly Failure[]>> {
  if (!existsSync(file)) return failed([{reason: 'file-missing', path: file, askedBy: 'the command line'}]);
  return parseRunFile(file, readFileSync(file, 'utf8'));
}

export async function parseRunFile(file: string, text: string): Promise<Result<ReadRunFile, readonly Failure[]>> {
  const document = parseDocument(text, {prettyErrors: false});
  if (document.errors.length > 0) {
    return failed(document.errors.map((error): Failure => ({
      reason: 'config-invalid', place: locate(file, text, error.pos[0], error.pos[1] - error.pos[0]), found: error.message, expected: 'valid YAML', advice: '',
    })));
  }
  const placeOf: ReadRunFile['placeOf'] = (path, at = 'value') => {
    const [start, end] = rangeOf(document, path, at);
    return locate(file, text, start, end - start);
  };
  const values = (document.toJS() ?? {}) as Record<string, unknown>;
  // Ajv takes 50 ms to load; commands that read no run file do without.
  const {Ajv} = await import('ajv');
  const validate = new Ajv({allErrors: true, strict: false, verbose: true}).compile(runSchema);
  if (!validate(values)) {
    return failed((validate.errors ?? []).map((error): Failure => {
      const path = error.instancePath.split('/').slice(1).map((part) => (/^\d+$/.test(part) ? Number(part) : part.replaceAll('~1', '/').replaceAll('~0', '~')));
      if (error.keyword === 'additionalProperties') {
        const key = String(error.params.additionalProperty);
        const near = closestName(key, Object.keys((error.parentSchema as {properties?: object}).properties ?? {}));
        return {reason: 'config-invalid', place: placeOf([...path, key], 'key'), found: `unknown key "${key}"`, expected: '', advice: near === undefined ? '' : `Did you mean "${near}"?`};
      }
      if (error.keyword === 'required') {
        return {reason: 'config-invalid', place: placeOf(path), found: `the key "${error.params.missingProperty}" is missing`, expected: '', advice: `Add ${error.params.missingProperty}.`};
      }
      const allowed = (error.params.allowedValues as unknown[] | undefined)?.join(' | ');
      return {reason: 'config-invalid', place: placeOf(path), found: `${path.join('.') || 'the file'} is ${JSON.stringify(error.data)}`, expected: allowed ?? String(error.message).replace(/^must be /, ''), advice: ''};
    }));
  }
  const contrasts = ((values.contrasts ?? []) as Partial<Contrast>[]).map((contrast) => ({where: {}, primary: false, ...contrast}) as Contrast);
  const config: RunConfig = {
    name: String(values.name),
    file: resolve(file),
    timepoints: values.timepoints as string[],
    contrasts,
    missing_pairs: (values.missing_pairs ?? 'error') as 'error' | 'drop',
    seed: Number(values.seed ?? 1),
    steps: (values.steps ?? {}) as RunConfig['steps'],
    values,
  };
  const strays = contrasts.flatMap((contrast, index) =>
    (['before', 'after'] as const).filter((side) => contrast.by === 'timepoint' && !config.timepoints.includes(contrast[side])).map((side): Failure => {
      const near = closestName(contrast[side], config.timepoints);
      return {reason: 'config-invalid', place: placeOf(['contrasts', index, side]), found: `unknown timepoint "${contrast[side]}"`, expected: config.timepoints.join(' | '), advice: near === undefined ? '' : `Did you mean "${near}"?`};
    }),
  );
  return strays.length > 0 ? failed(strays) : succeeded({config, placeOf});
}

function rangeOf(document: Document, path: readonly (string | number)[], at: 'key' | 'value'): [number, number] {
  if (at === 'key') {
    const parent = path.length === 1 ? document.contents : document.getIn(path.slice(0, -1), true);
    const pair = isMap(parent) ? parent.items.find((item) => isPair(item) && isScalar(item.key) && String(item.key.value) === path.at(-1)) : undefined;
    if (pair !== undefined && isScalar(pair.key) && pair.key.range) return [pair.key.range[0], pair.key.range[1]];
  }
  const node = (path.length === 0 ? document.contents : document.getIn(path, true)) as {range?: [number, number, number]} | null | undefined;
  return node?.range ? [node.range[0], node.range[1]] : [0, 1];
}
