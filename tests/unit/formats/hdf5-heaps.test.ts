import {mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterEach, beforeEach, expect, test} from 'vitest';
import {hasEndlessHeap} from '../../../pipeline/formats/hdf5-heaps.ts';
import {readH5ad, writeH5ad} from '../../../pipeline/formats/h5ad.ts';

let folder: string;
let path: string;
let whole: Buffer;
let heap: number;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'lymphline-heap-'));
  path = join(folder, 'a.h5ad');
  await writeH5ad(path, {obs: {index: ['a', 'b'], columns: new Map([['sample', {kind: 'string', values: ['x', 'y']}]])}, var: {index: ['g'], columns: new Map()}, X: null});
  whole = readFileSync(path);
  heap = whole.indexOf('GCOL');
});
afterEach(() => {
  rmSync(folder, {recursive: true});
});

/** Offset of the free room, the object 0 that ends a heap. */
function freeRoom(): number {
  let at = heap + 16;
  while (whole.readUInt16LE(at) !== 0) at += 16 + Math.ceil(Number(whole.readBigUInt64LE(at + 8)) / 8) * 8;
  return at;
}

test('a whole file has none', () => {
  expect(heap).toBeGreaterThan(0);
  expect(hasEndlessHeap(path)).toBe(false);
});

// The library goes round for ever in the first two: a free room of nothing, and a length that wraps around.
test.each<[string, () => void]>([
  ['free room of 0 bytes', () => whole.writeBigUInt64LE(0n, freeRoom() + 8)],
  ['an object of 2^64 - 16 bytes', () => whole.writeBigUInt64LE(0xfffffffffffffff0n, heap + 24)],
  ['an object longer than its heap', () => whole.writeBigUInt64LE(1n << 20n, heap + 24)],
])('%s is refused before the library is asked', async (_, damage) => {
  damage();
  writeFileSync(path, whole);
  await expect(readH5ad(path)).rejects.toThrow('found a heap of strings that has no end; expected a whole HDF5 file');
});

test('what is left of a heap that nothing points to is no damage', () => {
  // 8 bytes behind the end that the superblock names.
  const stale = Buffer.alloc(64);
  whole.copy(stale, 8, heap, heap + 16);
  writeFileSync(path, Buffer.concat([whole, stale]));
  expect(hasEndlessHeap(path)).toBe(false);
});
