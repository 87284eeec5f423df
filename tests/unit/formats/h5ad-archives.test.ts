// Real files of anndata 0.5 to 0.10 and of Seurat, against what anndata 0.13.4 reads in them (h5ad-archives.json).
import {readFileSync} from 'node:fs';
import {join} from 'node:path';
import {describe, expect, test} from 'vitest';
import type {Column, DataFrame} from '../../../pipeline/data/annotated-matrix.ts';
import type {Matrix} from '../../../pipeline/data/matrix.ts';
import {readH5ad} from '../../../pipeline/formats/h5ad.ts';
import {dataFile, sharedData} from '../../rig/shared-data.ts';
import {rowsOf} from './anndata-expected.ts';

type MatrixSummary = readonly [number, number, number, number];
interface FrameSummary {
  readonly n: number;
  readonly index: readonly [string, string];
  readonly columns: Readonly<Record<string, readonly [unknown, unknown, number, readonly string[] | null]>>;
}
interface FileSummary {
  readonly X: MatrixSummary;
  readonly obs: FrameSummary;
  readonly var: FrameSummary;
  readonly layers: Readonly<Record<string, MatrixSummary>>;
  readonly obsm: Readonly<Record<string, MatrixSummary>>;
  readonly varm: Readonly<Record<string, MatrixSummary>>;
  readonly obsmFrames: Readonly<Record<string, FrameSummary>>;
  readonly raw: {readonly X: MatrixSummary; readonly var: FrameSummary} | null;
}

const {files} = JSON.parse(readFileSync(join(import.meta.dirname, 'h5ad-archives.json'), 'utf8')) as {files: Readonly<Record<string, FileSummary>>};

describe.skipIf(sharedData === undefined).each(Object.entries(files))('%s', (name, expected) => {
  test('its matrices and tables are those that anndata reads', async () => {
    const found = await readH5ad(dataFile(`h5ad/${name}`));
    sameFrame(found.obs, expected.obs);
    sameFrame(found.var, expected.var);
    sameMatrix(found.X, expected.X);
    for (const part of ['layers', 'obsm', 'varm'] as const) {
      expect([...(found[part]?.keys() ?? [])].sort(), part).toEqual(Object.keys(expected[part]).sort());
      for (const [key, summary] of Object.entries(expected[part])) sameMatrix(found[part]?.get(key), summary);
    }
    expect([...(found.obsmFrames?.keys() ?? [])]).toEqual(Object.keys(expected.obsmFrames));
    for (const [key, summary] of Object.entries(expected.obsmFrames)) sameFrame(found.obsmFrames?.get(key) as DataFrame, summary);
    expect(found.raw === undefined).toBe(expected.raw === null);
    if (found.raw === undefined || expected.raw === null) return;
    sameMatrix(found.raw.X, expected.raw.X);
    sameFrame(found.raw.var, expected.raw.var);
  });
});

/** The weighted sum moves where rows, columns or single values are swapped. */
function sameMatrix(matrix: Matrix | null | undefined, [nRows, nColumns, sum, weighted]: MatrixSummary): void {
  const rows = rowsOf(matrix as Matrix);
  expect([rows.length, matrix?.nColumns]).toEqual([nRows, nColumns]);
  const values = rows.flatMap((row, i) => row.map((value, j) => [Number.isNaN(value) ? 0 : Math.fround(value), (i + 1) * (j + 1)] as const));
  const size = values.reduce((total, [value, weight]) => total + Math.abs(value) * weight, 0);
  expect(Math.abs(values.reduce((total, [value]) => total + value, 0) - sum)).toBeLessThanOrEqual(1e-9 * size);
  expect(Math.abs(values.reduce((total, [value, weight]) => total + value * weight, 0) - weighted)).toBeLessThanOrEqual(1e-9 * size);
}

function sameFrame(frame: DataFrame, {n, index, columns}: FrameSummary): void {
  expect([frame.index.length, frame.index[0], frame.index.at(-1)]).toEqual([n, ...index]);
  expect([...frame.columns.keys()].sort()).toEqual(Object.keys(columns).sort());
  for (const [name, column] of frame.columns) {
    const values = valuesOf(column);
    const near = (value: unknown): unknown => (typeof value === 'number' && !Number.isInteger(value) ? expect.closeTo(value, 6) : value);
    const [first, last, nMissing, categories] = columns[name];
    expect([values[0], values.at(-1), values.filter((value) => value === null).length, column.kind === 'categorical' ? column.categories : null], name).toEqual([near(first), near(last), nMissing, categories]);
  }
}

function valuesOf(column: Column): readonly unknown[] {
  switch (column.kind) {
    case 'categorical':
      return Array.from(column.codes, (code) => (code < 0 ? null : column.categories[code]));
    case 'float':
    case 'integer':
      return Array.from(column.values, (value) => (Number.isNaN(value) ? null : value));
    default:
      return column.values;
  }
}
