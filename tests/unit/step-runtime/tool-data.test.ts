import {mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterEach, beforeEach, expect, test, vi} from 'vitest';
import {findToolData} from '../../../pipeline/step-runtime/tool-data.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lymphline-tool-data-'));
  mkdirSync(join(folder, 'release/bin'), {recursive: true});
  mkdirSync(join(folder, 'links'));
  writeFileSync(join(folder, 'release/bin/aligner'), '');
  symlinkSync(join(folder, 'release/bin/aligner'), join(folder, 'links/aligner'));
  vi.stubEnv('PATH', join(folder, 'links'));
  vi.stubEnv('ALIGNERDATA', '');
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, {recursive: true});
});

const find = (): string => findToolData({program: 'aligner', variable: 'ALIGNERDATA', beside: ['..', '../share'], elsewhere: [join(folder, 'packaged')], holds: 'internal'});

test('data are found beside the program that a link on PATH leads to, else where packages put them', () => {
  mkdirSync(join(folder, 'packaged/internal'), {recursive: true});
  expect(find()).toBe(join(folder, 'packaged'));
  mkdirSync(join(folder, 'release/internal'));
  expect(find()).toBe(join(folder, 'release'));
});

test('what the variable names is taken, and nothing else', () => {
  mkdirSync(join(folder, 'release/internal'));
  vi.stubEnv('ALIGNERDATA', join(folder, 'mine'));
  expect(find).toThrow(`aligner needs its data: no internal in ${join(folder, 'mine')}. Set ALIGNERDATA to the folder that holds it.`);
  mkdirSync(join(folder, 'mine/internal'), {recursive: true});
  expect(find()).toBe(join(folder, 'mine'));
});
