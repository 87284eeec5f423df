// What every launcher x engine promises. An implementation registers itself with `describeExecutor`.
import {existsSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, statSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {setTimeout as wait} from 'node:timers/promises';
import {afterAll, afterEach, beforeEach, describe, expect, test} from 'vitest';
import type {ContainerEngine} from '../../pipeline/executors/engine.ts';
import type {Launcher} from '../../pipeline/executors/launcher.ts';
import {askProcess, type ProcessEnd} from '../../pipeline/executors/process.ts';
import {runContained} from '../../pipeline/executors/run-contained.ts';
import {startWatchdog} from '../../pipeline/executors/watchdog.ts';

export interface ContractSubject {
  readonly launcher: Launcher;
  readonly engine: ContainerEngine;
  /** An image with a POSIX shell; '' where none is needed. */
  readonly image: string;
  /** What this engine cannot do, and why. */
  readonly lacks?: {readonly network?: string; readonly readOnlyInputs?: string; readonly memory?: string};
}

const run = 'contract';

export function describeExecutor({launcher, engine, image, lacks = {}}: ContractSubject): void {
  const isContainer = engine.program !== undefined;
  describe(`${launcher.name} x ${engine.name}`, () => {
    const watchdog = startWatchdog(process.env);
    let folder: string;
    let nStarted = 0;
    beforeEach(() => {
      folder = realpathSync(mkdtempSync(join(tmpdir(), 'lymphline-executor-')));
      mkdirSync(join(folder, 'job/outputs'), {recursive: true});
    });
    afterEach(() => {
      rmSync(folder, {recursive: true, force: true});
    });
    afterAll(async () => {
      if (engine.daemon !== undefined) expect((await askProcess(engine.daemon.list(`${run}-${process.pid}`), {environment: process.env})).stdout).toBe('');
      watchdog.end();
    });

    interface More {
      readonly timeoutSeconds?: number;
      readonly signal?: AbortSignal;
      readonly readable?: readonly string[];
      readonly memory_gb?: number;
      readonly image?: string;
    }
    const start = async (argv: readonly string[], {readable = [], memory_gb = 1, image: other, ...more}: More = {}): Promise<ProcessEnd> => {
      const {end, removed} = await runContained({launcher, engine, clientEnvironment: process.env, watchdog}, {
        argv, image: other ?? image, folder: join(folder, 'job'), readable, writable: [join(folder, 'job')], environment: {PATH: process.env['PATH'], TZ: 'UTC'},
        limits: {cpus: 1, memory_gb}, name: `lymphline-contract-${process.pid}-${engine.name}-${nStarted++}`, run: `${run}-${process.pid}`,
      }, {logPath: join(folder, 'log.txt'), timeoutSeconds: 60, graceSeconds: 1, ...more});
      await removed;
      return end;
    };
    const shell = (script: string, more?: More): Promise<ProcessEnd> => start(['sh', '-c', script], more);
    const log = (): string => readFileSync(join(folder, 'log.txt'), 'utf8');

    test('reads an input, writes an output, keeps stdout and stderr in the log', async () => {
      const input = join(folder, 'in, "put".txt');
      writeFileSync(input, 'seven\n');
      expect(await shell(`cat '${input}' > outputs/copy.txt; echo to stdout; echo to stderr >&2`, {readable: [input]})).toEqual({kind: 'exit', exitCode: 0});
      expect(readFileSync(join(folder, 'job/outputs/copy.txt'), 'utf8')).toBe('seven\n');
      expect(log()).toBe('to stdout\nto stderr\n');
    });

    test('tells the exit code of the program, those that engines use for themselves too', async () => {
      for (const exitCode of [65, 125, 1, 255]) expect(await shell(`exit ${exitCode}`)).toEqual({kind: 'exit', exitCode});
    });

    test('tells the signal that killed the program', async () => {
      expect(await shell('kill -KILL $$')).toEqual({kind: 'signal', signal: 'SIGKILL'});
    });

    test('passes on only the environment it was given', async () => {
      await shell('env | cut -d= -f1 | sort');
      const names = log().split('\n');
      expect(names).toContain('TZ');
      expect(names).not.toContain('VITEST');
    });

    test('a timeout ends the program and its children', async () => {
      expect(await shell(`(sleep 5; touch '${join(folder, 'job/outlived')}') & wait`, {timeoutSeconds: 2})).toEqual({kind: 'timeout', timeoutSeconds: 2});
      await wait(4500);
      expect(existsSync(join(folder, 'job/outlived'))).toBe(false);
    });

    test('an interruption ends a program that ignores it, and its children', async () => {
      const controller = new AbortController();
      const ended = shell(`trap '' TERM; (trap '' TERM; sleep 5; touch '${join(folder, 'job/outlived')}') & touch started; wait; wait`, {signal: controller.signal});
      for (let tries = 0; tries < 100 && !existsSync(join(folder, 'job/started')); tries++) await wait(100);
      controller.abort();
      expect(await ended).toEqual({kind: 'interrupted'});
      await wait(5500);
      expect(existsSync(join(folder, 'job/outlived'))).toBe(false);
    });

    test('a program that is not there is told apart from one that fails', async () => {
      expect(await start(['no-such-program'])).toEqual({kind: 'not-started', command: 'no-such-program', code: 'ENOENT'});
    });

    describe.runIf(isContainer)('in a container', () => {
      test('only the job folder can be written, and nothing outside the mounts is seen', async () => {
        const secret = join(folder, 'secret.txt');
        const input = join(folder, 'input.txt');
        writeFileSync(secret, 'x');
        writeFileSync(input, 'x');
        await shell(`touch /usr/x 2>/dev/null && echo wrote root; cat '${secret}' 2>/dev/null && echo read secret; touch '${input}' 2>/dev/null; echo y > '${input}' 2>/dev/null && echo wrote input; touch /tmp/x && echo wrote tmp; exit 0`, {readable: [input]});
        const said = log().split('\n').filter((line) => line.startsWith('wrote') || line.startsWith('read'));
        expect(said).toEqual(lacks.readOnlyInputs === undefined ? ['wrote tmp'] : expect.arrayContaining(['wrote tmp']));
        expect(said).not.toContain('wrote root');
        expect(existsSync('/tmp/x')).toBe(false);
      });

      test('there is no network and no privilege', async () => {
        await shell('cat /proc/net/dev | tail -n +3 | cut -d: -f1; grep -E "CapEff|NoNewPrivs" /proc/self/status; id -u');
        const lines = log().split('\n').map((line) => line.trim());
        if (lacks.network === undefined) expect(lines[0]).toBe('lo');
        expect(lines.some((line) => /^NoNewPrivs:\s*1$/.test(line))).toBe(true);
        if (engine.user !== undefined) {
          expect(lines.some((line) => /^CapEff:\s*0+$/.test(line))).toBe(true);
          expect(lines).not.toContain('0');
        }
      });

      test.runIf(lacks.memory === undefined)('a program that outgrows its memory is said to have', async () => {
        // tail keeps the one endless line it reads in memory.
        const end = await shell('head -c 400m /dev/zero | tail', {memory_gb: 0.1, timeoutSeconds: 50});
        expect(end.kind === 'out-of-memory' || (end.kind === 'signal' && end.signal === 'SIGKILL')).toBe(true);
      });

      test('an image that is not there is the engine’s failure, in its words', async () => {
        const absent = image.startsWith('/') ? join(folder, 'no-such-image') : `sha256:${'0'.repeat(64)}`;
        const end = await start(['true'], {image: absent});
        expect(end).toMatchObject({kind: 'engine-failed', engine: engine.name});
      });

      test('what it wrote can be read and removed by the caller', async () => {
        await shell('mkdir outputs/folder; echo x > outputs/folder/file');
        expect(readFileSync(join(folder, 'job/outputs/folder/file'), 'utf8')).toBe('x\n');
        expect(statSync(join(folder, 'job/outputs/folder/file')).isFile()).toBe(true);
      });
    });
  });
}
