// What every launcher x engine promises. An implementation registers itself with `describeExecutor`.
import {spawnSync} from 'node:child_process';
import {existsSync, lstatSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, statSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {setTimeout as wait} from 'node:timers/promises';
import {afterAll, afterEach, beforeEach, describe, expect, test} from 'vitest';
import type {ContainerEngine} from '../../pipeline/executors/engine.ts';
import type {Launcher} from '../../pipeline/executors/launcher.ts';
import {askProcess, type Command, type ProcessEnd} from '../../pipeline/executors/process.ts';
import {runContained} from '../../pipeline/executors/run-contained.ts';
import type {Scratch} from '../../pipeline/executors/scratch.ts';
import {startWatchdog} from '../../pipeline/executors/watchdog.ts';
import {attemptFolder} from '../../pipeline/record/run-directory.ts';
import {until} from '../rig/until.ts';

export interface ContractSubject {
  readonly launcher: Launcher;
  readonly engine: ContainerEngine;
  /** An image with a POSIX shell; '' where none is needed. */
  readonly image: string;
  /** Of the engine's client; default: this process's. */
  readonly environment?: NodeJS.ProcessEnv;
}

/** A loop that ignores the polite signal and writes until it is killed, as a child of a program that does so too. */
const stubborn = "trap '' TERM; (while :; do echo x >> outputs/beat; sleep 0.1; done) & wait; wait";

export function describeExecutor({launcher, engine, image, environment: client = process.env}: ContractSubject): void {
  const isContainer = engine.program !== undefined;
  const {lacks = {}} = engine;
  const run = `contract-${process.pid}-${engine.name}`;
  describe(`${launcher.name} x ${engine.name}`, () => {
    const watchdog = startWatchdog(client);
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
      if (engine.daemon !== undefined) expect((await askProcess(engine.daemon.list(run), {environment: client})).stdout).toBe('');
      watchdog.end();
    });

    interface More extends Partial<Command> {
      readonly readable?: readonly string[];
      readonly memory_gb?: number;
      readonly image?: string;
      readonly scratch?: Scratch;
      readonly onEnd?: (end: ProcessEnd) => void;
    }
    const start = async (argv: readonly string[], {readable = [], memory_gb = 1, image: other, scratch, onStart, ...more}: More = {}): Promise<ProcessEnd> => {
      const seen: Launcher = {...launcher, launch: (command) => launcher.launch({...command, onStart: (pid) => (command.onStart?.(pid), onStart?.(pid))})};
      const request = {
        argv, image: other ?? image, folder: join(folder, 'job'), readable, writable: [join(folder, 'job')], ...(scratch === undefined ? {} : {scratch}), environment: {PATH: process.env['PATH'], TZ: 'UTC', ODD: 'a "b" $c'},
        limits: {cpus: 1, memory_gb}, name: `lymphline-${run}-${nStarted++}`, run,
      };
      return runContained({launcher: seen, engine, clientEnvironment: client, watchdog}, request, {argv: engine.wrap(request), files: attemptFolder(folder, 1), logPath: join(folder, 'log.txt'), timeoutSeconds: 110, graceSeconds: 1, ...more});
    };
    const shell = (script: string, more?: More): Promise<ProcessEnd> => start(['sh', '-c', script], more);
    const log = (): string => readFileSync(join(folder, 'log.txt'), 'utf8');
    const hasBeaten = (): Promise<unknown> => until('the first beat', () => existsSync(join(folder, 'job/outputs/beat')));
    const expectSilence = async (): Promise<void> => {
      // On a slow machine a container may not even have started.
      const size = (): number => statSync(join(folder, 'job/outputs/beat'), {throwIfNoEntry: false})?.size ?? 0;
      const before = size();
      await wait(400);
      expect(size()).toBe(before);
    };

    test('reads an input, writes an output, keeps stdout and stderr in the log', async () => {
      const input = join(folder, 'in, "put".txt');
      writeFileSync(input, 'seven\n');
      expect(await shell(`cat '${input}' > outputs/copy.txt; echo to stdout; echo to stderr >&2`, {readable: [input]})).toEqual({kind: 'exit', exitCode: 0});
      expect(readFileSync(join(folder, 'job/outputs/copy.txt'), 'utf8')).toBe('seven\n');
      expect(log()).toBe('to stdout\nto stderr\n');
    });

    test('puts temporary files where it was told to, in a folder that is gone afterwards', async () => {
      const root = join(folder, 'local disk');
      const scratch = {root, folder: join(root, 'one')};
      let seen = '';
      const onEnd = (): void => {
        seen = readFileSync(join(scratch.folder, 'tmp/sorted'), 'utf8');
      };
      expect(await shell('echo large > "$TMPDIR/sorted"; mkdir "$TMPDIR/closed"; : > "$TMPDIR/closed/x"; chmod 500 "$TMPDIR/closed"; exit 3', {scratch, onEnd})).toEqual({kind: 'exit', exitCode: 3});
      expect(seen).toBe('large\n');
      expect(readdirSync(root)).toEqual([]);
    });

    test('outputs in scratch come to the job folder as a whole once the program has ended well, and not before', async () => {
      const root = join(folder, 'local disk');
      const scratch = {root, folder: join(root, 'one'), outputs: join(folder, 'job/outputs')};
      const write = 'mkdir outputs/index && echo seven > outputs/index/a && echo eight > outputs/b';
      let before: string[] = [];
      let there: string[] = [];
      const onEnd = (): void => {
        there = readdirSync(join(scratch.folder, 'outputs')).sort();
        before = lstatSync(scratch.outputs).isSymbolicLink() ? [] : readdirSync(scratch.outputs);
      };
      expect(await shell(`${write}; exit 1`, {scratch, onEnd})).toEqual({kind: 'exit', exitCode: 1});
      expect(lstatSync(scratch.outputs).isDirectory() && readdirSync(scratch.outputs)).toEqual([]);
      expect(await shell(write, {scratch, onEnd})).toEqual({kind: 'exit', exitCode: 0});
      expect([before, there]).toEqual([[], ['b', 'index']]);
      expect(readdirSync(join(folder, 'job'))).toEqual(['outputs']);
      expect(readFileSync(join(scratch.outputs, 'index/a'), 'utf8') + readFileSync(join(scratch.outputs, 'b'), 'utf8')).toBe('seven\neight\n');
      expect(readdirSync(root)).toEqual([]);
    });

    test('tells the exit code of the program, those that engines use for themselves too', async () => {
      for (const exitCode of [65, 125, 126, 127, 1, 255]) expect(await shell(`exit ${exitCode}`)).toEqual({kind: 'exit', exitCode});
    });

    test('tells the signal that killed the program', async () => {
      expect(await shell('kill -KILL $$')).toEqual({kind: 'signal', signal: 'SIGKILL'});
    });

    test('passes on only the environment it was given, as it was given', async () => {
      await shell('echo "$ODD"; env | cut -d= -f1 | sort');
      const [odd, ...names] = log().split('\n');
      expect(odd).toBe('a "b" $c');
      expect(names).toContain('TZ');
      expect(names).not.toContain('VITEST');
    });

    test('threads are as many as cpus', async () => {
      await shell('echo "$OMP_NUM_THREADS" "$OPENBLAS_NUM_THREADS" "$MKL_NUM_THREADS" "$NUMBA_NUM_THREADS"');
      expect(log()).toBe('1 1 1 1\n');
    });

    test('a timeout ends the program and its children', async () => {
      expect(await shell('(while :; do echo x >> outputs/beat; sleep 0.1; done) & wait', {timeoutSeconds: 2})).toEqual({kind: 'timeout', timeoutSeconds: 2});
      await expectSilence();
    });

    test('an interruption ends a program that ignores it, and its children', async () => {
      const controller = new AbortController();
      const ended = shell(stubborn, {signal: controller.signal});
      await hasBeaten();
      controller.abort();
      expect(await ended).toEqual({kind: 'interrupted'});
      await expectSilence();
    });

    test('a program that is interrupted may tidy up', async () => {
      const controller = new AbortController();
      const ended = shell("trap 'touch outputs/tidied; exit 1' TERM; touch outputs/beat; while :; do sleep 0.1; done", {signal: controller.signal, graceSeconds: 60});
      await hasBeaten();
      controller.abort();
      expect(await ended).toEqual({kind: 'interrupted'});
      expect(existsSync(join(folder, 'job/outputs/tidied'))).toBe(true);
    });

    test('a client that is killed outright leaves nothing running', async () => {
      let client = 0;
      const ended = shell(stubborn, {onStart: (pid) => (client = pid)});
      await hasBeaten();
      process.kill(client, 'SIGKILL');
      // The program itself, or a client of something else.
      expect(await ended).toEqual(
        engine.daemon === undefined ? {kind: 'signal', signal: 'SIGKILL'} : {kind: 'engine-failed', engine: engine.name, message: 'its client was killed by SIGKILL; the container was removed.'},
      );
      await expectSilence();
    });

    test('a program that is not there is told apart from one that fails', async () => {
      expect(await start(['no-such-program'])).toEqual({kind: 'not-started', command: 'no-such-program', code: 'ENOENT'});
    });

    if (isContainer) describe('in a container', () => {
      test('only the job folder can be written, and nothing outside the mounts is seen', async () => {
        const secret = join(folder, 'secret.txt');
        const input = join(folder, 'input.txt');
        writeFileSync(secret, 'x');
        writeFileSync(input, 'x');
        const tries = `for path in / /usr /etc /var/lib /root; do (touch "$path/x") 2>/dev/null && echo "wrote $path"; done
          cat '${secret}' 2>/dev/null && echo read secret; (echo y > '${input}') 2>/dev/null && echo wrote input; touch '${folder}/x' 2>/dev/null; touch /tmp/lymphline-x && echo wrote tmp; exit 0`;
        await shell(tries, {readable: [input]});
        expect(log()).toBe('wrote tmp\n');
        expect(readFileSync(input, 'utf8')).toBe('x');
        expect(existsSync('/tmp/lymphline-x') || existsSync(join(folder, 'x'))).toBe(false);
      });

      test('there is no network, no privilege and no view of other processes', async () => {
        await shell('tail -n +3 /proc/net/dev | cut -d: -f1 | tr -d " "; grep -E "^(CapEff|NoNewPrivs)" /proc/self/status; [ ! -e /proc/' + String(process.pid) + ' ] || echo sees us; id -u');
        const [network, ...rest] = log().trim().split('\n');
        const user = rest.pop();
        expect(network).toBe('lo');
        expect(rest).toEqual([expect.stringMatching(/^CapEff:\s*0+$/), expect.stringMatching(/^NoNewPrivs:\s*1$/)]);
        if (lacks.plainUser === undefined) expect(user).not.toBe('0');
        else expect(user).toBe(String(process.getuid?.()));
      });

      if (process.getuid?.() === 0) test('an input on a disk that is mounted noexec is read, and stays closed to writing', async () => {
        const disk = join(folder, 'a disk');
        mkdirSync(disk);
        expect(spawnSync('mount', ['-t', 'tmpfs', '-o', 'nosuid,nodev,noexec', 'tmpfs', disk]).status).toBe(0);
        try {
          writeFileSync(join(disk, 'input.txt'), 'seven\n', {mode: 0o666});
          await shell(`cat '${disk}/input.txt'; (echo x > '${disk}/input.txt') 2>/dev/null && echo wrote input; exit 0`, {readable: [disk]});
          expect(log()).toBe('seven\n');
        } finally {
          spawnSync('umount', [disk]);
        }
      });

      test('home is the private /tmp', async () => {
        await shell('echo "$HOME"');
        expect(log()).toBe('/tmp\n');
      });

      test(`a program that outgrows its memory ${lacks.memory === undefined ? 'is said to have' : `is not stopped: ${lacks.memory}`}`, async () => {
        // tail keeps the one endless line that it reads in memory.
        const end = await shell('head -c 400m /dev/zero | tail -n 1 | wc -c', {memory_gb: 0.1});
        if (lacks.memory !== undefined) expect(end).toEqual({kind: 'exit', exitCode: 0});
        // Here the pipe ends well with half of the data: the exit code alone would be 0.
        else if (engine.daemon !== undefined) expect(end).toEqual({kind: 'out-of-memory'});
        else expect(log()).toContain('Killed');
      });

      if (lacks.memory === undefined) test('a program killed for its memory is not taken for one that failed', async () => {
        const end = await shell('exec tail -n 1 /dev/zero', {memory_gb: 0.1});
        expect(end).toEqual(engine.daemon !== undefined ? {kind: 'out-of-memory'} : {kind: 'signal', signal: 'SIGKILL'});
      });

      test('an image that is not there is the engine’s failure, in its words', async () => {
        const absent = image.startsWith('/') ? join(folder, 'no-such-image') : `sha256:${'0'.repeat(64)}`;
        const end = await start(['true'], {image: absent});
        expect(end).toMatchObject({kind: 'engine-failed', engine: engine.name, message: expect.stringMatching(/no such|not found|not known|can't stat|could not open/i) as string});
      });

      test('what it wrote can be read and removed by the caller', async () => {
        await shell('umask 077; mkdir outputs/folder; echo x > outputs/folder/file');
        expect(readFileSync(join(folder, 'job/outputs/folder/file'), 'utf8')).toBe('x\n');
      });
    });
  });
}
