// The batch script is run by a real shell, as a node of Slurm would: what it starts, what it refuses, what it says of the end.
import {spawnSync} from 'node:child_process';
import {mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterEach, beforeEach, expect, test} from 'vitest';
import {batchScript} from '../../../../pipeline/executors/slurm/script.ts';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "lymphline it's $(odd) \"root\" "));
  mkdirSync(join(root, 'ended'));
  for (const name of ['a', 'b']) {
    mkdirSync(join(root, name));
    writeFileSync(join(root, name, 'submitted.json'), '{"token":"token-1"}');
  }
});
afterEach(() => rmSync(root, {recursive: true, force: true}));

const task = (name: string, argv: readonly string[], environment: Record<string, string> = {ODD: '$HOME `x` "y" \'z\' \\'}) => ({attempt: `attempt-of-${name}`, folder: join(root, name), logPath: join(root, name, 'log.txt'), argv, environment});
const files = {submitted: 'submitted.json', started: 'started', exit: 'exit.json', closing: ['complete.json', 'failure.json']};

function runScript(tasks: ReturnType<typeof task>[], {index, setUp = [], token = 'token-1'}: {index?: number; setUp?: readonly string[]; token?: string} = {}): {status: number | null; stderr: string} {
  const script = batchScript(tasks, {token, setUp, endedFolder: join(root, 'ended'), files});
  const slurm = {SLURM_JOB_ID: '71', SLURMD_NODENAME: 'n3', ...(index === undefined ? {} : {SLURM_ARRAY_JOB_ID: '70', SLURM_ARRAY_TASK_ID: String(index)})};
  const {status, stderr} = spawnSync(script.split('\n', 1)[0].slice(2).split(' ')[0], ['-s'], {input: script, encoding: 'utf8', env: {PATH: process.env['PATH'], ...slurm}});
  return {status, stderr};
}
const log = (name: string): string => readFileSync(join(root, name, 'log.txt'), 'utf8');
const exit = (name: string): unknown => JSON.parse(readFileSync(join(root, name, 'exit.json'), 'utf8'));

test('each word and each variable arrives as it is, in the folder of the task, without the variables of Slurm', () => {
  const odd = ['$HOME', '`id`', "it's", '"', '\\', 'two\nlines', '*', ''];
  const show = 'printf "[%s]" "$@"; echo; echo "$ODD"; pwd; env | grep -c ^SLURM';
  expect(runScript([task('a', ['true']), task('b', ['sh', '-c', show, 'sh', ...odd])], {index: 1}).status).toBe(1);
  expect(log('b')).toBe(`${odd.map((word) => `[${word}]`).join('')}\n$HOME \`x\` "y" 'z' \\\n${join(root, 'b')}\n0\n`);
  // The exit code of grep, which found none.
  expect(exit('b')).toMatchObject({attempt: 'attempt-of-b', exitCode: 1, slurmJobId: '70_1', node: 'n3'});
  expect(readdirSync(join(root, 'ended'))).toEqual(['attempt-of-b']);
  expect(readdirSync(join(root, 'b')).sort()).toEqual(['exit.json', 'log.txt', 'submitted.json']);
});

test('tasks of different environments get their own', () => {
  const tasks = [task('a', ['sh', '-c', 'echo $X'], {X: '1'}), task('b', ['sh', '-c', 'echo $X'], {X: '2'})];
  for (const index of [0, 1]) runScript(tasks, {index});
  expect(log('a') + log('b')).toBe('1\n2\n');
});

test('the file of the end tells a signal by its name, and a program that is not there', () => {
  runScript([task('a', ['sh', '-c', 'kill -s SEGV $$'])]);
  expect(exit('a')).toMatchObject({exitCode: 139, signal: 'SIGSEGV', slurmJobId: '71'});
  runScript([task('b', ['no-such-program'])]);
  expect(exit('b')).toMatchObject({exitCode: 127, notStarted: 'ENOENT'});
});

test('a set-up line comes first and may change the environment; one that fails ends the job', () => {
  expect(runScript([task('a', ['sh', '-c', 'echo $ODD; env | grep -c ^SLURM; exit 0'])], {setUp: ['export ODD="now of $SLURM_JOB_ID"']}).status).toBe(0);
  expect(log('a')).toBe('now of 71\n0\n');
  expect(runScript([task('b', ['true'])], {setUp: ['true', 'test "a" = "b"']}).status).toBe(1);
  expect(exit('b')).toMatchObject({exitCode: 1, setUp: 'test "a" = "b"'});
});

test('a second start, an attempt that is over and one that was handed over anew do not run', () => {
  const tasks = [task('a', ['sh', '-c', 'echo ran'])];
  writeFileSync(join(root, 'a/started'), '70\n');
  expect(runScript(tasks)).toMatchObject({status: 75, stderr: `lymphline: job 71 on n3 does not run: ${join(root, 'a')} has its started already\n`});
  rmSync(join(root, 'a/started'));
  for (const name of ['failure.json', 'complete.json', 'exit.json']) {
    writeFileSync(join(root, 'a', name), '{}');
    expect(runScript(tasks)).toMatchObject({status: 75, stderr: `lymphline: job 71 on n3 does not run: ${join(root, 'a')} has its ${name} already\n`});
    rmSync(join(root, 'a', name));
  }
  expect(runScript(tasks, {token: 'token-2'})).toMatchObject({status: 75, stderr: 'lymphline: job 71 on n3 does not run: another submission has taken its place\n'});
  expect(readdirSync(join(root, 'a'))).toEqual(['submitted.json']);
  expect(runScript(tasks).status).toBe(0);
});
