// The first bytes of a file: enough to tell a format by its signature or its header.
import {closeSync, openSync, readSync} from 'node:fs';

/** At most `bytes` of them; fewer where the file is shorter. */
export function readStart(path: string, bytes: number): Buffer {
  const handle = openSync(path, 'r');
  try {
    const buffer = Buffer.alloc(bytes);
    return buffer.subarray(0, readSync(handle, buffer, 0, bytes, 0));
  } finally {
    closeSync(handle);
  }
}
