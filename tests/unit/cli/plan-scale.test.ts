// A cohort above what a step was measured with is told from the sizes of its files, and the way out is named; another program of the step was not measured so.
import {mkdirSync, mkdtempSync, rmSync, truncateSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterAll, beforeAll, expect, test} from 'vitest';
import {outgrownLines, outgrownSteps} from '../../../pipeline/cli/plan-scale.ts';
import type {LibraryRow} from '../../../pipeline/model/run-config.ts';
import {chosenVariant} from '../../../pipeline/model/step-contract.ts';
import {readContract} from '../../rig/run-step.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'lymphline-scale-'));
});
afterAll(() => rmSync(folder, {recursive: true}));

/** A file that says it is so long, and takes no room. */
function fileOf(name: string, bytes: number): string {
  const path = join(folder, name);
  writeFileSync(path, '');
  truncateSync(path, bytes);
  return path;
}
const row = (sample_id: string, path: string, more: Partial<LibraryRow> = {}): LibraryRow => ({sample_id, patient_id: 'P', timepoint: 't', library: 'gex', library_id: `${sample_id}-gex`, path, excluded: '', columns: {}, ...more} as LibraryRow);
const cluster = readContract('cluster');

test('the contract says how far it was measured', () => {
  expect(cluster.measured).toMatchObject({library: ['gex'], input_gb: 0.26});
});

test('files of 0.1 and 0.2 GB are above 0.26 GB: the step, both sizes and the tool are named', () => {
  mkdirSync(join(folder, 'outs'));
  fileOf('outs/matrix.mtx.gz', 200_000_000);
  const rows = [row('A', fileOf('a.h5', 100_000_000)), row('B', join(folder, 'outs'))];
  const found = outgrownSteps([cluster, cluster, readContract('qc')], rows);
  expect(found).toMatchObject([{step: 'cluster', measured_gb: 0.26}]);
  expect(outgrownLines(found)).toMatch(/^warning: cluster: the gex files of the sheet are 0\.3 GB together, and it was measured up to 0\.26 GB \(100,000 cells .*\)\. .*steps\.cluster\.tool: scanpy/);
  expect(outgrownSteps([chosenVariant(cluster, {tool: 'scanpy'})], rows)).toEqual([]);
});

test('of a folder of Cell Ranger or STARsolo the matrix of cells counts, not the reads and what is raw', () => {
  for (const sub of ['run/outs/raw_feature_bc_matrix', 'run/outs/filtered_feature_bc_matrix', 'solo/Solo.out/Gene/raw', 'solo/Solo.out/Gene/filtered']) mkdirSync(join(folder, sub), {recursive: true});
  fileOf('run/outs/possorted_genome_bam.bam', 9_000_000_000);
  fileOf('run/outs/raw_feature_bc_matrix/matrix.mtx.gz', 900_000_000);
  fileOf('solo/Solo.out/Gene/raw/matrix.mtx', 900_000_000);
  fileOf('solo/Solo.out/Gene/filtered/matrix.mtx', 130_000_000);
  const rows = [row('A', join(folder, 'run')), row('B', join(folder, 'solo'))];
  fileOf('run/outs/filtered_feature_bc_matrix.h5', 120_000_000);
  expect(outgrownSteps([cluster], rows)).toEqual([]);
  fileOf('run/outs/filtered_feature_bc_matrix.h5', 140_000_000);
  expect(outgrownSteps([cluster], rows)).toMatchObject([{step: 'cluster', input_gb: 0.27}]);
});

test('a file counts once, and not for receptors, excluded rows or paths that are not there', () => {
  const path = fileOf('shared.h5', 100_000_000);
  const rows = [row('A', path), row('B', path), row('C', fileOf('c.csv', 200_000_000), {library: 'tcr'}), row('D', fileOf('d.h5', 200_000_000), {excluded: 'clotted'}), row('E', join(folder, 'absent.h5')), row('F', '')];
  expect(outgrownSteps([cluster], rows)).toEqual([]);
});
