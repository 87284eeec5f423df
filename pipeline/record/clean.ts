// What of a run directory or a cache may go without harm to any result, and its removal.
import {lstatSync, readdirSync, renameSync, rmSync, statSync} from 'node:fs';
import {join} from 'node:path';
import {randomUUID} from 'node:crypto';
import {systemErrorOf} from '../base/system-error.ts';
import {filesIn} from './digest-memo.ts';
import {readComplete} from './job-record.ts';
import {attemptsOf, type AttemptFolder} from './run-directory.ts';

export interface Size {
  /** Freed by its removal. */
  readonly bytes: number;
  readonly files: number;
  /** Also linked from elsewhere (the cache, another run): freed only when that goes too. */
  readonly sharedBytes: number;
}

export const noSize: Size = {bytes: 0, files: 0, sharedBytes: 0};

export const sumSizes = (sizes: readonly Size[]): Size =>
  sizes.reduce((sum, one) => ({bytes: sum.bytes + one.bytes, files: sum.files + one.files, sharedBytes: sum.sharedBytes + one.sharedBytes}), noSize);

/** Of a file or folder; zero where it is gone. */
export function sizeOf(path: string): Size {
  const stat = lstatSync(path, {throwIfNoEntry: false});
  if (stat === undefined) return noSize;
  const files = stat.isDirectory() ? filesIn(path).map((name) => lstatSync(join(path, name))) : [stat];
  return sumSizes(files.map(({nlink, size}) => (nlink > 1 ? {bytes: 0, files: 1, sharedBytes: size} : {bytes: size, files: 1, sharedBytes: 0})));
}

/** The attempts of a job before the one that is complete: failed, unfinished, or made from other inputs. */
export function supersededAttempts(jobFolder: string): AttemptFolder[] {
  const attempts = attemptsOf(jobFolder);
  const current = attempts.findIndex((attempt) => readComplete(attempt) !== undefined);
  return current < 0 ? [] : attempts.slice(current + 1);
}

export interface CacheItem {
  readonly path: string;
  /** Epoch milliseconds of its last use. */
  readonly usedAt: number;
  readonly size: Size;
  /** A run directory holds a link to one of its files. */
  readonly isInUse: boolean;
  /** Half-made or put aside: no entry. */
  readonly isRemains: boolean;
}

/** Every entry, and what died writers left. */
export function cacheItems(root: string): CacheItem[] {
  return foldersIn(root).filter((name) => /^[0-9a-f]{2}$/.test(name)).flatMap((part) =>
    foldersIn(join(root, part)).flatMap((name): CacheItem[] => {
      const path = join(root, part, name);
      const stat = statSync(join(path, 'entry.json'), {throwIfNoEntry: false}) ?? statSync(path, {throwIfNoEntry: false});
      if (stat === undefined) return [];
      const size = sizeOf(path);
      return [{path, usedAt: stat.mtimeMs, size, isInUse: size.sharedBytes > 0, isRemains: /\.(partial|corrupt|cleaned)$/.test(name)}];
    }));
}

/** Renamed first, so that no reader sees half of it. Returns why it is still there: it may be somebody else's. */
export function removeCacheItem(path: string): string | undefined {
  const aside = `${path.replace(/\.[^/]*$/, '')}.${randomUUID()}.cleaned`;
  try {
    renameSync(path, aside);
    rmSync(aside, {recursive: true, force: true});
    return undefined;
  } catch (error) {
    const trouble = systemErrorOf(error);
    if (trouble === undefined) throw error;
    // Another one cleans too.
    return trouble.code === 'ENOENT' ? undefined : trouble.code;
  }
}

function foldersIn(path: string): string[] {
  try {
    return readdirSync(path, {withFileTypes: true}).filter((entry) => entry.isDirectory()).map(({name}) => name).sort();
  } catch {
    return [];
  }
}
