// What ajv found, in the words of a reader: one failure a mistake, values quoted as they were written.
import type {ErrorObject} from 'ajv';
import {closestName} from '../base/closest-name.ts';
import type {Location} from '../base/located-text.ts';
import type {Failure} from '../model/failure.ts';

export type ValuePath = readonly (string | number)[];
export type PlaceOf = (path: ValuePath, at?: 'key' | 'value') => Location;

export interface SchemaScene {
  readonly reason: 'config-invalid' | 'step-contract-invalid';
  readonly placeOf: PlaceOf;
  /** The value as it stands in the file, where it does. */
  readonly written: (path: ValuePath) => string | undefined;
}

export function schemaFailures(errors: readonly ErrorObject[], scene: SchemaScene): Failure[] {
  const misspelt = errors.flatMap((error) => (error.keyword === 'additionalProperties' ? [`${error.instancePath}/${nearestKey(error) ?? ''}`] : []));
  // A choice that fails tells of each of its branches too: the choice says it all.
  const choices = errors.filter((error) => error.keyword === 'anyOf');
  return errors
    .filter((error) => !choices.some((choice) => error !== choice && error.schemaPath.startsWith(`${choice.schemaPath}/`)))
    // The key that is missing is the one misspelt: one mistake, one failure.
    .filter((error) => !(error.keyword === 'required' && misspelt.includes(`${error.instancePath}/${String(error.params['missingProperty'])}`)))
    .map((error) => failureOf(error, scene));
}

function failureOf(error: ErrorObject, {reason, placeOf, written}: SchemaScene): Failure {
  const path = pathOf(error);
  const name = nameOf(path);
  switch (error.keyword) {
    case 'additionalProperties': {
      const key = String(error.params['additionalProperty']);
      const near = nearestKey(error);
      const known = keysOf(error);
      const advice = near !== undefined ? `Did you mean "${near}"?` : known.length > 0 && known.length <= 10 ? `Known here: ${known.join(' ')}.` : '';
      return {reason, place: placeOf([...path, key], 'key'), found: `unknown key "${key}"`, expected: '', advice};
    }
    case 'required': {
      const key = String(error.params['missingProperty']);
      return {reason, place: placeOf(path), found: `the key "${key}" is missing${name === '' ? '' : ` in ${name}`}`, expected: '', advice: `Add ${key}.`};
    }
    case 'uniqueItems': {
      const twice = Number(error.params['j']);
      const at = Math.max(twice, Number(error.params['i']));
      return {reason, place: placeOf([...path, at]), found: `${name} names ${JSON.stringify((error.data as unknown[])[at])} twice`, expected: '', advice: 'Remove one.'};
    }
    default: {
      const source = written(path);
      const isUnquoted = expectsText(error) && ['number', 'boolean'].includes(typeof error.data);
      return {
        reason, place: placeOf(path), found: `${name} is ${shown(error.data, source)}`, expected: expectedBy(error),
        advice: isUnquoted ? `Write it in quotes: "${source ?? String(error.data)}".` : '',
      };
    }
  }
}

function expectedBy(error: ErrorObject): string {
  const {parentSchema: schema = {}, params} = error;
  switch (error.keyword) {
    case 'type':
      return [params['type'] as string | string[]].flat().map((type) => typeWords[type] ?? type).join(' or ');
    case 'enum':
      return (params['allowedValues'] as unknown[]).join(' | ');
    case 'const':
      return JSON.stringify(params['allowedValue']);
    case 'anyOf':
      return (schema['anyOf'] as {title?: string}[]).map((branch) => branch.title).join(' or ');
    case 'pattern':
      return String(schema['x-expected']);
    case 'minLength':
      return 'some text';
    case 'minItems':
      return 'at least one entry';
    case 'minProperties':
      return 'at least one key';
    case 'minimum':
      return `at least ${String(params['limit'])}`;
    case 'maximum':
      return `at most ${String(params['limit'])}`;
    case 'exclusiveMinimum':
      return `more than ${String(params['limit'])}`;
    default:
      return String(error.message).replace(/^must be /, '');
  }
}

const typeWords: Readonly<Record<string, string>> = {
  string: 'text', integer: 'a whole number', number: 'a number', boolean: 'true or false', array: 'a list', object: 'keys with values', null: 'empty',
};

function shown(value: unknown, source: string | undefined): string {
  if (value === null) return 'empty';
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : 'a list';
  if (typeof value === 'object') return Object.keys(value).length === 0 ? 'empty' : 'a mapping';
  return typeof value === 'string' ? JSON.stringify(value) : (source ?? String(value));
}

const expectsText = (error: ErrorObject): boolean => error.keyword === 'type' && error.params['type'] === 'string';
const keysOf = (error: ErrorObject): string[] => Object.keys((error.parentSchema as {properties?: object}).properties ?? {});
const nearestKey = (error: ErrorObject): string | undefined => closestName(String(error.params['additionalProperty']), keysOf(error));

function pathOf(error: ErrorObject): (string | number)[] {
  return error.instancePath.split('/').slice(1).map((part) => (/^\d+$/.test(part) ? Number(part) : part.replaceAll('~1', '/').replaceAll('~0', '~')));
}

const nameOf = (path: ValuePath): string => path.reduce<string>((name, part) => (typeof part === 'number' ? `${name}[${part}]` : name === '' ? part : `${name}.${part}`), '');
