// The counts of all kept cells as one matrix, read by pieces, so that it is in memory once.
import {joinGenes} from '../../pipeline/analysis/cell-quality-cohort.ts';
import type {DataFrame} from '../../pipeline/data/annotated-matrix.ts';
import {rowStack, selectRows, type SparseMatrix} from '../../pipeline/data/matrix.ts';
import {countStored, readH5adRows, type Frames} from '../../pipeline/formats/h5ad-rows.ts';

export interface CohortCounts {
  readonly X: SparseMatrix;
  readonly genes: DataFrame;
  /** Genes that some file lacks. */
  readonly nNotShared: number;
}

export interface KeptFile extends Frames {
  readonly path: string;
}

/** `index`: cell ids in the order wanted; each is in one of the files. */
export async function stackCounts(files: readonly KeptFile[], index: readonly string[]): Promise<CohortCounts> {
  const {genes, nNotShared, align} = joinGenes(files.map((file) => file.var), 'all');
  let nStored = 0;
  for (const {path} of files) nStored += await countStored(path);
  const stack = rowStack({nRows: files.reduce((sum, {obs}) => sum + obs.index.length, 0), nColumns: genes.index.length, nStored});
  for (const file of files) for await (const {counts} of readH5adRows(file.path)) stack.add(align(counts, file.var));
  const cells = files.flatMap(({obs}) => obs.index);
  // Files come in the order of the sheet, as the cells do: only what is in another order is copied.
  const isInOrder = cells.length === index.length && cells.every((cellId, k) => cellId === index[k]);
  return {X: isInOrder ? stack.matrix() : reordered(stack.matrix(), cells, index), genes, nNotShared};
}

function reordered(matrix: SparseMatrix, cells: readonly string[], index: readonly string[]): SparseMatrix {
  const place = new Map(cells.map((cellId, k) => [cellId, k]));
  return selectRows(matrix, index.map((cellId) => place.get(cellId) ?? lost(cellId)));
}

function lost(cellId: string): never {
  throw new Error(`${cellId} is kept by the table of cells and absent from the matrices`);
}
