// The guard as a real shell runs it; in containers see tests/contracts.
import {spawn} from 'node:child_process';
import {existsSync, mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterAll, expect, test} from 'vitest';
import {guarded} from '../../../pipeline/executors/guard.ts';

const root = mkdtempSync(join(tmpdir(), 'lymphline-guard-'));
afterAll(() => rmSync(root, {recursive: true, force: true}));

function run(script: string): Promise<{folder: string; code: number | null; signal: string | null}> {
  const folder = mkdtempSync(join(root, 'job-'));
  const [program, ...argv] = guarded(['sh', '-c', script]);
  return new Promise((ended) => spawn(program, argv, {cwd: folder, stdio: 'ignore'}).on('close', (code, signal) => ended({folder, code, signal})));
}

test('a signal that comes as soon as the program runs is passed on, and waits for it to tidy up', async () => {
  for (let i = 0; i < 10; i++) {
    const {folder, code, signal} = await run("trap 'touch tidied; exit 3' TERM; kill -s TERM $PPID; while :; do sleep 0.02; done");
    expect({code, signal, isTidy: existsSync(join(folder, 'tidied'))}).toEqual({code: 3, signal: null, isTidy: true});
  }
});
