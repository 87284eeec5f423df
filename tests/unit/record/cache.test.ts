import {chmodSync, lstatSync, mkdirSync, mkdtempSync, readFileSync, statSync, symlinkSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {expect, test} from 'vitest';
import {copyTree, dropFromCache, lookUpCache, offerToCache} from '../../../pipeline/record/cache.ts';
import {openDigestMemo} from '../../../pipeline/record/digest-memo.ts';

const hash = 'ab12';

test('two offers at once leave one read-only entry; once corrupted it is named and not served', async () => {
  const root = mkdtempSync(join(tmpdir(), 'cache-'));
  const memo = openDigestMemo(join(root, 'memo'));
  const path = join(root, 'a.txt');
  writeFileSync(path, 'right');
  await Promise.all([offerToCache(root, hash, {a: path}, memo), offerToCache(root, hash, {a: path}, memo)]);
  const hit = await lookUpCache(root, hash, memo);
  if (hit.kind !== 'hit') throw new Error(hit.kind);
  const kept = join(hit.folder, hit.outputs['a'].file);
  expect(statSync(kept).mode & 0o222).toBe(0);
  chmodSync(kept, 0o644);
  writeFileSync(kept, 'wrong');
  expect(await lookUpCache(root, hash, memo)).toEqual({kind: 'corrupt', file: 'outputs/a.txt'});
  dropFromCache(root, hash);
  dropFromCache(root, hash);
  expect(await lookUpCache(root, hash, memo)).toEqual({kind: 'miss'});
});

test('a folder is kept with all its files, and a copy of it may be written', async () => {
  const root = mkdtempSync(join(tmpdir(), 'cache-'));
  const memo = openDigestMemo(join(root, 'memo'));
  const folder = join(root, 'figures');
  mkdirSync(join(folder, 'sub'), {recursive: true});
  writeFileSync(join(folder, 'a.svg'), 'a');
  writeFileSync(join(folder, 'sub', 'b.svg'), 'b');
  await offerToCache(root, hash, {figures: folder}, memo);
  const hit = await lookUpCache(root, hash, memo);
  if (hit.kind !== 'hit') throw new Error(hit.kind);
  copyTree(join(hit.folder, 'outputs', 'figures'), join(root, 'copy'));
  writeFileSync(join(root, 'copy', 'sub', 'b.svg'), 'changed');
  expect(readFileSync(join(hit.folder, 'outputs', 'figures', 'sub', 'b.svg'), 'utf8')).toBe('b');
  expect((await lookUpCache(root, hash, memo)).kind).toBe('hit');
});

test('of a folder what a step never reads is not digested: it may change, come and go', async () => {
  const root = mkdtempSync(join(tmpdir(), 'digest-'));
  const outs = join(root, 'outs');
  mkdirSync(join(outs, 'sub'), {recursive: true});
  writeFileSync(join(outs, 'matrix.h5'), 'counts');
  const memo = openDigestMemo(join(root, 'memo'));
  const digest = async (ignores?: readonly string[]): Promise<string> => (await memo.digest(outs, ignores)).digest;
  const [before, whole] = [await digest(['.bam']), await digest()];
  writeFileSync(join(outs, 'sub', 'reads.bam'), 'reads');
  expect([await digest(['.bam']) === before, await digest() === whole]).toEqual([true, false]);
  expect((await memo.digest(outs, ['.bam'])).bytes).toBe(6);
  writeFileSync(join(outs, 'matrix.h5'), 'others');
  expect(await digest(['.bam'])).not.toBe(before);
});

test('what a step left as a link is kept as the file it leads to, which stays writable for its owner', async () => {
  const root = mkdtempSync(join(tmpdir(), 'cache-'));
  const memo = openDigestMemo(join(root, 'memo'));
  writeFileSync(join(root, 'theirs.tsv'), 'x');
  mkdirSync(join(root, 'made'));
  symlinkSync('../theirs.tsv', join(root, 'made', 'a.tsv'));
  await offerToCache(root, hash, {made: join(root, 'made')}, memo);
  const hit = await lookUpCache(root, hash, memo);
  if (hit.kind !== 'hit') throw new Error(hit.kind);
  const kept = join(hit.folder, 'outputs', 'made', 'a.tsv');
  expect([lstatSync(kept).isFile(), readFileSync(kept, 'utf8')]).toEqual([true, 'x']);
  expect(statSync(join(root, 'theirs.tsv')).mode & 0o200).toBe(0o200);
});
