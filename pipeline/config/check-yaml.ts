// A YAML text against a JSON schema: its values, or every problem at its line and column with the closest name.
import {isMap, isPair, isScalar, parseDocument, type Document} from 'yaml';
import {closestName} from '../base/closest-name.ts';
import {locate, type Location} from '../base/located-text.ts';
import {failed, succeeded, type Result} from '../base/result.ts';
import type {Failure} from '../model/failure.ts';

export interface CheckedYaml {
  readonly values: Readonly<Record<string, unknown>>;
  /** The place of a value (or of its key), for whoever checks it later. */
  readonly placeOf: (path: readonly (string | number)[], at?: 'key' | 'value') => Location;
}

export interface YamlQuestion {
  readonly file: string;
  readonly text: string;
  readonly schema: object;
  readonly reason: 'config-invalid' | 'step-contract-invalid';
  /** Changes the values before they are checked (--set). */
  readonly adjust?: (values: Record<string, unknown>) => void;
}

export async function checkYaml({file, text, schema, reason, adjust}: YamlQuestion): Promise<Result<CheckedYaml, readonly Failure[]>> {
  const document = parseDocument(text, {prettyErrors: false});
  if (document.errors.length > 0) {
    return failed(document.errors.map((error): Failure => ({reason, place: locate(file, text, error.pos[0], error.pos[1] - error.pos[0]), found: error.message, expected: 'valid YAML', advice: ''})));
  }
  const placeOf: CheckedYaml['placeOf'] = (path, at = 'value') => {
    const [start, end] = rangeOf(document, path, at);
    return locate(file, text, start, end - start);
  };
  const values = (document.toJS() ?? {}) as Record<string, unknown>;
  adjust?.(values);
  // Ajv takes 50 ms to load; commands that read no run file do without.
  const {Ajv} = await import('ajv');
  const validate = new Ajv({allErrors: true, strict: false, verbose: true}).compile(schema);
  if (validate(values)) return succeeded({values, placeOf});
  return failed((validate.errors ?? []).filter((error) => error.keyword !== 'anyOf').map((error): Failure => {
    const path = error.instancePath.split('/').slice(1).map((part) => (/^\d+$/.test(part) ? Number(part) : part.replaceAll('~1', '/').replaceAll('~0', '~')));
    if (error.keyword === 'additionalProperties') {
      const key = String(error.params['additionalProperty']);
      const near = closestName(key, Object.keys((error.parentSchema as {properties?: object}).properties ?? {}));
      return {reason, place: placeOf([...path, key], 'key'), found: `unknown key "${key}"`, expected: '', advice: near === undefined ? '' : `Did you mean "${near}"?`};
    }
    if (error.keyword === 'required') {
      return {reason, place: placeOf(path), found: `the key "${String(error.params['missingProperty'])}" is missing`, expected: '', advice: `Add ${String(error.params['missingProperty'])}.`};
    }
    const allowed = (error.params['allowedValues'] as unknown[] | undefined)?.join(' | ');
    return {reason, place: placeOf(path), found: `${path.join('.') || 'the file'} is ${JSON.stringify(error.data)}`, expected: allowed ?? String(error.message).replace(/^must be /, ''), advice: ''};
  }));
}

function rangeOf(document: Document, path: readonly (string | number)[], at: 'key' | 'value'): [number, number] {
  if (at === 'key') {
    const parent = path.length === 1 ? document.contents : document.getIn(path.slice(0, -1), true);
    const pair = isMap(parent) ? parent.items.find((item) => isPair(item) && isScalar(item.key) && String(item.key.value) === path.at(-1)) : undefined;
    if (pair !== undefined && isScalar(pair.key) && pair.key.range) return [pair.key.range[0], pair.key.range[1]];
  }
  // A value that --set put there has no place of its own: its nearest parent has.
  for (let end = path.length; end >= 0; end--) {
    const node = (end === 0 ? document.contents : document.getIn(path.slice(0, end), true)) as {range?: [number, number, number]} | null | undefined;
    if (node?.range) return [node.range[0], node.range[1]];
  }
  return [0, 1];
}
