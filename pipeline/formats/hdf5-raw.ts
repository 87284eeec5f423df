// Datasets that the library cannot read (lzf, zstd, 16-bit floats), from the bytes of the file.
import {FormatProblem} from '../base/format-problem.ts';
import {decodeChunk, decodeChunkAside} from './hdf5-filters.ts';
import {damaged, storedParts, withBytes, type OpenBytes} from './hdf5-layout.ts';

/** What the library knows of a dataset without reading it. */
export interface RawDataset {
  readonly name: string;
  /** Address of its object header. */
  readonly header: number;
  readonly shape: readonly number[];
  /** Null where it is not chunked. */
  readonly chunks: readonly number[] | null;
  /** Ids, in the order of writing. */
  readonly filters: readonly number[];
  readonly elementSize: number;
}

export type NumberKind = {readonly isFloat: boolean; readonly isSigned: boolean; readonly isLittleEndian: boolean};
type Plain = Int8Array | Uint8Array | Int16Array | Uint16Array | Int32Array | Uint32Array | Float32Array | Float64Array | BigInt64Array | BigUint64Array;

export function readRawNumbers(path: string, dataset: RawDataset, kind: NumberKind): Plain {
  return numbersIn(path, dataset, withBytes(path, (file) => wholeOf(file, dataset)), kind);
}

/** `bytes` is changed where it is of another endianness. */
function numbersIn(path: string, {name, elementSize}: RawDataset, bytes: Uint8Array<ArrayBuffer>, {isFloat, isSigned, isLittleEndian}: NumberKind): Plain {
  if (!isLittleEndian) for (let at = 0; at < bytes.length; at += elementSize) bytes.subarray(at, at + elementSize).reverse();
  const whole = bytes.byteOffset % elementSize === 0 ? bytes : bytes.slice();
  const [buffer, from, length] = [whole.buffer, whole.byteOffset, whole.length / elementSize];
  if (isFloat && elementSize === 2) return Float32Array.from(new Uint16Array(buffer, from, length), float16);
  const found = (isFloat ? {4: Float32Array, 8: Float64Array} : isSigned ? {1: Int8Array, 2: Int16Array, 4: Int32Array, 8: BigInt64Array} : {1: Uint8Array, 2: Uint16Array, 4: Uint32Array, 8: BigUint64Array}) as Readonly<Record<number, (new (buffer: ArrayBuffer, from: number, length: number) => Plain) | undefined>>;
  const type = found[elementSize];
  if (type === undefined) throw new FormatProblem(path, {found: `${name} of ${8 * elementSize}-bit numbers`, expected: '8, 16, 32 or 64 bits', advice: 'Write the numbers as float32 or int32.'});
  return new type(buffer, from, length);
}

/** Elements from..to-1 of a dataset of one dimension. */
export type ReadRange = (from: number, to: number) => Promise<Plain>;

/** Chunks of a range are inflated side by side; the last is held, as the next range begins in it. Undefined for a layout that is not known here. */
export function rawRange(file: OpenBytes, dataset: RawDataset, kind: NumberKind): ReadRange | undefined {
  const {name, header, shape, chunks, filters, elementSize} = dataset;
  const parts = storedParts(file, header);
  if (parts === undefined) return undefined;
  const numbers = (bytes: Buffer): Plain => numbersIn(file.path, dataset, bytes as Uint8Array<ArrayBuffer>, kind);
  if (chunks === null) {
    const [whole] = parts;
    if (parts.length > 1 || (whole?.bytes ?? 0) !== shape[0] * elementSize) damaged(file.path, `${name} without its data`);
    return async (from, to) => numbers(from === to ? Buffer.alloc(0) : file.read(whole.address + from * elementSize, (to - from) * elementSize));
  }
  const [length] = chunks;
  if (!(length > 0)) damaged(file.path, `${name} in chunks of ${length}`);
  const partAt = new Map(parts.map((part) => [part.offset[0], part]));
  let held: {first: number; values: Promise<Plain>} | undefined;
  const chunkAt = async (first: number): Promise<Plain> => {
    const part = partAt.get(first);
    if (part === undefined) return damaged(file.path, `${name} without its chunk at ${first}`);
    try {
      return numbers(await decodeChunkAside(file.read(part.address, part.bytes), {filters, mask: part.filterMask, elementSize, length: length * elementSize}));
    } catch (error) {
      return undecoded(file, name, error);
    }
  };
  return async (from, to) => {
    const firsts = Array.from({length: Math.ceil(to / length) - Math.floor(from / length)}, (_, k) => (Math.floor(from / length) + k) * length);
    const pending = firsts.map((first) => (held?.first === first ? held.values : chunkAt(first)));
    const last = firsts.length - 1;
    if (last >= 0) held = {first: firsts[last], values: pending[last]};
    const values = await Promise.all(pending);
    if (last === 0) return values[0].slice(from - firsts[0], to - firsts[0]);
    const range = new ((values[0] ?? new Float64Array()).constructor as new (n: number) => Plain)(to - from);
    for (const [k, first] of firsts.entries()) range.set(values[k].subarray(Math.max(0, from - first), to - first) as never, Math.max(0, first - from));
    return range;
  };
}

/** Is it stored as this decoder knows it? */
export function isKnownLayout(path: string, {header}: RawDataset): boolean {
  return withBytes(path, (file) => storedParts(file, header) !== undefined);
}

/** Strings of any length: each element is a length and a place in a global heap. */
export function readRawStrings(path: string, dataset: RawDataset): string[] {
  return withBytes(path, (file) => {
    const bytes = wholeOf(file, dataset);
    const view = Buffer.from(bytes.buffer);
    const heaps = new Map<number, ReadonlyMap<number, Buffer>>();
    return Array.from({length: bytes.length / 16}, (_, i) => {
      const length = view.readUInt32LE(16 * i);
      if (length === 0) return '';
      const address = Number(view.readBigUInt64LE(16 * i + 4));
      const heap = heaps.get(address) ?? heapAt(file, address);
      heaps.set(address, heap);
      const text = heap.get(view.readUInt32LE(16 * i + 12));
      if (text === undefined || text.length < length) damaged(path, `${dataset.name} with a string that is nowhere`);
      return text.toString('utf8', 0, length).replace(/\0+$/, '');
    });
  });
}

/** Row-major, in a buffer of its own. */
function wholeOf(file: OpenBytes, {name, header, shape, chunks, filters, elementSize}: RawDataset): Uint8Array<ArrayBuffer> {
  const parts = storedParts(file, header);
  if (parts === undefined) throw new FormatProblem(file.path, {found: `${name} in a layout of HDF5 1.10 or later with a filter that is decoded in older layouts only`, expected: 'gzip or no compression', advice: 'Write the file again with compression="gzip".'});
  const nElements = shape.reduce((product, n) => product * n, 1);
  if (!(nElements * elementSize <= 2 ** 33)) damaged(file.path, `${name} of ${shape.join(' x ')}`);
  const whole = new Uint8Array(nElements * elementSize);
  if (chunks === null) {
    if (nElements === 0) return whole;
    if (parts.length !== 1 || parts[0].bytes !== whole.length) damaged(file.path, `${name} without its data`);
    whole.set(file.read(parts[0].address, parts[0].bytes));
    return whole;
  }
  const nChunks = shape.reduce((product, n, k) => product * Math.ceil(n / chunks[k]), 1);
  if (parts.length !== nChunks) damaged(file.path, `${name} with ${parts.length} of ${nChunks} chunks`);
  const length = chunks.reduce((product, n) => product * n, elementSize);
  for (const part of parts) {
    if (part.offset.some((first, k) => first >= shape[k] || first % chunks[k] !== 0)) damaged(file.path, `${name} with a chunk outside of it`);
    place(whole, {shape, chunks, elementSize, offset: part.offset, bytes: decoded(file, name, {part, filters, elementSize, length})});
  }
  return whole;
}

function decoded(file: OpenBytes, name: string, {part, filters, elementSize, length}: {part: {address: number; bytes: number; filterMask: number}; filters: readonly number[]; elementSize: number; length: number}): Buffer {
  try {
    return decodeChunk(file.read(part.address, part.bytes), {filters, mask: part.filterMask, elementSize, length});
  } catch (error) {
    return undecoded(file, name, error);
  }
}

function undecoded(file: OpenBytes, name: string, error: unknown): never {
  if (error instanceof FormatProblem) throw error;
  return damaged(file.path, `${name}: ${(error as Error).message}`);
}

/** Copies a chunk row by row of its last dimension; what hangs over the edge is left out. */
function place(whole: Uint8Array, {shape, chunks, elementSize, offset, bytes}: {shape: readonly number[]; chunks: readonly number[]; elementSize: number; offset: readonly number[]; bytes: Buffer}): void {
  const last = shape.length - 1;
  const rowBytes = Math.min(chunks[last], shape[last] - offset[last]) * elementSize;
  const nRows = chunks.slice(0, last).reduce((product, n) => product * n, 1);
  for (let row = 0; row < nRows; row++) {
    let [rest, to, stride, isInside] = [row, offset[last], shape[last], true];
    for (let k = last - 1; k >= 0; k--) {
      const at = offset[k] + (rest % chunks[k]);
      isInside &&= at < shape[k];
      rest = Math.floor(rest / chunks[k]);
      to += at * stride;
      stride *= shape[k];
    }
    const from = row * chunks[last] * elementSize;
    if (isInside) whole.set(bytes.subarray(from, from + rowBytes), to * elementSize);
  }
}

function heapAt(file: OpenBytes, address: number): ReadonlyMap<number, Buffer> {
  const head = file.read(address, 16);
  if (head.toString('latin1', 0, 4) !== 'GCOL') damaged(file.path, 'a heap of strings that is none');
  const bytes = file.read(address, Number(head.readBigUInt64LE(8)));
  const objects = new Map<number, Buffer>();
  for (let at = 16; at + 16 <= bytes.length; ) {
    const [index, size] = [bytes.readUInt16LE(at), Number(bytes.readBigUInt64LE(at + 8))];
    // Object 0 is the free room at the end.
    if (index === 0) break;
    objects.set(index, bytes.subarray(at + 16, at + 16 + size));
    at += 16 + Math.ceil(size / 8) * 8;
  }
  return objects;
}

/** IEEE 754 binary16. */
function float16(bits: number): number {
  const [exponent, fraction, sign] = [(bits >> 10) & 31, bits & 1023, bits & 0x8000 ? -1 : 1];
  if (exponent === 31) return fraction === 0 ? sign * Infinity : NaN;
  return exponent === 0 ? sign * fraction * 2 ** -24 : sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}
