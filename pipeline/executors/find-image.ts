// The image of a step, as the engine of this machine can start it: from where the profile says, the image folder, or the engine's own store.
import {existsSync} from 'node:fs';
import {join, sep} from 'node:path';
import {failed, succeeded, type Result} from '../base/result.ts';
import type {Failure} from '../model/failure.ts';
import type {FoundImage, ImageEntry} from '../model/image.ts';
import type {ContainerEngine, Environment} from './engine.ts';
import {findMismatch} from './image-architecture.ts';
import {archiveId, formPath, formsOf, imageIdOf} from './image-store.ts';
import {askProcess} from './process.ts';

export interface ImageQuestion {
  readonly entry: ImageEntry;
  readonly engine: ContainerEngine;
  /** Folder of image files. */
  readonly store: string;
  /** What the profile names: a file, a folder, or a reference of the engine's own. */
  readonly override?: string;
  readonly environment: Environment;
}

type Unfit = Extract<Failure, {reason: 'image-missing' | 'image-architecture'}>;

export async function findImage(ask: ImageQuestion): Promise<Result<FoundImage, Unfit>> {
  const {engine: {name}, entry} = ask;
  const found = name === 'docker' || name === 'podman' ? await inDaemon(ask, name) : await asFile(ask, name as 'apptainer' | 'charliecloud');
  if ('looked' in found) return failed({reason: 'image-missing', image: entry.name, engine: name, isOurs: entry.isOurs, looked: found.looked});
  const mismatch = await findMismatch(name as Exclude<typeof name, 'none'>, found, ask.environment);
  if (mismatch !== undefined) return failed({reason: 'image-architecture', image: entry.name, engine: name, isOurs: entry.isOurs, found: found.place, ...mismatch});
  return succeeded({name: entry.name, node: entry.node, ...found});
}

type Search = {readonly id: string; readonly place: string} | {readonly looked: readonly string[]};

async function inDaemon({entry, override, store, environment}: ImageQuestion, program: 'docker' | 'podman'): Promise<Search> {
  const looked: string[] = [];
  const archive = override?.endsWith('.tar') ? override : formPath(store, entry.name, 'tar');
  const isReference = override !== undefined && archive !== override;
  if (!isReference && existsSync(archive)) {
    const id = await archiveId(archive, environment);
    if (id === undefined) looked.push(`${archive} (no docker-archive)`);
    else {
      if ((await idInDaemon(program, id, environment)) === undefined) await askProcess([program, 'load', '--input', archive], {environment, timeoutSeconds: 600});
      if ((await idInDaemon(program, id, environment)) === id) return {id, place: id};
      looked.push(`${archive} (${program} could not load it)`);
    }
  } else if (!isReference) looked.push(archive);
  for (const reference of [...(isReference ? [override] : []), ...referencesOf(entry)]) {
    const id = await idInDaemon(program, reference, environment);
    if (id !== undefined) return {id, place: id};
    looked.push(`${reference} in ${program}`);
  }
  return {looked};
}

function referencesOf({reference, digest}: ImageEntry): string[] {
  if (reference === undefined) return [];
  return digest === undefined ? [reference] : [`${reference.replace(/:[^:/]+$/, '')}@${digest}`];
}

export async function idInDaemon(program: string, reference: string, environment: Environment): Promise<string | undefined> {
  const {exitCode, stdout} = await askProcess([program, 'image', 'inspect', '--format', '{{.Id}}', reference], {environment});
  const id = stdout.trim();
  return exitCode !== 0 || id === '' ? undefined : id.startsWith('sha256:') ? id : `sha256:${id}`;
}

async function asFile({entry, override, store, environment}: ImageQuestion, engine: 'apptainer' | 'charliecloud'): Promise<Search> {
  const looked: string[] = [];
  const places = override !== undefined ? [override] : formsOf[engine].map((form) => formPath(store, entry.name, form));
  for (const place of places) {
    if (!existsSync(place)) {
      looked.push(place);
      continue;
    }
    const id = await imageIdOf(place, environment);
    if (id !== undefined) return {id, place: place.endsWith(sep) ? join(place, '.').slice(0, -1) : place};
    looked.push(`${place} (no ${place}.json beside it that says which image it is; \`lymphline images convert\` writes one)`);
  }
  return {looked};
}
