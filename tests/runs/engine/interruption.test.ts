// Signals, kill -9, locks: a run that is stopped at any moment goes on from what was finished, and never uses what was not.
import {existsSync, readFileSync, statSync, utimesSync} from 'node:fs';
import {join} from 'node:path';
import {setTimeout as wait} from 'node:timers/promises';
import {afterEach, beforeEach, expect, test} from 'vitest';
import {randomStream} from '../../../pipeline/base/random.ts';
import type {TempProject} from '../../rig/temp-project.ts';
import {until} from '../../rig/until.ts';
import {files, wordCountProject} from '../../rig/word-count-project.ts';

let project: TempProject;
/** Writes half of its output, waits, then writes the whole. */
const slowly = (pause: string): string => files['steps/count/run.ts'].replace('  writeFileSync(job.output', `  writeFileSync(job.output('counts'), 'sample_id\\tn_words\\nS');\n  ${pause}\n  writeFileSync(job.output`);
const slowCount = slowly('await new Promise((done) => setTimeout(done, 300));');
/** Until the project has a file `go`. */
const heldCount = slowly("while (!existsSync('../../../../../../../go')) await new Promise((done) => setTimeout(done, 50));");

beforeEach(() => {
  project = wordCountProject({'steps/count/run.ts': slowCount});
});
afterEach(() => project.remove());

const total = (): string => readFileSync(join(project.folder, 'study/runs/words/results/tables/total.tsv'), 'utf8');
const events = (kind: string): string[] =>
  readFileSync(join(project.folder, 'study/runs/words/events.jsonl'), 'utf8').trim().split('\n').map((line) => JSON.parse(line) as {kind: string; job: string}).filter((event) => event.kind === kind).map((event) => event.job);

const hasStarted = (job: string): Promise<unknown> => until(`the start of ${job}`, () => existsSync(join(project.folder, 'study/runs/words/jobs', job, 'attempt-1/job.json')));

test.each([['SIGINT', 130], ['SIGTERM', 143]] as const)('%s stops the jobs and leaves a run that goes on', async (signal, code) => {
  project.write('steps/count/run.ts', heldCount);
  const run = project.start('run', 'study/run.yaml');
  await hasStarted('count/S1');
  run.child.kill(signal);
  expect(await run.ended).toBe(code);
  project.write('go', '');
  expect(run.stderr()).toContain('interrupted: run again to go on');
  expect(project.cli('status', 'study/runs/words').stdout).toContain('words: stopped');
  const again = project.cli('run', 'study/run.yaml');
  expect(again.status).toBe(0);
  expect(again.stderr).toContain('its last attempt did not end.');
  expect(total()).toBe('sample_id\tn_words\nS1\t3\nS2\t2\n');
});

test.each([['all', ''], ['results', 'keep: results\n']])('kill -9 at random moments (keep: %s): finished jobs are not repeated and the result is the uninterrupted one', async (_kept, key) => {
  project.write('study/run.yaml', `${files['study/run.yaml']}${key}`);
  const random = randomStream(7, 'moments of death');
  for (let i = 0; i < 5; i++) {
    const run = project.start('run', 'study/run.yaml');
    await wait(200 + 900 * random.uniform());
    run.child.kill('SIGKILL');
    await run.ended;
  }
  expect(project.cli('run', 'study/run.yaml').status).toBe(0);
  expect(total()).toBe('sample_id\tn_words\nS1\t3\nS2\t2\n');
  const completed = events('job-completed');
  expect(completed.length).toBe(new Set(completed).size);
  expect(project.cli('run', 'study/run.yaml').stderr).toContain('0 jobs run, 5 reused');
});

test('kill -9 of the engine ends its jobs: none goes on writing beside the next run', async () => {
  project.write('steps/count/run.ts', files['steps/count/run.ts'].replace('  writeFileSync(job.output', "  for (let i = 0; i < 12_000; i++) {\n    writeFileSync('outputs/beat', 'x', {flag: 'a'});\n    await new Promise((done) => setTimeout(done, 50));\n  }\n  writeFileSync(job.output"));
  const run = project.start('run', 'study/run.yaml', '--cores', '1');
  const beat = join(project.folder, 'study/runs/words/jobs/count/S1/attempt-1/outputs/beat');
  await until('the first beat', () => existsSync(beat));
  run.child.kill('SIGKILL');
  await run.ended;
  // A beat comes every 50 ms, and would for ten minutes.
  let size = -1;
  await until('a second without a beat', () => {
    const before = size;
    size = statSync(beat).size;
    return size === before;
  }, 60, 1);
});

test('beside a live orphan: a job runs again in a folder of its own, and what the orphan leaves is not used', async () => {
  const half = 'sample_id\tn_words\nS1\t';
  // A program that knows nothing of an engine (our own steps end with theirs): half of a row, and later another number in the first attempt.
  project.write('steps/count/step.yaml', files['steps/count/step.yaml'].replace('[node, run.ts]', '[sh, run.sh]'));
  project.write('steps/count/run.sh', String.raw`
sample=$(sed -n 's/.*"unit":{[^}]*"id":"\([^"]*\)".*/\1/p' "$1")
printf 'sample_id\tn_words\nS1\t' > outputs/counts.tsv
n=0
case $sample$PWD in S1*attempt-1) until [ -e ../../../../../../../go ] || [ $((n += 1)) -gt 3000 ]; do sleep 0.1; done; echo 99 >> outputs/counts.tsv; exit ;; esac
printf "sample_id\tn_words\n$sample\t3\n" > outputs/counts.tsv
`);
  const run = project.start('run', 'study/run.yaml', '--cores', '2');
  const first = join(project.folder, 'study/runs/words/jobs/count/S1/attempt-1/outputs/counts.tsv');
  await until('half of a row', () => existsSync(first) && readFileSync(first, 'utf8') === half);
  // Without its watchdog, an engine that is killed leaves its jobs alone.
  const children = readFileSync(`/proc/${run.child.pid}/task/${run.child.pid}/children`, 'utf8').trim().split(' ');
  // One of them may have ended since it was listed.
  const watchdogs = children.filter((pid) => existsSync(`/proc/${pid}/cmdline`) && readFileSync(`/proc/${pid}/cmdline`, 'utf8').startsWith('awk'));
  expect(watchdogs.length).toBe(1);
  process.kill(Number(watchdogs[0]), 'SIGKILL');
  run.child.kill('SIGKILL');
  await run.ended;
  expect(project.cli('run', 'study/run.yaml').status).toBe(0);
  expect(total()).toBe('sample_id\tn_words\nS1\t3\nS2\t3\n');
  project.write('go', '');
  await until('the other number', () => readFileSync(first, 'utf8').includes('99'));
  expect(readFileSync(first, 'utf8')).toBe(`${half}99\n`);
  expect(project.cli('run', 'study/run.yaml').stderr).toContain('0 jobs run, 5 reused');
  expect(total()).toBe('sample_id\tn_words\nS1\t3\nS2\t3\n');
});

test('a second engine in one run directory is told who has it; a dead owner is not waited for', async () => {
  project.write('steps/count/run.ts', heldCount);
  const run = project.start('run', 'study/run.yaml');
  await hasStarted('count/S1');
  const second = project.cli('run', 'study/run.yaml');
  expect(second.status).toBe(75);
  expect(second.stderr).toMatch(new RegExp(`is in use by process ${run.child.pid} on .+ since .+ \\(last sign of life \\d+ s ago\\)\\.\n    Wait for it, stop it, or choose another --run-dir\\.\n$`));
  expect(project.cli('status', 'study/runs/words').stdout).toContain(`words: running (process ${run.child.pid}`);
  run.child.kill('SIGKILL');
  await run.ended;
  project.write('steps/count/run.ts', slowCount);
  expect(project.cli('run', 'study/run.yaml').status).toBe(0);
});

test('a lock of another host says who and how long ago; one that seems dead is watched before it is taken over', async () => {
  expect(project.cli('run', 'study/run.yaml', '--until', 'import').status).toBe(0);
  const lock = join(project.folder, 'study/runs/words/lock.json');
  project.write('study/runs/words/lock.json', JSON.stringify({host: 'node17', boot: 'other', pid: 4711, processStart: '99', since: '2026-11-24T08:00:00.000Z'}));
  expect(project.cli('run', 'study/run.yaml')).toMatchObject({status: 75, stderr: expect.stringContaining('is in use by process 4711 on node17 since 2026-11-24T08:00:00.000Z (last sign of life ') as string});
  const before = new Date(Date.now() - 600_000);
  utimesSync(lock, before, before);
  const run = project.start('run', 'study/run.yaml');
  await until('the doubt', () => run.stderr().includes('seems to be dead; watching it for 37.5 s to be sure'));
  // The watch itself is tested with short times: here the owner gives a sign of life, and is left alone.
  utimesSync(lock, new Date(), new Date());
  expect(await run.ended).toBe(75);
});

test.each([['back', -7200_000], ['forward', 7200_000]])('a clock that jumps %s two hours under the engine: no wrong duration, no timeout, nothing done twice', (_how, jump) => {
  const source = `import {existsSync} from 'node:fs'; const real = Date.now; let offset = 0; setInterval(() => { if (existsSync('study/runs/words/jobs/count/S1/attempt-1/job.json')) offset = ${jump}; }, 20).unref(); globalThis.Date = class extends Date { constructor(...given) { if (given.length === 0) super(real() + offset); else super(...given); } static now() { return real() + offset; } };`;
  project.remove();
  project = wordCountProject({'steps/count/run.ts': slowCount.replace('300', '800')}, {...process.env, NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(source)}`});
  const run = project.cli('run', 'study/run.yaml');
  expect(run.status).toBe(0);
  const seconds = readFileSync(join(project.folder, 'study/runs/words/events.jsonl'), 'utf8').trim().split('\n').map((line) => JSON.parse(line) as {time: string; seconds?: number});
  const times = seconds.map(({time}) => Date.parse(time));
  // The jump was seen by the engine, in the direction that is meant.
  expect(Math.sign(jump) * ((times.at(-1) ?? 0) - times[0])).toBeGreaterThan(3600_000);
  for (const one of seconds) expect(one.seconds ?? 0.1).toBeLessThan(60);
  for (const one of seconds) expect(one.seconds ?? 0.1).toBeGreaterThan(0);
  expect(total()).toBe('sample_id\tn_words\nS1\t3\nS2\t2\n');
  expect(project.cli('run', 'study/run.yaml').stderr).toContain('0 jobs run, 5 reused');
});

test('two runs at once share one cache without harm', async () => {
  const runs = ['a', 'b'].map((name) => project.start('run', 'study/run.yaml', '--run-dir', `study/runs/${name}`));
  expect(await Promise.all(runs.map((run) => run.ended))).toEqual([0, 0]);
  const [a, b] = ['a', 'b'].map((name) => readFileSync(join(project.folder, `study/runs/${name}/results/manifest.json`), 'utf8'));
  expect(a).toBe(b);
});
