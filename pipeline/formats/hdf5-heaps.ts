// Looks for a damaged heap of strings before the library does: one whose objects do not lead to its end makes the library go round in it for ever
// (HDF5 File Format Specification 3.0, III.E). Only heaps that something points to count: what is left of a deleted one may look like anything.
import {closeSync, fstatSync, openSync, readSync} from 'node:fs';

const signature = Buffer.from('GCOL\x01\0\0\0', 'latin1');
const headBytes = 16;
/** Of a large file the two ends are searched, where attributes lie: a search of all would cost as much as reading it. */
const searchedBytes = 32 << 20;

/** Is there one? Of files above 64 MB the middle is not known. */
export function hasEndlessHeap(path: string): boolean {
  const parts = partsOf(path);
  return parts.some((part) => {
    for (let at = part.bytes.indexOf(signature); at >= 0; at = part.bytes.indexOf(signature, at + 8)) {
      if (!endsWell(part.bytes.subarray(at)) && parts.some((one) => one.bytes.includes(addressOf(part.from + at - baseOf(parts[0].bytes))))) return true;
    }
    return false;
  });
}

interface Part {
  readonly from: number;
  readonly bytes: Buffer;
}

function partsOf(path: string): Part[] {
  const file = openSync(path, 'r');
  try {
    const {size} = fstatSync(file);
    const read = (from: number, length: number): Part => {
      const bytes = Buffer.alloc(length);
      return {from, bytes: bytes.subarray(0, readSync(file, bytes, 0, length, from))};
    };
    return size <= 2 * searchedBytes ? [read(0, size)] : [read(0, searchedBytes), read(size - searchedBytes, searchedBytes)];
  } finally {
    closeSync(file);
  }
}

/** `bytes`: from the signature on. A heap that is cut off by the end of what was read is taken for whole. */
function endsWell(bytes: Buffer): boolean {
  if (bytes.length < headBytes) return true;
  const size = Number(bytes.readBigUInt64LE(8));
  for (let at = headBytes; at + headBytes <= Math.min(size, bytes.length); ) {
    const [index, length] = [bytes.readUInt16LE(at), Number(bytes.readBigUInt64LE(at + 8))];
    // Object 0 is the free room, whose length counts its own head.
    const step = index === 0 ? length : headBytes + Math.ceil(length / 8) * 8;
    if (step < headBytes || at + step > size) return false;
    at += step;
  }
  return true;
}

function addressOf(value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt(Math.max(0, value)));
  return bytes;
}

/** Addresses count from the signature of the file, which a user block may stand before. */
const baseOf = (start: Buffer): number => [0, 512, 1024, 2048, 4096].find((at) => start.subarray(at, at + 8).equals(Buffer.from('\x89HDF\r\n\x1a\n', 'latin1'))) ?? 0;
