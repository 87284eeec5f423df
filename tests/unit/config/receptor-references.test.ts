// What receptor contigs and reads need of `reference`, told before anything starts and where it belongs.
import {expect, test} from 'vitest';
import {header, load, runFile, samples} from './study.ts';

const sheet = (...rows: string[]): string => [`${header}\tcontigs\tfastq_1\tfastq_2\tchemistry\twhitelist`, ...samples.split('\n').slice(1, 3).map((row) => `${row}\t\t\t\t\t`), ...rows, ''].join('\n');
const contigs = '007\tP1\tbaseline\t-3\tbcr\t\tcontigs.fa\t\t\t\t';
const reads = '007\tP1\tbaseline\t-3\ttcr\t\t\tr1.fq\tr2.fq\t10x-5p-v2\t';
const files = {'contigs.fa': '', 'r1.fq': '', 'r2.fq': '', 'v.fa': '', 'd.fa': '', 'j.fa': '', 'j.aux': '', 'genes.fa': ''};
const germlines = 'germline_v: v.fa, germline_d: d.fa, germline_j: j.fa, germline_auxiliary: j.aux';
const messages = async (rows: readonly string[], reference: string): Promise<string[]> =>
  (await load({files: {...files, 'samples.tsv': sheet(...rows), 'run.yaml': `${runFile}${reference === '' ? '' : `reference: {${reference}}\n`}`}})).messages;

test('contigs need germlines, and the auxiliary file without which IgBLAST finds no junction', async () => {
  expect(await messages([contigs], germlines)).toEqual([]);
  expect(await messages([contigs], germlines.replace(', germline_auxiliary: j.aux', ''))).toEqual([
    `run.yaml:7:1 reference has no germline_auxiliary, though row 4 of the samples sheet names contigs.
    Name the auxiliary file of IgBLAST (frame and CDR3 end of each J allele): without it every junction would be empty.
     7 | reference: {germline_v: v.fa, germline_d: d.fa, germline_j: j.fa}
         ~~~~~~~~~`,
  ]);
});

test('an auxiliary file that is not there is told at its key', async () => {
  expect((await messages([contigs], germlines.replace('j.aux', 'no.aux')))[0]).toMatch(/^run\.yaml:7:\d+ reference\.germline_auxiliary: no\.aux does not exist\./);
});

test('without any reference the row that asks for it is named', async () => {
  expect((await messages([contigs], '')).map((message) => message.split('\n', 2).join('\n'))).toEqual([
    `samples.tsv:4:25 contigs, though the run file has no reference.
    Add \`reference: {germline_v: …, germline_d: …, germline_j: …, germline_auxiliary: …}\` to the run file.`,
  ]);
});

test('reads of a receptor library need the genes that TRUST4 assembles with', async () => {
  expect(await messages([reads], 'receptor_genes: genes.fa')).toEqual([]);
  expect((await messages([reads], 'germline_v: v.fa'))[0].split('\n', 1)[0]).toBe('run.yaml:7:1 reference has no germline_d, though it has other germline keys.');
  expect((await messages([reads], germlines)).map((message) => message.split('\n', 1)[0])).toEqual(['run.yaml:7:1 reference has no receptor_genes, though row 4 of the samples sheet names reads of a tcr library.']);
});

test('a declared gap asks for nothing', async () => {
  const [head, ...rows] = sheet(contigs).split('\n');
  const excluded = [`${head}\texcluded`, ...rows.map((row) => (row === '' ? row : row === contigs ? `${row}\ttoo few cells` : `${row}\t`))].join('\n');
  expect((await load({files: {...files, 'samples.tsv': excluded, 'run.yaml': runFile}})).messages).toEqual([]);
});
