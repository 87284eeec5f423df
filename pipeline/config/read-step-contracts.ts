// steps/*/step.yaml -> StepContract, or every problem in them with file:line:column.
import {existsSync, readdirSync, readFileSync} from 'node:fs';
import {join} from 'node:path';
import {failed, succeeded, type Result} from '../base/result.ts';
import type {Failure} from '../model/failure.ts';
import type {StepContract} from '../model/step-contract.ts';
import {stepSchema} from './step-schema.ts';
import {checkYaml} from './check-yaml.ts';

/** In order of the step names. */
export async function readStepContracts(projectRoot: string): Promise<Result<readonly StepContract[], readonly Failure[]>> {
  const folder = join(projectRoot, 'steps');
  const contracts: StepContract[] = [];
  const failures: Failure[] = [];
  for (const name of readdirSync(folder).sort()) {
    const file = join(folder, name, 'step.yaml');
    if (!existsSync(file)) continue;
    const checked = await checkYaml({file, text: readFileSync(file, 'utf8'), schema: stepSchema, reason: 'step-contract-invalid'});
    if (!checked.ok) failures.push(...checked.error);
    else if (checked.value.values['name'] !== name) {
      failures.push({reason: 'step-contract-invalid', place: checked.value.placeOf(['name']), found: `the step is called "${String(checked.value.values['name'])}"`, expected: `"${name}", as its folder`, advice: ''});
    } else contracts.push(checked.value.values as unknown as StepContract);
  }
  return failures.length > 0 ? failed(failures) : succeeded(contracts);
}
