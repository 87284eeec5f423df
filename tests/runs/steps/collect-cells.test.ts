import {mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterAll, beforeAll, expect, test} from 'vitest';
import {digestText} from '../../../pipeline/base/digest.ts';
import {columnAsText} from '../../../pipeline/data/annotated-matrix.ts';
import type {Row} from '../../../pipeline/data/table.ts';
import {readTable} from '../../../pipeline/formats/delimited-text.ts';
import {readH5ad, writeH5ad} from '../../../pipeline/formats/h5ad.ts';
import type {StepRun} from '../../rig/run-step.ts';
import {collectCells, runCellChain, type CellChain} from './collect-cells-chain.ts';
import {plantCells, writeSample} from './collect-cells-cohort.ts';

/** P1 has B cells before and none after; P2 after is a declared gap; P3 before is a sample of which qc keeps nothing. */
const plans = {
  'P1-before': {plan: {'CD4 T cell': 12, 'CD8 T cell': 8, 'B cell': 10, 'CD14 monocyte': 10}, dying: 3},
  'P1-after': {plan: {'CD4 T cell': 14, 'CD8 T cell': 10, 'CD14 monocyte': 12}, dying: 1},
  'P3-before': {plan: {}, dying: 4},
};
const sheet = (sample_id: string, more: Row = {}): Record<string, string> => {
  const [patient_id, timepoint] = sample_id.split('-');
  return {sample_id, patient_id, timepoint, day: timepoint === 'before' ? '0' : '30', library: 'gex', ...(more as Record<string, string>)};
};
const gap = sheet('P2-after', {library: '', excluded: 'visit missed'});
let folder: string;
let chain: CellChain;
let run: StepRun;
let truth: Map<string, string>;

async function startChain(at: string): Promise<CellChain> {
  const samples = await Promise.all(Object.entries(plans).map(async ([sampleId, {plan, dying}], k) => {
    const cells = plantCells(plan, k + 1, {dying});
    for (const [cell, type] of cells.types.entries()) truth.set(`${sampleId}_${cells.barcodes[cell]}`, type);
    return {row: sheet(sampleId, sampleId === 'P1-after' ? {lymphocytes_per_ul: '1200'} : {}), path: await writeSample(join(at, 'files'), sampleId, cells)};
  }));
  // 10 B cells are fewer than the default 15 neighbours, and would not be a cluster.
  return runCellChain(at, samples, {qc: {min_genes: 20}, cluster: {n_neighbors: 5}});
}

const collect = (over: CellChain, at: string, more: Record<string, string> = {}): StepRun =>
  collectCells(over, {
    unit: {kind: 'cohort', id: at},
    inputs: more,
    design: {rows: [...over.rows, sheet('P1-before', {library: 'tcr'}), gap], timepoints: ['before', 'after'], visits: [{patient_id: 'P1', timepoint: 'before', day: '0', lymphocytes_per_ul: '900'}]},
  });

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'lymphline-collect-'));
  truth = new Map();
  chain = await startChain(folder);
  const clonotypes = join(folder, 'clonotypes.tsv');
  const cellId = 'P1-before_AAAAAAAAAAAAAAAA-1';
  writeFileSync(clonotypes, `sample_id\tpatient_id\ttimepoint\tday\tcell_id\treceptor\tchain_status\tclone_id\tmissing\nP1-before\tP1\tbefore\t0\t${cellId}\tTCR\tsingle pair\tP1-TCR-1\t\n`);
  const scores = join(folder, 'scores.h5ad');
  await writeH5ad(scores, {
    obs: {index: [cellId], columns: new Map()},
    var: {index: [], columns: new Map()},
    X: null,
    obsm: new Map([['signature_scores', {kind: 'dense', nRows: 1, nColumns: 2, values: Float32Array.of(0.25, 0.5)}]]),
    uns: {signatures: ['A', 'B']},
  });
  run = collect(chain, 'one', {clonotypes, scores});
});
afterAll(() => {
  rmSync(folder, {recursive: true});
});

const rows = (output: string): readonly Row[] => readTable(run.outputs[output]).rows;

test('every barcode read has a row, and its absent values have a reason', () => {
  const cells = rows('cells');
  expect(cells.length).toBe(43 + 37 + 4);
  expect(cells.filter((cell) => cell.kept === 'true').length).toBe(40 + 36);
  expect(cells.find((cell) => cell.cell_id === 'P1-before_AAAAAAAAAAAAAAAA-1')).toMatchObject({
    sample_id: 'P1-before', patient_id: 'P1', timepoint: 'before', day: '0', lineage: 'T cell', tcr_clone_id: 'P1-TCR-1', tcr_chain_status: 'single pair', bcr_clone_id: null,
    missing: 'doublet_score: 40 cells in the well, 100 needed; bcr: no BCR library; car_call: the transgene is not called',
  });
  const removed = cells.find((cell) => cell.removed_because === 'max_percent_mito');
  expect(removed).toMatchObject({kept: 'false', cluster: null, tcr_chain_status: 'no IR'});
  expect(removed?.missing).toContain('cluster, lineage, cell_type, umap: not kept; tcr_clone_id: no TCR contig');
});

test('planted lineages and types are found', () => {
  const wrong = rows('cells').filter((cell) => cell.kept === 'true' && cell.cell_type !== truth.get(String(cell.cell_id)));
  expect(wrong.map((cell) => [cell.cell_id, cell.cell_type])).toEqual([]);
});

test('attrition begins with the barcodes read, ends with the kept ones, and adds up in each sample', () => {
  for (const [sample, own] of Map.groupBy(rows('attrition'), (row) => row.sample_id)) {
    const kept = rows('cells').filter((cell) => cell.sample_id === sample && cell.kept === 'true').length;
    expect([own[0].stage, own.at(-1)?.stage, Number(own.at(-1)?.n_cells)]).toEqual(['read', 'analysed', kept]);
    expect(Number(own[0].n_cells) - own.reduce((sum, row) => sum + Number(row.n_removed), 0)).toBe(kept);
  }
});

test('a type of the cohort has a row in every sample, with 0 cells where it is gone', () => {
  const after = rows('composition').filter((row) => row.sample_id === 'P1-after');
  const b = after.find((row) => row.cell_type === 'B cell' && row.level === 'lineage');
  // Clopper-Pearson for 0 of 36: upper bound 1 - 0.025^(1/36) = 0.09739375647.
  expect(b).toMatchObject({n_cells: '0', n_total: '36', fraction: '0', fraction_lower: '0', cells_per_ul: '0'});
  expect(Number(b?.fraction_upper)).toBeCloseTo(1 - 0.025 ** (1 / 36), 9);
  for (const level of ['lineage', 'type']) expect(after.filter((row) => row.level === level).reduce((sum, row) => sum + Number(row.n_cells), 0)).toBe(36);
});

test('cells per microlitre are the share of lymphocytes times their count; the samples sheet comes before the visits', () => {
  const perUl = (sample: string, label: string): unknown => rows('composition').find((row) => row.sample_id === sample && row.cell_type === label)?.cells_per_ul;
  // Before: 900 per ul by the visit, 10 of 30 lymphocytes are B cells. After: 1,200 by the sheet, 10 of 24 are CD8.
  expect([Number(perUl('P1-before', 'B cell')), Number(perUl('P1-after', 'CD8 T cell')), perUl('P1-after', 'monocyte')]).toEqual([300, 500, null]);
});

test('a declared gap and a sample without a kept cell say why they have no shares', () => {
  const reasons = (sample: string): unknown[] => [...new Set(rows('composition').filter((row) => row.sample_id === sample && row.level === 'lineage').map((row) => row.missing))];
  expect(reasons('P2-after')).toEqual(['declared gap: visit missed']);
  expect(reasons('P3-before')).toContain('fraction: no cell of the sample is kept; cells_per_ul: no lymphocytes_per_ul for this sample');
  expect(rows('attrition').filter((row) => row.sample_id === 'P3-before').at(-1)).toMatchObject({n_cells: '0'});
});

test('the cohort holds the kept cells with counts, columns, layout and scores', async () => {
  const cohort = await readH5ad(run.outputs.cohort);
  expect(cohort.obs.index.length).toBe(76);
  expect(columnAsText(cohort.obs, 'lineage')).toEqual(rows('cells').filter((cell) => cell.kept === 'true').map((cell) => cell.lineage));
  expect(cohort.obsm?.get('X_umap')?.nColumns).toBe(2);
  const scores = cohort.obsm?.get('signature_scores');
  expect([...(scores?.values.subarray(0, 4) ?? [])]).toEqual([0.25, 0.5, NaN, NaN]);
  expect(cohort.uns).toMatchObject({signatures: ['A', 'B']});
  // Counts of the first cell are those of the file it came from.
  const first = await readH5ad(chain.outputs('qc', 'kept')[0].path);
  const sumOf = (data: typeof cohort): number => (data.X?.values.subarray(0, (data.X as {indptr: Uint32Array}).indptr[1]) as Float32Array).reduce((sum, value) => sum + value, 0);
  expect(sumOf(cohort)).toBe(sumOf(first));
});

test('a second chain gives the same bytes', async () => {
  const second = mkdtempSync(join(tmpdir(), 'lymphline-collect-'));
  const again = collect(await startChain(second), 'one');
  const before = collect(chain, 'two');
  for (const output of ['cells', 'attrition', 'composition', 'cohort']) {
    expect([output, digestText(readFileSync(again.outputs[output]))]).toEqual([output, digestText(readFileSync(before.outputs[output]))]);
  }
  rmSync(second, {recursive: true});
});
