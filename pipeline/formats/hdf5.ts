// All of HDF5 behind one door: h5wasm reads and writes, scran.js adds the enum types that h5wasm cannot write (anndata's booleans).
import {randomUUID} from 'node:crypto';
import {existsSync, renameSync, rmSync} from 'node:fs';
import type {Dataset, File, Group} from 'h5wasm/node';
import {FormatProblem} from '../base/format-problem.ts';

export type {Dataset, Group};
export type Numbers = Int8Array | Uint8Array | Int16Array | Uint16Array | Int32Array | Uint32Array | Float32Array | Float64Array | BigInt64Array | BigUint64Array;
export type AttributeValue = string | number | boolean | readonly string[] | Numbers;
export type Attributes = Readonly<Record<string, AttributeValue>>;

/** Deflate, shuffle, Fletcher-32, szip, n-bit, scale-offset: what the library decodes without plugins. Others abort the process. */
const knownFilters = [1, 2, 3, 4, 5, 6];
/** A slice re-opens the dataset with a cold chunk cache: few large reads. */
const slab = 1 << 21;
const chunkLength = 1 << 16;

async function openLibrary(): Promise<typeof import('h5wasm/node')> {
  const h5wasm = await import('h5wasm/node');
  const module = (await h5wasm.ready) as unknown as {activate_throwing_error_handler: () => void};
  // Without it a damaged chunk is read as zeros, with a message on stderr only.
  module.activate_throwing_error_handler();
  return h5wasm;
}

/** Opens, reads, closes. What the library cannot read is a FormatProblem. */
export async function readHdf5<T>(path: string, read: (root: Group) => T): Promise<T> {
  if (!existsSync(path)) throw new FormatProblem(path, {found: 'no file', expected: 'an HDF5 file', advice: 'Check the path.'});
  const h5wasm = await openLibrary();
  let file: File | undefined;
  try {
    file = new h5wasm.File(path, 'r');
    return read(file);
  } catch (error) {
    if (error instanceof FormatProblem) throw error;
    // The library's own errors are plain; a TypeError or RangeError is a bug of ours, except that a damaged header leads to them too.
    const message = (error as Error).message.split('\n').map((line) => line.trim()).find((line) => line !== '') ?? 'an unreadable file';
    throw new FormatProblem(path, {found: message.slice(0, 200), expected: 'a whole HDF5 file', advice: 'The file may be cut off or damaged: copy it again, and open it with h5ls to see.'});
  } finally {
    file?.close();
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

/** A whole dataset of numbers (any rank, row-major) or of booleans (as 0 and 1). */
export function readNumbers(path: string, dataset: Dataset): Exclude<Numbers, BigInt64Array | BigUint64Array> {
  checkFilters(path, dataset);
  const shape = dataset.shape ?? [];
  const length = shape.reduce((product, n) => product * n, 1);
  if (shape.length !== 1 || length <= slab) return plain(dataset.value, dataset.path, path);
  const chunk = dataset.metadata.chunks?.[0] ?? slab;
  const step = Math.max(chunk, Math.floor(slab / chunk) * chunk);
  let whole: Exclude<Numbers, BigInt64Array | BigUint64Array> | undefined;
  for (let from = 0; from < length; from += step) {
    const part = plain(dataset.slice([[from, Math.min(length, from + step)]]), dataset.path, path);
    whole ??= new (part.constructor as new (n: number) => typeof part)(length);
    whole.set(part, from);
  }
  return whole as Exclude<Numbers, BigInt64Array | BigUint64Array>;
}

/** 64-bit integers become doubles: counts and offsets stay far below 2^53. */
function plain(value: unknown, name: string, path: string): Exclude<Numbers, BigInt64Array | BigUint64Array> {
  if (value instanceof BigInt64Array || value instanceof BigUint64Array) return Float64Array.from(value, Number);
  if (ArrayBuffer.isView(value)) return value as Exclude<Numbers, BigInt64Array | BigUint64Array>;
  if (typeof value === 'number') return Float64Array.of(value);
  if (typeof value === 'bigint') return Float64Array.of(Number(value));
  throw new FormatProblem(path, {found: `${name} without numbers`, expected: 'numbers', advice: 'Check how the file was made.'});
}

/** Strings of any kind; a scalar is a list of one. */
export function readStrings(path: string, dataset: Dataset): string[] {
  checkFilters(path, dataset);
  const value = dataset.value;
  if (typeof value === 'string') return [value];
  if (Array.isArray(value)) return value.map((one) => (typeof one === 'string' ? one : String(one)));
  if (value === null) return [];
  if (ArrayBuffer.isView(value)) return Array.from(value as Float64Array, String);
  throw new FormatProblem(path, {found: `${dataset.path} without text`, expected: 'strings', advice: 'Check how the file was made.'});
}

export function isText(dataset: Dataset): boolean {
  return dataset.metadata.type === 3;
}

function checkFilters(path: string, dataset: Dataset): void {
  const unknown = dataset.filters.find((filter) => !knownFilters.includes(filter.id));
  if (unknown === undefined) return;
  throw new FormatProblem(path, {found: `${dataset.path} compressed with ${unknown.name || `filter ${unknown.id}`}`, expected: 'gzip or no compression', advice: 'Write the file again with compression="gzip".'});
}

export interface Hdf5Writer {
  readonly group: (path: string, attributes?: Attributes) => void;
  /** `shape` defaults to one dimension; long arrays are chunked and compressed. */
  readonly numbers: (path: string, data: Numbers, more?: {shape?: readonly number[]; attributes?: Attributes}) => void;
  /** A string alone is a scalar. */
  readonly strings: (path: string, values: readonly string[] | string, attributes?: Attributes) => void;
  /** As the enum that h5py calls bool; `[]` shape for a scalar. */
  readonly booleans: (path: string, values: Int8Array, more?: {isScalar?: boolean; attributes?: Attributes}) => void;
  readonly number: (path: string, value: number, attributes?: Attributes) => void;
}

interface Enumerated {
  readonly path: string;
  /** Undefined: the values are a dataset of their own. */
  readonly attribute?: string;
  readonly values: Int8Array;
  readonly isScalar: boolean;
  readonly attributes: Attributes;
}

/** Writes beside `path`, checks that it opens, renames. Equal calls give equal bytes. */
export async function writeHdf5(path: string, write: (writer: Hdf5Writer) => void): Promise<void> {
  const h5wasm = await openLibrary();
  const partial = `${path}.${randomUUID()}.partial`;
  const enumerated: Enumerated[] = [];
  try {
    atTimeZero(() => {
      const file = new h5wasm.File(partial, 'w', {libver: ['earliest', 'v110']});
      try {
        write(writerOf(file, enumerated));
      } finally {
        file.close();
      }
    });
    if (enumerated.length > 0) {
      const scran = await import('scran.js');
      await scran.initialize({numberOfThreads: 1});
      atTimeZero(() => {
        for (const one of enumerated) writeEnumerated(scran, partial, one);
      });
    }
  } catch (error) {
    rmSync(partial, {force: true});
    throw error;
  }
  // A failed attribute write ruins a file although it closes well: what cannot be opened again is not kept.
  try {
    await readHdf5(partial, (root) => root.keys());
    renameSync(partial, path);
  } finally {
    rmSync(partial, {force: true});
  }
}

/** HDF5 stamps every object with the time of its making, and neither library can be told not to; both ask Date.now(). */
function atTimeZero(write: () => void): void {
  const now = Date.now;
  Date.now = () => 0;
  try {
    write();
  } finally {
    Date.now = now;
  }
}

function writerOf(file: File, enumerated: Enumerated[]): Hdf5Writer {
  const setAttributes = (entity: Group | Dataset, attributes: Attributes = {}): void => {
    for (const [name, value] of Object.entries(attributes)) {
      if (typeof value === 'boolean') enumerated.push({path: entity.path, attribute: name, values: Int8Array.of(value ? 1 : 0), isScalar: true, attributes: {}});
      // Neither an empty string nor an empty list can be written; anndata itself writes an empty column order as an empty array of doubles.
      else if (Array.isArray(value) && value.length === 0) entity.create_attribute(name, new Float64Array(0));
      else entity.create_attribute(name, value as string);
    }
  };
  const split = (path: string): [Group, string] => {
    const at = path.lastIndexOf('/');
    return [at < 0 ? file : (file.get(path.slice(0, at)) as Group), path.slice(at + 1)];
  };
  return {
    group(path, attributes) {
      setAttributes(path === '' ? file : split(path)[0].create_group(split(path)[1]), attributes);
    },
    numbers(path, data, {shape = [data.length], attributes} = {}) {
      const [parent, name] = split(path);
      const isLong = data.length > chunkLength;
      const rowLength = shape.slice(1).reduce((product, n) => product * n, 1);
      const chunks = [Math.max(1, Math.floor(chunkLength / rowLength)), ...shape.slice(1)];
      const dataset = parent.create_dataset({name, data, shape: [...shape], ...(isLong ? {chunks, compression: 1} : {})});
      setAttributes(dataset, attributes);
    },
    strings(path, values, attributes) {
      const [parent, name] = split(path);
      const data = typeof values === 'string' ? values : [...values];
      const dataset = Array.isArray(data) && data.length === 0 ? parent.create_dataset({name, data, shape: [0], dtype: 'S'}) : parent.create_dataset({name, data, ...(Array.isArray(data) ? {} : {shape: []})});
      setAttributes(dataset, attributes);
    },
    booleans(path, values, {isScalar = false, attributes = {}} = {}) {
      enumerated.push({path, values, isScalar, attributes});
    },
    number(path, value, attributes) {
      const [parent, name] = split(path);
      setAttributes(parent.create_dataset({name, data: Number.isInteger(value) && Math.abs(value) < 2 ** 31 ? Int32Array.of(value) : Float64Array.of(value), shape: []}), attributes);
    },
  };
}

function writeEnumerated(scran: typeof import('scran.js'), file: string, one: Enumerated): void {
  const type = new scran.H5EnumType('Int8', {FALSE: 0, TRUE: 1});
  const path = one.path.replace(/^\//, '');
  const shape = one.isScalar ? [] : [one.values.length];
  if (one.attribute !== undefined) {
    const base = path === '' ? new scran.H5File(file) : new scran.H5Group(file, path);
    base.writeAttribute(one.attribute, type, shape, one.values);
    return;
  }
  const at = path.lastIndexOf('/');
  const parent = at < 0 ? new scran.H5File(file) : new scran.H5Group(file, path.slice(0, at));
  const dataset = parent.writeDataSet(path.slice(at + 1), type, shape, one.values);
  for (const [name, value] of Object.entries(one.attributes)) dataset.writeAttribute(name, new scran.H5StringType('UTF-8', scran.H5StringType.variableLength), [], [String(value)]);
}
