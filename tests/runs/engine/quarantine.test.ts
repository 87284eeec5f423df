// on_sample_failure: quarantine. A sample that fails is left out as if the sheet excluded it, and comes back when it is mended.
import {readFileSync} from 'node:fs';
import {join} from 'node:path';
import {afterEach, expect, test} from 'vitest';
import {stepCode, stepYaml, type TempProject} from '../../rig/temp-project.ts';
import {files, runYaml, sheet, wordCountProject} from '../../rig/word-count-project.ts';

let project: TempProject;
afterEach(() => project.remove());

const twoPatients = `${sheet}S3\tP2\tbefore\t0\tgex\ts3.txt\nS4\tP2\tafter\t30\tgex\ts4.txt\n`;
const count = files['steps/count/run.ts'];
const failing = (sample: string, body: string): string => count.replace('  const [, text]', `  if (job.unit.id === '${sample}') {\n${body}\n  }\n  const [, text]`);
const refusing = failing('S2', "    refuse({input: 'text', found: 'no cells', expected: 'some', advice: 'Sequence it again.'});");
const quarantine: Readonly<Record<string, string>> = {
  'study/run.yaml': `${runYaml}on_sample_failure: quarantine\n`, 'study/samples.tsv': twoPatients, 'study/s3.txt': 'f g h i\n', 'study/s4.txt': 'j\n',
};
/** The total also names what its design excludes. */
const total = {
  'steps/total/step.yaml': `${files['steps/total/step.yaml'].replace('design: keys', 'design: full')}`,
  'steps/total/run.ts': stepCode("  const rows = job.inputFiles('counts').map((file) => readFileSync(file.path, 'utf8').split('\\n')[1]);\n  const out = job.design.rows.filter((row) => row.excluded).map((row) => `${row.sample_id}\\t${row.excluded}`);\n  writeFileSync(job.output('total'), `sample_id\\tn_words\\n${[...rows, ...out].join('\\n')}\\n`);"),
};
const result = (): string => readFileSync(join(project.folder, 'study/runs/words/results/tables/total.tsv'), 'utf8');
const manifest = (): string => readFileSync(join(project.folder, 'study/runs/words/results/manifest.json'), 'utf8');

test('the cohort goes on without it; the words name the sample, the reason and the pairs that are lost; exit 1', () => {
  project = wordCountProject({...quarantine, ...total, 'steps/count/run.ts': refusing});
  const run = project.cli('run', 'study/run.yaml');
  expect(run.status).toBe(1);
  expect(result()).toBe('sample_id\tn_words\nS1\t3\nS3\t4\nS4\t1\nS2\tquarantined: count refused its input: found no cells\n');
  expect(run.stderr).toContain('sample S2 is quarantined: count refused its input: found no cells. The cohort goes on without it.\n');
  expect(run.stderr).toContain(`1 sample was left out:
    S2 quarantined: count refused its input: found no cells
    contrast after-vs-before lost the pairs of P1; 1 is left.
    Mend what failed and run again: it is taken in, and what depends on it is made again.
`);
  // Nothing is called "not started" that was started later.
  expect(run.stderr).not.toContain('total/cohort was not started');
  const status = project.cli('status', 'study/runs/words').stdout;
  expect(status).toContain('      8 complete\n      1 failed\n');
  expect(status).toContain('sample S2 is quarantined: count refused its input: found no cells.\n');
});

test('the results are those of a sheet that excludes the sample for that reason, and the same every time', () => {
  project = wordCountProject({...quarantine, ...total, 'steps/count/run.ts': refusing});
  expect(project.cli('run', 'study/run.yaml').status).toBe(1);
  const first = manifest();
  const again = project.cli('run', 'study/run.yaml');
  expect(again.status).toBe(1);
  // Only the failed job is tried again.
  expect(again.stderr).toContain('words: 0 jobs run, 8 reused, 1 failed, 0 not started');
  expect(manifest()).toBe(first);
  project.write('study/samples.tsv', twoPatients.split('\n').map((line, i) => (line === '' ? line : `${line}\t${i === 0 ? 'excluded' : line.startsWith('S2') ? 'quarantined: count refused its input: found no cells' : ''}`)).join('\n'));
  expect(project.cli('run', 'study/run.yaml', '--run-dir', 'study/runs/declared').status).toBe(0);
  expect(readFileSync(join(project.folder, 'study/runs/declared/results/manifest.json'), 'utf8')).toBe(first);
});

test('once mended it is taken in, and only what depends on it runs', () => {
  project = wordCountProject({...quarantine, 'steps/import/run.ts': stepCode("  const text = readFileSync(job.input('text'), 'utf8').trim();\n  if (text === 'd e') process.exit(3);\n  writeFileSync(job.output('text'), `text\\n${text}\\n`);")});
  const run = project.cli('run', 'study/run.yaml');
  expect(run.status).toBe(1);
  expect(run.stderr).toContain('sample S2 is quarantined: import ended with exit code 3.');
  expect(run.stderr).toContain('count/S2 was not started: import/S2-gex has no result.');
  project.write('study/s2.txt', 'k l m n o\n');
  const mended = project.cli('run', 'study/run.yaml');
  expect(mended.status).toBe(0);
  expect(mended.stderr).toContain('words: 3 jobs run, 6 reused, 0 failed, 0 not started');
  expect(mended.stderr).toContain('total/cohort started (attempt 2): the content of input counts changed.');
  expect(result()).toBe('sample_id\tn_words\nS1\t3\nS2\t5\nS3\t4\nS4\t1\n');
  expect(project.cli('status', 'study/runs/words').stdout).toBe('words: finished\n      9 complete\n');
});

test('a failure behind a job of the cohort leaves the sample out of that job too; a rerun repeats nothing but the failed job', () => {
  // universe (cohort) reads every count; score (sample) reads it and fails for S2; sums (cohort) reads the scores.
  const own = {
    'steps/universe/step.yaml': stepYaml('universe', `
    per: cohort
    inputs: {counts: {format: tsv, from: count}}
    params: {}
    outputs: {universe: {format: tsv}}`),
    'steps/universe/run.ts': stepCode("  writeFileSync(job.output('universe'), `${job.inputFiles('counts').length}\\n`);"),
    'steps/score/step.yaml': stepYaml('score', `
    per: sample
    inputs: {counts: {format: tsv, from: count}, universe: {format: tsv, from: universe}}
    params: {}
    outputs: {score: {format: tsv}}`),
    'steps/score/run.ts': stepCode("  if (job.unit.id === 'S2') process.exit(4);\n  writeFileSync(job.output('score'), `${job.unit.id}\\t${readFileSync(job.input('universe'), 'utf8')}`);"),
    'steps/total/step.yaml': files['steps/total/step.yaml'].replace('{counts: {format: tsv, from: count}}', '{score: {format: tsv, from: score}}').replace('columns: [sample_id, n_words], ', ''),
    'steps/total/run.ts': stepCode("  writeFileSync(job.output('total'), job.inputFiles('score').map((file) => readFileSync(file.path, 'utf8')).join(''));"),
  };
  project = wordCountProject({...quarantine, ...own});
  expect(project.cli('run', 'study/run.yaml').status).toBe(1);
  expect(result()).toBe('S1\t3\nS3\t3\nS4\t3\n');
  for (let i = 0; i < 2; i++) expect(project.cli('run', 'study/run.yaml').stderr).toContain('words: 0 jobs run, ');
  expect(result()).toBe('S1\t3\nS3\t3\nS4\t3\n');
});

test('a full disk, or a program that is not there, makes no smaller study', () => {
  project = wordCountProject({...quarantine, 'steps/count/step.yaml': files['steps/count/step.yaml'].replace('[node, run.ts]', '[no-such-program]')});
  const run = project.cli('run', 'study/run.yaml');
  expect(run.status).toBe(1);
  expect(run.stderr).not.toContain('quarantined');
  expect(run.stderr).toContain('total/cohort was not started');
});
