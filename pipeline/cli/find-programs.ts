// What the planned steps run with: images of the profile's engine, or tools of this machine. All that is missing is told at once.
import {homedir} from 'node:os';
import {join} from 'node:path';
import {failed, succeeded, type Result} from '../base/result.ts';
import {readImages} from '../config/read-images.ts';
import {askEngine, chooseEngine} from '../executors/choose-engine.ts';
import type {ContainerEngine} from '../executors/engine.ts';
import {findImage} from '../executors/find-image.ts';
import {askToolVersion} from '../executors/tool-version.ts';
import type {Failure} from '../model/failure.ts';
import type {FoundImage} from '../model/image.ts';
import type {Profile} from '../model/profile.ts';
import type {StepContract} from '../model/step-contract.ts';
import type {CommandContext} from './command.ts';

/** Step name -> what its fingerprint says of its programs, and the image it runs in. */
export type Programs = ReadonlyMap<string, {readonly identity: string; readonly image?: FoundImage}>;

export const engineOf = (profile: Profile): ContainerEngine => chooseEngine(profile.engine, {uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0});

export function imageFolder(context: CommandContext, profile?: Profile): string {
  const {LYMPHLINE_IMAGES: named, XDG_CACHE_HOME: cache} = context.environment;
  return profile?.images?.['folder'] ?? (named || join(cache || join(context.environment['HOME'] ?? homedir(), '.cache'), 'lymphline/images'));
}

export async function findPrograms(context: CommandContext, profile: Profile, steps: readonly StepContract[]): Promise<Result<Programs, readonly Failure[]>> {
  return profile.engine === 'none' ? findTools(context, steps) : findImages(context, profile, steps);
}

async function findTools(context: CommandContext, steps: readonly StepContract[]): Promise<Result<Programs, readonly Failure[]>> {
  const failures: Failure[] = [];
  const programs = new Map<string, {identity: string}>();
  for (const step of steps) {
    const versions: string[] = [];
    for (const tool of step.tools ?? []) {
      const {version, isThere} = await askToolVersion(tool, context.environment);
      versions.push(`${tool.name} ${version}`);
      // A language that does not start is told once, not once for each of its packages.
      const isTold = !isThere && failures.some((failure) => failure.reason === 'tool-missing' && failure.step === step.name && failure.command === tool.version[0] && failure.found === version);
      if (!isTold && (!isThere || !new RegExp(tool.accepts).test(version))) {
        failures.push({reason: 'tool-missing', tool: tool.name, accepts: tool.accepts, command: tool.version[0], found: version, isThere, step: step.name, image: step.container});
      }
    }
    programs.set(step.name, {identity: versions.length === 0 ? step.container : `host: ${versions.join(', ')}`});
  }
  return failures.length > 0 ? failed(failures) : succeeded(programs);
}

async function findImages(context: CommandContext, profile: Profile, steps: readonly StepContract[]): Promise<Result<Programs, readonly Failure[]>> {
  const engine = engineOf(profile);
  if (engine.name === 'none') return succeeded(new Map());
  const answer = await askEngine(engine.name, context.environment);
  if ('words' in answer) return failed([{reason: 'engine-missing', engine: engine.name, program: engine.program ?? engine.name, words: answer.words}]);
  const catalogue = await readImages(context.projectRoot);
  if (!catalogue.ok) return catalogue;
  const failures: Failure[] = [];
  const images = new Map<string, FoundImage>();
  for (const name of [...new Set(steps.map((step) => step.container))].sort()) {
    const override = profile.images?.[name];
    const entry = catalogue.value.get(name) ?? {name, isOurs: false, licence: '', contents: '', node: 'host' as const};
    const found = await findImage({entry, engine, store: imageFolder(context, profile), environment: context.environment, ...(override === undefined ? {} : {override})});
    if (found.ok) images.set(name, found.value);
    else failures.push(found.error);
  }
  if (failures.length > 0) return failed(failures);
  return succeeded(new Map(steps.flatMap((step) => {
    const image = images.get(step.container);
    return image === undefined ? [] : [[step.name, {identity: image.id, image}] as const];
  })));
}
