import {mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterEach, beforeEach, describe, expect, test} from 'vitest';
import type {SparseMatrix} from '../../../pipeline/data/matrix.ts';
import {readH5ad, writeH5ad} from '../../../pipeline/formats/h5ad.ts';
import {runStepFolder, type StepRun} from '../../rig/run-step.ts';
import {dataFile, sharedData} from '../../rig/shared-data.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lymphline-import-'));
});
afterEach(() => {
  rmSync(folder, {recursive: true});
});

const importFrom = (path: string, more: Record<string, string> = {}): StepRun =>
  runStepFolder('import-counts', folder, {
    unit: {kind: 'library', id: 'S1-gex'},
    inputs: {counts: path},
    design: {rows: [{sample_id: 'S1', patient_id: 'P1', timepoint: 'before', day: '0', library: 'gex', ...more}]},
  });

/** Two cells, three genes, two of one name. */
async function writeCounts(values: readonly number[]): Promise<string> {
  const path = join(folder, 'in.h5ad');
  const X: SparseMatrix = {kind: 'sparse', nRows: 2, nColumns: 3, indptr: Uint32Array.of(0, 2, 3), indices: Uint32Array.of(0, 1, 2), values: Float32Array.from(values)};
  await writeH5ad(path, {
    obs: {index: ['AA-1', 'CC-1'], columns: new Map()},
    var: {
      index: ['ENSG00000000001', 'ENSG00000000002', 'ENSG00000000003'],
      columns: new Map([['gene_symbols', {kind: 'string', values: ['MATR3', 'MATR3', 'MT-CO1']}]]),
    },
    X,
  });
  return path;
}

test('a symbol that occurs twice is made unique as anndata does, and counted', async () => {
  const run = importFrom(await writeCounts([1, 2, 3]));
  const data = await readH5ad(run.outputs.counts);
  expect(data.var.index).toEqual(['MATR3', 'MATR3-1', 'MT-CO1']);
  expect(data.obs.index).toEqual(['S1_AA-1', 'S1_CC-1']);
  expect(data.uns).toMatchObject({import: {source_format: 'h5ad X', n_duplicate_symbols: 1}});
});

test('a value that is no count is refused by value, cell and gene', async () => {
  const half = importFrom(await writeCounts([1, 2.5, 3]));
  expect([half.status, half.problem?.found]).toEqual([65, '2.5 in X (AA-1, ENSG00000000002)']);
  expect(importFrom(await writeCounts([1, 2, -3])).problem?.found).toBe('-3 in X (CC-1, ENSG00000000003)');
});

describe.skipIf(!sharedData)('on real files', () => {
  test.each([
    // Shapes from the index of the data; totals by scipy (PBMC 1k: 3,524,098 UMIs).
    ['pbmc_1k_v2/filtered_feature_bc_matrix', 'matrix-market', 996, 33_538, 3_524_098],
    ['tenx_tiny/1.2.0/filtered_gene_bc_matrices_h5.h5', 'tenx-h5', 12, 343, undefined],
    ['h5ad/zellkonverter_example_200x459_int32_counts_layer.h5ad', 'h5ad layers/counts', 200, 459, undefined],
    // raw has 11 genes, X 5 of them scaled; sums in expected.json.
    ['h5ad/anndata_current/raw.h5ad', 'h5ad raw/X', 12, 11, 250],
    ['h5ad/anndata_current/scirpy_gex_airr.h5mu', 'h5mu mod/gex X', 10, 8, 109],
    ['h5ad/anndata_current/no_x.h5ad', 'h5ad layers/counts', 12, 8, 159],
    ['loom/kb_genes_17x29.loom', 'loom', 29, 17, 2],
  ])('%s', async (path, format, nCells, nGenes, total) => {
    const run = importFrom(dataFile(path));
    expect(run).toMatchObject({status: 0});
    const data = await readH5ad(run.outputs.counts);
    expect([data.obs.index.length, data.var.index.length, data.uns]).toMatchObject([nCells, nGenes, {import: {source_format: format}}]);
    if (total !== undefined) expect((data.X as SparseMatrix).values.reduce((sum, value) => sum + value, 0)).toBe(total);
  });

  test('antibody counts of a CITE-seq file go beside the genes', async () => {
    const data = await readH5ad(importFrom(dataFile('covid_tcells_citeseq_tcr/filtered_feature_bc_matrix.h5')).outputs.counts);
    expect([data.obs.index.length, data.var.index.length, data.obsm?.get('adt')?.nColumns]).toEqual([320, 33_538, 37]);
  });

  test('a scaled matrix without counts anywhere is refused', () => {
    expect(importFrom(dataFile('h5ad/pbmc68k_reduced_anndata0.8_700x765.h5ad'))).toMatchObject({status: 65});
  });
});

test('a matrix on its side is refused', async () => {
  const path = join(folder, 'side.h5ad');
  const X: SparseMatrix = {kind: 'sparse', nRows: 2, nColumns: 2, indptr: Uint32Array.of(0, 1, 2), indices: Uint32Array.of(0, 1), values: Float32Array.of(1, 2)};
  await writeH5ad(path, {obs: {index: ['CD3E', 'CD19'], columns: new Map()}, var: {index: ['AAACCCAAGGAGAGTA-1', 'TTTGGTTGTAGAATAC-1'], columns: new Map()}, X});
  expect(importFrom(path).problem).toMatchObject({found: 'genes called AAACCCAAGGAGAGTA-1, TTTGGTTGTAGAATAC-1 and cells called CD3E, CD19', expected: 'cells x genes'});
});
