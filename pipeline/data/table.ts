// Long-form tables: one row a fact. A null cell is an absent value; the last column, `missing`, says why.

export type Cell = string | number | boolean | null;
export type Row = Readonly<Record<string, Cell>>;

export interface Table {
  readonly columns: readonly string[];
  readonly rows: readonly Row[];
}
