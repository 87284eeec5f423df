// Matrix Market folders of Cell Ranger (genes.tsv or features.tsv, plain or gzip) and of tools that write the same.
import {closeSync, existsSync, mkdirSync, openSync, readFileSync, writeSync} from 'node:fs';
import {join} from 'node:path';
import {gunzipSync} from 'node:zlib';
import {writeFileAtomic} from '../base/atomic-file.ts';
import {FormatProblem} from '../base/format-problem.ts';
import type {FeatureMatrix} from '../data/feature-matrix.ts';
import {tidyRows, type SparseMatrix} from '../data/matrix.ts';
import {readText} from './delimited-text.ts';

/** The matrix is features x barcodes, as 10x writes it; one of barcodes x features is told by its sizes and turned round. */
export async function readMatrixMarketFolder(folder: string): Promise<FeatureMatrix> {
  const matrixPath = partOf(folder, ['matrix.mtx']);
  const barcodes = linesOf(partOf(folder, ['barcodes.tsv'])).map((line) => line.split('\t')[0]);
  const featuresPath = partOf(folder, ['features.tsv', 'genes.tsv']);
  const rows = linesOf(featuresPath).map((line) => line.split('\t'));
  const matrix = readCoordinates(matrixPath);
  const [nFeatures, nCells] = [rows.length, barcodes.length];
  const isAsWritten = matrix.nRows === nFeatures && matrix.nColumns === nCells;
  if (!isAsWritten && !(matrix.nRows === nCells && matrix.nColumns === nFeatures)) {
    throw new FormatProblem(matrixPath, {found: `${matrix.nRows} x ${matrix.nColumns}`, expected: `${nFeatures} features x ${nCells} barcodes, as the files beside it say`, advice: 'Check that the three files belong together.'});
  }
  return {
    counts: rowsOf(isAsWritten ? {cells: matrix.columns, features: matrix.rows, values: matrix.values} : {cells: matrix.rows, features: matrix.columns, values: matrix.values}, nCells, nFeatures),
    barcodes,
    features: {ids: rows.map((row) => row[0]), symbols: rows.map((row) => row[1] ?? row[0]), types: rows.map((row) => row[2] ?? 'Gene Expression'), genomes: rows.map(() => '')},
  };
}

/** One matrix by itself, its rows those of the file. */
export function readMatrixMarket(path: string): SparseMatrix {
  const {rows, columns, values, nRows, nColumns} = readCoordinates(path);
  return rowsOf({cells: rows, features: columns, values}, nRows, nColumns);
}

/** matrix.mtx (features x barcodes), barcodes.tsv and features.tsv, as Cell Ranger and STARsolo write them. Counts are whole numbers. */
export function writeMatrixMarketFolder(folder: string, {counts, barcodes, features}: FeatureMatrix): void {
  mkdirSync(folder, {recursive: true});
  writeFileAtomic(join(folder, 'barcodes.tsv'), barcodes.map((barcode) => `${barcode}\n`).join(''));
  writeFileAtomic(join(folder, 'features.tsv'), features.ids.map((id, at) => `${id}\t${features.symbols[at]}\t${features.types[at]}\n`).join(''));
  const file = openSync(join(folder, 'matrix.mtx'), 'w');
  try {
    writeSync(file, `%%MatrixMarket matrix coordinate integer general\n%\n${counts.nColumns} ${counts.nRows} ${counts.indices.length}\n`);
    let lines: string[] = [];
    for (let cell = 0; cell < counts.nRows; cell++) {
      for (let k = counts.indptr[cell]; k < counts.indptr[cell + 1]; k++) lines.push(`${counts.indices[k] + 1} ${cell + 1} ${counts.values[k]}\n`);
      // A string of all entries would be too long for Node where there are many.
      if (lines.length < 1 << 16 && cell < counts.nRows - 1) continue;
      writeSync(file, lines.join(''));
      lines = [];
    }
  } finally {
    closeSync(file);
  }
}

/** `name` or `name.gz`, whichever is there. */
function partOf(folder: string, names: readonly string[]): string {
  const candidates = names.flatMap((name) => [join(folder, name), join(folder, `${name}.gz`)]);
  const found = candidates.find((path) => existsSync(path));
  if (found === undefined) throw new FormatProblem(folder, {found: `no ${names.join(' or ')}`, expected: 'matrix.mtx, barcodes.tsv and features.tsv (or genes.tsv), plain or .gz', advice: 'Name the folder that holds the three files.'});
  return found;
}

function linesOf(path: string): string[] {
  return readText(path).split(/\r?\n/).filter((line) => line !== '');
}

interface Coordinates {
  readonly nRows: number;
  readonly nColumns: number;
  /** 0-based. */
  readonly rows: Uint32Array;
  readonly columns: Uint32Array;
  readonly values: Float32Array;
}

/** Parses the bytes: a file of 50 million entries must not become 50 million strings. */
function readCoordinates(path: string): Coordinates {
  const raw = readFileSync(path);
  const bytes = raw[0] === 0x1f && raw[1] === 0x8b ? inflate(path, raw) : raw;
  const problem = (line: number, found: string, expected: string): never => {
    throw new FormatProblem(path, {found, expected, advice: 'Write the matrix again with the tool that made it.', line});
  };
  let [at, line] = [0, 1];
  const restOfLine = (): string => {
    const end = bytes.indexOf(10, at);
    const text = bytes.toString('latin1', at, end < 0 ? bytes.length : end);
    at = end < 0 ? bytes.length : end + 1;
    return text.trim();
  };
  const banner = restOfLine();
  if (!/^%%MatrixMarket\s+matrix\s+coordinate\s+(integer|real|pattern)\s+general/i.test(banner)) problem(1, JSON.stringify(banner.slice(0, 80)), '%%MatrixMarket matrix coordinate integer general');
  const isPattern = /\spattern\s/i.test(banner);
  let sizes = '';
  do {
    sizes = restOfLine();
    line++;
  } while (sizes.startsWith('%') || (sizes === '' && at < bytes.length));
  const [nRows, nColumns, nStored] = sizes.split(/\s+/).map(Number);
  if (![nRows, nColumns, nStored].every((n) => Number.isInteger(n) && n >= 0)) problem(line, JSON.stringify(sizes.slice(0, 80)), 'three sizes: rows, columns, entries');
  // An entry takes at least six bytes: a damaged size must not ask for all memory.
  if (nStored * 4 > bytes.length) problem(line, `${nStored} entries in a file of ${bytes.length} bytes`, 'as many entries as there are lines');
  const [rows, columns, values] = [new Uint32Array(nStored), new Uint32Array(nStored), new Float32Array(nStored)];
  for (let i = 0; i < nStored; i++) {
    line++;
    const start = at;
    const row = digits();
    const column = digits();
    const value = isPattern ? 1 : number();
    while (at < bytes.length && bytes[at] !== 10) at++;
    if (at >= bytes.length && start >= bytes.length) problem(line, `${i} entries`, `${nStored}, as the third line says: the file is cut off`);
    if (!(row >= 1 && row <= nRows && column >= 1 && column <= nColumns) || Number.isNaN(value)) {
      problem(line, JSON.stringify(bytes.toString('latin1', start, Math.min(at, start + 60))), `a row of 1..${nRows}, a column of 1..${nColumns} and a number`);
    }
    rows[i] = row - 1;
    columns[i] = column - 1;
    values[i] = value;
    at++;
  }
  if (bytes.subarray(at).some((byte) => byte > 32)) problem(line + 1, 'more entries', `${nStored}, as the line of sizes says`);
  return {nRows, nColumns, rows, columns, values};

  function skipBlanks(): void {
    while (bytes[at] === 32 || bytes[at] === 9) at++;
  }

  function digits(): number {
    skipBlanks();
    let n = 0;
    const from = at;
    for (; bytes[at] >= 48 && bytes[at] <= 57; at++) n = n * 10 + bytes[at] - 48;
    return at === from ? 0 : n;
  }

  /** Whole numbers digit by digit; anything else by Number(). */
  function number(): number {
    skipBlanks();
    const from = at;
    const n = digits();
    if (at > from && (at >= bytes.length || bytes[at] === 10 || bytes[at] === 13 || bytes[at] === 32)) return n;
    while (at < bytes.length && bytes[at] !== 10 && bytes[at] !== 13 && bytes[at] !== 32) at++;
    const text = bytes.toString('latin1', from, at);
    return text === '' ? NaN : Number(text);
  }
}

function inflate(path: string, raw: Buffer): Buffer {
  try {
    return gunzipSync(raw);
  } catch (error) {
    throw new FormatProblem(path, {found: `damaged gzip (${(error as Error).message})`, expected: 'a whole gzip file', advice: 'Copy the file again.'});
  }
}

function rowsOf({cells, features, values}: {cells: Uint32Array; features: Uint32Array; values: Float32Array}, nRows: number, nColumns: number): SparseMatrix {
  const indptr = new Uint32Array(nRows + 1);
  for (const cell of cells) indptr[cell + 1]++;
  for (let i = 0; i < nRows; i++) indptr[i + 1] += indptr[i];
  const next = indptr.slice();
  const indices = new Uint32Array(cells.length);
  const kept = new Float32Array(cells.length);
  for (let k = 0; k < cells.length; k++) {
    const to = next[cells[k]]++;
    indices[to] = features[k];
    kept[to] = values[k];
  }
  return tidyRows({kind: 'sparse', nRows, nColumns, indptr, indices, values: kept});
}
