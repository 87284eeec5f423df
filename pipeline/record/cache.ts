// Job outputs kept by fingerprint hash, shared by runs and users. An entry whose files no longer match their digests is dropped, never served.
import {randomUUID} from 'node:crypto';
import {chmodSync, constants, copyFileSync, existsSync, linkSync, lstatSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync} from 'node:fs';
import {dirname, join} from 'node:path';
import {filesIn, type DigestMemo} from './digest-memo.ts';
import type {OutputDigest} from './job-record.ts';

export interface CacheEntry {
  readonly outputs: Readonly<Record<string, OutputDigest & {readonly file: string}>>;
}

export type CacheAnswer =
  | {readonly kind: 'hit'; readonly outputs: CacheEntry['outputs']; readonly folder: string}
  | {readonly kind: 'miss'}
  | {readonly kind: 'corrupt'; readonly file: string};

const entryFolder = (root: string, hash: string): string => join(root, hash.slice(0, 2), hash);

/**
 * Links the outputs (name -> path) into the cache and makes them read-only. Of two writers of one fingerprint the first wins.
 * Returns the digests of what was kept.
 */
export async function offerToCache(root: string, hash: string, outputs: Readonly<Record<string, string>>, memo: DigestMemo): Promise<CacheEntry['outputs']> {
  const entry = entryFolder(root, hash);
  const partial = `${entry}.${randomUUID()}.partial`;
  const kept: Record<string, OutputDigest & {file: string}> = {};
  try {
    mkdirSync(join(partial, 'outputs'), {recursive: true});
    for (const [name, path] of Object.entries(outputs)) {
      const file = join('outputs', path.slice(dirname(path).length + 1));
      linkTree(path, join(partial, file));
      kept[name] = {file, ...(await memo.digest(path))};
    }
    writeFileSync(join(partial, 'entry.json'), JSON.stringify({outputs: kept} satisfies CacheEntry));
    if (!existsSync(entry)) renameSync(partial, entry);
  } catch (error) {
    if (!existsSync(entry)) throw error;
  } finally {
    rmSync(partial, {recursive: true, force: true});
  }
  return kept;
}

/** Every file is compared with its digest (from the memo where nothing touched it). */
export async function lookUpCache(root: string, hash: string, memo: DigestMemo): Promise<CacheAnswer> {
  const folder = entryFolder(root, hash);
  if (!existsSync(folder)) return {kind: 'miss'};
  let entry: CacheEntry;
  try {
    entry = JSON.parse(readFileSync(join(folder, 'entry.json'), 'utf8')) as CacheEntry;
  } catch {
    return {kind: 'corrupt', file: 'entry.json'};
  }
  for (const {file, digest} of Object.values(entry.outputs)) {
    const found = await memo.digest(join(folder, file)).catch(() => undefined);
    if (found?.digest !== digest) return {kind: 'corrupt', file};
  }
  return {kind: 'hit', outputs: entry.outputs, folder};
}

/** Removes an entry that was found corrupt. Renamed first, so that no reader sees half of it. */
export function dropFromCache(root: string, hash: string): void {
  const folder = entryFolder(root, hash);
  const aside = `${folder}.${randomUUID()}.corrupt`;
  try {
    renameSync(folder, aside);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw error;
  }
  rmSync(aside, {recursive: true, force: true});
}

/** Hard links where the file system allows, else copies; the files become read-only. */
export function linkTree(from: string, to: string): void {
  if (lstatSync(from).isDirectory()) {
    mkdirSync(to, {recursive: true});
    for (const name of filesIn(from)) linkFile(join(from, name), join(to, name));
  } else linkFile(from, to);
}

function linkFile(from: string, to: string): void {
  mkdirSync(dirname(to), {recursive: true});
  if ((lstatSync(from).mode & 0o222) !== 0) chmodSync(from, 0o444);
  try {
    linkSync(from, to);
  } catch (error) {
    const {code} = error as NodeJS.ErrnoException;
    if (code !== 'EXDEV' && code !== 'EPERM' && code !== 'EMLINK' && code !== 'ENOTSUP') throw error;
    copyFileSync(from, to, constants.COPYFILE_FICLONE);
    chmodSync(to, 0o444);
  }
}

/** An own copy that may be changed without harm to the cache; shares blocks where the file system can. */
export function copyTree(from: string, to: string): void {
  const copy = (source: string, target: string): void => {
    mkdirSync(dirname(target), {recursive: true});
    rmSync(target, {force: true});
    copyFileSync(source, target, constants.COPYFILE_FICLONE);
    chmodSync(target, 0o644);
  };
  if (!lstatSync(from).isDirectory()) return copy(from, to);
  for (const name of filesIn(from)) copy(join(from, name), join(to, name));
}
