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
      warnings.push(...withoutEffect(step, given, resolved.value));
    }
  }
  for (const name of Object.keys(config.steps)) {
    if (steps.some((step) => step.name === name)) continue;
    failures.push({reason: 'config-invalid', place: placeOf(['steps', name], 'key'), found: `there is no step "${name}"`, expected: '', advice: didYouMean(name, steps.map((step) => step.name)) || '`lymphline steps` lists them.'});
  }
  return {params, failures, warnings};
}

function withoutEffect(step: StepContract, given: Readonly<Record<string, unknown>>, params: Readonly<Record<string, unknown>>): Warning[] {
  return Object.keys(given).flatMap((name): Warning[] => {
    const unmet = Object.entries(step.params[name].used_when ?? {}).find(([other, value]) => ![value].flat().includes(params[other]));
    return unmet === undefined ? [] : [{text: `steps.${step.name}.${name} has no effect: it counts only with ${unmet[0]}: ${String(unmet[1])}.`}];
  });
}
