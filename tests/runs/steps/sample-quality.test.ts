// From a matrix to the rows on a sample's quality, through the processes of import-counts, qc and check-samples.
import {mkdirSync, mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterEach, beforeEach, describe, expect, test} from 'vitest';
import type {SparseMatrix} from '../../../pipeline/data/matrix.ts';
import type {Row} from '../../../pipeline/data/table.ts';
import {readTable} from '../../../pipeline/formats/delimited-text.ts';
import {readH5ad} from '../../../pipeline/formats/h5ad.ts';
import {writeTenxH5} from '../../../pipeline/formats/tenx-h5.ts';
import {runStepFolder, type StepRun} from '../../rig/run-step.ts';
import {dataFile, sharedData} from '../../rig/shared-data.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lymphline-quality-'));
});
afterEach(() => {
  rmSync(folder, {recursive: true});
});

interface Sample {
  readonly id: string;
  readonly patient: string;
  readonly path: string;
  readonly label?: string;
  readonly demux?: string;
}

interface Judged {
  readonly imported: StepRun;
  readonly qc: StepRun;
}

function judge({id, patient, path, label, demux}: Sample, params: Record<string, unknown> = {}): Judged {
  const design = {rows: [{sample_id: id, patient_id: patient, timepoint: 'before', day: '0', library: 'gex', ...(label === undefined ? {} : {demux_label: label})}]};
  const run = (step: string, request: Parameters<typeof runStepFolder>[2]): StepRun => {
    const own = join(folder, `${step}-${id}`);
    mkdirSync(own);
    return runStepFolder(step, own, request);
  };
  const imported = run('import-counts', {unit: {kind: 'library', id: `${id}-gex`}, inputs: {counts: path, demux: demux === undefined ? [] : demux, raw: []}, design});
  const qc = imported.status === 0 ? run('qc', {unit: {kind: 'sample', id}, inputs: {counts: imported.outputs.counts}, params: {doublets: 'off', ...params}, design}) : imported;
  return {imported, qc};
}

const only = (path: string): Row => readTable(path).rows[0];

/** 30 cells of 1,000 UMIs over 40 genes, named A0… */
async function writeMatrix(path: string, barcodes: readonly string[], umis = 1000): Promise<void> {
  const nGenes = 40;
  const counts: SparseMatrix = {
    kind: 'sparse', nRows: barcodes.length, nColumns: nGenes, indptr: Uint32Array.from({length: barcodes.length + 1}, (_, k) => k * nGenes),
    indices: Uint32Array.from({length: barcodes.length * nGenes}, (_, k) => k % nGenes), values: new Float32Array(barcodes.length * nGenes).fill(umis / nGenes),
  };
  const ids = Array.from({length: nGenes}, (_, k) => `ENSG${String(k).padStart(11, '0')}`);
  await writeTenxH5(path, {counts, barcodes, features: {ids, symbols: ids.map((_, k) => `A${k}`), types: ids.map(() => 'Gene Expression'), genomes: ids.map(() => 'GRCh38')}});
}

const barcodesOf = (n: number): string[] => Array.from({length: n}, (_, k) => `${'ACGT'[k % 4]}${'ACGT'[(k >> 2) % 4]}${'ACGT'[(k >> 4) % 4]}ACGTACGTACGTA-1`);

describe('a pooled well', () => {
  const barcodes = barcodesOf(30);
  // 12 of donor0, 10 of donor1, 3 doublets, 3 unassigned, and 2 that the table does not name.
  const lines = barcodes.slice(0, 28).map((barcode, k) => [barcode, k < 12 ? 'donor0' : k < 22 ? 'donor1' : k < 25 ? 'doublet' : 'unassigned'] as const);
  const vireo = (): string => `cell\tdonor_id\tprob_max\tprob_doublet\tn_vars\tbest_singlet\tbest_doublet\n${lines.map(([barcode, donor]) => `${barcode}\t${donor}\t1.0\t0.0\t50\tdonor0\tdonor0,donor1\n`).join('')}`;

  test('gives each sample its label’s cells and counts what is no one’s under a reason', async () => {
    const path = join(folder, 'pool.h5');
    await writeMatrix(path, barcodes);
    const demux = join(folder, 'donor_ids.tsv');
    writeFileSync(demux, vireo());
    const {imported, qc} = judge({id: 'S1', patient: 'P1', path, label: 'donor1', demux}, {min_genes: 10});
    expect(imported.status, imported.stderr).toBe(0);
    expect((await readH5ad(imported.outputs.counts)).uns).toMatchObject({import: {n_barcodes: 18, demux: {tool: 'vireo', n_of_other_labels: 12}}});
    expect(readTable(qc.outputs.attrition).rows.map((row) => `${String(row['reason'])} ${String(row['n_removed'])} ${String(row['n_cells'])}`).slice(0, 4)).toEqual([
      'barcodes in the file 0 18', 'demux_doublet 3 15', 'demux_unassigned 5 10', 'min_genes 0 10',
    ]);
    expect(readTable(qc.outputs.attrition).rows.at(-1)).toMatchObject({stage: 'analysed', n_cells: '10'});
    const cells = readTable(qc.outputs.cells).rows;
    expect(cells.filter((row) => row['kept'] === 'true').map((row) => row['cell_id'])).toEqual(barcodes.slice(12, 22).map((barcode) => `S1_${barcode}`));
    expect(only(qc.outputs.sample_quality)).toMatchObject({n_barcodes: '18', n_kept: '10', flag: '10 cells kept, fewer than 100'});
  });

  test('takes a table whose barcodes lack the number', async () => {
    const path = join(folder, 'pool.h5');
    await writeMatrix(path, barcodes);
    const demux = join(folder, 'two.csv');
    writeFileSync(demux, `barcode,label\n${lines.map(([barcode, donor]) => `${barcode.replace('-1', '')},${donor}\n`).join('')}`);
    const {imported} = judge({id: 'S1', patient: 'P1', path, label: 'donor0', demux});
    expect((await readH5ad(imported.outputs.counts)).obs.index).toHaveLength(12 + 8);
  });

  test('is refused without a table, with a label that the table lacks, and with another well’s table', async () => {
    const path = join(folder, 'pool.h5');
    await writeMatrix(path, barcodes);
    const demux = join(folder, 'donor_ids.tsv');
    writeFileSync(demux, vireo());
    expect(judge({id: 'S1', patient: 'P1', path, label: 'donor1'}).imported.problem).toMatchObject({found: 'demux_label donor1 without a table in demux'});
    expect(judge({id: 'S2', patient: 'P1', path, label: 'donor2', demux}).imported.problem).toMatchObject({found: 'no barcode of "donor2" (the table has donor0, donor1)', advice: expect.stringMatching(/^Did you mean "donor[01]"/)});
    const other = join(folder, 'other.tsv');
    writeFileSync(other, vireo().replaceAll('ACGTACGTACGTA', 'TTTTTTTTTTTTT'));
    expect(judge({id: 'S3', patient: 'P1', path, label: 'donor1', demux: other}).imported.problem).toMatchObject({expected: 'the table of this gem well'});
  });
});

describe('empty droplets', () => {
  test('of an outs folder stand for the soup', async () => {
    const outs = join(folder, 'outs');
    mkdirSync(outs);
    const barcodes = barcodesOf(64);
    await writeMatrix(join(outs, 'filtered_feature_bc_matrix.h5'), barcodes.slice(0, 30));
    // 64 droplets of 40 UMIs: 2,560, enough.
    await writeMatrix(join(outs, 'raw_feature_bc_matrix.h5'), barcodes, 40);
    const {imported, qc} = judge({id: 'S1', patient: 'P1', path: outs}, {min_genes: 10});
    expect((await readH5ad(imported.outputs.counts)).uns).toMatchObject({import: {n_empty_droplets: 64}});
    expect(only(qc.outputs.sample_quality)).toMatchObject({ambient_profile: 'empty droplets', counts_from: 'tenx-h5'});
  });
});

describe.skipIf(!sharedData)('on real blood and lung', () => {
  // UMIs summed by scanpy 1.12 over all cells of each matrix (RPS4Y1, EIF1AY, DDX3Y, ZFY; XIST).
  const umis = {P17B: [0, 438], P17L: [0, 384], P18B: [16, 0], P18L: [3, 0]};

  test('a man in both tissues, a woman whom the sheet calls a man, and too few UMIs', () => {
    const runs = Object.keys(umis).map((id) => ({id, ...judge({id, patient: id.slice(0, 3), path: dataFile(`ards_blood_lung_tcr/${id}/filtered_feature_bc_matrix`)}, {min_genes: 0, max_percent_mito: null, mad: null})}));
    const patients = join(folder, 'patients.tsv');
    writeFileSync(patients, 'patient_id\tsex\nP17\tM\nP18\tM\n');
    const check = (rows: readonly {sample_id: string; patient_id: string}[]): readonly Row[] => {
      const own = mkdtempSync(join(folder, 'check-'));
      const run = runStepFolder('check-samples', own, {
        inputs: Object.fromEntries([['patients', patients], ...['sample_quality', 'sex_check'].map((name) => [name, runs.map(({id, qc}) => ({unit: id, path: qc.outputs[name]}))] as const)]),
        design: {rows: rows.map((row) => ({...row, timepoint: 'before', day: '0', library: 'gex'}))},
      });
      expect(run.status, run.stderr).toBe(0);
      return readTable(run.outputs.sex_check).rows;
    };
    const rows = check(Object.keys(umis).map((id) => ({sample_id: id, patient_id: id.slice(0, 3)})));
    expect(Object.fromEntries(rows.map((row) => [row['sample_id'], [Number(row['xist_umis']), Number(row['y_umis'])]]))).toEqual(umis);
    expect(rows.map((row) => row['sex'])).toEqual(['male', 'male', 'female', null]);
    // P18 is called a man by the sheet; nobody else is doubted.
    expect(rows.filter((row) => row['flag']).map((row) => [row['sample_id'], row['flag']])).toEqual([['P18B', 'female by its cells, male by the patients sheet: possible swap']]);
  });

  test('PBMC of a man: 3,085 UMIs of the Y chromosome, none of XIST', () => {
    const {qc} = judge({id: 'S1', patient: 'P1', path: dataFile('pbmc_1k_v2/filtered_feature_bc_matrix')}, {min_genes: 0, max_percent_mito: null, mad: null});
    expect(only(qc.outputs.sex_check)).toMatchObject({n_cells: '996', xist_umis: '0', y_umis: '3085', n_y_genes: '8', y_share: '1', sex: 'male'});
    const quality = only(qc.outputs.sample_quality);
    expect(quality).toMatchObject({n_barcodes: '996', n_kept: '996', flag: null, ambient_profile: 'all cells'});
    // numpy on the same matrix: 1,797 UMIs in cells that make neither, 41,444.1 expected of soup alone.
    expect([quality.ambient_umis, quality.ambient_genes]).toEqual(['1797', 'immunoglobulin, monocyte']);
    expect(Number(quality.ambient_fraction)).toBeCloseTo(1797 / 41_444.09559, 8);
  });
});
