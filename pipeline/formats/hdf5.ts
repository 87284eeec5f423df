// Reading HDF5 behind one door: the library, and our own decoder where it has none (lzf, zstd, 16-bit floats).
import {existsSync} from 'node:fs';
import type {Dataset, File, Group} from 'h5wasm/node';
import {FormatProblem} from '../base/format-problem.ts';
import {isDecodable} from './hdf5-filters.ts';
import {hasEndlessHeap} from './hdf5-heaps.ts';
import {openLibrary} from './hdf5-library.ts';
import {damaged, type OpenBytes} from './hdf5-layout.ts';
import {isKnownLayout, rawRange, readRawNumbers, readRawStrings, type RawDataset, type ReadRange} from './hdf5-raw.ts';

export type {Dataset, Group};
export type Numbers = Int8Array | Uint8Array | Int16Array | Uint16Array | Int32Array | Uint32Array | Float32Array | Float64Array | BigInt64Array | BigUint64Array;

/** Deflate, shuffle, Fletcher-32, szip, n-bit, scale-offset: what the library decodes without plugins. Others abort the process. */
const knownFilters = [1, 2, 3, 4, 5, 6];
/** Registered filters by the names that people know; the library has a web address for some. */
const filterNames: Readonly<Record<number, string>> = {307: 'bzip2', 32000: 'lzf', 32001: 'blosc', 32004: 'lz4', 32008: 'bitshuffle', 32013: 'zfp', 32015: 'zstd', 32026: 'blosc2'};
/** A slice re-opens the dataset with a cold chunk cache: few large reads. */
const slab = 1 << 21;

const damagedAdvice = 'The file may be cut off or damaged: copy it again, and open it with h5ls to see.';

/** Opens, reads, closes. What the library cannot read is a FormatProblem. */
export async function readHdf5<T>(path: string, read: (root: Group) => T): Promise<T> {
  if (!existsSync(path)) throw new FormatProblem(path, {found: 'no file', expected: 'an HDF5 file', advice: 'Check the path.'});
  const h5wasm = await openLibrary();
  let file: File | undefined;
  try {
    if (hasEndlessHeap(path)) throw new FormatProblem(path, {found: 'a heap of strings that has no end', expected: 'a whole HDF5 file', advice: damagedAdvice});
    file = new h5wasm.File(path, 'r');
    return read(file);
  } catch (error) {
    if (error instanceof FormatProblem) throw error;
    // The library's own errors are plain; a TypeError or RangeError is a bug of ours, except that a damaged header leads to them too.
    throw new FormatProblem(path, {found: reasonOf(error), expected: 'a whole HDF5 file', advice: damagedAdvice});
  } finally {
    // After an abort of the library its state is undefined: closing may throw, and must not hide why.
    try {
      file?.close();
    } catch {}
  }
}

export function groupAt(parent: Group, name: string): Group | undefined {
  const found = parent.keys().includes(name) ? parent.get(name) : null;
  return found !== null && 'type' in found && found.type === 'Group' ? (found as Group) : undefined;
}

export function datasetAt(parent: Group, name: string): Dataset | undefined {
  const found = parent.keys().includes(name) ? parent.get(name) : null;
  return found !== null && 'type' in found && found.type === 'Dataset' ? (found as Dataset) : undefined;
}

/** An attribute as text or number; undefined where it is absent. */
export function attributeOf(entity: Group | Dataset, name: string): unknown {
  const attribute = entity.attrs[name];
  return attribute === undefined ? undefined : attribute.value;
}

/** A whole dataset of numbers (any rank, row-major) or of booleans (as 0 and 1). 64-bit integers become doubles: counts and offsets stay far below 2^53. */
export function readNumbers(path: string, dataset: Dataset): Exclude<Numbers, BigInt64Array | BigUint64Array> {
  const values = readExactNumbers(path, dataset);
  return values instanceof BigInt64Array || values instanceof BigUint64Array ? Float64Array.from(values, Number) : values;
}

/** The same, with 64-bit integers as they are. */
export function readExactNumbers(path: string, dataset: Dataset): Numbers {
  const shape = dataset.shape ?? [];
  const {type, size, signed, littleEndian} = dataset.metadata;
  // Type classes: 0 integer, 1 float, 8 enum.
  if (![0, 1, 8].includes(type)) throw new FormatProblem(path, {found: `${dataset.path} without numbers`, expected: 'numbers', advice: 'Check how the file was made.'});
  if (needsOwnDecoder(path, dataset) || (type === 1 && size === 2)) return readRawNumbers(path, rawOf(dataset), {isFloat: type === 1, isSigned: signed, isLittleEndian: littleEndian});
  const length = shape.reduce((product, n) => product * n, 1);
  if (shape.length !== 1 || length <= slab) return numbersOf(located(path, dataset, () => dataset.value), dataset.path, path);
  const chunk = dataset.metadata.chunks?.[0] ?? slab;
  const step = Math.max(chunk, Math.floor(slab / chunk) * chunk);
  let whole: Numbers | undefined;
  for (let from = 0; from < length; from += step) {
    const part = numbersOf(located(path, dataset, () => dataset.slice([[from, Math.min(length, from + step)]])), dataset.path, path);
    whole ??= new (part.constructor as new (n: number) => Numbers)(length);
    whole.set(part as never, from);
  }
  return whole as Numbers;
}

/** What reads a dataset of one dimension by ranges from the bytes of the file, after `readHdf5` has closed it; undefined where the library alone can. */
export function rangeOf(path: string, dataset: Dataset): ((file: OpenBytes) => ReadRange) | undefined {
  const {type, signed, littleEndian} = dataset.metadata;
  if (![0, 1].includes(type) || dataset.shape?.length !== 1 || !dataset.filters.every(({id}) => isDecodable(id))) return undefined;
  const raw = rawOf(dataset);
  const kind = {isFloat: type === 1, isSigned: signed, isLittleEndian: littleEndian};
  if (!isKnownLayout(path, raw)) return undefined;
  return (file) => rawRange(file, raw, kind) ?? damaged(path, raw.name);
}

/** The rows of a matrix, as many at a time as a slab holds and no chunk is read twice. */
export function* readRowSlabs(path: string, dataset: Dataset): Generator<ArrayLike<number>, void> {
  const [nRows, nColumns] = dataset.shape ?? [];
  const chunkRows = dataset.metadata.chunks?.[0] ?? 1;
  const step = Math.max(1, Math.floor(slab / Math.max(1, nColumns) / chunkRows)) * chunkRows;
  if (step >= nRows || !hasLibraryFilters(dataset) || dataset.metadata.size === 2) {
    if (nRows * nColumns > 0) yield readNumbers(path, dataset);
    return;
  }
  for (let from = 0; from < nRows; from += step) {
    const part = numbersOf(located(path, dataset, () => dataset.slice([[from, Math.min(nRows, from + step)], [0, nColumns]])), dataset.path, path);
    yield part instanceof BigInt64Array || part instanceof BigUint64Array ? Float64Array.from(part, Number) : part;
  }
}

/** What the library says, and of which dataset. */
function located<T>(path: string, dataset: Dataset, read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw new FormatProblem(path, {found: `${dataset.path}: ${reasonOf(error)}`, expected: 'data that can be read', advice: damagedAdvice});
  }
}

/** Of the library's stack of errors the innermost, which says what is wrong: `#007: …/H5Zdeflate.c line 133 in H5Z__filter_deflate(): inflate() failed`. */
function reasonOf(error: unknown): string {
  const lines = ((error as Error).message ?? String(error)).split('\n').map((line) => line.trim());
  const inner = lines.map((line) => /^#\d+: .*\(\): (.+)$/.exec(line)?.[1]).findLast((words) => words !== undefined);
  return (inner ?? lines.find((line) => line !== '') ?? 'an unreadable file').slice(0, 200);
}

function numbersOf(value: unknown, name: string, path: string): Numbers {
  if (ArrayBuffer.isView(value)) return value as Numbers;
  if (typeof value === 'number' || typeof value === 'boolean') return Float64Array.of(Number(value));
  if (typeof value === 'bigint') return BigInt64Array.of(value);
  throw new FormatProblem(path, {found: `${name} without numbers`, expected: 'numbers', advice: 'Check how the file was made.'});
}

/** Strings of any kind; a scalar is a list of one. */
export function readStrings(path: string, dataset: Dataset): string[] {
  if (needsOwnDecoder(path, dataset)) {
    if (!isText(dataset)) return Array.from(readExactNumbers(path, dataset), String);
    if (!dataset.metadata.vlen) refuseFilter(path, dataset, 'lzf or zstd');
    return readRawStrings(path, rawOf(dataset));
  }
  // In a damaged heap of strings the library can go round in circles for ever: where we know the layout we read ourselves.
  if (isText(dataset) && dataset.metadata.vlen && dataset.shape?.length === 1) {
    const raw = rawOf(dataset);
    if (isKnownLayout(path, raw)) return readRawStrings(path, raw);
  }
  const value = located(path, dataset, () => dataset.value);
  if (typeof value === 'string') return [value];
  if (Array.isArray(value)) return value.map((one) => (typeof one === 'string' ? one : String(one)));
  if (value === null) return [];
  if (ArrayBuffer.isView(value)) return Array.from(value as Float64Array, String);
  throw new FormatProblem(path, {found: `${dataset.path} without text`, expected: 'strings', advice: 'Check how the file was made.'});
}

/** A compound dataset, row by row. */
export function readRecords(path: string, dataset: Dataset): readonly (readonly (string | number | bigint)[])[] {
  if (needsOwnDecoder(path, dataset)) refuseFilter(path, dataset, 'gzip or no compression');
  return (located(path, dataset, () => dataset.value) ?? []) as unknown as (string | number | bigint)[][];
}

export function isText(dataset: Dataset): boolean {
  return dataset.metadata.type === 3;
}

/** Can the library itself decode it? */
export function hasLibraryFilters(dataset: Dataset): boolean {
  return dataset.filters.every(({id}) => knownFilters.includes(id));
}

/** The library aborts on a filter that it does not know: none may reach it. */
function needsOwnDecoder(path: string, dataset: Dataset): boolean {
  if (hasLibraryFilters(dataset)) return false;
  if (dataset.filters.every(({id}) => isDecodable(id))) return true;
  return refuseFilter(path, dataset, 'gzip, lzf, zstd or no compression');
}

function refuseFilter(path: string, dataset: Dataset, expected: string): never {
  const names = dataset.filters.filter(({id}) => !knownFilters.includes(id)).map(({id, name}) => filterNames[id] ?? (name || `filter ${id}`));
  throw new FormatProblem(path, {found: `${dataset.path} compressed with ${names.join(' and ')}`, expected, advice: 'Write the file again with gzip: anndata.read_h5ad(path).write_h5ad(other, compression="gzip").'});
}

function rawOf(dataset: Dataset): RawDataset {
  const {metadata, filters, shape, path} = dataset;
  return {
    name: path, header: headerOf(dataset), shape: shape ?? [], chunks: metadata.chunks, filters: filters.map(({id}) => id),
    // In the file a string of any length is a length (4 bytes) and a place in a heap (8 + 4).
    elementSize: metadata.vlen ? 16 : metadata.size,
  };
}

/** The address of its object header, which is what an object reference is. */
export function headerOf(dataset: Dataset): number {
  return Number(Buffer.from(dataset.create_reference().ref_data).readBigUInt64LE(0));
}
