import {mkdirSync, mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join, resolve} from 'node:path';
import {afterEach, beforeEach, describe, expect, test} from 'vitest';
import type {SparseMatrix} from '../../../pipeline/data/matrix.ts';
import {readTable} from '../../../pipeline/formats/delimited-text.ts';
import {readH5ad} from '../../../pipeline/formats/h5ad.ts';
import {runStepFolder, type StepRun} from '../../rig/run-step.ts';
import {dataFile, sharedData} from '../../rig/shared-data.ts';

const cellTypes = resolve(import.meta.dirname, '../../../configs/cell-types.yaml');
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lymphline-cells-'));
});
afterEach(() => {
  rmSync(folder, {recursive: true});
});

function importFrom(path: string, column: string, samples: readonly string[], params: Record<string, unknown> = {}): StepRun {
  const own = mkdtempSync(join(folder, 'run-'));
  mkdirSync(join(own, 'job'));
  return runStepFolder('import-cells', join(own, 'job'), {
    inputs: {cells: dataFile(path), cell_types: cellTypes}, params, config: {cells: {path, sample_column: column}, cell_type_map: null},
    design: {rows: samples.map((sample_id, k) => ({sample_id, patient_id: 'P1', timepoint: ['before', 'after', 'later'][k], day: String(k), library: 'gex'}))},
  });
}

describe.skipIf(!sharedData)('where the counts of an analysed file are', () => {
  test('Seurat’s pbmc_small has logarithms alone: counts come back, and log, table and file say from where', async () => {
    const run = importFrom('h5ad/pbmc-small_80x20_rawX.h5ad', 'groups', ['g1', 'g2']);
    expect(run.status, run.stderr).toBe(0);
    const words = 'raw/X, recovered from normalised values (natural logarithm)';
    expect(run.stderr).toContain(`raw counts: ${words}`);
    // 19,633 is the sum of the file's own nCount_RNA, over 230 genes.
    const quality = readTable(run.outputs.sample_quality).rows;
    expect(quality.map((row) => row['counts_from'])).toEqual([words, words]);
    const kept = await readH5ad(run.outputs.kept);
    expect([(kept.X as SparseMatrix).values.reduce((sum, value) => sum + value, 0), kept.var.index.length, kept.uns]).toEqual([19_633, 230, {import: {source_format: words}}]);
  });

  test('rounded logarithms can be ranked and not counted: what counts would say is missing with the reason', async () => {
    const run = importFrom('h5ad/pbmc68k_reduced_anndata0.8_700x765.h5ad', 'phase', ['G1', 'S', 'G2M']);
    expect(run.status, run.stderr).toBe(0);
    expect(run.stderr).toContain('no raw counts: raw/X, normalised values without counts');
    const reason = 'the file has normalised values and no raw counts';
    const cells = readTable(run.outputs.cells).rows;
    expect([cells.length, new Set(cells.map((row) => `${String(row['n_counts'])} ${String(row['percent_mito'])} ${String(row['missing'])}`)).size, cells[0]['missing']]).toEqual([700, 1, `n_counts, percent_mito: ${reason}`]);
    expect(Number(cells[0]['n_genes'])).toBeGreaterThan(50);
    expect(readTable(run.outputs.sample_quality).rows[0]).toMatchObject({median_counts: null, ambient_fraction: null, missing: expect.stringContaining(`median_counts, median_percent_mito: ${reason}`) as string});
    expect(readTable(run.outputs.sex_check).rows[0]).toMatchObject({xist_umis: null, sex: null, missing: `sex: ${reason}`});
    expect((await readH5ad(run.outputs.kept)).uns).toMatchObject({import: {values: 'normalised'}});
  });

  test('a bound on counts is refused where there are none, and scaled values always', () => {
    expect(importFrom('h5ad/pbmc68k_reduced_anndata0.8_700x765.h5ad', 'phase', ['G1', 'S', 'G2M'], {mad: 5}).problem).toMatchObject({found: 'the file has normalised values and no raw counts', advice: 'Save the raw counts in layers["counts"], or leave mad out.'});
    const scaled = importFrom('h5ad/pbmc-small_X_csr.h5ad', 'groups', ['g1', 'g2']);
    expect([scaled.status, scaled.problem]).toMatchObject([65, {found: '-0.193495 in X (ATGCCAGAACGACT, IGLL5)', advice: expect.stringMatching(/^Save the raw counts in layers\["counts"\]/) as string}]);
  });
});
