// AnnData in memory, with AnnData's own names (obs, var, X, layers, obsm, uns).
import type {DenseMatrix, Matrix, SparseMatrix} from './matrix.ts';

export type Column =
  | {readonly kind: 'string'; readonly values: readonly (string | null)[]}
  /** NaN is missing. */
  | {readonly kind: 'float' | 'integer'; readonly values: Float64Array}
  | {readonly kind: 'boolean'; readonly values: readonly (boolean | null)[]}
  /** Code -1 is missing. */
  | {readonly kind: 'categorical'; readonly codes: Int32Array; readonly categories: readonly string[]; readonly ordered: boolean};

export interface DataFrame {
  readonly index: readonly string[];
  readonly columns: ReadonlyMap<string, Column>;
}

export interface AnnotatedMatrix {
  readonly obs: DataFrame;
  readonly var: DataFrame;
  /** nObs x nVar; null where a file has none. */
  readonly X: Matrix | null;
  readonly layers?: ReadonlyMap<string, Matrix>;
  readonly obsm?: ReadonlyMap<string, DenseMatrix>;
  /** Elements of obsm that are tables. */
  readonly obsmFrames?: ReadonlyMap<string, DataFrame>;
  readonly varm?: ReadonlyMap<string, DenseMatrix>;
  /** nObs x nObs. */
  readonly obsp?: ReadonlyMap<string, SparseMatrix>;
  /** What AnnData keeps from before genes were selected: the same cells, mostly more genes. */
  readonly raw?: {readonly var: DataFrame; readonly X: SparseMatrix};
  /** Plain JSON values only. */
  readonly uns?: Readonly<Record<string, unknown>>;
}

/** A column's values as text, null where missing; undefined where there is no such column. */
export function columnAsText(frame: DataFrame, name: string): (string | null)[] | undefined {
  const column = frame.columns.get(name);
  if (column === undefined) return undefined;
  switch (column.kind) {
    case 'string':
      return [...column.values];
    case 'categorical':
      return Array.from(column.codes, (code) => (code < 0 ? null : column.categories[code]));
    case 'boolean':
      return column.values.map((value) => (value === null ? null : String(value)));
    case 'float':
    case 'integer':
      return Array.from(column.values, (value) => (Number.isNaN(value) ? null : String(value)));
  }
}
