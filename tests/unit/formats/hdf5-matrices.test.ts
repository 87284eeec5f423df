// 10x and AnnData files: what we write read back by ourselves, equal bytes, damage, and real files of several versions (tests/runs/anndata.test.ts: by anndata).
import {mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {setTimeout as wait} from 'node:timers/promises';
import {afterAll, beforeAll, expect, test} from 'vitest';
import {digestText} from '../../../pipeline/base/digest.ts';
import {randomStream} from '../../../pipeline/base/random.ts';
import type {AnnotatedMatrix} from '../../../pipeline/data/annotated-matrix.ts';
import type {FeatureMatrix} from '../../../pipeline/data/feature-matrix.ts';
import type {SparseMatrix} from '../../../pipeline/data/matrix.ts';
import {readH5ad, writeH5ad} from '../../../pipeline/formats/h5ad.ts';
import {attributeOf, datasetAt, readHdf5, readNumbers, type Dataset} from '../../../pipeline/formats/hdf5.ts';
import {writeHdf5} from '../../../pipeline/formats/hdf5-write.ts';
import {readTenxH5, writeTenxH5} from '../../../pipeline/formats/tenx-h5.ts';
import {dataFile, sharedData} from '../../rig/shared-data.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'lymphline-hdf5-'));
});
afterAll(() => rmSync(folder, {recursive: true}));

if (sharedData === undefined) console.log('Real HDF5 files are skipped: no LYMPHLINE_DATA and no ../shared/data.');

const counts: SparseMatrix = {kind: 'sparse', nRows: 3, nColumns: 4, indptr: Uint32Array.of(0, 2, 2, 4), indices: Uint32Array.of(0, 3, 1, 2), values: Float32Array.of(1, 2, 3, 70000)};
const tenx: FeatureMatrix = {counts, barcodes: ['AAAC-1', 'CCCA-1', 'GGGT-1'], features: {ids: ['E1', 'E2', 'E3', 'E4'], symbols: ['CD3E', 'MT-ND1', 'CD3E', 'adt'], types: ['Gene Expression', 'Gene Expression', 'Gene Expression', 'Antibody Capture'], genomes: ['g', 'g', 'g', '']}};
const annotated: AnnotatedMatrix = {
  obs: {
    index: ['S1_AAAC-1', 'S1_CCCA-1', 'S1_GGGT-1'],
    columns: new Map([
      ['name', {kind: 'string', values: ['a', 'é', '']}],
      ['maybe', {kind: 'string', values: ['x', null, 'x']}],
      ['score', {kind: 'float', values: Float64Array.of(0.5, NaN, -1)}],
      ['n', {kind: 'integer', values: Float64Array.of(1, 2, 3e9)}],
      ['n_or_none', {kind: 'integer', values: Float64Array.of(1, NaN, 3)}],
      ['kept', {kind: 'boolean', values: [true, false, true]}],
      ['maybe_kept', {kind: 'boolean', values: [true, null, false]}],
      ['lineage', {kind: 'categorical', codes: Int32Array.of(1, -1, 0), categories: ['B cell', 'T cell'], ordered: true}],
    ]),
  },
  var: {index: ['g1', 'g2', 'g3', 'g4'], columns: new Map()},
  X: counts,
  layers: new Map([['raw', counts]]),
  obsm: new Map([['X_pca', {kind: 'dense', nRows: 3, nColumns: 2, values: Float32Array.of(1, 2, 3, 4, 5, 6)}], ['neighbors', {kind: 'dense', nRows: 3, nColumns: 1, values: Int32Array.of(2, 0, 1)}]]),
  uns: {version: '1', n: 3, share: 0.25, is_raw: true, names: ['a', 'b'], weights: [1, 2.5], nested: {empty: [], deep: {x: 'y'}}},
};

test('an h5ad comes back as it was written, apart from a missing string, which AnnData keeps in categories', async () => {
  const path = join(folder, 'a.h5ad');
  await writeH5ad(path, annotated);
  const read = await readH5ad(path);
  expect(read.obs.columns.get('maybe')).toEqual({kind: 'categorical', codes: Int32Array.of(0, -1, 0), categories: ['x'], ordered: false});
  for (const name of ['name', 'score', 'n', 'n_or_none', 'kept', 'maybe_kept', 'lineage']) expect(read.obs.columns.get(name), name).toEqual(annotated.obs.columns.get(name));
  expect(read).toMatchObject({X: counts, obs: {index: annotated.obs.index}, var: {index: annotated.var.index}});
  expect(read.layers).toEqual(annotated.layers);
  expect(read.obsm).toEqual(annotated.obsm);
  expect(read.uns).toEqual(annotated.uns);
});

test('equal data give equal bytes, whatever the clock says', async () => {
  const digest = async (name: string): Promise<string> => {
    await writeH5ad(join(folder, name), annotated);
    return digestText(readFileSync(join(folder, name)));
  };
  const first = await digest('b.h5ad');
  await wait(1100);
  expect(await digest('c.h5ad')).toBe(first);
});

test('an h5ad without X, without cells or without genes is written and read', async () => {
  const empty: AnnotatedMatrix = {obs: {index: [], columns: new Map([['s', {kind: 'string', values: []}], ['b', {kind: 'boolean', values: []}], ['f', {kind: 'float', values: new Float64Array(0)}]])}, var: {index: ['g'], columns: new Map()}, X: {...counts, nRows: 0, nColumns: 1, indptr: Uint32Array.of(0), indices: new Uint32Array(0), values: new Float32Array(0)}};
  await writeH5ad(join(folder, 'd.h5ad'), empty);
  expect(await readH5ad(join(folder, 'd.h5ad'))).toMatchObject({obs: {index: []}, X: {nRows: 0, nColumns: 1}});
  await writeH5ad(join(folder, 'e.h5ad'), {...annotated, X: null, layers: new Map()});
  expect((await readH5ad(join(folder, 'e.h5ad'))).X).toBeNull();
});

test('a 10x H5 comes back as it was written', async () => {
  await writeTenxH5(join(folder, 'a.h5'), tenx);
  expect(await readTenxH5(join(folder, 'a.h5'))).toEqual(tenx);
});

test('a file that is cut off, damaged inside or no HDF5 at all is refused', async () => {
  const big = {...annotated, X: {...counts, nRows: 3, nColumns: 200_000, indptr: Uint32Array.of(0, 200_000, 200_000, 200_000), indices: Uint32Array.from({length: 200_000}, (_, i) => i), values: Float32Array.from({length: 200_000}, (_, i) => (i % 97) + 1)}, var: {index: Array.from({length: 200_000}, (_, i) => `g${i}`), columns: new Map()}, layers: new Map()};
  await writeH5ad(join(folder, 'g.h5ad'), big);
  const bytes = readFileSync(join(folder, 'g.h5ad'));
  writeFileSync(join(folder, 'cut.h5ad'), bytes.subarray(0, bytes.length / 2));
  await expect(readH5ad(join(folder, 'cut.h5ad'))).rejects.toMatchObject({name: 'FormatProblem'});
  writeFileSync(join(folder, 'text.h5ad'), 'no hdf5');
  await expect(readH5ad(join(folder, 'text.h5ad'))).rejects.toMatchObject({name: 'FormatProblem'});
  // The deflate streams of X begin with 0x78 0x01; rubbish in the middle of the first long one must not be read as zeros.
  const at = bytes.indexOf(Buffer.of(0x78, 0x01), 4096) + 200;
  const damaged = Buffer.from(bytes);
  damaged.fill(0xff, at, at + 64);
  writeFileSync(join(folder, 'damaged.h5ad'), damaged);
  await expect(readH5ad(join(folder, 'damaged.h5ad'))).rejects.toMatchObject({name: 'FormatProblem'});
});

// Sizes of data/README.md; sums read with h5py 3.16.0: tenx_tiny below, Kang in kang/README.md.
test.skipIf(sharedData === undefined)('real 10x files of versions 2 and 3, and with antibodies', async () => {
  const v3 = await readTenxH5(dataFile('tenx_tiny/3.0.0/filtered_feature_bc_matrix.h5'));
  expect([v3.counts.nRows, v3.counts.nColumns, v3.features.genomes[0]]).toEqual([1107, 507, 'GRCh38_chr21']);
  const v2 = await readTenxH5(dataFile('tenx_tiny/1.2.0/filtered_gene_bc_matrices_h5.h5'));
  expect([v2.counts.nRows, v2.counts.nColumns, v2.features.genomes[0]]).toEqual([12, 343, 'hg19_chr21']);
});

test.skipIf(sharedData === undefined)('the same matrix in two versions of AnnData is the same to us; so are its categories', async () => {
  const [old, now] = await Promise.all(['mini_mat_v0.6.22_layers_csc.h5ad', 'mini_mat_v0.10.9_layers_csc.h5ad'].map((name) => readH5ad(dataFile(`h5ad/${name}`))));
  expect(old.X).toEqual(now.X);
  expect([...(old.layers ?? [])].map(([, layer]) => layer)).toEqual([...(now.layers ?? [])].map(([, layer]) => layer));
  const [reduced, reducedNow] = await Promise.all(['archive_v0.5.0_pbmc68k_reduced.h5ad', 'pbmc68k_reduced_anndata0.8_700x765.h5ad'].map((name) => readH5ad(dataFile(`h5ad/${name}`))));
  const labels = (data: AnnotatedMatrix): unknown => {
    const column = data.obs.columns.get('bulk_labels');
    return column?.kind === 'categorical' ? Array.from(column.codes, (code) => column.categories[code]) : column?.kind;
  };
  expect(labels(reduced)).toEqual(labels(reducedNow));
});

test('a 10x H5 of two genomes: version 2 has a matrix each, version 3 prefixes; barcodes of either are kept', async () => {
  const path = join(folder, 'two.h5');
  await writeHdf5(path, (writer) => {
    writer.group('');
    for (const [genome, gene, barcodes] of [['GRCh38', 'CD3E', ['AAAC-1', 'CCCA-1']], ['mm10', 'Cd3e', ['CCCA-1', 'GGGT-1']]] as const) {
      writer.group(genome);
      writer.strings(`${genome}/genes`, [`${genome}_E1`]);
      writer.strings(`${genome}/gene_names`, [`${genome}_${gene}`]);
      writer.strings(`${genome}/barcodes`, barcodes);
      writer.numbers(`${genome}/data`, Int32Array.of(3, 5));
      writer.numbers(`${genome}/indices`, BigInt64Array.of(0n, 0n));
      writer.numbers(`${genome}/indptr`, BigInt64Array.of(0n, 1n, 2n));
      writer.numbers(`${genome}/shape`, Int32Array.of(1, 2));
    }
  });
  const {counts: joined, barcodes, features} = await readTenxH5(path);
  expect([barcodes, features.symbols, features.genomes, Array.from(joined.indptr), Array.from(joined.indices), Array.from(joined.values)]).toEqual([['AAAC-1', 'CCCA-1', 'GGGT-1'], ['CD3E', 'Cd3e'], ['GRCh38', 'mm10'], [0, 1, 3, 4], [0, 0, 1, 1], [3, 5, 3, 5]]);
  const mixed = {...tenx, features: {...tenx.features, symbols: ['a_CD3E', 'b___Cd3e', 'CD3E', 'adt'], genomes: ['a', 'b', 'a', '']}};
  await writeTenxH5(join(folder, 'mixed.h5'), mixed);
  expect((await readTenxH5(join(folder, 'mixed.h5'))).features.symbols).toEqual(['CD3E', 'Cd3e', 'CD3E', 'adt']);
});

// 70 chunks need a tree of two levels (64 children a node); the last chunk hangs over the end.
test('long lists are appended behind the library: it reads them back, their chunks in order, and equal calls give equal bytes', async () => {
  const random = randomStream(1, 'long lists');
  const values = Float64Array.from({length: 69 * 65_536 + 3}, (_, k) => (k % 5 === 0 ? random.integer(1000) : k));
  const few = Int32Array.from({length: 65_537}, (_, k) => -k);
  const write = (path: string): Promise<void> => writeHdf5(path, (writer) => {
    writer.group('', {'encoding-type': 'anndata'});
    writer.numbers('values', values, {attributes: {'encoding-type': 'array'}});
    writer.booleans('flag', Int8Array.of(1), {isScalar: true});
    writer.numbers('few', few);
  });
  const [path, again] = [join(folder, 'long.h5'), join(folder, 'again.h5')];
  await write(path);
  await write(again);
  expect(readFileSync(path).equals(readFileSync(again))).toBe(true);
  await readHdf5(path, (root) => {
    const [long, short] = [datasetAt(root, 'values') as Dataset, datasetAt(root, 'few') as Dataset];
    expect(Buffer.from(readNumbers(path, long).buffer).equals(Buffer.from(values.buffer))).toBe(true);
    expect(readNumbers(path, short)).toEqual(few);
    expect(long.slice([[69 * 65_536, 69 * 65_536 + 3]])).toEqual(values.slice(69 * 65_536));
    expect(attributeOf(long, 'encoding-type')).toBe('array');
  });
});
