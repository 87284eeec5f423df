// Where the bytes of an HDF5 dataset lie in its file: object header -> layout -> chunks (HDF5 File Format Specification 3.0, III.A, IV.A).
// Knows the layouts of the default file versions; of newer ones it says so.
import {openSync, readSync, closeSync} from 'node:fs';
import {FormatProblem} from '../base/format-problem.ts';

export interface StoredPart {
  readonly address: number;
  readonly bytes: number;
  /** Bit i set: filter i was not applied to it. */
  readonly filterMask: number;
  /** First element, one number a dimension. */
  readonly offset: readonly number[];
}

export interface OpenBytes {
  readonly path: string;
  /** Bytes before the HDF5 signature; every address counts from there. */
  readonly base: number;
  readonly read: (address: number, length: number) => Buffer;
}

const undefinedAddress = 0xffffffffffffffffn;
/** A damaged size must not ask for all memory. */
const longestPart = 1 << 30;

export function withBytes<T>(path: string, use: (file: OpenBytes) => T): T {
  const file = openBytes(path);
  try {
    return use(file);
  } finally {
    file.close();
  }
}

export function openBytes(path: string): OpenBytes & {readonly close: () => void} {
  const file = openSync(path, 'r');
  const at = (position: number, length: number): Buffer => {
    if (!(length >= 0 && length <= longestPart)) damaged(path, `a part of ${length} bytes`);
    // Filled below, or thrown away.
    const bytes = Buffer.allocUnsafeSlow(length);
    if (readSync(file, bytes, 0, length, position) !== length) damaged(path, 'the end of the file inside a dataset');
    return bytes;
  };
  const close = (): void => closeSync(file);
  try {
    const base = [0, 512, 1024, 2048, 4096].find((start) => at(start, 8).equals(Buffer.from('\x89HDF\r\n\x1a\n', 'latin1'))) ?? 0;
    return {path, base, read: (address, length) => at(address + base, length), close};
  } catch (error) {
    close();
    throw error;
  }
}

/** The parts of the dataset whose object header is at `header`, in no order; undefined for a layout that is not known here. */
export function storedParts(file: OpenBytes, header: number): readonly StoredPart[] | undefined {
  const layout = layoutMessage(file, header)?.body;
  if (layout === undefined || layout[0] !== 3) return undefined;
  switch (layout[1]) {
    case 1: {
      const [address, bytes] = [layout.readBigUInt64LE(2), Number(layout.readBigUInt64LE(10))];
      return address === undefinedAddress ? [] : [{address: Number(address), bytes, filterMask: 0, offset: []}];
    }
    case 2: {
      const root = layout.readBigUInt64LE(3);
      return root === undefinedAddress ? [] : [...chunksBelow(file, Number(root), layout[2], 8)];
    }
    default:
      return undefined;
  }
}

const layoutType = 0x08;
const continuationType = 0x10;

/** The message of an object header that says how its dataset is laid out, and its address. */
export function layoutMessage(file: OpenBytes, header: number): {readonly body: Buffer; readonly at: number} | undefined {
  const start = file.read(header, 24);
  const isVersion2 = start.toString('latin1', 0, 4) === 'OHDR';
  if (!isVersion2 && start[0] !== 1) damaged(file.path, `an object header of version ${start[0]}`);
  const flags = isVersion2 ? start[5] : 0;
  const prefix = isVersion2 ? 6 + (flags & 0x20 ? 16 : 0) + (flags & 0x10 ? 4 : 0) : 16;
  const sizeBytes = 1 << (flags & 3);
  const first = isVersion2 ? {at: header + prefix + sizeBytes, length: file.read(header + prefix, sizeBytes).readUIntLE(0, Math.min(6, sizeBytes))} : {at: header + prefix, length: start.readUInt32LE(8)};
  const blocks = [first];
  // A damaged continuation may point to itself.
  for (let block = 0; block < blocks.length && block < 1000; block++) {
    const bytes = file.read(blocks[block].at, blocks[block].length);
    const head = isVersion2 ? 4 + (flags & 0x04 ? 2 : 0) : 8;
    for (let at = 0; at + head <= bytes.length; ) {
      const [type, size] = isVersion2 ? [bytes[at], bytes.readUInt16LE(at + 1)] : [bytes.readUInt16LE(at), bytes.readUInt16LE(at + 2)];
      const body = bytes.subarray(at + head, at + head + size);
      if (type === layoutType) return {body, at: blocks[block].at + at + head};
      if (type === continuationType && body.length >= 16) {
        const [address, length] = [Number(body.readBigUInt64LE(0)), Number(body.readBigUInt64LE(8))];
        // Version 2: a signature before, a checksum behind.
        blocks.push(isVersion2 ? {at: address + 4, length: length - 8} : {at: address, length});
      }
      at += head + size;
    }
  }
  return undefined;
}

/** Nodes of the B-tree of version 1; `depth` bounds a damaged one. */
function* chunksBelow(file: OpenBytes, node: number, dimensions: number, depth: number): Generator<StoredPart, void> {
  const head = file.read(node, 24);
  if (head.toString('latin1', 0, 4) !== 'TREE' || head[4] !== 1 || depth === 0) damaged(file.path, 'an index of chunks that is none');
  const [level, used] = [head[5], head.readUInt16LE(6)];
  const keyLength = 8 + 8 * dimensions;
  const entries = file.read(node + 24, used * (keyLength + 8));
  for (let i = 0; i < used; i++) {
    const at = i * (keyLength + 8);
    const address = Number(entries.readBigUInt64LE(at + keyLength));
    if (level > 0) yield* chunksBelow(file, address, dimensions, depth - 1);
    // The last offset is within the element: always 0.
    else yield {address, bytes: entries.readUInt32LE(at), filterMask: entries.readUInt32LE(at + 4), offset: Array.from({length: dimensions - 1}, (_, k) => Number(entries.readBigUInt64LE(at + 8 + 8 * k)))};
  }
}

export function damaged(path: string, found: string): never {
  throw new FormatProblem(path, {found, expected: 'a whole HDF5 file', advice: 'The file may be cut off or damaged: copy it again.'});
}
