// AnnData's uns: nested dictionaries of plain values. Sparse matrices and awkward arrays have no plain value and are left out on reading.
import type {Column, DataFrame} from '../data/annotated-matrix.ts';
import {readColumnGroup, readFrameGroup} from './anndata-frames.ts';
import {attributeOf, datasetAt, groupAt, hasLibraryFilters, isText, readNumbers, readRecords, readStrings, type Dataset, type Group} from './hdf5.ts';
import type {Hdf5Writer} from './hdf5-write.ts';

/** A null stays null, a table is its columns by name, a structured array its fields. */
export function readMapping(path: string, group: Group | undefined): Readonly<Record<string, unknown>> {
  const mapping: Record<string, unknown> = {};
  for (const name of group?.keys() ?? []) {
    const part = groupAt(group as Group, name);
    const dataset = datasetAt(group as Group, name);
    const value = part !== undefined ? groupValue(path, part) : dataset !== undefined ? plainValue(path, dataset) : undefined;
    if (value !== undefined) mapping[name] = value;
  }
  return mapping;
}

function groupValue(path: string, group: Group): unknown {
  const encoding = attributeOf(group, 'encoding-type');
  if (encoding === 'dataframe') return frameValue(readFrameGroup(path, group));
  if (encoding !== undefined && encoding !== 'dict') {
    const column = readColumnGroup(path, group);
    return column === undefined ? undefined : columnValue(column);
  }
  return attributeOf(group, 'h5sparse_format') === undefined ? readMapping(path, group) : undefined;
}

function frameValue({index, columns}: DataFrame): Record<string, unknown> {
  return {_index: [...index], ...Object.fromEntries([...columns].map(([name, column]) => [name, columnValue(column)]))};
}

function columnValue(column: Column): unknown[] {
  switch (column.kind) {
    case 'categorical':
      return Array.from(column.codes, (code) => (code < 0 ? null : column.categories[code]));
    case 'float':
    case 'integer':
      return Array.from(column.values, (value) => (Number.isNaN(value) ? null : value));
    default:
      return [...column.values];
  }
}

function plainValue(path: string, dataset: Dataset): unknown {
  const {shape} = dataset;
  const {type, compound_type} = dataset.metadata;
  if (shape === null) return null;
  if (compound_type !== undefined && shape.length === 1) {
    // Decoration: it must not keep the counts from being read.
    if (!hasLibraryFilters(dataset)) return undefined;
    const rows = readRecords(path, dataset);
    return Object.fromEntries(compound_type.members.map(({name}, field) => [name, rows.map((row) => row[field])]));
  }
  // Type classes: 0 integer, 1 float, 3 text, 8 enum.
  if (![0, 1, 3, 8].includes(type)) return undefined;
  const values = isText(dataset) ? readStrings(path, dataset) : Array.from(readNumbers(path, dataset), (value) => (type === 8 ? value !== 0 : value));
  return shape.length === 0 ? values[0] : nested(values, shape);
}

function nested(values: readonly unknown[], [, ...inner]: readonly number[]): unknown[] {
  if (inner.length === 0) return [...values];
  const step = inner.reduce((product, n) => product * n, 1);
  return Array.from({length: step === 0 ? 0 : values.length / step}, (_, i) => nested(values.slice(i * step, (i + 1) * step), inner));
}

/** Values: text, numbers, booleans, lists of text or of numbers, and dictionaries of them. A null is left out. */
export function writeMapping(writer: Hdf5Writer, path: string, mapping: Readonly<Record<string, unknown>>): void {
  writer.group(path, {'encoding-type': 'dict', 'encoding-version': '0.1.0'});
  for (const [key, value] of Object.entries(mapping)) writeValue(writer, `${path}/${key}`, value);
}

function writeValue(writer: Hdf5Writer, path: string, value: unknown): void {
  const version = '0.2.0';
  if (value === null || value === undefined) return;
  if (typeof value === 'string') writer.strings(path, value, {'encoding-type': 'string', 'encoding-version': version});
  else if (typeof value === 'number') writer.number(path, value, {'encoding-type': 'numeric-scalar', 'encoding-version': version});
  else if (typeof value === 'boolean') writer.booleans(path, Int8Array.of(value ? 1 : 0), {isScalar: true, attributes: {'encoding-type': 'numeric-scalar', 'encoding-version': version}});
  else if (Array.isArray(value) && value.every((one) => typeof one === 'number')) writer.numbers(path, Float64Array.from(value), {attributes: {'encoding-type': 'array', 'encoding-version': version}});
  else if (Array.isArray(value) && value.every((one) => typeof one === 'string')) writer.strings(path, value, {'encoding-type': 'string-array', 'encoding-version': version});
  else if (Array.isArray(value)) throw new Error(`uns ${path} holds a list that is neither text nor numbers`);
  else writeMapping(writer, path, value as Record<string, unknown>);
}
