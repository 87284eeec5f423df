// lymphline init through the command line: what it finds in folders laid out as Cell Ranger does, around real files, and that validate takes it from there.
import {cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {dirname, join} from 'node:path';
import {afterEach, beforeEach, describe, expect, test} from 'vitest';
import {readTable} from '../../pipeline/formats/delimited-text.ts';
import {runCli} from '../rig/cli.ts';
import {dataFile, sharedData} from '../rig/shared-data.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lymphline-init-'));
});
afterEach(() => rmSync(folder, {recursive: true, force: true}));

const study = (): string => join(folder, 'study');

function put(from: string, ...to: readonly string[]): string {
  const target = join(folder, ...to);
  mkdirSync(dirname(target), {recursive: true});
  cpSync(dataFile(from), target, {recursive: true});
  return target;
}

test('without folders: a run file whose sheet has no row yet', () => {
  expect(runCli(['init', study()])).toMatchObject({status: 0, stderr: `${study()} holds run.yaml and its sheets. Fill in samples.tsv and timepoints, then: lymphline validate ${study()}/run.yaml\n`});
  expect(readTable(join(study(), 'samples.tsv'))).toEqual({columns: ['sample_id', 'patient_id', 'timepoint', 'day', 'library', 'path'], rows: []});
  expect(runCli(['init', study()])).toMatchObject({status: 2, stderr: expect.stringContaining('exists and is not empty')});
});

describe.skipIf(sharedData === undefined)('folders of Cell Ranger', () => {
  test('count, vdj and multi: a row a library, one sample from several folders, T and B told by their chains', () => {
    const h5 = put('tenx_tiny/3.0.0/filtered_feature_bc_matrix.h5', 'runs/P01_GEX/outs/filtered_feature_bc_matrix.h5');
    const tcr = put('vdj/sc5p_v2_hs_PBMC_1k/tcr/filtered_contig_annotations.csv', 'runs/P01_TCR/outs/filtered_contig_annotations.csv');
    const bcr = put('vdj/sc5p_v2_hs_PBMC_1k/bcr/filtered_contig_annotations.csv', 'runs/P01_vdj_b/outs/filtered_contig_annotations.csv');
    const sample = 'P02/outs/per_sample_outs/P02-baseline';
    const multi = put('tenx_tiny/3.0.0/filtered_feature_bc_matrix', sample, 'count/sample_filtered_feature_bc_matrix');
    const multiTcr = put('vdj/sc5p_v2_hs_PBMC_1k/tcr/filtered_contig_annotations.csv', sample, 'vdj_t/filtered_contig_annotations.csv');
    expect(runCli(['init', study(), '--from-cellranger', join(folder, 'runs'), '--from-cellranger', join(folder, 'P02')])).toMatchObject({status: 0});
    const rows = readTable(join(study(), 'samples.tsv')).rows;
    expect(rows.map((row) => [row['sample_id'], row['library'], row['path']])).toEqual([
      ['P01', 'gex', h5], ['P01', 'tcr', tcr], ['P01', 'bcr', bcr], ['P02-baseline', 'gex', multi], ['P02-baseline', 'tcr', multiTcr],
    ]);
    // The ten empty cells are named, and only they.
    const before = runCli(['validate', join(study(), 'run.yaml')]);
    expect([before.status, before.stderr.match(/(patient_id|timepoint) is empty/g)?.length, before.stderr.trim().split('\n').at(-1)]).toEqual([2, 10, '10 problems; nothing was started.']);
    const text = readFileSync(join(study(), 'samples.tsv'), 'utf8').split('\n').map((line) => line.replace(/^(P0\d)(\S*)\t\t\t\t/, (_, patient: string, rest: string) => `${patient}${rest}\t${patient}\tbaseline\t0\t`));
    writeFileSync(join(study(), 'samples.tsv'), text.join('\n'));
    writeFileSync(join(study(), 'run.yaml'), readFileSync(join(study(), 'run.yaml'), 'utf8').replace('error      ', 'drop       '));
    const after = runCli(['validate', join(study(), 'run.yaml')]);
    expect(after, after.stderr).toMatchObject({status: 0});
  });

  test('a folder in which nothing is found is refused by name, and nothing is made', () => {
    mkdirSync(join(folder, 'runs/bam'), {recursive: true});
    const done = runCli(['init', study(), '--from-cellranger', join(folder, 'runs')]);
    expect(done).toMatchObject({status: 2, stderr: expect.stringContaining(`init refused ${join(folder, 'runs')}: found no output of Cell Ranger in it or one level below (it has bam)`)});
    expect(runCli(['validate', join(study(), 'run.yaml')]).status).toBe(2);
  });
});
