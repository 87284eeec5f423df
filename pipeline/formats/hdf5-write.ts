// Writing HDF5: h5wasm writes, scran.js adds the enum types that h5wasm cannot write (anndata's booleans), and the values of long lists follow from our own hand.
import {randomUUID} from 'node:crypto';
import {renameSync, rmSync} from 'node:fs';
import type {Dataset, File, Group} from 'h5wasm/node';
import {appendArrays} from './hdf5-append.ts';
import {openLibrary} from './hdf5-library.ts';
import {headerOf, readHdf5, type Numbers} from './hdf5.ts';

export type AttributeValue = string | number | boolean | readonly string[] | Numbers;
export type Attributes = Readonly<Record<string, AttributeValue>>;

const chunkLength = 1 << 16;

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

/** A list whose dataset was made without values. */
interface LongList {
  readonly path: string;
  readonly data: Numbers;
}

/** Writes beside `path`, checks that it opens, renames. Equal calls give equal bytes. */
export async function writeHdf5(path: string, write: (writer: Hdf5Writer) => void): Promise<void> {
  const h5wasm = await openLibrary();
  const partial = `${path}.${randomUUID()}.partial`;
  const enumerated: Enumerated[] = [];
  const long: LongList[] = [];
  try {
    atTimeZero(() => {
      const file = new h5wasm.File(partial, 'w', {libver: ['earliest', 'v110']});
      try {
        write(writerOf(file, {enumerated, long}));
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
    // Last, since whoever opens the file to write may move its end.
    await appendArrays(partial, await readHdf5(partial, (root) => long.map(({path, data}) => ({header: headerOf(root.get(path) as Dataset), data, chunkLength}))));
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

function writerOf(file: File, {enumerated, long}: {enumerated: Enumerated[]; long: LongList[]}): Hdf5Writer {
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
      if (isLong && shape.length === 1) {
        const empty = new (data.constructor as new (n: number) => Numbers)(0);
        const dataset = parent.create_dataset({name, data: empty, shape: [0], maxshape: [null], chunks: [chunkLength], compression: 1});
        dataset.resize([data.length]);
        setAttributes(dataset, attributes);
        long.push({path, data});
        return;
      }
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
