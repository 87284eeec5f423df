// What every launcher x engine promises. An implementation registers itself with `describeExecutor`.
import {existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {setTimeout as wait} from 'node:timers/promises';
import {afterEach, beforeEach, describe, expect, test} from 'vitest';
import type {ContainerEngine} from '../../pipeline/executors/engine.ts';
import type {Launcher} from '../../pipeline/executors/launcher.ts';
import type {ProcessEnd} from '../../pipeline/executors/process.ts';

export interface Executor {
  readonly launcher: Launcher;
  readonly engine: ContainerEngine;
  /** An image with a POSIX shell; '' where none is needed. */
  readonly image: string;
}

export function describeExecutor({launcher, engine, image}: Executor): void {
  describe(`${launcher.name} x ${engine.name}`, () => {
    let folder: string;
    beforeEach(() => {
      folder = mkdtempSync(join(tmpdir(), 'lymphline-executor-'));
      mkdirSync(join(folder, 'outputs'));
    });
    afterEach(() => {
      rmSync(folder, {recursive: true, force: true});
    });

    const run = (script: string, more: {timeoutSeconds?: number; signal?: AbortSignal} = {}): Promise<ProcessEnd> =>
      launcher.launch({
        argv: engine.wrap({argv: ['sh', '-c', script], image, folder, readable: [join(folder, 'input.txt')], writable: [folder]}),
        folder, environment: {PATH: process.env['PATH'], TZ: 'UTC'}, logPath: join(folder, 'log.txt'), timeoutSeconds: 60, graceSeconds: 1, ...more,
      });

    test('reads an input, writes an output, keeps stdout and stderr in the log', async () => {
      writeFileSync(join(folder, 'input.txt'), 'seven\n');
      expect(await run(`cat '${join(folder, 'input.txt')}' > outputs/copy.txt; echo to stdout; echo to stderr >&2`)).toEqual({kind: 'exit', exitCode: 0});
      expect(readFileSync(join(folder, 'outputs/copy.txt'), 'utf8')).toBe('seven\n');
      expect(readFileSync(join(folder, 'log.txt'), 'utf8')).toBe('to stdout\nto stderr\n');
    });

    test('tells the exit code of the program', async () => {
      expect(await run('exit 65')).toEqual({kind: 'exit', exitCode: 65});
    });

    test('tells the signal that killed the program', async () => {
      expect(await run('kill -KILL $$')).toEqual({kind: 'signal', signal: 'SIGKILL'});
    });

    test('passes on only the environment it was given', async () => {
      await run('env | cut -d= -f1 | sort');
      const names = readFileSync(join(folder, 'log.txt'), 'utf8').split('\n');
      expect(names).toContain('TZ');
      expect(names).not.toContain('VITEST');
    });

    test('a timeout ends the program and its children', async () => {
      expect(await run(`(sleep 3; touch '${join(folder, 'outlived')}') & wait`, {timeoutSeconds: 0.5})).toEqual({kind: 'timeout', timeoutSeconds: 0.5});
      await wait(3500);
      expect(existsSync(join(folder, 'outlived'))).toBe(false);
    });

    test('an interruption ends the program and its children', async () => {
      const controller = new AbortController();
      const ended = run(`(sleep 3; touch '${join(folder, 'outlived')}') & wait`, {signal: controller.signal});
      await wait(300);
      controller.abort();
      expect(await ended).toEqual({kind: 'interrupted'});
      await wait(3500);
      expect(existsSync(join(folder, 'outlived'))).toBe(false);
    });

    test('a program that is not there is told apart from one that fails', async () => {
      const argv = engine.wrap({argv: ['no-such-program'], image, folder, readable: [], writable: [folder]});
      const end = await launcher.launch({argv, folder, environment: {PATH: process.env['PATH']}, logPath: join(folder, 'log.txt'), timeoutSeconds: 10, graceSeconds: 1});
      expect(end).toEqual({kind: 'not-started', command: 'no-such-program', code: 'ENOENT'});
    });
  });
}
