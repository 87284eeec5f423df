// Which steps this machine can run with a profile, and with what: for every variant of every contract.
import {existsSync} from 'node:fs';
import {askToolVersion} from '../executors/tool-version.ts';
import {findImage} from '../executors/find-image.ts';
import {formPath} from '../executors/image-store.ts';
import type {ImageEntry} from '../model/image.ts';
import type {Profile} from '../model/profile.ts';
import {chosenVariant, type StepContract, type ToolContract} from '../model/step-contract.ts';
import type {CommandContext} from './command.ts';
import {engineOf, imageFolder} from './find-programs.ts';

export interface CheckedTool {
  readonly tool: string;
  readonly accepts: string;
  /** null: it does not start. */
  readonly version: string | null;
  readonly isAccepted: boolean;
}

export interface CheckedStep {
  /** With the parameter that chooses the variant, where there is one. */
  readonly step: string;
  readonly container: string;
  readonly runsHere: boolean;
  /** What it runs with, or what is missing and what to do. */
  readonly words: string;
}

export interface StepsQuestion {
  readonly context: CommandContext;
  readonly profile: Profile;
  readonly contracts: readonly StepContract[];
  readonly catalogue: ReadonlyMap<string, ImageEntry>;
}

/** Every program that a contract names, as PATH has it. */
export async function checkTools({context, contracts}: StepsQuestion): Promise<CheckedTool[]> {
  const tools = new Map<string, ToolContract>();
  for (const {contract} of variantsOf(contracts)) for (const tool of contract.tools ?? []) tools.set(`${tool.name} ${tool.accepts}`, tool);
  return Promise.all([...tools.values()].map(async (tool) => {
    const {version, isThere} = await askToolVersion(tool, context.environment);
    return {tool: tool.name, accepts: tool.accepts, version: isThere ? version : null, isAccepted: isThere && new RegExp(tool.accepts).test(version)};
  }));
}

export async function checkSteps(ask: StepsQuestion, tools: readonly CheckedTool[]): Promise<CheckedStep[]> {
  const images = new Map<string, Pick<CheckedStep, 'runsHere' | 'words'>>();
  const checked: CheckedStep[] = [];
  for (const {name, contract} of variantsOf(ask.contracts)) {
    const {container} = contract;
    if (ask.profile.engine !== 'none') {
      if (!images.has(container)) images.set(container, await imageWords(ask, container));
      checked.push({step: name, container, ...(images.get(container) as Pick<CheckedStep, 'runsHere' | 'words'>)});
      continue;
    }
    const own = (contract.tools ?? []).map((tool) => tools.find((one) => one.tool === tool.name && one.accepts === tool.accepts)).filter((tool) => tool !== undefined);
    const lacking = own.filter(({isAccepted}) => !isAccepted);
    checked.push({
      step: name, container, runsHere: lacking.length === 0,
      words: own.length === 0 ? 'embedded' : (lacking.length === 0 ? own : lacking).map(toolWords).join(', '),
    });
  }
  return checked;
}

export const toolWords = ({tool, accepts, version, isAccepted}: CheckedTool): string =>
  version === null ? `${tool} is not on PATH` : isAccepted ? `${tool} ${version}` : `${tool} ${version} is not ${accepts}`;

function variantsOf(contracts: readonly StepContract[]): {name: string; contract: StepContract}[] {
  return contracts.flatMap((step) => {
    const [param, values] = Object.entries(step.variants ?? {})[0] ?? [];
    if (param === undefined || values === undefined) return [{name: step.name, contract: step}];
    const chosen = [...new Set([String(step.params[param]?.default), ...Object.keys(values)])];
    return chosen.map((value) => ({name: `${step.name} (${param}: ${value})`, contract: chosenVariant(step, {[param]: value})}));
  });
}

async function imageWords({context, profile, catalogue}: StepsQuestion, name: string): Promise<Pick<CheckedStep, 'runsHere' | 'words'>> {
  const engine = engineOf(profile);
  const store = imageFolder(context, profile);
  const override = profile.images?.[name];
  const isDaemon = engine.daemon !== undefined;
  // Loading it is for the run that needs it.
  if (isDaemon && override === undefined && existsSync(formPath(store, name, 'tar'))) return {runsHere: true, words: `image ${name}`};
  const entry = catalogue.get(name) ?? {name, isOurs: false, licence: '', contents: '', node: 'host' as const};
  const found = await findImage({entry, engine, store, environment: context.environment, ...(override === undefined ? {} : {override})});
  if (found.ok) return {runsHere: true, words: `image ${name}`};
  const make = `lymphline images ${entry.isOurs ? 'build' : 'pull'} ${name}`;
  const convert = isDaemon ? '' : `, then lymphline images convert ${name} --engine ${engine.name}`;
  return {runsHere: false, words: `the image ${name} is not here: ${existsSync(formPath(store, name, 'tar')) && !isDaemon ? convert.slice(', then '.length) : `${make}${convert}`}`};
}
