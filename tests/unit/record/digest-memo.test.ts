// What belongs to a folder: for whoever reads it, also what links lead to; for whoever clears it, only what lies in it.
import {mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterEach, beforeEach, expect, test} from 'vitest';
import {filesIn, filesSeenIn, ignoredByBoth, openDigestMemo} from '../../../pipeline/record/digest-memo.ts';

let root: string;
const at = (name: string): string => join(root, name);

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'lymphline-memo-'));
  mkdirSync(at('store/sub'), {recursive: true});
  writeFileSync(at('store/m.mtx'), 'one');
  writeFileSync(at('store/sub/x.tsv'), 'x');
  mkdirSync(at('linked'));
  writeFileSync(at('linked/own.tsv'), 'own');
  symlinkSync('../store/m.mtx', at('linked/matrix.mtx'));
  symlinkSync('../store/sub', at('linked/sub'));
  symlinkSync('nowhere', at('linked/broken'));
  symlinkSync('..', at('linked/up'));
});
afterEach(() => rmSync(root, {recursive: true}));

test('a reader sees through links, once and not in circles; the owner sees only what lies there', () => {
  expect(filesIn(at('linked'))).toEqual(['own.tsv']);
  // `up` leads to the folder above, where `linked` is a folder that is being walked already.
  expect(filesSeenIn(at('linked'))).toEqual(['matrix.mtx', 'own.tsv', 'sub/x.tsv', 'up/store/m.mtx', 'up/store/sub/x.tsv']);
});

test('a folder of links has the digest of a folder of files, and another one where what they lead to changes', async () => {
  rmSync(at('linked/up'));
  mkdirSync(at('copied/sub'), {recursive: true});
  for (const [name, content] of [['own.tsv', 'own'], ['matrix.mtx', 'one'], ['sub/x.tsv', 'x']]) writeFileSync(at(`copied/${name}`), content);
  const {digest} = openDigestMemo(at('memo'));
  const linked = await digest(at('linked'));
  expect(linked).toEqual(await digest(at('copied')));
  expect(linked.bytes).toBe(7);
  writeFileSync(at('store/m.mtx'), 'two');
  expect((await digest(at('linked'))).digest).not.toBe(linked.digest);
});

test('what two readers both ignore is named by the longer of two ends', () => {
  const both = ignoredByBoth(['.bam', 'molecule_info.h5', '.html'], ['.bam', '.h5', '.mtx']);
  expect(both).toEqual(['.bam', 'molecule_info.h5']);
  expect(ignoredByBoth(['.bam'], [])).toEqual([]);
});
