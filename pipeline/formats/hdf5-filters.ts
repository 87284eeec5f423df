// The filters of HDF5 chunks that are decoded here, not by the library: lzf (h5py) and zstd, with gzip, shuffle and Fletcher-32 beside them.
import {promisify} from 'node:util';
import {inflate, inflateSync, zstdDecompressSync, type ZlibOptions} from 'node:zlib';

export const filterIds = {deflate: 1, shuffle: 2, fletcher32: 3, lzf: 32000, zstd: 32015} as const;

const decodable: readonly number[] = Object.values(filterIds);
export const isDecodable = (id: number): boolean => decodable.includes(id);

/** Undoes the pipeline, last filter first. `length`: bytes of the whole chunk; throws where they do not come out. */
export function decodeChunk(stored: Buffer, chunk: StoredChunk): Buffer {
  return whole(applied(chunk).reduce((bytes, filter) => undo(filter, bytes, chunk), stored), chunk);
}

/** The same, with gzip undone in a thread of its own. */
export async function decodeChunkAside(stored: Buffer, chunk: StoredChunk): Promise<Buffer> {
  let bytes = stored;
  for (const filter of applied(chunk)) bytes = filter === filterIds.deflate ? await inflateAside(bytes, inflateOptions(chunk)) : undo(filter, bytes, chunk);
  return whole(bytes, chunk);
}

export interface StoredChunk {
  readonly filters: readonly number[];
  /** Bit i set: filter i was not applied. */
  readonly mask: number;
  readonly elementSize: number;
  readonly length: number;
}

const inflateAside = promisify(inflate);

const applied = ({filters, mask}: StoredChunk): number[] => filters.filter((_, i) => (mask & (1 << i)) === 0).reverse();

function whole(bytes: Buffer, {length}: StoredChunk): Buffer {
  if (bytes.length !== length) throw new Error(`a chunk of ${bytes.length} bytes, not ${length}`);
  return bytes;
}

/** Into one piece of memory: the default of 16 kB would be joined from many. */
const inflateOptions = ({length}: Pick<StoredChunk, 'length'>): ZlibOptions => ({maxOutputLength: length + 4, chunkSize: Math.max(64, length + 4)});

function undo(filter: number, bytes: Buffer, {elementSize, length}: StoredChunk): Buffer {
  switch (filter) {
    case filterIds.deflate:
      return inflateSync(bytes, inflateOptions({length}));
    case filterIds.zstd:
      return zstdDecompressSync(bytes, {maxOutputLength: length + 4});
    case filterIds.lzf:
      return expandLzf(bytes, length);
    case filterIds.shuffle:
      return unshuffle(bytes, elementSize);
    case filterIds.fletcher32:
      return checked(bytes);
    default:
      throw new Error(`filter ${filter}`);
  }
}

/** LibLZF: a control byte below 32 copies so many bytes and one more; else its upper three bits are a length, the rest a distance back. */
function expandLzf(from: Buffer, length: number): Buffer {
  const to = Buffer.alloc(length);
  let [at, out] = [0, 0];
  while (at < from.length) {
    const control = from[at++];
    if (control < 32) {
      if (at + control + 1 > from.length || out + control + 1 > length) throw new Error('lzf data that do not fit');
      from.copy(to, out, at, at + control + 1);
      at += control + 1;
      out += control + 1;
      continue;
    }
    let run = control >> 5;
    if (run === 7) run += from[at++];
    run += 2;
    let back = out - ((control & 31) << 8) - from[at++] - 1;
    if (!(back >= 0) || out + run > length) throw new Error('lzf data that do not fit');
    // Byte by byte: source and target may overlap.
    for (; run > 0; run--) to[out++] = to[back++];
  }
  return to.subarray(0, out);
}

/** All first bytes, then all second bytes, …; what does not fill an element follows as it is. */
function unshuffle(bytes: Buffer, elementSize: number): Buffer {
  const n = Math.floor(bytes.length / elementSize);
  const whole = Buffer.from(bytes);
  for (let k = 0; k < elementSize; k++) for (let i = 0; i < n; i++) whole[i * elementSize + k] = bytes[k * n + i];
  return whole;
}

/** HDF5's Fletcher-32: sums of big-endian 16-bit words, folded to 16 bits, stored little-endian in the last four bytes. */
function checked(bytes: Buffer): Buffer {
  const data = bytes.subarray(0, bytes.length - 4);
  let [a, b] = [0, 0];
  for (let i = 0; i < data.length; i += 2) {
    a = (a + ((data[i] << 8) | (i + 1 < data.length ? data[i + 1] : 0))) % 65535;
    b = (b + a) % 65535;
  }
  const stored = bytes.readUInt32LE(bytes.length - 4);
  // 0 and 65535 are the same remainder.
  if ((stored & 0xffff) % 65535 !== a || (stored >>> 16) % 65535 !== b) throw new Error('a chunk whose checksum (Fletcher-32) is wrong');
  return data;
}
