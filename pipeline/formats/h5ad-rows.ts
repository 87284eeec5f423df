// Chosen rows of an h5ad's X, a piece at a time: no more in memory than two pieces and the two frames, however many cells the file has.
import {FormatProblem} from '../base/format-problem.ts';
import type {DataFrame} from '../data/annotated-matrix.ts';
import {selectRows, tidyRows, type SparseMatrix} from '../data/matrix.ts';
import {readDataFrame} from './anndata-frames.ts';
import {areBelow, asPlaces, readMatrix, sparseParts, type SparseParts} from './anndata-matrices.ts';
import {datasetAt, rangeOf, readHdf5, readNumbers} from './hdf5.ts';
import {openBytes, type OpenBytes} from './hdf5-layout.ts';
import type {ReadRange} from './hdf5-raw.ts';

export interface Frames {
  readonly obs: DataFrame;
  readonly var: DataFrame;
}

export interface RowPiece extends Frames {
  /** Rows of the file, ascending. */
  readonly rows: Uint32Array;
  readonly counts: SparseMatrix;
}

/** Stored values of X, before duplicates and zeros are taken out; of a matrix that is not compressed all its elements, 0 without X. */
export function countStored(path: string): Promise<number> {
  return readHdf5(path, (root) => {
    const held = sparseParts(path, root, 'X')?.data ?? datasetAt(root, 'X');
    return (held?.shape ?? [0]).reduce((product, n) => product * n, 1);
  });
}

/** `choose`: rows, ascending; all of them without it. Compressed rows are read by pieces; what is stored otherwise (columns, dense) is one piece. */
export async function* readH5adRows(path: string, choose?: (frames: Frames) => ArrayLike<number>): AsyncGenerator<RowPiece, void> {
  const found = await readHdf5(path, (root) => {
    const frames: Frames = {obs: readDataFrame(path, root, 'obs'), var: readDataFrame(path, root, 'var')};
    const shape = [frames.obs.index.length, frames.var.index.length] as const;
    const rows = Uint32Array.from(choose?.(frames) ?? [...frames.obs.index.keys()]);
    const parts = sparseParts(path, root, 'X');
    const ranges = parts?.kind === 'rows' ? storedRows(path, parts, shape) : undefined;
    const whole = ranges === undefined && rows.length > 0 ? readMatrix(path, root, 'X', shape) : null;
    return {frames, rows, ranges, whole};
  });
  const {frames, rows, ranges, whole} = found;
  if (rows.length === 0) return;
  if (whole !== null) yield {...frames, rows, counts: choose === undefined ? whole : selectRows(whole, rows)};
  if (ranges === undefined) return;
  const file = openBytes(path);
  try {
    for await (const piece of readPieces(path, {...ranges, rows, nColumns: frames.var.index.length, file})) yield {...frames, ...piece};
  } finally {
    file.close();
  }
}

interface StoredRows {
  readonly name: string;
  /** Where each row starts among the stored values, and the end. */
  readonly starts: ArrayLike<number>;
  readonly indices: (file: OpenBytes) => ReadRange;
  readonly data: (file: OpenBytes) => ReadRange;
}

/** Undefined where the library alone can read the file. */
function storedRows(path: string, {name, data, indices, indptr, shape}: SparseParts, [nRows, nColumns]: readonly [number, number]): StoredRows | undefined {
  const [ofIndices, ofData] = [rangeOf(path, indices), rangeOf(path, data)];
  if (ofIndices === undefined || ofData === undefined) return undefined;
  const starts = readNumbers(path, indptr);
  const nStored = data.shape?.[0] ?? 0;
  if (shape[0] !== nRows || shape[1] !== nColumns) throw new FormatProblem(path, {found: `${name} of ${shape.join(' x ')}`, expected: `${nRows} x ${nColumns}, as obs and var say`, advice: 'Check how the file was made.'});
  const isAscending = starts.every((start, row) => row === 0 || start >= starts[row - 1]);
  if (starts.length !== nRows + 1 || starts[0] !== 0 || starts[nRows] !== nStored || indices.shape?.[0] !== nStored || !isAscending) misfit(path, name);
  return {name, starts, indices: ofIndices, data: ofData};
}

/** Stored values of a piece, unless a single row has more: two megabytes. Larger pieces are not faster and leave more behind for the collector. */
const pieceLength = 1 << 18;

/** The next piece is read while one is used. */
async function* readPieces(path: string, stored: StoredRows & {readonly rows: Uint32Array; readonly nColumns: number; readonly file: OpenBytes}): AsyncGenerator<{rows: Uint32Array; counts: SparseMatrix}, void> {
  const {name, starts, rows, nColumns, file} = stored;
  const [readIndices, readData] = [stored.indices(file), stored.data(file)];
  const read = async (own: Uint32Array) => {
    const [first, last] = [own[0], own[own.length - 1]];
    const [from, to] = [starts[first], starts[last + 1]];
    const [indices, values] = await Promise.all([readIndices(from, to), readData(from, to)]);
    const indptr = new Uint32Array(last - first + 2);
    for (let row = 0; row < indptr.length; row++) indptr[row] = starts[first + row] - from;
    const block: SparseMatrix = {kind: 'sparse', nRows: last - first + 1, nColumns, indptr, indices: asPlaces(indices), values: values instanceof Float32Array ? values : Float32Array.from(values, Number)};
    if (!areBelow(block.indices, nColumns)) misfit(path, name);
    const tidy = tidyRows(block);
    return {rows: own, counts: tidy.nRows === own.length ? tidy : selectRows(tidy, own.map((row) => row - first))};
  };
  let ahead: ReturnType<typeof read> | undefined;
  for (const own of pieces(rows, starts)) {
    const next = read(own);
    // Who waits for it hears of the failure; nobody does where the piece before it failed.
    next.catch(() => {});
    if (ahead !== undefined) yield await ahead;
    ahead = next;
  }
  if (ahead !== undefined) yield await ahead;
}

function* pieces(rows: Uint32Array, starts: ArrayLike<number>): Generator<Uint32Array, void> {
  for (let first = 0; first < rows.length; ) {
    let last = first;
    while (last + 1 < rows.length && starts[rows[last + 1] + 1] - starts[rows[first]] <= pieceLength) last++;
    yield rows.subarray(first, last + 1);
    first = last + 1;
  }
}

function misfit(path: string, name: string): never {
  throw new FormatProblem(path, {found: `${name} whose indptr, indices and data do not fit each other`, expected: 'a sparse matrix of the shape that obs and var have', advice: 'The file may be damaged: copy it again.'});
}
