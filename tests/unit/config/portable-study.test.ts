// A study of everything that names a file, made portable and read again elsewhere: the same study, and no path of the first place.
import {cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {dirname, join, relative} from 'node:path';
import {afterEach, beforeEach, expect, test} from 'vitest';
import type {PathSetting} from '../../../pipeline/config/expand-path.ts';
import {loadConfig, type LoadedConfig} from '../../../pipeline/config/load-config.ts';
import {portableRunFile, portableSamples, sheetName, studyFiles} from '../../../pipeline/config/portable-study.ts';
import {failureText} from '../../../pipeline/console/failure-text.ts';
import {qc} from './study.ts';

const projectRoot = join(import.meta.dirname, '../../..');
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lymphline-portable-'));
});
afterEach(() => rmSync(folder, {recursive: true}));

const head = 'sample_id\tpatient_id\ttimepoint\tday\tlibrary\tpath\tfastq_1\tfastq_2\tchemistry\twhitelist\tcontigs\tdemux\tdemux_label\tnote\texcluded';
const sheet = [
  head,
  'S1\tP1\tbaseline\t-3\tgex\t\t${READS}/a_1.fq;${READS}/b_1.fq\t${READS}/a_2.fq;${READS}/b_2.fq\t10x-5p-v2\tnone\t\t\t\t"two\nlines"\t',
  'S1\tP1\tbaseline\t-3\ttcr\t\treads/t_1.fq\treads/t_2.fq\tkits/own.yaml\tlist.txt\t\t\t\t\t',
  'S1\tP1\tbaseline\t-3\tbcr\t\t\t\t\t\tcontigs.fasta\t\t\t\t',
  'S2\tP1\tmonth3\t90\tgex\tmatrix\t\t\t\t\t\tpool.tsv\tS2\t\t',
  'S3\tP2\tbaseline\t0\tgex\t/nowhere/x.h5\t\t\t\t\t\t\t\t\tthe tube clotted',
  '',
].join('\n');
const reference = ['genome', 'genes', 'receptor_genes', 'germline_v', 'germline_d', 'germline_j', 'germline_auxiliary'];
const runFile = `lymphline: 1   # by someone@example.org
name: demo
samples: samples.tsv
visits: visits.csv
timepoints: [baseline, month3]
signatures: {files: [sets/mine.gmt]}
reference: {${reference.map((key) => `${key}: ref/${key}.txt`).join(', ')}, extra: [ref/car.fa]}
profile: laptop
seed: 7
`;
const visits = 'patient_id,day,timepoint\nP1,-3,baseline\n';
const named = ['reads/a_1.fq', 'reads/a_2.fq', 'reads/b_1.fq', 'reads/b_2.fq', 'reads/t_1.fq', 'reads/t_2.fq', 'list.txt', 'contigs.fasta', 'matrix/matrix.mtx', 'pool.tsv', 'sets/mine.gmt', 'ref/car.fa', ...reference.map((key) => `ref/${key}.txt`)];

function write(root: string, files: Readonly<Record<string, string>>): void {
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(root, name)), {recursive: true});
    writeFileSync(join(root, name), content);
  }
}

async function load(root: string, set: readonly string[] = []): Promise<LoadedConfig> {
  const loaded = await loadConfig({file: join(root, 'run.yaml'), contracts: [qc], set, environment: {READS: join(folder, 'here/reads')}, projectRoot});
  if (!loaded.ok) throw new Error(loaded.error.map(failureText).join('\n'));
  return loaded.value;
}

test('moved elsewhere it is the same study, and no path of the first place is left', async () => {
  const [here, there] = [join(folder, 'here'), join(folder, 'there')];
  write(here, {'run.yaml': runFile, 'samples.tsv': sheet, 'visits.csv': visits, 'kits/own.yaml': readFileSync(join(projectRoot, 'configs/chemistry/10x-5p-v2.yaml'), 'utf8'), ...Object.fromEntries(named.map((name) => [name, '']))});
  const before = await load(here, ['steps.qc.min_genes=300']);
  const paths: PathSetting = {folder: here, projectRoot, environment: {READS: join(here, 'reads')}, variables: {}};
  const study = studyFiles(before, paths);
  if (!study.ok) throw new Error(study.error.map(failureText).join('\n'));
  const {inputs, kept, sheets} = study.value;
  // The matrix is a folder; what the excluded row names is no input.
  expect(inputs.map((path) => relative(here, path))).toEqual(named.map((name) => name.replace(/\/matrix\.mtx$/, '')).sort());
  expect([...kept.values()]).toEqual(['kits/own.yaml']);
  const place = (path: string): string => `inputs/${relative(here, path)}`;
  const portable = await portableRunFile(before, paths, place);
  if (!portable.ok) throw new Error(portable.error.map(failureText).join('\n'));
  write(there, {'run.yaml': portable.value, 'samples.tsv': portableSamples(sheets.get('samples')!, {paths, place, quarantined: new Map()}), [sheetName('visits', sheets.get('visits')!)]: visits});
  for (const path of [...inputs, ...kept.keys()]) cpSync(path, join(there, kept.get(path) ?? place(path)), {recursive: true});
  expect(`${portable.value}${readFileSync(join(there, 'samples.tsv'), 'utf8')}`).not.toMatch(new RegExp(`${folder}|READS|nowhere|someone|laptop`));
  const after = await load(there);
  const settled = ({config: {values: {reference: _files, signatures: _sets, visits: _visits, profile: _profile, ...values}, contrasts, seed}, params, visits: rows}: LoadedConfig): unknown => ({values, contrasts, seed, params, rows});
  expect(settled(after)).toEqual(settled(before));
  const moved = (text: string | undefined): string => (text ?? '').replaceAll(`${there}/inputs`, here).replaceAll(there, here);
  const rowsOf = ({rows}: LoadedConfig): unknown => rows.map(({columns, ...row}) => ({...row, path: row.excluded === '' ? moved(row.path) : '', columns: Object.fromEntries(Object.entries(columns).map(([name, cell]) => [name, name === 'path' && row.excluded !== '' ? '' : moved(cell)]))}));
  expect(rowsOf(after)).toEqual(rowsOf(before));
});

test('an own chemistry that lies elsewhere is asked for beside the sheet, since a step is told its name', async () => {
  const here = join(folder, 'here');
  const kit = join(folder, 'kit.yaml');
  write(folder, {'kit.yaml': readFileSync(join(projectRoot, 'configs/chemistry/10x-5p-v2.yaml'), 'utf8')});
  write(here, {'run.yaml': runFile, 'samples.tsv': sheet.replace('kits/own.yaml', kit), 'visits.csv': visits, ...Object.fromEntries(named.map((name) => [name, '']))});
  const study = studyFiles(await load(here), {folder: here, projectRoot, environment: {READS: join(here, 'reads')}, variables: {}});
  expect(study).toMatchObject({ok: false, error: [{reason: 'sheet-invalid', found: `the chemistry ${kit}`, expected: 'a file beside the sheet', advice: 'Copy it there and name it so.'}]});
});
