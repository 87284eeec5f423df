// The batch script is run by a real shell, as a node of Slurm would: what it starts, what it refuses, what it says of the end.
import {spawn, spawnSync} from 'node:child_process';
import {lstatSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, utimesSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterEach, beforeEach, describe, expect, test} from 'vitest';
import type {Launch} from '../../../../pipeline/executors/launcher.ts';
import {scratchWord, withScratch} from '../../../../pipeline/executors/slurm/scratch-script.ts';
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

const task = (name: string, argv: readonly string[], environment: Record<string, string> = {ODD: '$HOME `x` "y" \'z\' \\'}, scratch?: Launch['scratch']) => ({...(scratch === undefined ? {} : {scratch}), attempt: `attempt-of-${name}`, folder: join(root, name), logPath: join(root, name, 'log.txt'), argv, environment});
const files = {submitted: 'submitted.json', started: 'started', exit: 'exit.json', closing: ['complete.json', 'failure.json']};

function runScript(tasks: ReturnType<typeof task>[], {index, setUp = [], token = 'token-1', node = {}}: {index?: number; setUp?: readonly string[]; token?: string; node?: Record<string, string>} = {}): {status: number | null; stderr: string} {
  const script = batchScript(tasks, {token, setUp, endedFolder: join(root, 'ended'), files});
  const slurm = {SLURM_JOB_ID: '71', SLURMD_NODENAME: 'n3', ...(index === undefined ? {} : {SLURM_ARRAY_JOB_ID: '70', SLURM_ARRAY_TASK_ID: String(index)})};
  const {status, stderr} = spawnSync(script.split('\n', 1)[0].slice(2).split(' ')[0], ['-s'], {input: script, encoding: 'utf8', env: {PATH: process.env['PATH'], ...slurm, ...node}});
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

describe('scratch', () => {
  let disk: string;
  beforeEach(() => {
    // Of the characters that a folder on a node may have.
    disk = mkdtempSync(join(tmpdir(), 'lymphline-disk_1@x-'));
    for (const name of ['a', 'b']) mkdirSync(join(root, name, 'outputs'));
  });
  afterEach(() => rmSync(disk, {recursive: true, force: true}));

  const onDisk = (name: string, script: string, more: Partial<NonNullable<Launch['scratch']>> = {}): ReturnType<typeof task> =>
    task(name, ['sh', '-c', script], {}, {root: '${DISK}/', folder: scratchWord, name: `lymphline-x-${name}`, isLinked: true, ...more});
  const staged = (name: string): Partial<NonNullable<Launch['scratch']>> => ({outputs: join(root, name, 'outputs')});
  const DISK = (): {node: Record<string, string>} => ({node: {DISK: disk}});

  test('is a folder of its own on the node, TMPDIR in it, gone at the end whatever the end', () => {
    const script = 'pwd; echo "$TMPDIR"; mkdir "$TMPDIR/closed"; : >"$TMPDIR/closed/x"; chmod 500 "$TMPDIR/closed"; exit 3';
    mkdirSync(join(disk, 'lymphline-x-a/of a killed start'), {recursive: true});
    runScript([onDisk('a', script), onDisk('b', script)], {index: 0, ...DISK()});
    expect(log('a')).toBe(`${join(root, 'a')}\n${disk}/lymphline-x-a/tmp\n`.replace(`${disk}/`, `${disk}//`));
    expect(exit('a')).toMatchObject({exitCode: 3});
    expect(exit('a')).not.toHaveProperty('full');
    expect(readdirSync(disk)).toEqual([]);
  });

  test('outputs are written there and copied out as a whole, only after a good end', () => {
    const write = 'echo seven >outputs/x; mkdir outputs/index; echo eight >outputs/index/y; ls -L "$TMPDIR/../outputs"';
    expect(runScript([onDisk('a', `${write}; exit 1`, staged('a'))], DISK()).status).toBe(1);
    expect(readdirSync(join(root, 'a/outputs'))).toEqual([]);
    expect(lstatSync(join(root, 'a/outputs')).isDirectory()).toBe(true);
    expect(runScript([onDisk('b', write, staged('b'))], DISK()).status).toBe(0);
    expect(log('b')).toBe('index\nx\n');
    expect(readFileSync(join(root, 'b/outputs/x'), 'utf8') + readFileSync(join(root, 'b/outputs/index/y'), 'utf8')).toBe('seven\neight\n');
    expect(readdirSync(join(root, 'b')).sort()).toEqual(['exit.json', 'log.txt', 'outputs', 'submitted.json']);
    expect(readdirSync(disk)).toEqual([]);
  });

  test('a copy that fails is told with its error; nothing of it is taken for an output', () => {
    // Of a folder that cp cannot make, as root too: a name longer than a file system takes.
    const failing = onDisk('a', 'echo x >outputs/x', {outputs: join(root, 'a', `outputs/../${'o'.repeat(252)}`)});
    runScript([failing], DISK());
    expect(exit('a')).toMatchObject({exitCode: 1, notCopiedOut: 'EIO'});
    expect(log('a')).toContain('File name too long');
    expect(readdirSync(disk)).toEqual([]);
  });

  test('what the node does not have is told, with the name as it was written; the program does not start', () => {
    const notReady = (name: string, rootWritten: string, node: Record<string, string> = {}): unknown => {
      rmSync(join(root, name, 'exit.json'), {force: true});
      runScript([onDisk(name, 'echo ran', {root: rootWritten})], {node});
      return exit(name);
    };
    expect(notReady('a', '${DISK}')).toMatchObject({exitCode: 1, notReady: 'scratch ${DISK}: the variable DISK is not set'});
    expect(notReady('a', '${DISK}/"no"', {DISK: '/tmp'})).toMatchObject({notReady: 'scratch ${DISK}/"no": there it has a character that is none of A-Z a-z 0-9 _@%+=:./-'});
    expect(notReady('a', '${DISK}/x', {DISK: 'y'})).toMatchObject({notReady: 'scratch ${DISK}/x: there it is no absolute path'});
    expect(notReady('a', '${DISK}/x', {DISK: disk})).toMatchObject({notReady: `scratch \${DISK}/x: there is no folder ${disk}/x`});
    expect(notReady('a', '/proc')).toMatchObject({notReady: 'scratch /proc: no folder can be made in /proc'});
    expect(log('a')).not.toContain('ran');
    // A set-up line may be what sets it; without any TMPDIR it is /tmp.
    runScript([onDisk('b', 'echo "$TMPDIR"', {root: '${TMPDIR}'})], {setUp: ['unset TMPDIR']});
    expect(log('b')).toBe('/tmp/lymphline-x-b/tmp\n');
  });

  test('what a killed job of the run left on the node is removed by the next, what still runs there or is of others is not', async () => {
    const leave = (name: string, owner = 'n3'): string => {
      mkdirSync(join(disk, name, 'tmp'), {recursive: true});
      writeFileSync(join(disk, name, 'lock'), `${owner}\n`);
      utimesSync(join(disk, name, 'lock'), Date.now() / 1000 - 120, Date.now() / 1000 - 120);
      return name;
    };
    const names = [leave('lymphline-run-dead-1'), leave('lymphline-run-alive-1'), leave('lymphline-run-elsewhere-1', 'n4'), leave('lymphline-other-dead-1'), leave('lymphline-run-young-1')];
    utimesSync(join(disk, 'lymphline-run-young-1/lock'), new Date(), new Date());
    const holder = spawn('flock', [join(disk, 'lymphline-run-alive-1/lock'), 'sh', '-c', 'echo held; sleep 60'], {stdio: ['ignore', 'pipe', 'ignore'], detached: true});
    await new Promise((held) => holder.stdout.once('data', held));
    try {
      runScript([onDisk('a', 'ls "$TMPDIR/../.."', {name: 'lymphline-run-new-1'})], DISK());
      expect(log('a').trim().split('\n').sort()).toEqual([...names.slice(1), 'lymphline-run-new-1'].sort());
      expect(readdirSync(disk).sort()).toEqual(names.slice(1).sort());
    } finally {
      process.kill(-(holder.pid ?? 0), 'SIGKILL');
    }
    // The lock is that of the job's processes: it holds as long as one of them runs.
    runScript([onDisk('b', 'flock -n "$TMPDIR/../lock" true; echo $?', {name: 'lymphline-run-new-2'})], DISK());
    expect(log('b')).toBe('1\n');
    expect(readdirSync(disk)).not.toContain('lymphline-run-alive-1');
  });

  test('the word that stands for it becomes its folder, within any other word', () => {
    const words = [scratchWord, `src=${scratchWord}/outputs,dst='a b'`, `sh "${scratchWord}" 'x'`, '', 'plain $x'];
    runScript([{...onDisk('a', ''), argv: ['printf', '[%s]', ...words]}], DISK());
    expect(log('a')).toBe(words.map((word) => `[${word.replace(scratchWord, `${disk}//lymphline-x-a`)}]`).join(''));
    expect(withScratch('')).toBe("''");
  });

  test('a job that is told to end says so first, and then tidies up', async () => {
    const script = batchScript([onDisk('a', "trap 'exit 0' TERM; : >begun; while :; do sleep 0.1; done", staged('a'))], {token: 'token-1', setUp: [], endedFolder: join(root, 'ended'), files});
    const job = spawn('/bin/sh', ['-s'], {stdio: ['pipe', 'ignore', 'ignore'], detached: true, env: {PATH: process.env['PATH'], SLURM_JOB_ID: '71', SLURMD_NODENAME: 'n3', DISK: disk}});
    const ended = new Promise<void>((done) => job.on('exit', () => done()));
    job.stdin.end(script);
    for (let i = 0; i < 400 && !readdirSync(join(root, 'a')).includes('begun'); i++) await new Promise((done) => setTimeout(done, 25));
    job.kill('SIGTERM');
    await ended;
    expect(exit('a')).toMatchObject({stoppedBy: 'SIGTERM'});
    expect(readdirSync(disk)).toEqual([]);
    expect(readdirSync(join(root, 'a/outputs'))).toEqual([]);
  });
});
