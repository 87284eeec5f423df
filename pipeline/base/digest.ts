// Content digests (sha256, hex) of files, text and plain values. Knows nothing of what they mean.
import {createHash} from 'node:crypto';
import {createReadStream, readFileSync, statSync} from 'node:fs';

export function digestText(text: string | Uint8Array): string {
  return createHash('sha256').update(text).digest('hex');
}

/** A stream costs more than reading so little at once: its threads and its buffer. */
const smallBytes = 256 * 1024;

export async function digestFile(path: string): Promise<string> {
  const stat = statSync(path);
  if (stat.isFile() && stat.size <= smallBytes) return digestText(readFileSync(path));
  const hash = createHash('sha256');
  for await (const block of createReadStream(path, {highWaterMark: 1 << 20})) hash.update(block as Buffer);
  return hash.digest('hex');
}

/** JSON with sorted keys and no spaces: equal values, equal bytes. `undefined` members are left out. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_key, member: unknown) =>
    member !== null && typeof member === 'object' && !Array.isArray(member)
      ? Object.fromEntries(Object.entries(member).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)))
      : member,
  );
}
