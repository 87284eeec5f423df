// What an error of the file system says: its code by the system's name, and the path.
import {existsSync, mkdirSync} from 'node:fs';
import {dirname} from 'node:path';

export interface SystemError {
  readonly code: string;
  readonly path?: string;
}

/** Linux's numbers of the errors for which libuv has no name. */
const unnamed: Readonly<Record<number, string>> = {116: 'ESTALE', 122: 'EDQUOT'};

/** Undefined for what is no error of the system: a bug. */
export function systemErrorOf(error: unknown): SystemError | undefined {
  const {code, errno = 0, path, syscall} = error as NodeJS.ErrnoException;
  if (code === undefined || syscall === undefined) return undefined;
  return {code: unnamed[-errno] ?? code, ...(path === undefined ? {} : {path})};
}

/** `mkdir -p`. Node's own says ENOENT where the file system is read-only. */
export function makeFolders(path: string): void {
  try {
    mkdirSync(path, {recursive: true});
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    let missing = path;
    while (!existsSync(dirname(missing))) missing = dirname(missing);
    mkdirSync(missing);
    mkdirSync(path, {recursive: true});
  }
}
