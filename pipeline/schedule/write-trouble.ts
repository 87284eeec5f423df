// A step that failed because it could not write: its disk is full, its quota is used up, it became read-only, or it answers with errors.
import {statfsSync} from 'node:fs';

export interface WriteTrouble {
  readonly path: string;
  readonly code: string;
}

/** Below this much space nothing useful can be written. */
const nothingBytes = 256 * 1024;

/** The words of the C library and of Node; a program prints nothing else where a write fails. */
const words: readonly (readonly [RegExp, string])[] = [
  [/ENOSPC|No space left on device/i, 'ENOSPC'],
  [/EDQUOT|Disk quota exceeded|Unknown system error -122/i, 'EDQUOT'],
  [/\bEIO\b|Input\/output error/i, 'EIO'],
  [/ESTALE|Stale (NFS )?file handle|Unknown system error -116/i, 'ESTALE'],
];

/** `folders`: where it writes; `lines`: the end of its log, which on a full disk may hold nothing. */
export function findWriteTrouble(folders: readonly string[], lines: readonly string[]): WriteTrouble | undefined {
  for (const line of lines.toReversed()) {
    const code = words.find(([pattern]) => pattern.test(line))?.[1];
    if (code !== undefined) return {path: /(?:^|[\s'"(])(\/[^\s'":)]+)/.exec(line)?.[1] ?? folders.find(isFull) ?? folders[0], code};
  }
  const full = folders.find(isFull);
  return full === undefined ? undefined : {path: full, code: 'ENOSPC'};
}

function isFull(folder: string): boolean {
  try {
    const {bavail, bsize, ffree, files} = statfsSync(folder);
    return bavail * bsize < nothingBytes || (files > 0 && ffree === 0);
  } catch {
    return false;
  }
}

/** Every other job of the run would meet it too. */
export const stopsTheRun = (code: string): boolean => ['ENOSPC', 'EDQUOT', 'EROFS', 'EIO', 'ESTALE'].includes(code);
