import {chmodSync, mkdtempSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {expect, test} from 'vitest';
import {fetchFromCache, offerToCache} from '../../../pipeline/record/cache.ts';

test('two offers at once leave one entry; once corrupted it is never served', async () => {
  const root = mkdtempSync(join(tmpdir(), 'cache-'));
  const path = join(root, 'a.txt');
  writeFileSync(path, 'right');
  await Promise.all([offerToCache(root, 'h', {a: path}), offerToCache(root, 'h', {a: path})]);
  expect((await fetchFromCache(root, 'h')).kind).toBe('hit');
  chmodSync(join(root, 'h', 'a'), 0o644);
  writeFileSync(join(root, 'h', 'a'), 'wrong');
  expect(await fetchFromCache(root, 'h')).toEqual({kind: 'corrupt', file: 'a'});
  expect(await fetchFromCache(root, 'h')).toEqual({kind: 'miss'});
});
