// Files that appear whole or not at all.
import {randomUUID} from 'node:crypto';
import {closeSync, fsync, fsyncSync, openSync, renameSync, rmSync, writeSync} from 'node:fs';

/** Writes beside `path`, flushes, renames. A reader sees the old file or the new one. */
export function writeFileAtomic(path: string, content: string | Uint8Array): void {
  const partial = openPartial(path);
  orRemove(partial, () => {
    writeAll(partial.handle, content);
    fsyncSync(partial.handle);
    putInPlace(partial);
  });
}

/** The same; other work of this process goes on while the disk flushes. */
export async function writeFileAtomicAsync(path: string, content: string | Uint8Array): Promise<void> {
  const partial = openPartial(path);
  orRemove(partial, () => writeAll(partial.handle, content));
  const error = await new Promise<Error | null>((flushed) => fsync(partial.handle, flushed));
  orRemove(partial, () => {
    if (error !== null) throw error;
    putInPlace(partial);
  });
}

interface PartialFile {
  readonly path: string;
  readonly temporary: string;
  readonly handle: number;
}

function openPartial(path: string): PartialFile {
  const temporary = `${path}.${randomUUID()}.partial`;
  return {path, temporary, handle: openSync(temporary, 'wx')};
}

function writeAll(handle: number, content: string | Uint8Array): void {
  const bytes = typeof content === 'string' ? Buffer.from(content) : content;
  for (let offset = 0; offset < bytes.length; ) offset += writeSync(handle, bytes, offset);
}

function putInPlace({path, temporary, handle}: PartialFile): void {
  closeSync(handle);
  renameSync(temporary, path);
}

function orRemove({path, temporary}: PartialFile, act: () => void): void {
  try {
    act();
  } catch (error) {
    rmSync(temporary, {force: true});
    // The error of a write names no file, that of a rename the temporary one.
    throw Object.assign(error as Error, {path});
  }
}
