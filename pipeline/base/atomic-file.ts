// Files that appear whole or not at all.
import {randomUUID} from 'node:crypto';
import {closeSync, fsyncSync, openSync, renameSync, rmSync, writeSync} from 'node:fs';

/** Writes beside `path`, flushes, renames. A reader sees the old file or the new one. */
export function writeFileAtomic(path: string, content: string | Uint8Array): void {
  const temporary = `${path}.${randomUUID()}.partial`;
  const handle = openSync(temporary, 'wx');
  try {
    const bytes = typeof content === 'string' ? Buffer.from(content) : content;
    for (let offset = 0; offset < bytes.length; ) offset += writeSync(handle, bytes, offset);
    fsyncSync(handle);
    closeSync(handle);
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, {force: true});
    // The error of a write names no file, that of a rename the temporary one.
    throw Object.assign(error as Error, {path});
  }
}
