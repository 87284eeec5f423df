// results/: copies of what cohort steps publish, and a manifest written last. Holds no clock time, host, user or path.
import {randomUUID} from 'node:crypto';
import {existsSync, readdirSync, readFileSync, renameSync, rmdirSync, rmSync, statSync} from 'node:fs';
import {join} from 'node:path';
import {writeFileAtomic} from '../base/atomic-file.ts';
import {makeFolders} from '../base/system-error.ts';
import {copyTree} from './cache.ts';
import {filesIn, type DigestMemo} from './digest-memo.ts';
import type {RunDirectory} from './run-directory.ts';

export interface ManifestEntry {
  /** Inside results/. */
  readonly path: string;
  readonly bytes: number;
  readonly sha256: string;
}

export interface Publication {
  /** Path inside results/ where it goes. */
  readonly publish: string;
  readonly path: string;
  readonly digest: string;
}

/** Leaves exactly the publications and the manifest in results/; what is right already is not written again. */
export async function publishResults(directory: RunDirectory, publications: readonly Publication[], memo: DigestMemo): Promise<readonly ManifestEntry[]> {
  for (const {publish, path, digest} of publications) {
    const target = join(directory.results, publish);
    if (existsSync(target) && (await memo.digest(target)).digest === digest) continue;
    const partial = `${target}.${randomUUID()}.partial`;
    try {
      copyTree(path, partial);
      rmSync(target, {recursive: true, force: true});
      renameSync(partial, target);
    } finally {
      rmSync(partial, {recursive: true, force: true});
    }
  }
  makeFolders(directory.results);
  removeOthers(directory.results, publications.map(({publish}) => publish));
  const entries: ManifestEntry[] = [];
  for (const path of filesIn(directory.results)) {
    if (path === 'manifest.json') continue;
    const {digest, bytes} = await memo.digest(join(directory.results, path));
    entries.push({path, bytes, sha256: digest});
  }
  const text = `${JSON.stringify({files: entries}, undefined, 1)}\n`;
  if (!existsSync(directory.manifest) || readFileSync(directory.manifest, 'utf8') !== text) writeFileAtomic(directory.manifest, text);
  return entries;
}

/** Results of an earlier plan, or of a job that failed now, would be taken for results of this run. */
function removeOthers(results: string, published: readonly string[]): void {
  const isPublished = (path: string): boolean => path === 'manifest.json' || published.some((one) => path === one || path.startsWith(`${one}/`));
  for (const path of filesIn(results)) if (!isPublished(path)) rmSync(join(results, path));
  removeEmptyFolders(results);
}

/** Below `folder`; not through links. */
function removeEmptyFolders(folder: string): void {
  for (const entry of readdirSync(folder, {withFileTypes: true})) {
    if (!entry.isDirectory()) continue;
    const inside = join(folder, entry.name);
    removeEmptyFolders(inside);
    if (readdirSync(inside).length === 0) rmdirSync(inside);
  }
}

export function readManifest(path: string): readonly ManifestEntry[] | undefined {
  try {
    return (JSON.parse(readFileSync(path, 'utf8')) as {files: ManifestEntry[]}).files;
  } catch {
    return undefined;
  }
}

export type ManifestDifference = {readonly path: string; readonly kind: 'differs' | 'missing' | 'extra'};

/** Digests every file of `results` anew; the memo is not asked, because a reviewer wants the bytes read. */
export async function compareWithManifest(results: string, manifest: readonly ManifestEntry[], digest: (path: string) => Promise<string>): Promise<ManifestDifference[]> {
  const differences: ManifestDifference[] = [];
  for (const entry of manifest) {
    const path = join(results, entry.path);
    const stat = statSync(path, {throwIfNoEntry: false});
    if (stat === undefined) differences.push({path: entry.path, kind: 'missing'});
    else if (stat.size !== entry.bytes || (await digest(path)) !== entry.sha256) differences.push({path: entry.path, kind: 'differs'});
  }
  const known = new Set(manifest.map((entry) => entry.path));
  for (const path of filesIn(results)) if (path !== 'manifest.json' && !known.has(path)) differences.push({path, kind: 'extra'});
  return differences;
}

