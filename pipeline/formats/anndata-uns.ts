// AnnData's uns: nested dictionaries of plain values. What has no plain value (matrices, tables, structured arrays) is left out on reading.
import {attributeOf, datasetAt, groupAt, isText, readNumbers, readStrings, type Dataset, type Group, type Hdf5Writer} from './hdf5.ts';

export function readMapping(path: string, group: Group | undefined): Readonly<Record<string, unknown>> {
  const mapping: Record<string, unknown> = {};
  for (const name of group?.keys() ?? []) {
    const part = groupAt(group as Group, name);
    const dataset = datasetAt(group as Group, name);
    if (part !== undefined) {
      const encoding = attributeOf(part, 'encoding-type');
      if (encoding === undefined || encoding === 'dict') mapping[name] = readMapping(path, part);
    } else if (dataset !== undefined) {
      const value = plainValue(path, dataset);
      if (value !== undefined) mapping[name] = value;
    }
  }
  return mapping;
}

function plainValue(path: string, dataset: Dataset): unknown {
  const {shape} = dataset;
  const {type} = dataset.metadata;
  if (shape === null || shape.length > 1 || ![0, 1, 3, 8].includes(type)) return undefined;
  const values = isText(dataset) ? readStrings(path, dataset) : Array.from(readNumbers(path, dataset), (value) => (type === 8 ? value !== 0 : value));
  return shape.length === 0 ? values[0] : values;
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
