// AnnData's matrices: dense, csr and csc, in the encodings of all versions.
import {FormatProblem} from '../base/format-problem.ts';
import {tidyRows, transposed, type DenseMatrix, type Matrix, type SparseMatrix} from '../data/matrix.ts';
import {attributeOf, datasetAt, groupAt, readNumbers, readRecords, readRowSlabs, type Dataset, type Group, type Numbers} from './hdf5.ts';
import type {Hdf5Writer} from './hdf5-write.ts';

/** Compressed rows; null where there is no such element. `shape`: what it must be, where that is known. */
export function readMatrix(path: string, parent: Group, name: string, shape: readonly [number, number] | undefined): SparseMatrix | null {
  const group = groupAt(parent, name);
  const dataset = datasetAt(parent, name);
  if (group === undefined && dataset === undefined) return null;
  // A null: written for an AnnData without X inside a MuData.
  if (dataset !== undefined && dataset.shape === null) return null;
  const matrix = group === undefined ? sparseFromDense(path, dataset as Dataset) : readSparse(path, group);
  if (shape !== undefined && (matrix.nRows !== shape[0] || matrix.nColumns !== shape[1])) {
    throw new FormatProblem(path, {found: `${name} of ${matrix.nRows} x ${matrix.nColumns}`, expected: `${shape[0]} x ${shape[1]}, as obs and var say`, advice: 'Check how the file was made.'});
  }
  return matrix;
}

/** The elements of a group that are rows of numbers, sparse ones made dense; of a compound dataset (up to anndata 0.6) its fields. */
export function readDenseMembers(path: string, root: Group, name: string): [string, DenseMatrix][] {
  const group = groupAt(root, name);
  const records = datasetAt(root, name);
  if (records !== undefined) return readRecordFields(path, records);
  return (group?.keys() ?? []).flatMap((key): [string, DenseMatrix][] => {
    const dataset = datasetAt(group as Group, key);
    const part = groupAt(group as Group, key);
    const isSparse = part !== undefined && /^cs[rc]/.test(String(attributeOf(part, 'encoding-type') ?? attributeOf(part, 'h5sparse_format') ?? ''));
    const matrix = dataset !== undefined ? readDense(path, dataset) : isSparse ? denseOf(path, `${name}/${key}`, readSparse(path, part)) : undefined;
    return matrix === undefined ? [] : [[key, matrix]];
  });
}

/** More would not fit a typed array, and is no embedding. */
const mostDense = 2 ** 29;

function denseOf(path: string, name: string, {nRows, nColumns, indptr, indices, values}: SparseMatrix): DenseMatrix {
  if (nRows * nColumns > mostDense) throw new FormatProblem(path, {found: `${name} of ${nRows} x ${nColumns}`, expected: 'an embedding of some hundred columns', advice: 'Move it to layers, or leave it out.'});
  const dense = new Float32Array(nRows * nColumns);
  for (let row = 0; row < nRows; row++) for (let k = indptr[row]; k < indptr[row + 1]; k++) dense[row * nColumns + indices[k]] = values[k];
  return {kind: 'dense', nRows, nColumns, values: dense};
}

function readRecordFields(path: string, dataset: Dataset): [string, DenseMatrix][] {
  const rows = readRecords(path, dataset) as unknown as ArrayLike<number>[][];
  return (dataset.metadata.compound_type?.members ?? []).map(({name}, field) => {
    const fields = rows.map((row) => Array.from(row[field], Number));
    return [name, {kind: 'dense', nRows: rows.length, nColumns: fields[0]?.length ?? 0, values: Float64Array.from(fields.flat())}];
  });
}

/** Undefined where the dataset does not hold rows of numbers. */
export function readDense(path: string, dataset: Dataset): DenseMatrix | undefined {
  const {shape} = dataset;
  // HDF5 type classes: 0 integer, 1 float.
  if (shape === null || shape.length !== 2 || dataset.metadata.type > 1) return undefined;
  const values = readNumbers(path, dataset);
  const kept = values instanceof Float32Array || values instanceof Int32Array ? values : Float64Array.from(values);
  return {kind: 'dense', nRows: shape[0], nColumns: shape[1], values: kept};
}

/** Read some rows at a time: a dense matrix of many cells does not fit in memory as a whole. */
export function sparseFromDense(path: string, dataset: Dataset): SparseMatrix {
  const {shape} = dataset;
  if (shape === null || shape.length !== 2 || dataset.metadata.type > 1) throw new FormatProblem(path, {found: `${dataset.path} without rows of numbers`, expected: 'a matrix', advice: 'Check how the file was made.'});
  const [nRows, nColumns] = shape;
  const indptr = new Uint32Array(nRows + 1);
  const parts: {indices: Uint32Array; values: Float32Array}[] = [];
  let [row, stored] = [0, 0];
  for (const values of readRowSlabs(path, dataset)) {
    const indices: number[] = [];
    const kept: number[] = [];
    for (let from = 0; from < values.length; from += nColumns) {
      for (let j = 0; j < nColumns; j++) {
        if (values[from + j] === 0) continue;
        indices.push(j);
        kept.push(values[from + j]);
      }
      indptr[++row] = stored + indices.length;
    }
    stored += indices.length;
    parts.push({indices: Uint32Array.from(indices), values: Float32Array.from(kept)});
  }
  const whole = {indices: new Uint32Array(stored), values: new Float32Array(stored)};
  let at = 0;
  for (const {indices, values} of parts) {
    whole.indices.set(indices, at);
    whole.values.set(values, at);
    at += indices.length;
  }
  return {kind: 'sparse', nRows, nColumns, indptr, ...whole};
}

export interface SparseParts {
  readonly name: string;
  readonly kind: 'rows' | 'columns';
  readonly data: Dataset;
  readonly indices: Dataset;
  readonly indptr: Dataset;
  readonly shape: readonly [number, number];
}

/** Where the parts of a sparse matrix lie; undefined for what is not stored as one. */
export function sparseParts(path: string, parent: Group, name: string): SparseParts | undefined {
  const group = groupAt(parent, name);
  return group === undefined ? undefined : partsOf(path, group);
}

function partsOf(path: string, group: Group): SparseParts {
  const [data, indices, indptr] = ['data', 'indices', 'indptr'].map((part) => {
    const dataset = datasetAt(group, part);
    if (dataset === undefined) throw new FormatProblem(path, {found: `${group.path} without ${part}`, expected: 'a sparse matrix', advice: 'Check how the file was made.'});
    return dataset;
  });
  const shape = Array.from((attributeOf(group, 'shape') ?? attributeOf(group, 'h5sparse_shape') ?? []) as ArrayLike<number | bigint>, Number);
  const kind = String(attributeOf(group, 'encoding-type') ?? attributeOf(group, 'h5sparse_format'));
  if (shape.length !== 2 || !/^cs[rc]/.test(kind)) throw new FormatProblem(path, {found: `${group.path} of kind ${kind}`, expected: 'csr_matrix or csc_matrix with a shape', advice: 'Check how the file was made.'});
  return {name: group.path, kind: kind.startsWith('csc') ? 'columns' : 'rows', data, indices, indptr, shape: [shape[0], shape[1]]};
}

function readSparse(path: string, group: Group): SparseMatrix {
  const {name, kind, shape, ...parts} = partsOf(path, group);
  const [data, indices, indptr] = [parts.data, parts.indices, parts.indptr].map((dataset) => readNumbers(path, dataset));
  const isColumns = kind === 'columns';
  const [nMajor, nMinor] = isColumns ? [shape[1], shape[0]] : shape;
  const values = data instanceof Float32Array ? data : Float32Array.from(data);
  const major: SparseMatrix = {kind: 'sparse', nRows: nMajor, nColumns: nMinor, indptr: Uint32Array.from(indptr), indices: asPlaces(indices), values};
  const stored = major.indices.length;
  if (indptr.length !== nMajor + 1 || values.length !== stored || major.indptr[nMajor] !== stored || !areBelow(major.indices, nMinor)) {
    throw new FormatProblem(path, {found: `${name} whose indptr, indices and data do not fit each other`, expected: `a sparse matrix of ${shape.join(' x ')}`, advice: 'The file may be damaged: copy it again.'});
  }
  return tidyRows(isColumns ? transposed(major) : major);
}

/** Without a copy where it can be: they are half of a matrix. A negative index becomes a very large one. */
export function asPlaces(values: Numbers): Uint32Array {
  return values instanceof Int32Array ? new Uint32Array(values.buffer, values.byteOffset, values.length) : Uint32Array.from(values as Float64Array, Number);
}

/** A plain loop: it walks over every stored value of a file. */
export function areBelow(indices: Uint32Array, limit: number): boolean {
  for (let k = 0; k < indices.length; k++) if (indices[k] >= limit) return false;
  return true;
}

export function writeMatrix(writer: Hdf5Writer, path: string, matrix: Matrix): void {
  const {nRows, nColumns} = matrix;
  if (matrix.kind === 'dense') {
    writer.numbers(path, matrix.values, {shape: [nRows, nColumns], attributes: {'encoding-type': 'array', 'encoding-version': '0.2.0'}});
    return;
  }
  writer.group(path, {'encoding-type': 'csr_matrix', 'encoding-version': '0.1.0', shape: BigInt64Array.of(BigInt(nRows), BigInt(nColumns))});
  // Pointers of one type with the indices, as scipy has them: code that is compiled for the one (scanpy with numba) refuses a mixture.
  const whole = (values: Uint32Array): Int32Array | BigInt64Array => (matrix.indices.length < 2 ** 31 ? new Int32Array(values.buffer, values.byteOffset, values.length) : BigInt64Array.from(values, BigInt));
  writer.numbers(`${path}/data`, matrix.values);
  writer.numbers(`${path}/indices`, whole(matrix.indices));
  writer.numbers(`${path}/indptr`, whole(matrix.indptr));
}
