import {appendFileSync, mkdtempSync, rmSync, truncateSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterEach, beforeEach, expect, test} from 'vitest';
import {lastLines, readEnd} from '../../../pipeline/base/file-end.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lymphline-end-'));
});
afterEach(() => rmSync(folder, {recursive: true}));

test('the end of a log of 3 GB is read without the rest, which would not fit into a string', () => {
  const log = join(folder, 'log.txt');
  writeFileSync(log, '');
  truncateSync(log, 3 * 2 ** 30);
  appendFileSync(log, '\none\ntwo\nthree\n');
  expect(lastLines(log, 2)).toEqual(['two', 'three']);
  expect(readEnd(log, 6)).toBe('three\n');
});

test('a short file is read whole, an empty one is empty', () => {
  const log = join(folder, 'log.txt');
  writeFileSync(log, 'é\nlast');
  expect(readEnd(log, 4000)).toBe('é\nlast');
  expect(lastLines(log, 10)).toEqual(['é', 'last']);
  writeFileSync(log, '');
  expect(lastLines(log, 10)).toEqual(['']);
});
