// Counts as CELLxGENE takes them: Ensembl ids alone, no empty cell and no cell twice, and beside them their logarithms.
import type {DataFrame} from '../../pipeline/data/annotated-matrix.ts';
import type {SparseMatrix} from '../../pipeline/data/matrix.ts';

export function ensemblGenes(variables: DataFrame, retired: ReadonlySet<string>): {ids: string[]; symbols: string[]; target: Int32Array; nOther: number; nMerged: number} {
  const text = (name: string): readonly (string | null)[] => {
    const column = variables.columns.get(name);
    return column?.kind === 'string' ? column.values : column?.kind === 'categorical' ? Array.from(column.codes, (code) => column.categories[code] ?? null) : variables.index;
  };
  const [given, names] = [text('gene_id'), text('gene_symbol')];
  const placeOf = new Map<string, number>();
  const [ids, symbols]: [string[], string[]] = [[], []];
  const target = new Int32Array(variables.index.length).fill(-1);
  let [nOther, nMerged] = [0, 0];
  given.forEach((id, i) => {
    // Ensembl's version is no part of the id.
    const bare = /^(ENSG\d{11})(\.\d+)?$/.exec(id ?? '')?.[1];
    if (bare === undefined || retired.has(bare)) return void nOther++;
    const known = placeOf.get(bare);
    if (known !== undefined) nMerged++;
    else {
      placeOf.set(bare, ids.length);
      ids.push(bare);
      symbols.push(names[i] ?? bare);
    }
    target[i] = placeOf.get(bare)!;
  });
  return {ids, symbols, target, nOther, nMerged};
}

/** Columns with one target are added up. */
export function onlyGenes(matrix: SparseMatrix, target: Int32Array, nColumns: number): SparseMatrix {
  const [indices, values]: [number[], number[]] = [[], []];
  const indptr = new Uint32Array(matrix.nRows + 1);
  for (let row = 0; row < matrix.nRows; row++) {
    const sums = new Map<number, number>();
    for (let k = matrix.indptr[row]; k < matrix.indptr[row + 1]; k++) {
      const to = target[matrix.indices[k]];
      if (to >= 0) sums.set(to, (sums.get(to) ?? 0) + matrix.values[k]);
    }
    for (const column of [...sums.keys()].sort((a, b) => a - b)) {
      indices.push(column);
      values.push(sums.get(column)!);
    }
    indptr[row + 1] = indices.length;
  }
  return {kind: 'sparse', nRows: matrix.nRows, nColumns, indptr, indices: Uint32Array.from(indices), values: Float32Array.from(values)};
}

/** The schema takes neither a cell without counts nor two cells with the same. */
export function distinctCells({nRows, indptr, indices, values}: SparseMatrix): {kept: number[]; nEmpty: number; nTwice: number} {
  const seen = new Set<string>();
  const kept: number[] = [];
  let [nEmpty, nTwice] = [0, 0];
  for (let row = 0; row < nRows; row++) {
    const [from, to] = [indptr[row], indptr[row + 1]];
    const key = `${indices.subarray(from, to).join()}|${values.subarray(from, to).join()}`;
    if (from === to) nEmpty++;
    else if (seen.has(key)) nTwice++;
    else {
      seen.add(key);
      kept.push(row);
    }
  }
  return {kept, nEmpty, nTwice};
}

/** log(1 + counts of 10,000), as scanpy normalises. */
export function logNormalised(raw: SparseMatrix): SparseMatrix {
  const values = new Float32Array(raw.values.length);
  for (let row = 0; row < raw.nRows; row++) {
    let total = 0;
    for (let k = raw.indptr[row]; k < raw.indptr[row + 1]; k++) total += raw.values[k];
    for (let k = raw.indptr[row]; k < raw.indptr[row + 1]; k++) values[k] = Math.log1p((raw.values[k] / total) * 10_000);
  }
  return {...raw, values};
}
