// Job outputs kept by fingerprint hash, shared by runs and users. An entry whose files no longer match their digests is dropped, never served.
import {randomUUID} from 'node:crypto';
import {chmodSync, constants, copyFileSync, existsSync, linkSync, lstatSync, readFileSync, renameSync, rmSync, utimesSync, writeFileSync} from 'node:fs';
import {basename, dirname, join} from 'node:path';
import {makeFolders, systemErrorOf} from '../base/system-error.ts';
import {filesSeenIn, type DigestMemo} from './digest-memo.ts';
import type {OutputDigest} from './job-record.ts';

export interface CacheEntry {
  readonly outputs: Readonly<Record<string, OutputDigest & {readonly file: string}>>;
}

export type CacheAnswer =
  | {readonly kind: 'hit'; readonly outputs: CacheEntry['outputs']; readonly folder: string}
  | {readonly kind: 'miss'}
  | {readonly kind: 'corrupt'; readonly file: string};

const entryFolder = (root: string, hash: string): string => join(root, hash.slice(0, 2), hash);

/** What of an output a record holds, without keeping it for others. */
export async function digestOutputs(outputs: Readonly<Record<string, string>>, memo: DigestMemo): Promise<Record<string, OutputDigest>> {
  const digests: Record<string, OutputDigest> = {};
  for (const [name, path] of Object.entries(outputs)) digests[name] = await memo.digest(path);
  return digests;
}

/** Why the cache could not be written. */
export interface CacheTrouble {
  readonly path: string;
  readonly code: string;
}

/**
 * Links the outputs (name -> path) into the cache and makes them read-only. Of two writers of one fingerprint the first wins.
 * Returns their digests, also where the cache cannot be written: the outputs stand where they are.
 */
export async function offerToCache(root: string, hash: string, outputs: Readonly<Record<string, string>>, memo: DigestMemo): Promise<{outputs: CacheEntry['outputs']; trouble?: CacheTrouble}> {
  const entry = entryFolder(root, hash);
  const partial = `${entry}.${randomUUID()}.partial`;
  const kept: Record<string, OutputDigest & {file: string}> = {};
  const fileOf = (path: string): string => join('outputs', basename(path));
  let trouble = attempt(root, () => {
    makeFolders(join(partial, 'outputs'));
    for (const path of Object.values(outputs)) linkTree(path, join(partial, fileOf(path)));
  });
  // After they were linked: a link changes the ctime, by which the memo knows a file.
  for (const [name, path] of Object.entries(outputs)) kept[name] = {file: fileOf(path), ...(await memo.digest(path))};
  trouble ??= attempt(root, () => {
    writeFileSync(join(partial, 'entry.json'), JSON.stringify({outputs: kept} satisfies CacheEntry));
    if (!existsSync(entry)) renameSync(partial, entry);
  });
  removeQuietly(partial);
  return {outputs: kept, ...(trouble === undefined || existsSync(entry) ? {} : {trouble})};
}

function attempt(root: string, write: () => void): CacheTrouble | undefined {
  try {
    write();
    return undefined;
  } catch (error) {
    const failure = systemErrorOf(error);
    if (failure === undefined) throw error;
    return {path: root, code: failure.code};
  }
}

/** Also where nothing may be removed. */
function removeQuietly(path: string): void {
  try {
    rmSync(path, {recursive: true, force: true});
  } catch {
    // It was not made, then, or stays as a partial entry that nobody reads.
  }
}

/** Every file is compared with its digest (from the memo where nothing touched it). */
export async function lookUpCache(root: string, hash: string, memo: DigestMemo): Promise<CacheAnswer> {
  const folder = entryFolder(root, hash);
  if (!existsSync(folder)) return {kind: 'miss'};
  let entry: CacheEntry;
  try {
    entry = JSON.parse(readFileSync(join(folder, 'entry.json'), 'utf8')) as CacheEntry;
  } catch (error) {
    // Closed to us is not broken.
    return (error as NodeJS.ErrnoException).code === 'EACCES' ? {kind: 'miss'} : {kind: 'corrupt', file: 'entry.json'};
  }
  for (const {file, digest} of Object.values(entry.outputs)) {
    const found = await memo.digest(join(folder, file)).catch(() => undefined);
    if (found?.digest !== digest) return {kind: 'corrupt', file};
  }
  touch(join(folder, 'entry.json'));
  return {kind: 'hit', outputs: entry.outputs, folder};
}

/** When an entry was last of use: what is cleaned goes by it. */
function touch(path: string): void {
  try {
    utimesSync(path, new Date(), new Date());
  } catch {
    // In a cache of somebody else it is as old as it was made.
  }
}

/** Removes an entry that was found corrupt. Renamed first, so that no reader sees half of it. */
export function dropFromCache(root: string, hash: string): CacheTrouble | undefined {
  const folder = entryFolder(root, hash);
  const aside = `${folder}.${randomUUID()}.corrupt`;
  try {
    renameSync(folder, aside);
  } catch (error) {
    const failure = systemErrorOf(error);
    if (failure === undefined) throw error;
    return failure.code === 'ENOENT' ? undefined : {path: root, code: failure.code};
  }
  removeQuietly(aside);
  return undefined;
}

/** Hard links where the file system allows, else copies; the files become read-only. */
export function linkTree(from: string, to: string): void {
  if (lstatSync(from).isDirectory()) {
    makeFolders(to);
    for (const name of filesSeenIn(from)) linkFile(join(from, name), join(to, name));
  } else linkFile(from, to);
}

function linkFile(from: string, to: string): void {
  makeFolders(dirname(to));
  const stat = lstatSync(from);
  if (!stat.isSymbolicLink() && (stat.mode & 0o222) !== 0) chmodSync(from, 0o444);
  try {
    // What a link points to is another's.
    if (stat.isSymbolicLink()) copyReadOnly(from, to);
    else linkSync(from, to);
  } catch (error) {
    const {code} = error as NodeJS.ErrnoException;
    if (code !== 'EXDEV' && code !== 'EPERM' && code !== 'EMLINK' && code !== 'ENOTSUP') throw error;
    copyReadOnly(from, to);
  }
}

function copyReadOnly(from: string, to: string): void {
  copyFileSync(from, to, constants.COPYFILE_FICLONE);
  chmodSync(to, 0o444);
}

/** An own copy that may be changed without harm to the cache; shares blocks where the file system can. */
export function copyTree(from: string, to: string): void {
  const copy = (source: string, target: string): void => {
    makeFolders(dirname(target));
    rmSync(target, {force: true});
    copyFileSync(source, target, constants.COPYFILE_FICLONE);
    chmodSync(target, 0o644);
  };
  if (!lstatSync(from).isDirectory()) return copy(from, to);
  for (const name of filesSeenIn(from)) copy(join(from, name), join(to, name));
}
