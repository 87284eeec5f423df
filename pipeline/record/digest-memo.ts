// sha256 of files, computed once per (path, size, mtime, ctime, inode). ctime cannot be set back, so a restored mtime fools nobody.
import {appendFileSync, readdirSync, readFileSync, realpathSync, statSync, type BigIntStats} from 'node:fs';
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
    for (const name of filesSeenIn(target)) {
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

/** Files below a folder of our own, relative, sorted. Links are left alone: what they lead to is another's. */
export function filesIn(folder: string): string[] {
  return [...filesBelow(folder, '')].sort();
}

/** Files that a reader of a folder sees, relative, sorted: through links too, which is how many stage their inputs. A link to a folder that holds it is not entered. */
export function filesSeenIn(folder: string): string[] {
  return [...filesBelow(folder, '', [realpathSync(folder)])].sort();
}

/** `above`: the real paths of the folders that are being walked, where links are followed. Node's own recursion follows links to folders, in circles too. */
function* filesBelow(folder: string, within: string, above?: readonly string[]): Generator<string> {
  for (const entry of readdirSync(folder, {withFileTypes: true})) {
    const path = join(folder, entry.name);
    const name = join(within, entry.name);
    const isLink = entry.isSymbolicLink();
    if (isLink && above === undefined) continue;
    const seen = isLink ? statSync(path, {throwIfNoEntry: false}) : entry;
    if (seen?.isFile() === true) yield name;
    if (seen?.isDirectory() !== true) continue;
    if (above === undefined) {
      yield* filesBelow(path, name);
      continue;
    }
    const real = isLink ? realpathSync(path) : join(above[above.length - 1], entry.name);
    if (!above.includes(real)) yield* filesBelow(path, name, [...above, real]);
  }
}

/** Of files that two readers ignore, those that both do: of two ends of which one ends with the other, the longer. */
export function ignoredByBoth(some: readonly string[], others: readonly string[]): string[] {
  const longer = (ends: readonly string[], than: readonly string[]): string[] => ends.filter((end) => than.some((other) => end.endsWith(other)));
  return [...new Set([...longer(some, others), ...longer(others, some)])];
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
