// sha256 of files, computed once per (path, size, mtime, ctime, inode). ctime cannot be set back, so a restored mtime fools nobody.
import {appendFileSync, readdirSync, readFileSync, statSync, type BigIntStats} from 'node:fs';
import {dirname, join} from 'node:path';
import {endLastLine} from '../base/file-end.ts';
import {canonicalJson, digestFile, digestText} from '../base/digest.ts';
import {makeFolders} from '../base/system-error.ts';
import type {OutputDigest} from './job-record.ts';

export interface DigestMemo {
  /** Of a file or a folder, there without the files whose names end with one of `ignores`; throws what the file system throws. */
  readonly digest: (path: string, ignores?: readonly string[]) => Promise<OutputDigest>;
  /** Appends what was learned since the last save. */
  readonly save: () => void;
}

/** A clock tick of the kernel is at most 10 ms: a file changed that recently could change again under the same ctime. */
const racyMilliseconds = 20;

/** `path` is the memo's own file, one JSON array a line; a damaged line is ignored. */
export function openDigestMemo(path: string): DigestMemo {
  const known = readMemo(path);
  let learned: string[] = [];

  async function ofFile(file: string, stat: BigIntStats): Promise<OutputDigest> {
    const key = keyOf(stat);
    const entry = known.get(file);
    if (entry?.key === key) return {digest: entry.digest, bytes: Number(stat.size)};
    const digest = await digestFile(file);
    const isRacy = Date.now() - Number(stat.ctimeMs) < racyMilliseconds;
    if (!isRacy && keyOf(statSync(file, {bigint: true})) === key) {
      known.set(file, {key, digest});
      learned.push(JSON.stringify([file, key, digest]));
    }
    return {digest, bytes: Number(stat.size)};
  }

  async function digest(target: string, ignores: readonly string[] = []): Promise<OutputDigest> {
    const stat = statSync(target, {bigint: true});
    if (!stat.isDirectory()) return ofFile(target, stat);
    const parts: [string, string][] = [];
    let bytes = 0;
    for (const name of filesIn(target)) {
      if (ignores.some((end) => name.endsWith(end))) continue;
      const file = join(target, name);
      const part = await ofFile(file, statSync(file, {bigint: true}));
      parts.push([name, part.digest]);
      bytes += part.bytes;
    }
    return {digest: digestText(canonicalJson(parts)), bytes};
  }

  return {
    digest,
    save() {
      if (learned.length === 0) return;
      try {
        makeFolders(dirname(path));
        endLastLine(path);
        appendFileSync(path, `${learned.join('\n')}\n`);
      } catch {
        // On a full or closed disk what was learned is learned again.
      }
      learned = [];
    },
  };
}

/** Files below a folder, relative, sorted. */
export function filesIn(folder: string): string[] {
  return readdirSync(folder, {recursive: true, withFileTypes: true})
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .sort();
}

const keyOf = (stat: BigIntStats): string => `${stat.size}:${stat.mtimeNs}:${stat.ctimeNs}:${stat.ino}`;

function readMemo(path: string): Map<string, {key: string; digest: string}> {
  const known = new Map<string, {key: string; digest: string}>();
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch {
    return known;
  }
  for (const line of text.split('\n')) {
    if (line === '') continue;
    try {
      const [file, key, digest] = JSON.parse(line) as [string, string, string];
      known.set(file, {key, digest});
    } catch {
      // A line that a killed process left half-written.
    }
  }
  return known;
}
