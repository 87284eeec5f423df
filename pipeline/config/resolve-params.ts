// A step's parameters: the contract's defaults under the run file's overrides, types and ranges checked.
import {closestName} from '../base/closest-name.ts';
import type {Location} from '../base/located-text.ts';
import {failed, succeeded, type Result} from '../base/result.ts';
import type {Failure} from '../model/failure.ts';
import type {ParamContract, StepContract} from '../model/step-contract.ts';

/** `placeOf` gives the place of a parameter's name or value in the run file. */
export function resolveParams(
  step: StepContract,
  overrides: Readonly<Record<string, unknown>>,
  placeOf: (param: string, at: 'key' | 'value') => Location,
): Result<Record<string, unknown>, readonly Failure[]> {
  const problems: Failure[] = [];
  for (const [name, value] of Object.entries(overrides)) {
    const param = Object.hasOwn(step.params, name) ? step.params[name] : undefined;
    if (param === undefined) {
      const near = closestName(name, Object.keys(step.params));
      problems.push({reason: 'config-invalid', place: placeOf(name, 'key'), found: `${step.name} has no parameter "${name}"`, expected: '', advice: near === undefined ? `\`lymphline steps ${step.name}\` lists its parameters.` : `Did you mean "${near}"?`});
      continue;
    }
    const expected = misfit(param, value);
    if (expected !== undefined) problems.push({reason: 'config-invalid', place: placeOf(name, 'value'), found: `${step.name}.${name} is ${JSON.stringify(value)}`, expected, advice: param.refused?.[String(value)] ?? (expected === 'text' && typeof value !== 'object' ? 'Write it in quotes.' : '')});
  }
  if (problems.length > 0) return failed(problems);
  const resolved = {...Object.fromEntries(Object.entries(step.params).map(([name, param]) => [name, param.default])), ...overrides};
  const unmet = unmetNeeds(step, resolved);
  if (unmet.length === 0) return succeeded(resolved);
  return failed(unmet.map(({name, other, expected, advice}) => ({
    reason: 'config-invalid', place: placeOf(Object.hasOwn(overrides, name) ? name : other, 'value'), found: `${step.name}.${name} is ${JSON.stringify(resolved[name])}`, expected, advice,
  })));
}

interface UnmetNeed {
  readonly name: string;
  /** The parameter that has another value than `name` needs. */
  readonly other: string;
  readonly expected: string;
  readonly advice: string;
}

function unmetNeeds(step: StepContract, params: Readonly<Record<string, unknown>>): UnmetNeed[] {
  const unmetOf = ({only_with}: ParamContract, value: unknown): [string, unknown] | undefined =>
    Object.entries(only_with?.[String(value)] ?? {}).find(([other, needed]) => ![needed].flat().includes(params[other]));
  return Object.entries(step.params).flatMap(([name, param]) => {
    const unmet = unmetOf(param, params[name]);
    if (unmet === undefined) return [];
    const [other, needed] = unmet;
    const allowed = (param.enum ?? []).filter((value) => unmetOf(param, value) === undefined);
    return [{name, other, expected: `${allowed.join(' | ')} with ${other}: ${String(params[other])}`, advice: `${String(params[name])} needs ${other}: ${[needed].flat().join(' or ')}.`}];
  });
}

const typeWords = {any: 'anything', list: 'a list', string: 'text', boolean: 'true or false', number: 'a number', integer: 'a whole number'} as const;

/** What was expected, or undefined where the value fits. null fits where it is the default or the contract says so. */
export function misfit(param: ParamContract, value: unknown): string | undefined {
  if (value === null && (param.default === null || param.nullable === true)) return undefined;
  if (typeof value === 'string' && param.words?.includes(value)) return undefined;
  const fits = {
    any: true, list: Array.isArray(value), string: typeof value === 'string', boolean: typeof value === 'boolean',
    number: Number.isFinite(value), integer: Number.isInteger(value),
  }[param.type];
  const orWord = (expected: string): string => [expected, ...(param.words ?? [])].join(' or ');
  if (!fits) return orWord(typeWords[param.type]);
  if (param.enum !== undefined && ![value].flat().every((one) => param.enum?.includes(one as string))) return param.enum.join(' | ');
  if (typeof value === 'number' && param.minimum !== undefined && value < param.minimum) return orWord(`at least ${param.minimum}`);
  if (typeof value === 'number' && param.maximum !== undefined && value > param.maximum) return orWord(`at most ${param.maximum}`);
  return undefined;
}
