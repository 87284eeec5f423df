import {chmodSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterEach, beforeEach, expect, test} from 'vitest';
import {findClosed} from '../../../pipeline/schedule/find-closed.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lymphline-closed-'));
  mkdirSync(join(folder, 'matrix'), {mode: 0o755});
  writeFileSync(join(folder, 'matrix/barcodes.tsv'), 'x');
});
afterEach(() => rmSync(folder, {recursive: true, force: true}));

const inputs = (): Parameters<typeof findClosed>[0] => ({counts: [{unit: 'S1', path: join(folder, 'matrix')}]});
const stranger = {uid: 54321, gid: 54321};

test.each([
  [0o644, 'a stranger reads', undefined],
  [0o640, 'a stranger does not', '640'],
  [0o600, 'a stranger does not', '600'],
] as const)('a file of mode %o in a folder: %s', (mode, _claim, found) => {
  chmodSync(join(folder, 'matrix/barcodes.tsv'), mode);
  const {uid} = statSync(folder);
  expect(findClosed(inputs(), stranger)).toEqual(found === undefined ? undefined : {input: 'counts', path: join(folder, 'matrix/barcodes.tsv'), mode: found, owner: uid});
});

test('the owner reads by the first digit, a member of the group by the second, whatever the third says', () => {
  const file = join(folder, 'matrix/barcodes.tsv');
  const {uid, gid} = statSync(file);
  chmodSync(file, 0o404);
  expect(findClosed(inputs(), {uid, gid: 54321})).toBeUndefined();
  expect(findClosed(inputs(), {uid: 54321, gid})).toMatchObject({mode: '404'});
  chmodSync(file, 0o044);
  expect(findClosed(inputs(), {uid, gid})).toMatchObject({mode: '044'});
});

test('a folder that may be listed but not entered is closed', () => {
  chmodSync(join(folder, 'matrix'), 0o754);
  expect(findClosed(inputs(), stranger)).toMatchObject({path: join(folder, 'matrix'), mode: '754'});
});
