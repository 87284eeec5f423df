// Scratch of an attempt: a folder of its own on a disk of the machine that runs it, made before its program starts and gone after. Outputs that are
// written there come to the run directory as a whole, or not at all. Here for this machine; a batch system's script does the same on its node.
import {chmodSync, constants, lstatSync, mkdirSync, readdirSync, renameSync, rmdirSync, rmSync, symlinkSync} from 'node:fs';
import {cp, open, readdir, rm} from 'node:fs/promises';
import {join} from 'node:path';
import {makeFolders, systemErrorOf, type SystemError} from '../base/system-error.ts';
import type {Profile} from '../model/profile.ts';

export interface Scratch {
  /** Holds the folders of all attempts; in Slurm it may name variables of the node. */
  readonly root: string;
  /** Of this attempt; in Slurm the word that stands for it. */
  readonly folder: string;
  /** The attempt's folder of outputs, where they are written here and copied there. */
  readonly outputs?: string;
}

/** What a container has of it, wherever it lies on the machine. */
export const scratchInside = '/lymphline-scratch';
/** Below its folder. */
export const temporaryIn = (folder: string): string => join(folder, 'tmp');
export const outputsIn = (folder: string): string => join(folder, 'outputs');
/** Beside the outputs until all of them are there. */
export const partOf = (outputs: string): string => `${outputs}.part`;

/** `of.name` begins with `lymphline-<run>-`. */
export function placeScratch(wanted: Profile['scratch'], scratchWord: string | undefined, of: {readonly name: string; readonly outputs: string}): Scratch | undefined {
  if (wanted === undefined) return undefined;
  return {root: wanted.folder, folder: scratchWord ?? join(wanted.folder, of.name), ...(wanted.stage === 'outputs' ? {outputs: of.outputs} : {})};
}

/** `isLinked`: without a container the folder of outputs is a link to this one, so that every path is what it would be without scratch. */
export function makeScratch({folder, outputs}: Scratch, isLinked: boolean): void {
  removeTree(folder);
  makeFolders(temporaryIn(folder));
  if (outputs === undefined) return;
  mkdirSync(outputsIn(folder));
  if (!isLinked) return;
  rmdirSync(outputs);
  symlinkSync(outputsIn(folder), outputs);
}

/** What kept them from being copied; then nothing of them is there. */
export async function copyOutputsOut(folder: string, outputs: string): Promise<SystemError | undefined> {
  const part = partOf(outputs);
  try {
    rmSync(part, {recursive: true, force: true});
    await cp(outputsIn(folder), part, {recursive: true, verbatimSymlinks: true, mode: constants.COPYFILE_FICLONE});
    await syncTree(part);
    rmSync(outputs, {recursive: true, force: true});
    renameSync(part, outputs);
    return undefined;
  } catch (error) {
    const trouble = systemErrorOf(error);
    removeTree(part);
    if (trouble === undefined) throw error;
    return {code: trouble.code, path: outputs};
  }
}

/** It may hold many files; the engine goes on meanwhile. */
export async function removeScratch({folder, outputs}: Scratch): Promise<void> {
  await rm(folder, {recursive: true, force: true}).catch(() => removeTree(folder));
  if (outputs === undefined || lstatSync(outputs, {throwIfNoEntry: false})?.isSymbolicLink() !== true) return;
  rmSync(outputs);
  mkdirSync(outputs);
}

/** What a killed engine of this run left. */
export function removeOldScratch(root: string, run: string): void {
  for (const name of namesIn(root)) if (name.startsWith(`lymphline-${run}-`)) removeTree(join(root, name));
}

/** A rename must not be on the disk before what it names. */
async function syncTree(path: string): Promise<void> {
  for (const entry of await readdir(path, {withFileTypes: true})) {
    if (entry.isDirectory()) await syncTree(join(path, entry.name));
    else if (entry.isFile()) await syncOne(join(path, entry.name));
  }
  await syncOne(path);
}

async function syncOne(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Programs leave folders that they have closed to themselves. What cannot be removed even so harms no result. */
function removeTree(path: string): void {
  try {
    rmSync(path, {recursive: true, force: true});
  } catch {
    openFolders(path);
    try {
      rmSync(path, {recursive: true, force: true});
    } catch {
      // Another user's.
    }
  }
}

function openFolders(path: string): void {
  try {
    chmodSync(path, 0o700);
  } catch {
    return;
  }
  for (const name of namesIn(path)) if (lstatSync(join(path, name)).isDirectory()) openFolders(join(path, name));
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
