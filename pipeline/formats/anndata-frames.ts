// AnnData's obs and var: data frames as groups (0.7 and later) or as one compound dataset (before).
import {FormatProblem} from '../base/format-problem.ts';
import type {Column, DataFrame} from '../data/annotated-matrix.ts';
import {attributeOf, datasetAt, groupAt, isText, readExactNumbers, readNumbers, readRecords, readStrings, type Dataset, type Group} from './hdf5.ts';
import type {Hdf5Writer} from './hdf5-write.ts';

export function readDataFrame(path: string, root: Group, name: string): DataFrame {
  const group = groupAt(root, name);
  if (group !== undefined) return readFrameGroup(path, group);
  const dataset = datasetAt(root, name);
  if (dataset !== undefined) return readCompound(path, root, dataset);
  throw new FormatProblem(path, {found: `no ${name}`, expected: 'an h5ad file (AnnData) with obs and var', advice: 'Check that the path names the right file.'});
}

export function readFrameGroup(path: string, group: Group): DataFrame {
  const indexName = String(attributeOf(group, '_index') ?? '_index');
  const order = attributeOf(group, 'column-order');
  const names = Array.isArray(order) ? (order as string[]) : group.keys().filter((key) => key !== indexName && key !== '__categories');
  const columns = new Map<string, Column>();
  for (const name of names) {
    const column = readColumn(path, group, name);
    if (column !== undefined) columns.set(name, column);
  }
  return {index: readIndex(path, group, indexName), columns};
}

/** anndata 0.13 with pandas 3 writes the index as a group of values and a mask. */
function readIndex(path: string, group: Group, name: string): string[] {
  const dataset = datasetAt(group, name) ?? datasetAt(groupAt(group, name) ?? group, 'values');
  if (dataset === undefined) throw new FormatProblem(path, {found: `${group.path} without its index ${name}`, expected: 'a data frame', advice: 'Check how the file was made.'});
  return readStrings(path, dataset);
}

/** Undefined for what is no column of values (an encoding of a later anndata). */
function readColumn(path: string, group: Group, name: string): Column | undefined {
  const part = groupAt(group, name);
  if (part !== undefined) return readColumnGroup(path, part);
  const dataset = datasetAt(group, name);
  if (dataset === undefined) return undefined;
  const old = datasetAt(groupAt(group, '__categories') ?? group, groupAt(group, '__categories') === undefined ? '' : name);
  if (old !== undefined) return categorical(readNumbers(path, dataset), namesOf(path, old), isTrue(attributeOf(old, 'ordered')));
  return plainColumn(path, dataset);
}

function plainColumn(path: string, dataset: Dataset): Column {
  if (isText(dataset)) return {kind: 'string', values: readStrings(path, dataset)};
  const {type} = dataset.metadata;
  const numbers = readExactNumbers(path, dataset);
  // HDF5 type class 8 is an enum, which is how h5py writes bool.
  if (type === 8) return {kind: 'boolean', values: Array.from(numbers as Int8Array, (value) => value !== 0)};
  const isBig = numbers instanceof BigInt64Array || numbers instanceof BigUint64Array;
  // Identifiers beyond 2^53 would be other numbers as doubles: they stay exact as text.
  if (isBig && (numbers as BigInt64Array).some((value) => !Number.isSafeInteger(Number(value)))) return {kind: 'string', values: Array.from(numbers as BigInt64Array, String)};
  return {kind: type === 1 ? 'float' : 'integer', values: Float64Array.from(numbers as ArrayLike<number | bigint>, Number)};
}

export function readColumnGroup(path: string, group: Group): Column | undefined {
  const encoding = attributeOf(group, 'encoding-type');
  if (encoding === 'categorical') {
    const [codes, categories] = [datasetAt(group, 'codes'), datasetAt(group, 'categories') ?? datasetAt(groupAt(group, 'categories') ?? group, 'values')];
    if (codes === undefined || categories === undefined) throw new FormatProblem(path, {found: `${group.path} without codes or categories`, expected: 'a categorical column', advice: 'Check how the file was made.'});
    return categorical(readNumbers(path, codes), namesOf(path, categories), isTrue(attributeOf(group, 'ordered')));
  }
  const [values, mask] = [datasetAt(group, 'values'), datasetAt(group, 'mask')];
  if (values === undefined || mask === undefined) return undefined;
  const column = plainColumn(path, values);
  const isMissing = readNumbers(path, mask);
  switch (column.kind) {
    case 'string':
    case 'boolean':
      return {kind: column.kind, values: (column.values as (string | boolean)[]).map((value, i) => (isMissing[i] === 0 ? value : null))} as Column;
    case 'float':
    case 'integer':
      return {kind: column.kind, values: column.values.map((value, i) => (isMissing[i] === 0 ? value : NaN))};
    case 'categorical':
      return column;
  }
}

/** Categories may be numbers or booleans. */
function namesOf(path: string, categories: Dataset): string[] {
  const column = plainColumn(path, categories);
  return column.kind === 'string' ? (column.values as string[]) : Array.from(column.kind === 'categorical' ? [] : column.values, String);
}

const isTrue = (value: unknown): boolean => value === true || value === 1 || (ArrayBuffer.isView(value) && (value as Int8Array)[0] === 1) || value === 'True';

function categorical(codes: ArrayLike<number>, categories: readonly string[], ordered: boolean): Column {
  if (Array.from(codes).some((code) => code < -1 || code >= categories.length)) throw new RangeError(`a code outside of ${categories.length} categories`);
  return {kind: 'categorical', codes: Int32Array.from(codes), categories, ordered};
}

/** anndata up to 0.6: one compound dataset, categories in uns as `<column>_categories`. */
function readCompound(path: string, root: Group, dataset: Dataset): DataFrame {
  const members = dataset.metadata.compound_type?.members ?? [];
  const rows = readRecords(path, dataset);
  const uns = groupAt(root, 'uns');
  const columns = new Map<string, Column>();
  const at = Math.max(0, members.findIndex((member) => member.name === 'index'));
  members.forEach((member, i) => {
    if (i === at) return;
    const values = rows.map((row) => row[i]);
    const categories = uns === undefined ? undefined : datasetAt(uns, `${member.name}_categories`);
    if (categories !== undefined) columns.set(member.name, categorical(values.map(Number), namesOf(path, categories), false));
    // Type class 8 is an enum, which is how h5py writes bool.
    else if (member.type === 8) columns.set(member.name, {kind: 'boolean', values: values.map((value) => Number(value) !== 0)});
    else if (typeof values[0] === 'string') columns.set(member.name, {kind: 'string', values: values.map(String)});
    else columns.set(member.name, {kind: member.type === 1 ? 'float' : 'integer', values: Float64Array.from(values, Number)});
  });
  return {index: rows.map((row) => String(row[at])), columns};
}

export function writeDataFrame(writer: Hdf5Writer, path: string, frame: DataFrame): void {
  writer.group(path, {'encoding-type': 'dataframe', 'encoding-version': '0.2.0', _index: '_index', 'column-order': [...frame.columns.keys()]});
  writer.strings(`${path}/_index`, frame.index, {'encoding-type': 'string-array', 'encoding-version': '0.2.0'});
  for (const [name, column] of frame.columns) writeColumn(writer, `${path}/${name}`, column);
}

const array = {'encoding-type': 'array', 'encoding-version': '0.2.0'};
const texts = {'encoding-type': 'string-array', 'encoding-version': '0.2.0'};

function writeColumn(writer: Hdf5Writer, path: string, column: Column): void {
  switch (column.kind) {
    case 'string':
      // AnnData reads a missing string back only from a categorical, in every version since 0.8.
      if (column.values.includes(null)) writeColumn(writer, path, asCategorical(column.values));
      else writer.strings(path, column.values as readonly string[], texts);
      return;
    case 'float':
      writer.numbers(path, column.values, {attributes: array});
      return;
    case 'integer':
      if (column.values.some(Number.isNaN)) writeNullable(writer, path, {encoding: 'nullable-integer', values: BigInt64Array.from(column.values, (value) => BigInt(Number.isNaN(value) ? 0 : value)), mask: column.values.map(Number.isNaN as unknown as (value: number) => number)});
      else writer.numbers(path, BigInt64Array.from(column.values, BigInt), {attributes: array});
      return;
    case 'boolean':
      if (column.values.includes(null)) {
        writer.group(path, {'encoding-type': 'nullable-boolean', 'encoding-version': '0.1.0'});
        writer.booleans(`${path}/values`, Int8Array.from(column.values, (value) => (value === true ? 1 : 0)), {attributes: array});
        writer.booleans(`${path}/mask`, Int8Array.from(column.values, (value) => (value === null ? 1 : 0)), {attributes: array});
      } else writer.booleans(path, Int8Array.from(column.values, (value) => (value === true ? 1 : 0)), {attributes: array});
      return;
    case 'categorical':
      writer.group(path, {'encoding-type': 'categorical', 'encoding-version': '0.2.0', ordered: column.ordered});
      writer.numbers(`${path}/codes`, column.categories.length < 128 ? Int8Array.from(column.codes) : column.codes, {attributes: array});
      writer.strings(`${path}/categories`, column.categories, texts);
      return;
  }
}

function writeNullable(writer: Hdf5Writer, path: string, {encoding, values, mask}: {encoding: string; values: BigInt64Array; mask: ArrayLike<number>}): void {
  writer.group(path, {'encoding-type': encoding, 'encoding-version': '0.1.0'});
  writer.numbers(`${path}/values`, values, {attributes: array});
  writer.booleans(`${path}/mask`, Int8Array.from(mask, Number), {attributes: array});
}

function asCategorical(values: readonly (string | null)[]): Column {
  const categories = [...new Set(values)].filter((value) => value !== null).sort();
  const code = new Map(categories.map((category, i) => [category, i]));
  return {kind: 'categorical', codes: Int32Array.from(values, (value) => (value === null ? -1 : (code.get(value) ?? -1))), categories, ordered: false};
}
