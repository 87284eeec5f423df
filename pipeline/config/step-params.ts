// The parameters of every step, and what the run file says of steps and parameters that there are none of.
import {didYouMean} from '../base/closest-name.ts';
import type {Failure} from '../model/failure.ts';
import type {StepContract} from '../model/step-contract.ts';
import type {Warning} from '../model/warning.ts';
import type {ReadRunFile} from './read-run-file.ts';
import {resolveParams} from './resolve-params.ts';

export interface StepParams {
  readonly params: ReadonlyMap<string, Record<string, unknown>>;
  readonly failures: readonly Failure[];
  readonly warnings: readonly Warning[];
}

export function stepParams({config, placeOf}: ReadRunFile, contracts: readonly StepContract[]): StepParams {
  const params = new Map<string, Record<string, unknown>>();
  const failures: Failure[] = [];
  const warnings: Warning[] = [];
  const steps = contracts.filter((one) => !one.tool);
  for (const step of steps) {
    const given = config.steps[step.name] ?? {};
    const resolved = resolveParams(step, given, (name, at) => placeOf(['steps', step.name, name], at));
    if (!resolved.ok) failures.push(...resolved.error);
    else {
      params.set(step.name, resolved.value);
      failures.push(...absentKeys(step, resolved.value, {config, placeOf}));
      warnings.push(...withoutEffect(step, given, resolved.value));
    }
  }
  failures.push(...disagreements(steps, params, {config, placeOf}));
  for (const name of Object.keys(config.steps)) {
    if (steps.some((step) => step.name === name)) continue;
    failures.push({reason: 'config-invalid', place: placeOf(['steps', name], 'key'), found: `there is no step "${name}"`, expected: '', advice: didYouMean(name, steps.map((step) => step.name)) || '`lymphline steps` lists them.'});
  }
  return {params, failures, warnings};
}

/** A value that speaks of what the run file does not have, such as cells without the transgene where none is named. */
function absentKeys(step: StepContract, params: Readonly<Record<string, unknown>>, {config, placeOf}: Pick<ReadRunFile, 'config' | 'placeOf'>): Failure[] {
  return Object.entries(step.params).flatMap(([name, {needs_key, enum: values}]): Failure[] => {
    const isAbsent = (value: unknown): boolean => needs_key?.[String(value)] !== undefined && config.values[needs_key[String(value)]] === undefined;
    if (!isAbsent(params[name])) return [];
    const key = needs_key?.[String(params[name])] ?? '';
    const allowed = (values ?? []).filter((value) => !isAbsent(value)).join(' | ');
    return [{
      reason: 'config-invalid', place: placeOf(['steps', step.name, name], 'value'), found: `${step.name}.${name} is ${JSON.stringify(params[name])}`,
      expected: `${allowed} without \`${key}\` in the run file`, advice: `${String(params[name])} needs \`${key}\`.`,
    }];
  });
}

/** Parameters of two steps that have to agree, told where the run file sets one. */
function disagreements(steps: readonly StepContract[], params: StepParams['params'], {config, placeOf}: Pick<ReadRunFile, 'config' | 'placeOf'>): Failure[] {
  return steps.flatMap((step) => Object.entries(step.params).flatMap(([name, {same_as}]): Failure[] => {
    const [other = '', otherName = ''] = same_as?.split('.') ?? [];
    const [own, others] = [params.get(step.name), params.get(other)];
    if (own === undefined || others === undefined || own[name] === others[otherName]) return [];
    const [set, setName] = config.steps[step.name]?.[name] === undefined ? [other, otherName] : [step.name, name];
    const found = `${step.name}.${name} is ${JSON.stringify(own[name])} and ${other}.${otherName} is ${JSON.stringify(others[otherName])}`;
    return [{reason: 'config-invalid', place: placeOf(['steps', set, setName]), found, expected: 'the same', advice: 'Set both in `steps`.'}];
  }));
}

function withoutEffect(step: StepContract, given: Readonly<Record<string, unknown>>, params: Readonly<Record<string, unknown>>): Warning[] {
  return Object.keys(given).flatMap((name): Warning[] => {
    const unmet = Object.entries(step.params[name].used_when ?? {}).find(([other, value]) => ![value].flat().includes(params[other]));
    return unmet === undefined ? [] : [{text: `steps.${step.name}.${name} has no effect: it counts only with ${unmet[0]}: ${String(unmet[1])}.`}];
  });
}
