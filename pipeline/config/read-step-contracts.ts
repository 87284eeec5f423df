// steps/*/step.yaml -> StepContract, or every problem in them with file:line:column.
import {existsSync, readdirSync} from 'node:fs';
import {join} from 'node:path';
import {didYouMean} from '../base/closest-name.ts';
import {failed, succeeded, type Result} from '../base/result.ts';
import type {Failure} from '../model/failure.ts';
import type {StepContract} from '../model/step-contract.ts';
import {yamlChecker, type CheckedYaml} from './check-yaml.ts';
import {misfit} from './resolve-params.ts';
import {runSchema} from './run-schema.ts';
import {stepSchema} from './step-schema.ts';
import {readYamlText} from './text-file.ts';

/** In order of the step names. */
export async function readStepContracts(projectRoot: string): Promise<Result<readonly StepContract[], readonly Failure[]>> {
  const folder = join(projectRoot, 'steps');
  const check = await yamlChecker(stepSchema, 'step-contract-invalid');
  const contracts: StepContract[] = [];
  const failures: Failure[] = [];
  for (const name of readdirSync(folder).sort()) {
    const file = join(folder, name, 'step.yaml');
    if (!existsSync(file)) continue;
    const text = readYamlText(file, {reason: 'step-contract-invalid', askedBy: 'the step'});
    if (!text.ok) {
      failures.push(...text.error);
      continue;
    }
    const checked = check({file, text: text.value});
    const found = checked.failures.length > 0 ? checked.failures : contradictions(checked, name);
    if (found.length > 0) failures.push(...found);
    else contracts.push(checked.values as unknown as StepContract);
  }
  return failures.length > 0 ? failed(failures) : succeeded(contracts);
}

/** What a schema cannot say. */
function contradictions({values, placeOf}: CheckedYaml, folder: string): Failure[] {
  const step = values as unknown as StepContract;
  const failures: Failure[] = [];
  const wrong = (path: readonly (string | number)[], found: string, expected: string, advice = ''): void => {
    failures.push({reason: 'step-contract-invalid', place: placeOf(path), found, expected, advice});
  };
  const known = Object.keys(runSchema['properties'] as object);
  if (step.name !== folder) wrong(['name'], `the step is called "${step.name}"`, `"${folder}", as its folder`);
  for (const [name, param] of Object.entries(step.params)) {
    const expected = misfit(param, param.default);
    if (expected !== undefined) wrong(['params', name, 'default'], `the default of ${name} is ${JSON.stringify(param.default)}`, expected);
    for (const other of Object.keys(param.used_when ?? {})) {
      if (!Object.hasOwn(step.params, other)) wrong(['params', name, 'used_when', other], `${step.name} has no parameter "${other}"`, '', didYouMean(other, Object.keys(step.params)));
    }
    for (const [value, key] of Object.entries(param.needs_key ?? {})) {
      if (!param.enum?.map(String).includes(value)) wrong(['params', name, 'needs_key', value], `${name} has no value "${value}"`, param.enum?.join(' | ') ?? 'an enum', didYouMean(value, param.enum?.map(String) ?? []));
      if (!known.includes(key)) wrong(['params', name, 'needs_key', value], `a run file has no key "${key}"`, '', didYouMean(key, known));
    }
    for (const [value, needs] of Object.entries(param.only_with ?? {})) {
      if (!param.enum?.map(String).includes(value)) wrong(['params', name, 'only_with', value], `${name} has no value "${value}"`, param.enum?.join(' | ') ?? 'an enum', didYouMean(value, param.enum?.map(String) ?? []));
      for (const other of Object.keys(needs)) {
        if (!Object.hasOwn(step.params, other)) wrong(['params', name, 'only_with', value, other], `${step.name} has no parameter "${other}"`, '', didYouMean(other, Object.keys(step.params)));
      }
    }
  }
  for (const [at, key] of (step.config ?? []).entries()) {
    if (!known.includes(key)) wrong(['config', at], `a run file has no key "${key}"`, '', didYouMean(key, known));
  }
  return failures;
}
