// Job outputs kept by fingerprint hash. An entry whose files no longer match their digests is dropped, never served.
import {randomUUID} from 'node:crypto';
import {chmodSync, copyFileSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {digestFile} from '../base/digest.ts';

export type CacheAnswer =
  | {readonly kind: 'hit'; readonly files: Readonly<Record<string, string>>}
  | {readonly kind: 'miss'}
  | {readonly kind: 'corrupt'; readonly file: string};

/** Keeps copies of the outputs (name -> path); of two writers of one fingerprint the first wins. */
export async function offerToCache(root: string, hash: string, outputs: Readonly<Record<string, string>>): Promise<void> {
  if (existsSync(join(root, hash))) return;
  const partial = join(root, `${hash}.${randomUUID()}.partial`);
  mkdirSync(partial, {recursive: true});
  const digests: Record<string, string> = {};
  for (const [name, path] of Object.entries(outputs)) {
    copyFileSync(path, join(partial, name));
    chmodSync(join(partial, name), 0o444);
    digests[name] = await digestFile(join(partial, name));
  }
  writeFileSync(join(partial, 'digests.json'), JSON.stringify(digests));
  try {
    renameSync(partial, join(root, hash));
  } catch (error) {
    rmSync(partial, {recursive: true, force: true});
    if (!existsSync(join(root, hash))) throw error;
  }
}

export async function fetchFromCache(root: string, hash: string): Promise<CacheAnswer> {
  const entry = join(root, hash);
  if (!existsSync(entry)) return {kind: 'miss'};
  const drop = (file: string): CacheAnswer => {
    rmSync(entry, {recursive: true, force: true});
    return {kind: 'corrupt', file};
  };
  let digests: Record<string, string>;
  try {
    digests = JSON.parse(readFileSync(join(entry, 'digests.json'), 'utf8')) as Record<string, string>;
  } catch {
    return drop('digests.json');
  }
  for (const [name, digest] of Object.entries(digests)) {
    if (await digestFile(join(entry, name)).catch(() => '') !== digest) return drop(name);
  }
  return {kind: 'hit', files: Object.fromEntries(Object.keys(digests).map((name) => [name, join(entry, name)]))};
}
