// The profile of --profile, for commands without a run file; `laptop` where it is not given.
import {resolve} from 'node:path';
import {succeeded, type Result} from '../base/result.ts';
import {readProfile} from '../config/read-profile.ts';
import {readStepContracts} from '../config/read-step-contracts.ts';
import type {Failure} from '../model/failure.ts';
import type {Profile} from '../model/profile.ts';
import type {StepContract} from '../model/step-contract.ts';
import {textOption, type CommandContext} from './command.ts';

export interface NamedProfile {
  readonly name: string;
  readonly profile: Profile;
  readonly contracts: readonly StepContract[];
}

export async function namedProfile(context: CommandContext): Promise<Result<NamedProfile, readonly Failure[]>> {
  const contracts = await readStepContracts(context.codeRoot);
  if (!contracts.ok) return contracts;
  const name = textOption(context, 'profile') ?? 'laptop';
  const wanted = /[/\\]|\.ya?ml$/.test(name) ? resolve(context.folder, name) : name;
  const profile = await readProfile({
    wanted, steps: contracts.value.map((step) => step.name),
    paths: {folder: context.folder, environment: context.environment, projectRoot: context.projectRoot, variables: {}},
  });
  return profile.ok ? succeeded({name, profile: profile.value, contracts: contracts.value}) : profile;
}
