import {readdirSync, readFileSync} from 'node:fs';
import {join} from 'node:path';
import {expect, test} from 'vitest';
import {readChemistry} from '../../../pipeline/formats/chemistry.ts';
import {load, runFile} from './study.ts';

const head = 'sample_id\tpatient_id\ttimepoint\tday\tlibrary\tfastq_1\tfastq_2\tchemistry\twhitelist';
const sheet = (...rows: string[]): string => [head, ...rows, ''].join('\n');
const row = (cells: string, sample = 'S1\tP1\tbaseline\t0'): string => `${sample}\t${cells}`;
const run = `${runFile.replace(/contrasts:[^]*/, '')}reference: {genome: g.fa, genes: g.gtf}\n`;
const study = async (content: string, more: Readonly<Record<string, string>> = {}) =>
  load({files: {'run.yaml': run, 'samples.tsv': content, 'a_1.gz': '', 'a_2.gz': '', 'b_1.gz': '', 'b_2.gz': '', 'w.txt': '', 'g.fa': '', 'g.gtf': '', ...more}});
const firstLines = (messages: readonly string[]): string[] => messages.map((text) => text.split('\n')[0]);

test('a row of reads knows its chemistry as a file, its lists, its lanes; `none` is no list', async () => {
  const {loaded, messages, folder} = await study(sheet(row('gex\ta_1.gz; b_1.gz\ta_2.gz;b_2.gz\t10x-3p-v3\tw.txt'), row('gex\ta_1.gz\ta_2.gz\tmy.yaml\tnone', 'S2\tP2\tbaseline\t0')), {
    'my.yaml': 'summary: Mine.\nbarcode: [{start: 1, length: 12}]\numi: {start: 13, length: 8}\nstrand: forward\nwhitelist: mine.txt\n',
  });
  expect(messages).toEqual([]);
  expect(loaded?.rows.map(({columns}) => [columns['fastq_1'], columns['chemistry'], columns['chemistry_file'].split('/').slice(-2).join('/'), columns['whitelist']])).toEqual([
    [`${folder}/a_1.gz;${folder}/b_1.gz`, '10x-3p-v3', 'chemistry/10x-3p-v3.yaml', `${folder}/w.txt`],
    [`${folder}/a_1.gz`, 'my.yaml', `${folder.split('/').at(-1)}/my.yaml`, ''],
  ]);
});

test('reads without a chemistry, with one that nobody knows, without a whitelist', async () => {
  const {messages} = await study(sheet(row('gex\ta_1.gz\ta_2.gz\t\tw.txt'), row('gex\ta_1.gz\ta_2.gz\t10x-3p-v33\tw.txt', 'S2\tP2\tbaseline\t0'), row('gex\ta_1.gz\ta_2.gz\t10x-3p-v3\t', 'S3\tP3\tbaseline\t0')));
  expect(messages).toEqual([
    `samples.tsv:2:36 chemistry is empty, though the row names reads, expected the kit that wrote barcode and UMI, e.g. 10x-5p-v2. The names are those of the files in configs/chemistry.\n     2 | ${row('gex\ta_1.gz\ta_2.gz\t\tw.txt')}\n           \t  \t        \t \t   \t      \t      \t~`,
    `samples.tsv:3:36 unknown chemistry "10x-3p-v33", expected 10x-3p-v2 | 10x-3p-v3 | 10x-3p-v4 | 10x-5p-v1 | 10x-5p-v2 | 10x-5p-v3 | bd-rhapsody-enhanced | bd-rhapsody-v1 | gexscope-v1 | gexscope-v2. Did you mean "10x-3p-v3"?\n     3 | ${row('gex\ta_1.gz\ta_2.gz\t10x-3p-v33\tw.txt', 'S2\tP2\tbaseline\t0')}\n           \t  \t        \t \t   \t      \t      \t~~~~~~~~~~`,
    `samples.tsv:4:46 whitelist is empty, though the row names reads, expected the file of barcodes (3M-february-2018.txt).\n    It comes with the maker's software. Where there is none, write \`none\`: then every barcode that was read counts.\n     4 | ${row('gex\ta_1.gz\ta_2.gz\t10x-3p-v3\t', 'S3\tP3\tbaseline\t0')}\n           \t  \t        \t \t   \t      \t      \t         \t~`,
  ]);
});

test('lists that are not there, too few or too many for the parts of a barcode', async () => {
  const of = (chemistry: string, whitelist: string, n: number): string => row(`gex\ta_1.gz\ta_2.gz\t${chemistry}\t${whitelist}`, `S${n}\tP${n}\tbaseline\t0`);
  const {messages} = await study(sheet(of('10x-3p-v3', 'x.txt', 1), of('10x-3p-v3', 'w.txt;a_1.gz', 2), of('gexscope-v2', 'w.txt;a_1.gz', 3), of('gexscope-v2', 'none', 4), of('gexscope-v2', 'w.txt', 5)));
  expect(firstLines(messages)).toEqual([
    'samples.tsv:2:46 whitelist of row 2: x.txt does not exist. Paths are relative to the run file.',
    'samples.tsv:3:46 2 whitelists for a barcode of 1 part, expected one.',
    'samples.tsv:4:48 2 whitelists for a barcode of 3 parts, expected one, or one a part.',
    'samples.tsv:5:48 whitelist is none, though the barcode has 3 parts, expected one list for each, separated by ;.',
  ]);
});

test('lanes of one library with two kits; reads of antibodies', async () => {
  const {messages} = await study(sheet(row('gex\ta_1.gz\ta_2.gz\t10x-3p-v3\tw.txt'), row('gex\tb_1.gz\tb_2.gz\t10x-3p-v2\tw.txt'), row('adt\tb_1.gz\tb_2.gz\t10x-3p-v2\tw.txt')));
  expect(firstLines(messages)).toEqual([
    'samples.tsv:3:36 library S1-gex has chemistry "10x-3p-v2" here and "10x-3p-v3" in row 2. Lanes of one library were made with one kit.',
    'samples.tsv:4:22 reads of library adt, expected reads of gex, tcr, bcr or vdj. Count the antibodies first and name the counts in path.',
  ]);
});

test('reads of gene expression need a reference with genome and genes; receptor reads need neither', async () => {
  const gex = sheet(row('gex\ta_1.gz\ta_2.gz\t10x-3p-v3\tw.txt'));
  const without = run.replace(/reference.*\n/, '');
  expect((await study(gex, {'run.yaml': without})).messages).toEqual([
    `samples.tsv:2:22 reads of gene expression, though the run file has no reference.\n    Add \`reference: {genome: genome.fa.gz, genes: genes.gtf.gz}\` to the run file.\n     2 | ${row('gex\ta_1.gz\ta_2.gz\t10x-3p-v3\tw.txt')}\n           \t  \t        \t \t   \t~~~~~~`,
  ]);
  expect(firstLines((await study(gex, {'run.yaml': `${without}reference: {genome: g.fa}\n`})).messages)).toEqual(['run.yaml:5:1 reference has no genes, though row 2 of the samples sheet names reads of gene expression. Add genes.']);
  expect((await study(sheet(row('bcr\ta_1.gz\ta_2.gz\t10x-5p-v2\t')), {'run.yaml': `${without}reference: {receptor_genes: g.fa}\n`})).messages).toEqual([]);
});

test('a chemistry of one\'s own is checked against the schema, at its line', async () => {
  const {messages} = await study(sheet(row('gex\ta_1.gz\ta_2.gz\tmy.yaml\tw.txt')), {'my.yaml': 'summary: Mine.\nbarcode: [{start: 0, length: 16}]\numis: {start: 17, length: 12}\nstrand: both\nwhitelist: mine.txt\n'});
  expect(firstLines(messages)).toEqual([
    'my.yaml:2:19 barcode[0].start is 0, expected at least 1.',
    'my.yaml:3:1 unknown key "umis". Did you mean "umi"?',
    'my.yaml:4:9 strand is "both", expected forward | reverse.',
  ]);
});

test('every shipped chemistry says where it is from and reads as one', async () => {
  const folder = join(import.meta.dirname, '../../../configs/chemistry');
  const names = readdirSync(folder);
  expect(names.length).toBe(10);
  const rows = names.map((name, at) => row(`bcr\ta_1.gz\ta_2.gz\t${name.replace('.yaml', '')}\t`, `S${at}\tP${at}\tbaseline\t0`));
  expect((await study(sheet(...rows), {'run.yaml': run.replace('genome:', 'receptor_genes: g.fa, genome:')})).messages).toEqual([]);
  for (const name of names) {
    expect(readFileSync(join(folder, name), 'utf8'), name).toMatch(/^# Sources: https:\/\//);
    expect(readChemistry(join(folder, name)).barcode.length, name).toBe(/^10x/.test(name) ? 1 : 3);
  }
});
