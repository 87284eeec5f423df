// Cells of several matrices as one: the genes they share, or all genes of any of them. Genes are matched by their unique symbol.
import type {Column, DataFrame} from '../data/annotated-matrix.ts';
import {stackRows, type SparseMatrix} from '../data/matrix.ts';

/** The columns named by `columns`, in that order. */
export function selectColumns(matrix: SparseMatrix, columns: readonly number[]): SparseMatrix {
  const target = new Int32Array(matrix.nColumns).fill(-1);
  for (const [k, column] of columns.entries()) target[column] = k;
  return mapColumns(matrix, target, columns.length);
}

/** Column k becomes column `target[k]` of `nColumns`, or is left out where that is -1. */
export function mapColumns(matrix: SparseMatrix, target: Int32Array, nColumns: number): SparseMatrix {
  const {nRows, indptr, indices, values} = matrix;
  const starts = new Uint32Array(nRows + 1);
  for (let row = 0; row < nRows; row++) {
    starts[row + 1] = starts[row];
    for (let k = indptr[row]; k < indptr[row + 1]; k++) if (target[indices[k]] >= 0) starts[row + 1]++;
  }
  const columns = new Uint32Array(starts[nRows]);
  const kept = new Float32Array(starts[nRows]);
  for (let row = 0, at = 0; row < nRows; row++) {
    for (let k = indptr[row]; k < indptr[row + 1]; k++) {
      const column = target[indices[k]];
      if (column < 0) continue;
      columns[at] = column;
      kept[at++] = values[k];
    }
    sortRow(columns.subarray(starts[row], at), kept.subarray(starts[row], at));
  }
  return {kind: 'sparse', nRows, nColumns, indptr: starts, indices: columns, values: kept};
}

function sortRow(columns: Uint32Array, values: Float32Array): void {
  if (columns.every((column, k) => k === 0 || columns[k - 1] < column)) return;
  const order = [...columns.keys()].sort((a, b) => columns[a] - columns[b]);
  columns.set(order.map((k) => columns[k]));
  values.set(order.map((k) => values[k]));
}

export interface CellsOfOneFile {
  readonly counts: SparseMatrix;
  readonly genes: DataFrame;
}

export interface JoinedGenes {
  readonly genes: DataFrame;
  /** Genes that some file lacks: left out with `shared`, 0 in the cells of those files with `all`. */
  readonly nNotShared: number;
  /** Counts with the genes of a file -> the same with the joined ones. */
  readonly align: (counts: SparseMatrix, own: DataFrame) => SparseMatrix;
}

export interface JoinedCells extends Pick<JoinedGenes, 'genes' | 'nNotShared'> {
  readonly counts: SparseMatrix;
}

/** Rows in the order of the files. */
export function joinCells(files: readonly CellsOfOneFile[], which: 'shared' | 'all'): JoinedCells {
  const {genes, nNotShared, align} = joinGenes(files.map((file) => file.genes), which);
  const parts = files.map((file) => align(file.counts, file.genes));
  return {counts: parts.length === 1 ? parts[0] : stackRows(parts, genes.index.length), genes, nNotShared};
}

/** In the order of the first file that has them, so equal files give equal bytes. */
export function joinGenes(frames: readonly DataFrame[], which: 'shared' | 'all'): JoinedGenes {
  const nFiles = new Map<string, number>();
  for (const {index} of frames) for (const gene of index) nFiles.set(gene, (nFiles.get(gene) ?? 0) + 1);
  const index = [...nFiles.keys()].filter((gene) => which === 'all' || nFiles.get(gene) === frames.length);
  const place = new Map(index.map((gene, k) => [gene, k]));
  // Null where nothing moves.
  const targets = new Map(frames.map((own): [DataFrame, Int32Array | null] => {
    const target = Int32Array.from(own.index, (gene) => place.get(gene) ?? -1);
    return [own, target.length === index.length && target.every((column, k) => column === k) ? null : target];
  }));
  return {
    genes: {index, columns: joinColumns(frames, place)},
    nNotShared: [...nFiles.values()].filter((n) => n !== frames.length).length,
    align(counts, own) {
      const target = targets.get(own);
      if (target === undefined) throw new Error('the counts are of no file that was joined');
      return target === null ? counts : mapColumns(counts, target, index.length);
    },
  };
}

/** Each gene's row comes from the first file that has it; a column must be in every file. */
function joinColumns(frames: readonly DataFrame[], place: ReadonlyMap<string, number>): Map<string, Column> {
  const names = [...(frames[0]?.columns.keys() ?? [])].filter((name) => frames.every((frame) => frame.columns.get(name)?.kind === frames[0].columns.get(name)?.kind));
  return new Map(names.flatMap((name): [string, Column][] => {
    const kind = frames[0].columns.get(name)?.kind;
    if (kind !== 'string' && kind !== 'boolean') return [];
    const values = new Array<string | boolean | null>(place.size).fill(null);
    for (const frame of frames.toReversed()) {
      const column = frame.columns.get(name) as Extract<Column, {kind: 'string' | 'boolean'}>;
      for (const [k, gene] of frame.index.entries()) {
        const at = place.get(gene);
        if (at !== undefined) values[at] = column.values[k];
      }
    }
    return [[name, {kind, values} as Column]];
  }));
}
