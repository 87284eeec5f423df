// Rows of an h5ad by pieces: what the whole reader gives, of every encoding; across pieces and chunks; damage is a refusal.
import {mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterAll, beforeAll, describe, expect, test} from 'vitest';
import {randomStream} from '../../../pipeline/base/random.ts';
import type {DataFrame} from '../../../pipeline/data/annotated-matrix.ts';
import {selectRows, stackRows, type SparseMatrix} from '../../../pipeline/data/matrix.ts';
import {readH5ad, writeH5ad} from '../../../pipeline/formats/h5ad.ts';
import {readH5adRows, type Frames} from '../../../pipeline/formats/h5ad-rows.ts';
import {groupAt, readHdf5, datasetAt, type Dataset, type Group} from '../../../pipeline/formats/hdf5.ts';
import {storedParts, withBytes} from '../../../pipeline/formats/hdf5-layout.ts';
import {dataFile, sharedData} from '../../rig/shared-data.ts';
import {expectedFiles} from './anndata-expected.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'lymphline-rows-'));
});
afterAll(() => rmSync(folder, {recursive: true}));

async function rowsOf(path: string, choose?: (frames: Frames) => ArrayLike<number>): Promise<{rows: number[]; counts: SparseMatrix; nPieces: number}> {
  const [rows, parts]: [number[], SparseMatrix[]] = [[], []];
  for await (const piece of readH5adRows(path, choose)) {
    rows.push(...piece.rows);
    parts.push(piece.counts);
  }
  return {rows, counts: stackRows(parts, parts[0]?.nColumns ?? 0), nPieces: parts.length};
}

/** 3,000 cells of 3 to 1,502 genes: 2.3 M stored values, 35 chunks, 3 pieces. */
function wide(): SparseMatrix {
  const [nRows, nColumns] = [3000, 2000];
  const random = randomStream(1, 'rows');
  const indptr = new Uint32Array(nRows + 1);
  for (let row = 0; row < nRows; row++) indptr[row + 1] = indptr[row] + 3 + random.integer(1500);
  const indices = new Uint32Array(indptr[nRows]);
  for (let row = 0; row < nRows; row++) for (let k = indptr[row]; k < indptr[row + 1]; k++) indices[k] = k - indptr[row];
  return {kind: 'sparse', nRows, nColumns, indptr, indices, values: Float32Array.from(indices, () => 1 + random.integer(9))};
}

async function written(counts: SparseMatrix): Promise<string> {
  const path = join(folder, 'wide.h5ad');
  const names = (n: number, letter: string): DataFrame => ({index: Array.from({length: n}, (_, k) => `${letter}${k}`), columns: new Map()});
  await writeH5ad(path, {obs: names(counts.nRows, 'c'), var: names(counts.nColumns, 'g'), X: counts});
  return path;
}

test('all rows, every seventh, the last and none: the rows of the matrix that was written', async () => {
  const counts = wide();
  const path = await written(counts);
  const all = await rowsOf(path);
  expect(all.nPieces).toBeGreaterThan(1);
  expect(all.counts).toEqual(counts);
  const seventh = Array.from({length: 428}, (_, k) => 7 * k);
  const some = await rowsOf(path, ({obs}) => seventh.filter((row) => row < obs.index.length));
  expect(some.rows).toEqual(seventh);
  expect(some.counts).toEqual(selectRows(counts, seventh));
  expect((await rowsOf(path, () => [2999])).counts).toEqual(selectRows(counts, [2999]));
  expect((await rowsOf(path, () => [])).nPieces).toBe(0);
});

test('a chunk that does not inflate is a refusal that names the dataset, and rows before it still come', async () => {
  const path = await written(wide());
  const chunks = await readHdf5(path, (root) => {
    const data = datasetAt(groupAt(root, 'X') as Group, 'data') as Dataset;
    return withBytes(path, (file) => [...storedParts(file, Number(Buffer.from(data.create_reference().ref_data).readBigUInt64LE(0))) ?? []]);
  });
  const last = chunks.sort((a, b) => a.offset[0] - b.offset[0])[chunks.length - 1];
  const bytes = readFileSync(path);
  bytes.fill(0xff, last.address + 2, last.address + 40);
  writeFileSync(path, bytes);
  expect((await rowsOf(path, () => [0, 1, 2])).rows).toEqual([0, 1, 2]);
  await expect(rowsOf(path)).rejects.toThrow(/wide\.h5ad found \/X\/data: .*; expected a whole HDF5 file/);
});

describe.skipIf(sharedData === undefined)('anndata 0.13', () => {
  const names = sharedData === undefined ? [] : Object.keys(expectedFiles()).filter((name) => name.endsWith('.h5ad') && !/blosc|lz4/.test(name));
  test.each(names)('%s: every second row', async (name) => {
    const path = dataFile(`h5ad/anndata_current/${name}`);
    const {X} = await readH5ad(path, {layers: false, obsm: false, uns: false});
    const found = await rowsOf(path, ({obs}) => [...obs.index.keys()].filter((row) => row % 2 === 1));
    if (X === null || X.nRows < 2) expect(found.nPieces).toBe(0);
    else expect(found.counts).toEqual(selectRows(X as SparseMatrix, found.rows));
  });

  test('a filter that is not decoded is refused by its name', async () => {
    await expect(rowsOf(dataFile('h5ad/anndata_current/blosc_lz4.h5ad'))).rejects.toThrow('/X/data compressed with blosc');
  });
});
