// Two patients in one gem well, by the command line: the well is taken apart by souporcell's table, sexes are checked, and a BAM that nobody reads changes nothing.
import {mkdirSync, mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterAll, beforeAll, expect, test} from 'vitest';
import {readTable} from '../../pipeline/formats/delimited-text.ts';
import {writeTenxH5} from '../../pipeline/formats/tenx-h5.ts';
import {runCli} from '../rig/cli.ts';

const folder = mkdtempSync(join(tmpdir(), 'lymphline-pool-'));
const results = join(folder, 'runs/pool/results/tables');
const run = (): ReturnType<typeof runCli> => runCli(['run', join(folder, 'run.yaml'), '--until', 'check-samples']);
const barcodes = Array.from({length: 60}, (_, k) => `${'ACGT'[k % 4]}${'ACGT'[(k >> 2) % 4]}${'ACGT'[(k >> 4) % 4]}ACGTACGTACGTA-1`);
/** 30 of cluster 0, 24 of cluster 1, 4 doublets, 2 unassigned. */
const lines = barcodes.map((barcode, k) => `${barcode}\t${k < 54 ? 'singlet' : k < 58 ? 'doublet' : 'unassigned'}\t${k < 30 ? '0' : k < 54 ? '1' : '0/1'}\t-1\t-9\n`);

beforeAll(async () => {
  mkdirSync(join(folder, 'outs'));
  // 30 genes with 10 UMIs in every cell; XIST 1 in cluster 0, RPS4Y1 2 in cluster 1.
  const symbols = ['XIST', 'RPS4Y1', ...Array.from({length: 30}, (_, k) => `GENE${k}`)];
  const rows = barcodes.map((_, k) => [k < 30 ? [0, 1] : [1, 2], ...Array.from({length: 30}, (__, gene) => [gene + 2, 10])]);
  const counts = {
    kind: 'sparse' as const, nRows: 60, nColumns: 32, indptr: Uint32Array.from({length: 61}, (_, k) => 31 * k),
    indices: Uint32Array.from(rows.flat().map(([gene]) => gene)), values: Float32Array.from(rows.flat().map(([, n]) => n)),
  };
  const ids = symbols.map((_, k) => `ENSG${String(k).padStart(11, '0')}`);
  await writeTenxH5(join(folder, 'outs/filtered_feature_bc_matrix.h5'), {counts, barcodes, features: {ids, symbols, types: ids.map(() => 'Gene Expression'), genomes: ids.map(() => 'GRCh38')}});
  writeFileSync(join(folder, 'outs/possorted_genome_bam.bam'), 'reads');
  writeFileSync(join(folder, 'clusters.tsv'), `barcode\tstatus\tassignment\tlog_prob_singleton\tlog_prob_doublet\n${lines.join('')}`);
  writeFileSync(join(folder, 'patients.tsv'), 'patient_id\tsex\nP1\tF\nP2\tF\n');
  writeFileSync(join(folder, 'samples.tsv'), 'sample_id\tpatient_id\ttimepoint\tday\tlibrary\tpath\tgem_well\tdemux\tdemux_label\nS1\tP1\tbaseline\t0\tgex\touts\tpool\tclusters.tsv\t0\nS2\tP2\tbaseline\t0\tgex\touts\tpool\tclusters.tsv\t1\n');
  writeFileSync(join(folder, 'run.yaml'), 'lymphline: 1\nname: pool\nsamples: samples.tsv\npatients: patients.tsv\ntimepoints: [baseline]\nsteps:\n  qc: {min_genes: 10, flag_below_cells: 25, doublets: "off"}\n');
  const first = run();
  expect(`${first.stderr.slice(-2000)} exit ${String(first.status)}`).toMatch(/exit 0$/);
});
afterAll(() => rmSync(folder, {recursive: true, force: true}));

test('each sample keeps its own cells; what is no one’s is in the table of both', () => {
  const rows = readTable(join(results, 'sample_quality.tsv')).rows;
  expect(rows.map((row) => [row['sample_id'], row['n_barcodes'], row['n_kept'], row['flag']])).toEqual([['S1', '36', '30', null], ['S2', '30', '24', '24 cells kept, fewer than 25']]);
});

test('the man among the patients’ samples is told by the patients sheet', () => {
  const rows = readTable(join(results, 'sex_check.tsv')).rows;
  expect(rows.map((row) => [row['xist_umis'], row['y_umis'], row['sex'], row['sex_stated'], row['flag']])).toEqual([
    ['30', '0', 'female', 'F', null], ['0', '48', 'male', 'F', 'male by its cells, female by the patients sheet: possible swap'],
  ]);
});

test('another BAM beside the matrix starts no job, another table of labels does', () => {
  writeFileSync(join(folder, 'outs/possorted_genome_bam.bam'), 'sorted anew');
  expect(run().stderr).toContain(' 0 jobs run, ');
  writeFileSync(join(folder, 'clusters.tsv'), `barcode\tstatus\tassignment\tlog_prob_singleton\tlog_prob_doublet\n${lines.join('').replace('\t0/1\t', '\t1/0\t')}`);
  expect(run().stderr).not.toContain(' 0 jobs run, ');
});
