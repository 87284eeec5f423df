// YAML against a JSON schema: the values with defaults filled in, and every problem at its line and column.
import type {Document} from 'yaml';
import {locate} from '../base/located-text.ts';
import type {Failure} from '../model/failure.ts';
import {applyOverrides, overriddenPlace, type Override} from './overrides.ts';
import {schemaFailures, type PlaceOf, type ValuePath} from './schema-failures.ts';

export interface CheckedYaml {
  /** As far as they could be read: where there are failures, values may be of any type. */
  readonly values: Readonly<Record<string, unknown>>;
  /** The place of a value (or of its key), for whoever checks it later. */
  readonly placeOf: PlaceOf;
  readonly failures: readonly Failure[];
}

export interface YamlText {
  readonly file: string;
  readonly text: string;
  readonly overrides?: readonly Override[];
}

/** The schema is compiled once, for any number of texts. yaml and ajv take some 80 ms to load: commands that read no config do without. */
export async function yamlChecker(schema: object, reason: 'config-invalid' | 'step-contract-invalid'): Promise<(ask: YamlText) => CheckedYaml> {
  const [yaml, {Ajv}] = await Promise.all([import('yaml'), import('ajv')]);
  const validate = new Ajv({allErrors: true, strict: false, verbose: true, useDefaults: true}).compile(schema);
  return ({file, text, overrides = []}) => {
    const document = yaml.parseDocument(text, {prettyErrors: false});
    const placeOf: PlaceOf = (path, at = 'value') => {
      const placed = rangeOf(yaml, document, path, at);
      return overriddenPlace(overrides, path, {at, isInFile: placed.isExact}) ?? locate(file, text, placed.range[0], placed.range[1] - placed.range[0]);
    };
    const wrong = (found: string, start: number, end: number): CheckedYaml => ({
      values: {}, placeOf, failures: [{reason, place: locate(file, text, start, end - start), found, expected: '', advice: ''}],
    });
    const broken = [...document.errors, ...document.warnings];
    if (broken.length > 0) return {values: {}, placeOf, failures: broken.flatMap((error) => wrong(`this is no valid YAML: ${error.message}`, ...error.pos).failures)};
    let values: unknown;
    try {
      values = document.toJS() ?? {};
    } catch (error) {
      // Aliases that multiply each other.
      return wrong(`this is no valid YAML: ${(error as Error).message}`, 0, 1);
    }
    if (typeof values !== 'object' || values === null || Array.isArray(values)) return wrong('the file holds no keys', 0, text.length);
    const held = values as Record<string, unknown>;
    const strays = applyOverrides(held, overrides);
    validate(held);
    const written = (path: ValuePath): string | undefined => {
      const {range, isExact} = rangeOf(yaml, document, path, 'value');
      return isExact && overriddenPlace(overrides, path, {at: 'value', isInFile: true}) === undefined ? text.slice(...range) : undefined;
    };
    return {values: held, placeOf, failures: [...strays, ...schemaFailures(validate.errors ?? [], {reason, placeOf, written})]};
  };
}

/** `isExact` is false where the path has no place of its own: then its nearest parent's. */
function rangeOf(yaml: typeof import('yaml'), document: Document, path: ValuePath, at: 'key' | 'value'): {range: [number, number]; isExact: boolean} {
  if (at === 'key' && path.length > 0) {
    const parent = path.length === 1 ? document.contents : document.getIn(path.slice(0, -1), true);
    const pair = yaml.isMap(parent) ? parent.items.find((item) => yaml.isScalar(item.key) && String(item.key.value) === path.at(-1)) : undefined;
    if (pair !== undefined && yaml.isScalar(pair.key) && pair.key.range) return {range: [pair.key.range[0], pair.key.range[1]], isExact: true};
  }
  for (let end = path.length; end >= 0; end--) {
    const node = (end === 0 ? document.contents : document.getIn(path.slice(0, end), true)) as {range?: [number, number, number]} | null | undefined;
    if (node?.range) return {range: [node.range[0], node.range[1]], isExact: end === path.length};
  }
  return {range: [0, 1], isExact: false};
}
