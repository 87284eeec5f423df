// Some rows of a table of AnnData, in their order.
import type {Column, DataFrame} from '../../pipeline/data/annotated-matrix.ts';

export function frameRows({index, columns}: DataFrame, rows: readonly number[]): DataFrame {
  const of = (column: Column): Column => {
    switch (column.kind) {
      case 'string': return {...column, values: rows.map((row) => column.values[row])};
      case 'boolean': return {...column, values: rows.map((row) => column.values[row])};
      case 'categorical': return categoricalRows(column, rows);
      case 'float': case 'integer': return {...column, values: Float64Array.from(rows, (row) => column.values[row])};
    }
  };
  return {index: rows.map((row) => index[row]), columns: new Map([...columns].map(([name, column]) => [name, of(column)]))};
}

/** Without the categories that no cell has: the schema takes none that is not used. */
function categoricalRows(column: Extract<Column, {kind: 'categorical'}>, rows: readonly number[]): Column {
  const used = column.categories.map((_, code) => rows.some((row) => column.codes[row] === code));
  const codeOf = used.map((isUsed, code) => (isUsed ? used.slice(0, code).filter(Boolean).length : -1));
  return {...column, codes: Int32Array.from(rows, (row) => (column.codes[row] < 0 ? -1 : codeOf[column.codes[row]])), categories: column.categories.filter((_, code) => used[code])};
}

/** Of a dense matrix. */
export function pick(values: ArrayLike<number>, nColumns: number, rows: readonly number[]): Float32Array {
  const picked = new Float32Array(rows.length * nColumns);
  rows.forEach((row, k) => {
    for (let column = 0; column < nColumns; column++) picked[k * nColumns + column] = values[row * nColumns + column];
  });
  return picked;
}
