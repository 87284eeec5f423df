// What a file of data/h5ad/anndata_current must hold (its expected.json, taken from the objects before they were written), and what we read, in
// the same words.
import {readFileSync} from 'node:fs';
import type {AnnotatedMatrix, Column, DataFrame} from '../../../pipeline/data/annotated-matrix.ts';
import type {Matrix} from '../../../pipeline/data/matrix.ts';
import {dataFile} from '../../rig/shared-data.ts';

type Value = unknown;
interface ExpectedMatrix {
  readonly kind: string;
  readonly dtype: string;
  readonly values?: readonly (readonly Value[])[];
}
interface ExpectedColumn {
  readonly kind: string;
  readonly ordered?: boolean;
  readonly categories?: readonly Value[];
  readonly values: readonly Value[];
}
export interface ExpectedFrame {
  readonly index: readonly string[];
  readonly column_order: readonly string[];
  readonly columns: Readonly<Record<string, ExpectedColumn>>;
}
export interface Expected {
  readonly X: ExpectedMatrix | null;
  readonly obs: ExpectedFrame;
  readonly var: ExpectedFrame;
  readonly layers: Readonly<Record<string, ExpectedMatrix>>;
  readonly obsm: Readonly<Record<string, ExpectedMatrix & ExpectedFrame>>;
  readonly varm: Readonly<Record<string, ExpectedMatrix>>;
  readonly obsp: Readonly<Record<string, ExpectedMatrix>>;
  readonly raw: {readonly X: ExpectedMatrix; readonly var: ExpectedFrame} | null;
  readonly uns: Readonly<Record<string, unknown>>;
}

export function expectedFiles(): Readonly<Record<string, Expected & {readonly mod: Readonly<Record<string, Expected>>; readonly about: string}>> {
  return (JSON.parse(readFileSync(dataFile('h5ad/anndata_current/expected.json'), 'utf8')) as {files: ReturnType<typeof expectedFiles>}).files;
}

/** Missing is null on both sides: a float that is NaN too. Sparse values are 32-bit here. */
export function expectedWords(file: Expected): unknown {
  const matrices = (group: Readonly<Record<string, ExpectedMatrix>>): Record<string, unknown> => Object.fromEntries(Object.entries(group).filter(([, element]) => element.values !== undefined && ['csr', 'csc', 'dense'].includes(element.kind)).map(([name, element]) => [name, rounded(element.values ?? [])]));
  return {
    obs: frameWords(file.obs), var: frameWords(file.var), X: file.X === null ? null : rounded(file.X.values ?? []), layers: matrices(file.layers), obsm: matrices(file.obsm), varm: matrices(file.varm), obsp: matrices(file.obsp),
    obsmFrames: Object.fromEntries(Object.entries(file.obsm).filter(([, element]) => element.kind === 'dataframe').map(([name, frame]) => [name, frameWords(frame)])),
    raw: file.raw === null ? null : {X: rounded(file.raw.X.values ?? []), var: frameWords(file.raw.var)},
  };
}

export function foundWords(data: AnnotatedMatrix): unknown {
  const matrices = (group: ReadonlyMap<string, Matrix> | undefined): Record<string, unknown> => Object.fromEntries([...(group ?? [])].map(([name, matrix]) => [name, rounded(rowsOf(matrix))]));
  return {
    obs: foundFrame(data.obs), var: foundFrame(data.var), X: data.X === null ? null : rounded(rowsOf(data.X)), layers: matrices(data.layers), obsm: matrices(data.obsm), varm: matrices(data.varm), obsp: matrices(data.obsp),
    obsmFrames: Object.fromEntries([...(data.obsmFrames ?? [])].map(([name, frame]) => [name, foundFrame(frame)])),
    raw: data.raw === undefined ? null : {X: rounded(rowsOf(data.raw.X)), var: foundFrame(data.raw.var)},
  };
}

export function rowsOf(matrix: Matrix): number[][] {
  const rows = Array.from({length: matrix.nRows}, () => new Array<number>(matrix.nColumns).fill(0));
  if (matrix.kind === 'dense') return rows.map((row, i) => row.map((_, j) => matrix.values[i * matrix.nColumns + j]));
  for (let i = 0; i < matrix.nRows; i++) for (let k = matrix.indptr[i]; k < matrix.indptr[i + 1]; k++) rows[i][matrix.indices[k]] += matrix.values[k];
  return rows;
}

function rounded(rows: readonly (readonly unknown[])[]): number[][] {
  return rows.map((row) => row.map((value) => Math.fround(numberOf(value))));
}

/** expected.json writes NaN and infinities as words, an integer beyond 2^53 as `{int: "…"}`. */
function numberOf(value: unknown): number {
  return typeof value === 'object' && value !== null ? Number((value as {int: string}).int) : Number(value);
}

function frameWords({index, column_order, columns}: ExpectedFrame): unknown {
  // A column that is the index too is stored once, by the index's name.
  return {index, columns: Object.fromEntries(column_order.map((name) => [name, expectedColumn(columns[name])]))};
}

function expectedColumn({kind, ordered, categories, values}: ExpectedColumn): unknown {
  const isBig = values.some((value) => typeof value === 'object' && value !== null);
  const texts = isBig || kind === 'categorical';
  const word = (value: unknown): unknown => (value === null ? null : typeof value === 'object' ? (value as {int: string}).int : texts ? String(value) : value === 'NaN' && kind !== 'string' ? null : value);
  const numbers = kind === 'array' && !isBig;
  return {values: values.map(word).map((value) => (numbers && typeof value === 'string' && /Infinity$/.test(value) ? Number(value) : value)), ...(kind === 'categorical' ? {ordered, categories: categories?.map(String)} : {})};
}

function foundFrame({index, columns}: DataFrame): unknown {
  return {index, columns: Object.fromEntries([...columns].map(([name, column]) => [name, foundColumn(column)]))};
}

function foundColumn(column: Column): unknown {
  switch (column.kind) {
    case 'categorical':
      return {values: Array.from(column.codes, (code) => (code < 0 ? null : column.categories[code])), ordered: column.ordered, categories: column.categories};
    case 'float':
    case 'integer':
      return {values: Array.from(column.values, (value) => (Number.isNaN(value) ? null : value))};
    default:
      return {values: column.values};
  }
}
