// What the verbs of `lymphline images` share: their request, the lock of the image folder, how a failure is told.
import {existsSync, mkdirSync} from 'node:fs';
import {basename, join} from 'node:path';
import {imageFailureText} from '../console/image-failure-text.ts';
import {formPath, readRecord} from '../executors/image-store.ts';
import type {ImageEntry} from '../model/image.ts';
import type {ImageFailure} from '../model/image-failure.ts';
import {takeLock} from '../record/lock.ts';
import {exitCodes, type CommandContext} from './command.ts';

export interface ImagesRequest {
  readonly context: CommandContext;
  readonly catalogue: ReadonlyMap<string, ImageEntry>;
  /** As the user named them; empty: all that the verb is about. */
  readonly names: readonly string[];
  readonly store: string;
}

export function printImageFailure({screen}: CommandContext, failure: ImageFailure): number {
  screen.write(`${imageFailureText(failure)}\n`);
  return exitCodes.failed;
}

/** One at a time: two that write the same image would spoil each other's work. */
export async function holdingStore({context, store}: ImagesRequest, work: () => Promise<number>): Promise<number> {
  try {
    mkdirSync(store, {recursive: true});
    const lock = await takeLock(join(store, '.lock'));
    if (lock.kind === 'busy') {
      const {host, pid, since} = lock.owner;
      context.screen.write(`The image folder ${store} is in use by process ${pid} on ${host} since ${since}.\n    Wait for it, or stop it.\n`);
      return exitCodes.busy;
    }
    try {
      return await work();
    } finally {
      lock.release();
    }
  } catch (error) {
    const {code, path, syscall} = error as NodeJS.ErrnoException;
    if (code === undefined || syscall === undefined) throw error;
    return printImageFailure(context, {reason: 'store-unwritable', path: path ?? store, code});
  }
}

/** Forms made from an earlier image of that name: an engine would go on to start them. */
export function tellStaleForms({screen}: CommandContext, {store, name, id}: {readonly store: string; readonly name: string; readonly id: string}): void {
  const stale = (['sif', 'sandbox', 'dir'] as const).map((form) => formPath(store, name, form)).filter((path) => existsSync(path) && readRecord(path)?.id !== id);
  if (stale.length > 0) screen.write(`    ${stale.map((path) => basename(path)).join(' and ')} ${stale.length === 1 ? 'is an older image' : 'are older images'}: convert ${name} again.\n`);
}

export const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(bytes < 1e7 ? 1 : 0)} MB`;
export const shortId = (id: string): string => id.replace('sha256:', '').slice(0, 12);
