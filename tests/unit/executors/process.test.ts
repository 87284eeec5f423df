// Real processes: what ends a job, and that nothing of it is left.
import {mkdtempSync, readFileSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterEach, beforeEach, expect, test} from 'vitest';
import {runProcess, type Command, type ProcessEnd} from '../../../pipeline/executors/process.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lymphline-process-'));
});
afterEach(() => {
  rmSync(folder, {recursive: true});
});

const run = (script: string, more: Partial<Command> = {}): Promise<ProcessEnd> =>
  runProcess({argv: ['sh', '-c', script], folder, environment: {PATH: process.env.PATH}, logPath: join(folder, 'log.txt'), timeoutSeconds: 20, graceSeconds: 1, ...more});

/** A killed orphan may stay a zombie where nobody reaps: dead all the same. */
function isAlive(pid: number): boolean {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}

/** KILL is delivered, not awaited: the death of a grandchild may follow the leader's by a moment. */
async function diesWithinSeconds(pid: number, seconds: number): Promise<boolean> {
  for (const end = Date.now() + seconds * 1000; Date.now() < end; ) {
    if (!isAlive(pid)) return true;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return false;
}

test('an exit code, a signal and a missing command are told apart, and both streams are in the log', async () => {
  expect(await run('echo out; echo err >&2; exit 7')).toEqual({kind: 'exit', exitCode: 7});
  expect(readFileSync(join(folder, 'log.txt'), 'utf8')).toBe('out\nerr\n');
  expect(await run('kill -KILL $$')).toEqual({kind: 'signal', signal: 'SIGKILL'});
  expect(await run('', {argv: ['no-such-program']})).toEqual({kind: 'not-started', command: 'no-such-program', code: 'ENOENT'});
});

test('a job that ignores TERM is killed with its grandchildren when its time is up', async () => {
  expect(await run("trap '' TERM; sleep 60 & echo $! > pid; sleep 60", {timeoutSeconds: 2})).toEqual({kind: 'timeout', timeoutSeconds: 2});
  expect(await diesWithinSeconds(Number(readFileSync(join(folder, 'pid'), 'utf8')), 5)).toBe(true);
});

test('a child that outlives its leader is ended with the job', async () => {
  expect(await run('sleep 60 & echo $! > pid')).toEqual({kind: 'exit', exitCode: 0});
  expect(await diesWithinSeconds(Number(readFileSync(join(folder, 'pid'), 'utf8')), 5)).toBe(true);
});

test('an interruption stops the job, and a time limit of months does not fire at once', async () => {
  const interruption = new AbortController();
  setTimeout(() => interruption.abort(), 200);
  expect(await run('sleep 60', {signal: interruption.signal, timeoutSeconds: 100 * 86_400})).toEqual({kind: 'interrupted'});
  expect(await run('sleep 0.2; exit 3', {timeoutSeconds: 100 * 86_400})).toEqual({kind: 'exit', exitCode: 3});
});

test('peak memory is that of all processes of a job together; a job too short to be looked at has none', async () => {
  const peaks: number[] = [];
  const onPeak = (memory_gb: number): void => {
    peaks.push(memory_gb);
  };
  // Two children hold 80 MB each at the same time, each beside some 45 MB of Node's own, one of them in a session of its own.
  const hold = (name: string): string => `${process.execPath} -e 'const held = Buffer.alloc(80e6, 1); fs.writeFileSync("${name}", ""); setInterval(() => fs.existsSync("go") && process.exit(held.length - 80e6), 50)'`;
  // They are looked at every two seconds.
  const both = `${hold('a')} & setsid ${hold('b')} & until [ -e a ] && [ -e b ]; do sleep 0.1; done; sleep 3; touch go; wait`;
  expect(await run(both, {onPeak, timeoutSeconds: 100})).toEqual({kind: 'exit', exitCode: 0});
  expect(peaks).toHaveLength(1);
  expect(peaks[0]).toBeGreaterThan(0.16);
  expect(peaks[0]).toBeLessThan(0.4);
  await run('exit 0', {onPeak});
  expect(peaks.length).toBeLessThanOrEqual(2);
  for (const peak of peaks.slice(1)) expect(peak).toBeLessThan(0.02);
});
