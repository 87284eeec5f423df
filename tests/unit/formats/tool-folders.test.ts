// Folders as Cell Ranger 2 to 9 and STARsolo lay them out, and what is taken from them.
import {cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {dirname, join} from 'node:path';
import {afterEach, beforeEach, expect, test} from 'vitest';
import {readReceptors} from '../../../pipeline/formats/read-receptors.ts';
import {contigsIn, findContigs, findMatrix} from '../../../pipeline/formats/tool-folders.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lymphline-folders-'));
});
afterEach(() => rmSync(folder, {recursive: true}));

function file(...path: readonly string[]): string {
  const whole = join(folder, ...path);
  mkdirSync(dirname(whole), {recursive: true});
  writeFileSync(whole, '');
  return whole;
}

test.each([
  ['count, Cell Ranger 3 to 9', 'outs/filtered_feature_bc_matrix.h5'],
  ['count, Cell Ranger 2', 'outs/filtered_gene_bc_matrices_h5.h5'],
  ['multi', 'outs/per_sample_outs/P01/count/sample_filtered_feature_bc_matrix.h5'],
  ['multi, Cell Ranger 5', 'outs/per_sample_outs/P01/count/sample_feature_bc_matrix.h5'],
])('the matrix of called cells: %s', (_, path) => {
  const matrix = file(path);
  file('outs/raw_feature_bc_matrix.h5');
  expect(findMatrix(folder)).toBe(matrix);
  expect(findMatrix(join(folder, 'outs'))).toBe(matrix);
});

test.each([
  ['count without H5', 'outs/filtered_feature_bc_matrix'], ['Cell Ranger 2 without H5', 'outs/filtered_gene_bc_matrices/GRCh38'], ['STARsolo', 'Solo.out/Gene/filtered'], ['STARsolo with introns', 'Solo.out/GeneFull/filtered'],
])('a Matrix Market folder: %s', (_, path) => {
  file(path, 'matrix.mtx.gz');
  file('outs/raw_feature_bc_matrix/matrix.mtx.gz');
  expect(findMatrix(folder)).toBe(join(folder, path));
});

test('of a multi run each library takes its own contigs, and several samples are told apart', async () => {
  const [t, b] = ['vdj_t', 'vdj_b'].map((name) => file('outs/per_sample_outs/P01', name, 'filtered_contig_annotations.csv'));
  expect([findContigs(folder, 'tcr'), findContigs(folder, 'bcr'), findContigs(folder, 'vdj')]).toEqual([[t], [b], [t, b]]);
  file('outs/per_sample_outs/P02/vdj_t/filtered_contig_annotations.csv');
  expect(() => findContigs(folder, 'tcr')).toThrow(/the samples P01, P02 under per_sample_outs.*outs\/per_sample_outs\/P01 as path/);
  expect(() => findMatrix(join(folder, 'outs'))).toThrow('the samples P01, P02');
  expect(contigsIn(join(folder, 'outs/per_sample_outs/P02'), 'bcr')).toEqual([]);
  await expect(readReceptors(join(folder, 'outs/per_sample_outs/P02'), 'P02', 'bcr')).rejects.toThrow('without filtered_contig_annotations.csv for bcr (it has vdj_t)');
});

test('two genomes of Cell Ranger 2 are not mixed up', () => {
  for (const genome of ['hg19', 'mm10']) file('filtered_gene_bc_matrices', genome, 'matrix.mtx');
  expect(() => findMatrix(folder)).toThrow('the genomes hg19, mm10');
});

test('contigs of both receptors come from one folder', async () => {
  const csv = (barcode: string, gene: string): string => `barcode,is_cell,contig_id,high_confidence,chain,v_gene,d_gene,j_gene,c_gene,productive,cdr3,cdr3_nt,reads,umis\n${barcode},True,${barcode}_contig_1,True,${gene},${gene}V1,,${gene}J1,${gene}C,True,CF,TGTTTC,10,2\n`;
  for (const [name, gene] of [['vdj_t', 'TRB'], ['vdj_b', 'IGH']]) writeFileSync(file(name, 'filtered_contig_annotations.csv'), csv('AAAC-1', gene));
  expect((await readReceptors(folder, 'S', 'vdj')).rearrangements.map((chain) => chain.locus)).toEqual(['TRB', 'IGH']);
  expect((await readReceptors(folder, 'S', 'bcr')).rearrangements.map((chain) => chain.locus)).toEqual(['IGH']);
  cpSync(join(folder, 'vdj_t'), join(folder, 'other'), {recursive: true});
  expect((await readReceptors(join(folder, 'other'), 'S', 'tcr')).rearrangements).toHaveLength(1);
});
