// The matrix {what was changed} x {rerun exactly the dependents, or keep}, each row with the sentence that says why.
import {chmodSync, cpSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, symlinkSync, utimesSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {afterEach, beforeEach, expect, test} from 'vitest';
import type {TempProject} from '../../rig/temp-project.ts';
import {files, sheet, wordCountProject} from '../../rig/word-count-project.ts';

let project: TempProject;
const all = ['import/S1-gex', 'import/S2-gex', 'count/S1', 'count/S2', 'total/cohort'];

beforeEach(() => {
  project = wordCountProject();
  expect(project.cli('run', 'study/run.yaml').status).toBe(0);
});
afterEach(() => project.remove());

/** The jobs that a second run starts, with their reasons. */
function rerun(...options: string[]): Record<string, string> {
  const before = readFileSync(join(project.folder, 'study/runs/words/events.jsonl'), 'utf8').length;
  const run = project.cli('run', 'study/run.yaml', ...options);
  expect(run.stderr + String(run.status)).toMatch(/0$/);
  const events = readFileSync(join(project.folder, 'study/runs/words/events.jsonl'), 'utf8').slice(before).trim().split('\n').map((line) => JSON.parse(line) as {kind: string; job: string; why: string[]});
  return Object.fromEntries(events.filter((event) => event.kind === 'job-started').map((event) => [event.job, event.why.join(' ')]));
}

const total = (): string => readFileSync(join(project.folder, 'study/runs/words/results/tables/total.tsv'), 'utf8');
const path = (...parts: string[]): string => join(project.folder, 'study', ...parts);
const output = (job: string, file: string): string => path('runs/words/jobs', job, 'attempt-1/outputs', file);

test('nothing changed: no job starts', () => {
  expect(rerun()).toEqual({});
  expect(total()).toBe('sample_id\tn_words\nS1\t3\nS2\t2\n');
});

test('a touched input: no job starts', () => {
  utimesSync(path('s1.txt'), new Date(), new Date(Date.now() + 5000));
  expect(rerun()).toEqual({});
});

test('one byte of an input, size and mtime kept: exactly its dependents run', () => {
  const old = new Date(2020, 1, 1);
  utimesSync(path('s1.txt'), old, old);
  expect(rerun()).toEqual({});
  writeFileSync(path('s1.txt'), 'a b\nc\n');
  utimesSync(path('s1.txt'), old, old);
  expect(statSync(path('s1.txt')).size).toBe('a b c\n'.length);
  // import gives another text, of which count reads the first line.
  expect(rerun()).toEqual({
    'import/S1-gex': 'the content of input text changed.',
    'count/S1': 'the content of input text changed.',
    'total/cohort': 'the content of input counts changed.',
  });
  expect(total()).toContain('S1\t2');
});

test('other content of another size, mtime kept: exactly its dependents run', () => {
  const old = new Date(2020, 1, 1);
  utimesSync(path('s1.txt'), old, old);
  expect(rerun()).toEqual({});
  writeFileSync(path('s1.txt'), 'a b c d e\n');
  utimesSync(path('s1.txt'), old, old);
  expect(Object.keys(rerun())).toEqual(['import/S1-gex', 'count/S1', 'total/cohort']);
  expect(total()).toContain('S1\t5');
});

test('an input given another name and place, content equal: no job starts', () => {
  mkdirSync(path('reads'));
  renameSync(path('s1.txt'), path('reads/first.txt'));
  project.write('study/samples.tsv', sheet.replace('s1.txt', 'reads/first.txt'));
  expect(rerun()).toEqual({});
});

const unpaired = files['study/run.yaml'].replace(/contrasts:\n.*\n/, '');

test('a sample added: its jobs and what looks over all samples run', () => {
  project.write('study/run.yaml', unpaired);
  rerun();
  project.write('study/s3.txt', 'f\n');
  project.write('study/samples.tsv', `${sheet}S3\tP2\tbefore\t0\tgex\ts3.txt\n`);
  expect(rerun()).toEqual({'import/S3-gex': 'it has not run here yet.', 'count/S3': 'it has not run here yet.', 'total/cohort': expect.stringContaining('the sheet rows or the design changed.') as string});
  expect(total()).toBe('sample_id\tn_words\nS1\t3\nS2\t2\nS3\t1\n');
});

test('a sample removed: what looks over all samples runs, and nothing of the sample is left in the results', () => {
  project.write('study/run.yaml', unpaired);
  rerun();
  project.write('study/samples.tsv', sheet.split('\n').slice(0, 2).join('\n') + '\n');
  expect(Object.keys(rerun())).toEqual(['total/cohort']);
  expect(total()).toBe('sample_id\tn_words\nS1\t3\n');
});

test('cores, memory and minutes: no job starts', () => {
  project.write('more.yaml', 'launcher: local\nengine: none\ncores: 1\nresources: {count: {cpus: 1, memory_gb: 2, minutes: 7}}\n');
  project.write('steps/total/step.yaml', files['steps/total/step.yaml'].replace('cpus: 1, memory_gb: 1, minutes: 1', 'cpus: 2, memory_gb: 2, minutes: 2'));
  expect(rerun('--profile', 'more.yaml')).toEqual({});
});

test('an input whose change does not reach an output stops there', () => {
  writeFileSync(path('s1.txt'), 'a b c \n');
  expect(rerun()).toEqual({'import/S1-gex': 'the content of input text changed.'});
});

test('a used parameter: its step and what depends on it run; the sentence names it', () => {
  project.write('study/run.yaml', files['study/run.yaml'].replace('factor: 1', 'factor: 2'));
  expect(rerun()).toEqual({
    'count/S1': 'parameter factor changed from 1 to 2.', 'count/S2': 'parameter factor changed from 1 to 2.', 'total/cohort': 'the content of input counts changed.',
  });
  expect(total()).toContain('S1\t6');
});

test('a parameter whose used_when is false: no job starts; once it counts, its jobs run', () => {
  project.write('study/run.yaml', files['study/run.yaml'].replace('factor: 1', 'offset: 5'));
  expect(rerun()).toEqual({});
  project.write('study/run.yaml', files['study/run.yaml'].replace('factor: 1', 'offset: 5, mode: offset'));
  expect(rerun()['count/S1']).toBe('parameter mode changed from "plain" to "offset". parameter offset changed from unset to 5.');
});

test('the declaration of another parameter: no job starts', () => {
  const yaml = files['steps/count/step.yaml'];
  project.write('steps/count/step.yaml', yaml.replace('summary: Added.', 'summary: Added to each count.'));
  expect(rerun()).toEqual({});
});

test('an edited formula in a science module: the step that reaches it runs', () => {
  project.write('pipeline/analysis/words.ts', 'export const countWords = (text: string): number => text.trim().length;\n');
  expect(rerun()).toEqual({'count/S1': 'the source of the step changed.', 'count/S2': 'the source of the step changed.', 'total/cohort': 'the content of input counts changed.'});
  expect(total()).toContain('S1\t5');
});

test("an edited step: its jobs run; equal outputs keep what is downstream", () => {
  project.write('steps/count/run.ts', `${files['steps/count/run.ts']}// a comment\n`);
  expect(rerun()).toEqual({'count/S1': 'the source of the step changed.', 'count/S2': 'the source of the step changed.'});
});

test('a deleted output comes back from the cache', () => {
  rmSync(output('count/S1', 'counts.tsv'));
  expect(rerun()).toEqual({});
  expect(readFileSync(path('runs/words/jobs/count/S1/attempt-2/outputs/counts.tsv'), 'utf8')).toContain('S1\t3');
});

test('a corrupted output, and with it its cached twin, is noticed and made again, though size and mtime are as before', () => {
  const file = output('count/S1', 'counts.tsv');
  // Whole seconds: what is written back is exactly what was there.
  const old = new Date(2020, 1, 1);
  utimesSync(file, old, old);
  expect(rerun()).toEqual({});
  chmodSync(file, 0o644);
  writeFileSync(file, 'sample_id\tn_words\nS1\t9\n');
  utimesSync(file, old, old);
  expect(rerun()).toEqual({'count/S1': 'its output counts was changed or removed since it was made.'});
  expect(total()).toContain('S1\t3');
  expect(rerun()).toEqual({});
});

test('a changed result, also one of the same size and mtime, and a deleted one are published again', () => {
  const result = path('runs/words/results/tables/total.tsv');
  writeFileSync(result, 'rubbish');
  expect(rerun()).toEqual({});
  expect(total()).toBe('sample_id\tn_words\nS1\t3\nS2\t2\n');
  const old = new Date(2020, 1, 1);
  utimesSync(result, old, old);
  expect(rerun()).toEqual({});
  writeFileSync(result, 'sample_id\tn_words\nS1\t9\nS2\t2\n');
  utimesSync(result, old, old);
  expect(rerun()).toEqual({});
  expect(total()).toBe('sample_id\tn_words\nS1\t3\nS2\t2\n');
  rmSync(result);
  expect(rerun()).toEqual({});
  expect(total()).toBe('sample_id\tn_words\nS1\t3\nS2\t2\n');
});

test('a reference that the run file names: touched and moved no job starts; edited, size and mtime kept, exactly its readers run', () => {
  const count = files['steps/count/step.yaml'].replace('{text: {format: tsv, from: import}}', '{text: {format: tsv, from: import}, genome: {format: any, from: config.reference.genome}}');
  project.write('steps/count/step.yaml', count);
  project.write('steps/count/run.ts', files['steps/count/run.ts'].replace('const n =', "const n = readFileSync(job.input('genome'), 'utf8').trim().length - 1 +"));
  project.write('study/run.yaml', `${files['study/run.yaml']}reference: {genome: a.fa, genes: a.fa}\n`);
  const old = new Date(2020, 1, 1);
  project.write('study/a.fa', 'A\n ');
  utimesSync(path('a.fa'), old, old);
  expect(Object.keys(rerun())).toEqual(['count/S1', 'count/S2']);
  utimesSync(path('a.fa'), new Date(), new Date());
  expect(rerun()).toEqual({});
  renameSync(path('a.fa'), path('b.fa'));
  project.write('study/run.yaml', `${files['study/run.yaml']}reference: {genome: b.fa, genes: b.fa}\n`);
  expect(rerun()).toEqual({});
  utimesSync(path('b.fa'), old, old);
  expect(rerun()).toEqual({});
  writeFileSync(path('b.fa'), 'AC\n');
  utimesSync(path('b.fa'), old, old);
  expect(rerun()).toEqual({'count/S1': 'the content of input genome changed.', 'count/S2': 'the content of input genome changed.', 'total/cohort': 'the content of input counts changed.'});
  expect(total()).toBe('sample_id\tn_words\nS1\t4\nS2\t3\n');
});

test('a link that someone put among the results: nothing it leads to is removed', () => {
  mkdirSync(path('theirs/empty'), {recursive: true});
  writeFileSync(path('theirs/notes.txt'), 'a year of work');
  symlinkSync('../../../theirs', path('runs/words/results/theirs'));
  expect(rerun('--set', 'steps.count.factor=2')).toHaveProperty('total/cohort');
  expect([readFileSync(path('theirs/notes.txt'), 'utf8'), readdirSync(path('theirs'))]).toEqual(['a year of work', ['empty', 'notes.txt']]);
});

test('a moved study directory: no job starts', () => {
  renameSync(path(), join(project.folder, 'elsewhere'));
  const run = project.cli('run', 'elsewhere/run.yaml');
  expect(run.stderr).toContain('0 jobs run, 5 reused');
});

test('a deleted run directory is filled from the cache; two runs share it', () => {
  rmSync(path('runs/words'), {recursive: true});
  expect(rerunAfresh('runs/words')).toContain('0 jobs run, 5 reused');
  expect(rerunAfresh('runs/other')).toContain('0 jobs run, 5 reused');
});

function rerunAfresh(directory: string): string {
  return project.cli('run', 'study/run.yaml', '--run-dir', `study/${directory}`).stderr;
}

test('without cache, and with a copied run directory, finished jobs are kept', () => {
  rmSync(path('runs/.lymphline-cache'), {recursive: true});
  mkdirSync(path('copied'));
  cpSync(path('runs/words'), path('copied/words'), {recursive: true});
  expect(rerunAfresh('copied/words')).toContain('0 jobs run, 5 reused');
});

test('why says what happened and what would', () => {
  expect(project.cli('why', 'study/runs/words', 'count/S1').stdout).toBe('count/S1 ran in attempt 1: it has not run here yet.\nNow: it is kept: done in this run directory.\n');
  project.write('study/run.yaml', files['study/run.yaml'].replace('factor: 1', 'factor: 2'));
  expect(project.cli('why', 'study/runs/words', 'count/S1').stdout).toContain('Now: it would run: parameter factor changed from 1 to 2.\n');
  expect(project.cli('why', 'study/runs/words', 'total').stdout).toContain('Now: it would run: its input counts comes from count/S1, which runs.\n');
});

test('plan lists every job with run or cached, touches nothing, and as JSON adds up', () => {
  project.write('study/run.yaml', files['study/run.yaml'].replace('factor: 1', 'factor: 2'));
  const plan = JSON.parse(project.cli('plan', 'study/run.yaml', '--json').stdout) as {jobs: {id: string; action: string}[]; totals: {run: number; cached: number}};
  expect(plan.jobs.map((job) => job.id)).toEqual(all);
  expect(plan.jobs.filter((job) => job.action === 'run').map((job) => job.id)).toEqual(['count/S1', 'count/S2', 'total/cohort']);
  expect(plan.totals).toMatchObject({run: 3, cached: 2});
  expect(project.cli('why', 'study/runs/words', 'count/S1').stdout).toContain('attempt 1');
});
