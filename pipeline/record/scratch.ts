// Folders for temporary files on a disk of the machine (scratch of the profile): one an attempt, removed with it.
import {readdirSync, rmSync} from 'node:fs';
import {join} from 'node:path';
import {makeFolders} from '../base/system-error.ts';

/** `name` begins with `lymphline-<run>-`. */
export const scratchFolder = (root: string, name: string): string => join(root, name);

export function makeScratch(folder: string): void {
  rmSync(folder, {recursive: true, force: true});
  makeFolders(folder);
}

export function removeScratch(folder: string): void {
  rmSync(folder, {recursive: true, force: true});
}

/** What a killed engine of this run left. */
export function removeOldScratch(root: string, run: string): void {
  let names: string[];
  try {
    names = readdirSync(root);
  } catch {
    return;
  }
  for (const name of names) if (name.startsWith(`lymphline-${run}-`)) removeScratch(join(root, name));
}
