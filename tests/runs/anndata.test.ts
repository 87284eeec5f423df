// What we write, read by anndata, and what anndata writes of it, read by us: value by value, in its oldest version that files must open in, the
// newest for Debian 12's Python and that of the image scanpy.
import {mkdtempSync, readFileSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join, resolve} from 'node:path';
import h5wasm, {type Dataset} from 'h5wasm/node';
import {afterAll, beforeAll, describe, expect, test} from 'vitest';
import {parse} from 'yaml';
import {columnAsText, type AnnotatedMatrix, type Column, type DataFrame} from '../../pipeline/data/annotated-matrix.ts';
import type {Matrix, SparseMatrix} from '../../pipeline/data/matrix.ts';
import {readH5ad, writeH5ad} from '../../pipeline/formats/h5ad.ts';
import {anndataOnHand} from '../rig/anndata.ts';
import {runStepFolder, type StepRequest} from '../rig/run-step.ts';
import {rowsOf} from '../unit/formats/anndata-expected.ts';

const steps = resolve(import.meta.dirname, '../../steps');
const {found, missing} = await anndataOnHand();
if (missing.length > 0) console.log(`Not compared with: ${missing.join('; ')}.`);
if (process.env['CI'] === 'true') test('every anndata is on hand', () => expect(missing).toEqual([]));

const counts: SparseMatrix = {kind: 'sparse', nRows: 3, nColumns: 4, indptr: Uint32Array.of(0, 2, 2, 4), indices: Uint32Array.of(0, 3, 1, 2), values: Float32Array.of(1, 2, 3, 70000)};
const everything: AnnotatedMatrix = {
  obs: {
    index: ['S1_AAAC-1', 'S1_CCCA-1', 'S1_GGGT-1'],
    columns: new Map<string, Column>([
      ['name', {kind: 'string', values: ['a', 'é', '']}], ['maybe', {kind: 'string', values: ['x', null, 'x']}], ['score', {kind: 'float', values: Float64Array.of(0.5, NaN, -1)}],
      ['n', {kind: 'integer', values: Float64Array.of(1, 2, 3e9)}], ['n_or_none', {kind: 'integer', values: Float64Array.of(1, NaN, 3)}], ['kept', {kind: 'boolean', values: [true, false, true]}],
      ['maybe_kept', {kind: 'boolean', values: [true, null, false]}], ['lineage', {kind: 'categorical', codes: Int32Array.of(1, -1, 0), categories: ['B cell', 'T cell'], ordered: true}],
      ['cluster', {kind: 'categorical', codes: Int32Array.of(0, 0, 1), categories: ['1', '2'], ordered: false}], ['all_missing', {kind: 'string', values: [null, null, null]}],
    ]),
  },
  var: {index: ['g1', 'g2', 'g3', 'g4'], columns: new Map<string, Column>([['is_mitochondrial', {kind: 'boolean', values: [false, true, false, false]}]])},
  X: counts,
  layers: new Map([['raw', counts]]),
  obsm: new Map([['X_pca', {kind: 'dense', nRows: 3, nColumns: 2, values: Float32Array.of(1, 2, 3, 4, 5, NaN)}], ['neighbors', {kind: 'dense', nRows: 3, nColumns: 1, values: Int32Array.of(2, 0, 1)}]]),
  uns: {version: '1', n: 3, share: 0.25, is_raw: true, names: ['a', 'b'], weights: [1, 2.5], nested: {empty: [], deep: {x: 'y'}}},
};
const nothing: AnnotatedMatrix = {obs: {index: [], columns: new Map([['s', {kind: 'string', values: []}]])}, var: {index: ['g'], columns: new Map()}, X: {...counts, nRows: 0, nColumns: 1, indptr: Uint32Array.of(0), indices: new Uint32Array(0), values: new Float32Array(0)}, layers: new Map(), obsm: new Map(), uns: {}};

let folder: string;
const files = new Map<string, string>();
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'lymphline-anndata-'));
  for (const [name, data] of [['everything', everything], ['nothing', nothing]] as const) {
    files.set(name, join(folder, `${name}.h5ad`));
    await writeH5ad(join(folder, `${name}.h5ad`), data);
  }
  for (const [step, output] of [['import-counts', 'counts'], ['qc', 'kept'], ['collect-cells', 'cohort']]) files.set(`${step}: ${output}`, exampleOutput(step, output));
});
afterAll(() => rmSync(folder, {recursive: true}));

test('what was written is what was meant', async () => {
  expect(wordsOf(await readH5ad(files.get('everything') as string))).toEqual(wordsOf(everything));
});

// scanpy 1.12 ends with "indptr and indices must have the same dtype" where a compiled function of it meets a mixture.
test('pointers and indices of a sparse matrix are of one type', async () => {
  await h5wasm.ready;
  const file = new h5wasm.File(files.get('collect-cells: cohort') as string, 'r');
  try {
    expect(['indptr', 'indices'].map((name) => (file.get(`X/${name}`) as Dataset).dtype)).toEqual(['<i', '<i']);
  } finally {
    file.close();
  }
});

describe.each(found.length === 0 ? [] : found)('$name', ({name, words}) => {
  test('finds in our files what we find, and we in its own', async () => {
    const asked = [...files].map(([file, path], k) => ({file, path, other: join(folder, `${k}-${name.replaceAll(/\W/g, '')}.h5ad`)}));
    const answers = await words(folder, asked);
    for (const [k, {file, path, other}] of asked.entries()) {
      const ours = wordsOf(await readH5ad(path));
      expect(plain(answers[k]), file).toEqual(ours);
      expect(wordsOf(await readH5ad(other)), `${file}, written again`).toEqual(ours);
    }
  });
});

function exampleOutput(step: string, output: string): string {
  const example = join(steps, step, 'example');
  const request = parse(readFileSync(join(example, 'example.yaml'), 'utf8')) as StepRequest;
  const inputs = Object.fromEntries(Object.entries(request.inputs ?? {}).map(([input, given]) => [input, typeof given === 'string' ? resolve(example, given) : given.map((file) => ({...file, path: resolve(example, file.path)}))]));
  const run = runStepFolder(step, mkdtempSync(join(folder, `${step}-`)), {...request, inputs});
  expect(run, run.stderr).toMatchObject({status: 0});
  return run.outputs[output];
}

/** Missing is null, also in floats; the kind of a column of text without a missing value differs between versions of pandas. */
function wordsOf(data: AnnotatedMatrix): unknown {
  const matrices = (group: ReadonlyMap<string, Matrix> | undefined): unknown => Object.fromEntries([...(group ?? [])].map(([name, matrix]) => [name, matrixWords(matrix)]));
  return {X: data.X === null ? null : matrixWords(data.X), layers: matrices(data.layers), obs: frameWords(data.obs), var: frameWords(data.var), obsm: matrices(data.obsm), uns: data.uns};
}

function matrixWords(matrix: Matrix): unknown {
  return {isSparse: matrix.kind === 'sparse', values: rowsOf(matrix).map((row) => row.map((value) => (Number.isNaN(value) ? null : value)))};
}

function frameWords(frame: DataFrame): unknown {
  return {index: frame.index, columns: Object.fromEntries([...frame.columns].map(([name, column]) => [name, columnWords(frame, name, column)]))};
}

function columnWords(frame: DataFrame, name: string, column: Column): unknown {
  // AnnData itself makes categories of text with few values when it writes.
  if (column.kind === 'string' || column.kind === 'categorical') return {values: columnAsText(frame, name), ordered: column.kind === 'categorical' && column.ordered};
  return {values: Array.from(column.values as ArrayLike<number | boolean | null>, (value) => (Number.isNaN(value) ? null : value))};
}

function plain(answer: unknown): unknown {
  const {X, layers, obs, var: genes, obsm, uns} = answer as Record<string, Record<string, Record<string, unknown>>>;
  const matrix = ({isSparse, values}: Record<string, unknown>): unknown => ({isSparse, values});
  const frame = ({index, columns}: Record<string, Record<string, unknown>>): unknown => ({
    index,
    columns: Object.fromEntries(Object.entries(columns as unknown as Record<string, {kind: string; ordered?: boolean; values: unknown[]}>).map(([name, {kind, ordered, values}]) => [name, {values, ...(['categorical', 'object', 'str'].includes(kind) ? {ordered: ordered ?? false} : {})}])),
  });
  const all = (group: Record<string, Record<string, unknown>>): unknown => Object.fromEntries(Object.entries(group).map(([name, one]) => [name, matrix(one)]));
  return {X: X === null ? null : matrix(X), layers: all(layers), obs: frame(obs as never), var: frame(genes as never), obsm: all(obsm), uns};
}
