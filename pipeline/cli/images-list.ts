// lymphline images list
import {existsSync, statSync} from 'node:fs';
import {resolve} from 'node:path';
import {loadConfig} from '../config/load-config.ts';
import {askEngine} from '../executors/choose-engine.ts';
import {idInDaemon} from '../executors/find-image.ts';
import {formPath, imageIdOf, readRecord, type ImageForm} from '../executors/image-store.ts';
import {askProcess} from '../executors/process.ts';
import type {ImageEntry} from '../model/image.ts';
import {chosenVariant, type StepContract} from '../model/step-contract.ts';
import {planJobs} from '../plan/plan-jobs.ts';
import {exitCodes, textOption, type CommandContext} from './command.ts';
import {printFailures} from './failures.ts';
import {megabytes, shortId, type ImagesRequest} from './images-store.ts';
import type {NamedProfile} from './named-profile.ts';

export interface ImagePlace {
  /** A form in the image folder, or the engine that has it loaded. */
  readonly form: ImageForm | 'docker' | 'podman';
  readonly id: string | null;
  readonly path?: string;
  readonly bytes?: number;
}

export interface ListedImage {
  readonly image: string;
  readonly steps: readonly string[];
  readonly isOurs: boolean;
  readonly reference?: string;
  readonly digest?: string;
  readonly contents: string;
  readonly licence: string;
  readonly places: readonly ImagePlace[];
}

export async function listImages({context, catalogue, names, store}: ImagesRequest, {contracts}: NamedProfile): Promise<number> {
  const run = textOption(context, 'run');
  let steps = contracts;
  if (run !== undefined) {
    const planned = await plannedSteps(context, run, contracts);
    if (!Array.isArray(planned)) return planned as number;
    steps = planned as StepContract[];
  }
  const daemons = await answeringDaemons(context);
  const listed: ListedImage[] = [];
  for (const entry of catalogue.values()) {
    const needing = stepsOf(steps, entry.name);
    if ((names.length > 0 && !names.includes(entry.name)) || (run !== undefined && needing.length === 0)) continue;
    const {name, isOurs, reference, digest, contents, licence} = entry;
    listed.push({image: name, steps: needing, isOurs, ...(reference === undefined ? {} : {reference}), ...(digest === undefined ? {} : {digest}), contents, licence, places: await withSizes(await placesOf(entry, store, daemons, context), context)});
  }
  context.out(context.options['json'] === true ? `${JSON.stringify(listed, undefined, 1)}\n` : listText(listed, store));
  return exitCodes.done;
}

/** Steps whose contract, or a variant of it, runs in the image. */
export function stepsOf(steps: readonly StepContract[], image: string): string[] {
  return steps.filter((step) => [step.container, ...Object.values(step.variants ?? {}).flatMap((values) => Object.values(values).map(({container}) => container))].includes(image)).map(({name}) => name);
}

async function plannedSteps(context: CommandContext, run: string, contracts: readonly StepContract[]): Promise<StepContract[] | number> {
  const loaded = await loadConfig({file: resolve(context.folder, run), contracts, set: [], environment: context.environment, projectRoot: context.projectRoot});
  if (!loaded.ok) return printFailures(context, loaded.error);
  const {config, rows, params} = loaded.value;
  const plan = planJobs(config, rows, contracts.map((step) => chosenVariant(step, params.get(step.name) ?? {})));
  if (!plan.ok) return printFailures(context, plan.error);
  // A chosen variant still carries the others: what this run needs is its container alone.
  return [...new Map(plan.value.jobs.map(({step}) => [step.name, {...step, variants: {}}])).values()];
}

export async function answeringDaemons({environment}: CommandContext): Promise<('docker' | 'podman')[]> {
  const answers = await Promise.all((['docker', 'podman'] as const).map(async (name) => ({name, answer: await askEngine(name, environment)})));
  return answers.filter(({answer}) => 'version' in answer).map(({name}) => name);
}

export async function placesOf({name, reference, digest}: ImageEntry, store: string, daemons: readonly ('docker' | 'podman')[], {environment}: CommandContext): Promise<ImagePlace[]> {
  const places: ImagePlace[] = [];
  for (const form of ['tar', 'sif', 'sandbox', 'dir'] as const) {
    const path = formPath(store, name, form);
    if (existsSync(path)) places.push({form, id: (await imageIdOf(path, environment)) ?? null, path});
  }
  const known = readRecord(formPath(store, name, 'tar'))?.id ?? places.find(({id}) => id !== null)?.id;
  const asked = [known, reference === undefined ? undefined : digest === undefined ? reference : `${reference.replace(/:[^:/]+$/, '')}@${digest}`].filter((one) => typeof one === 'string');
  for (const daemon of daemons) {
    for (const one of asked) {
      const id = await idInDaemon(daemon, one, environment);
      if (id === undefined) continue;
      places.push({form: daemon, id});
      break;
    }
  }
  return places;
}

function withSizes(places: readonly ImagePlace[], context: CommandContext): Promise<ImagePlace[]> {
  return Promise.all(places.map(async (place) => {
    const bytes = place.path === undefined ? undefined : await bytesOf(place.path, context);
    return bytes === undefined ? place : {...place, bytes};
  }));
}

/** By du: a root file system has links that lead in circles. */
async function bytesOf(path: string, {environment}: CommandContext): Promise<number | undefined> {
  const stat = statSync(path, {throwIfNoEntry: false});
  if (!stat?.isDirectory()) return stat?.size;
  const {exitCode, stdout} = await askProcess(['du', '-sk', path], {environment, timeoutSeconds: 300});
  return exitCode === 0 ? Number.parseInt(stdout, 10) * 1024 : undefined;
}

function listText(listed: readonly ListedImage[], store: string): string {
  const lines = listed.flatMap(({image, steps, isOurs, places, contents}) => {
    const ids = new Set(places.map(({id}) => id));
    const here = places.map(({form, bytes, id}) => `${form}${bytes === undefined ? '' : ` ${megabytes(bytes)}`}${ids.size > 1 && id !== null ? ` (${shortId(id)})` : ''}`).join(', ');
    const [id] = ids;
    return [
      `${image}${ids.size === 1 && typeof id === 'string' ? ` ${shortId(id)}` : ''}: ${contents}`,
      `    here: ${here === '' ? `nothing; lymphline images ${isOurs ? 'build' : 'pull'} ${image}` : here}`,
      `    needed by: ${steps.length === 0 ? 'no step' : steps.join(' ')}`,
    ];
  });
  return `${store}\n${lines.map((line) => `${line}\n`).join('')}`;
}
