import {mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {expect, test} from 'vitest';
import {writeFileAtomic, writeFileAtomicAsync} from '../../../pipeline/base/atomic-file.ts';
import {closestName} from '../../../pipeline/base/closest-name.ts';
import {canonicalJson, digestFile, digestText} from '../../../pipeline/base/digest.ts';
import {locate, underline} from '../../../pipeline/base/located-text.ts';
import {randomStream} from '../../../pipeline/base/random.ts';

test('the tests run on the pinned Node 24', () => {
  expect(Number(process.versions.node.split('.')[0])).toBeGreaterThanOrEqual(24);
});

test('sha256 equals the published vector of FIPS 180-2 for "abc"', () => {
  expect(digestText('abc')).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
});

test('canonical JSON does not depend on the order of keys', () => {
  expect(canonicalJson({b: [1, {d: 2, c: 3}], a: null})).toBe('{"a":null,"b":[1,{"c":3,"d":2}]}');
});

test('an atomic write leaves one whole file and no partial one', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'lymphline-atomic-'));
  writeFileAtomic(join(folder, 'x'), 'abc');
  expect(readFileSync(join(folder, 'x'), 'utf8')).toBe('abc');
  expect(await digestFile(join(folder, 'x'))).toBe(digestText('abc'));
  expect(readdirSync(folder)).toEqual(['x']);
  const whole = writeFileAtomicAsync(join(folder, 'y'), 'def');
  expect(readdirSync(folder)).not.toContain('y');
  await whole;
  expect(readFileSync(join(folder, 'y'), 'utf8')).toBe('def');
  mkdirSync(join(folder, 'taken', 'inside'), {recursive: true});
  await expect(writeFileAtomicAsync(join(folder, 'taken'), 'ghi')).rejects.toMatchObject({path: join(folder, 'taken'), syscall: 'rename'});
  expect(readdirSync(folder).sort()).toEqual(['taken', 'x', 'y']);
  rmSync(folder, {recursive: true});
});

test('a file has the same digest whether it is read at once or as a stream', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'lymphline-digest-'));
  for (const bytes of [0, 1, 256 * 1024, 256 * 1024 + 1, 3_000_000]) {
    const content = Buffer.alloc(bytes, 'lymphline ');
    writeFileSync(join(folder, 'x'), content);
    expect(await digestFile(join(folder, 'x'))).toBe(digestText(content));
  }
  rmSync(folder, {recursive: true});
});

test('a misspelt name finds its neighbour, a foreign one finds none', () => {
  expect(closestName('max_ranks', ['max_rank', 'missing_genes'])).toBe('max_rank');
  expect(closestName('zebra', ['max_rank', 'missing_genes'])).toBeUndefined();
});

test('an offset becomes line, column and an underlined source line', () => {
  const place = locate('run.yaml', 'a: 1\n  bcd: 2\n', 7, 3);
  expect([place.line, place.column]).toEqual([2, 3]);
  expect(underline(place)).toBe('     2 |   bcd: 2\n           ~~~');
});

test('streams of one seed differ by name and repeat by name', () => {
  const draw = (name: string): number[] => {
    const random = randomStream(1, name);
    return Array.from({length: 5}, () => random.uniform());
  };
  expect(draw('a')).toEqual(draw('a'));
  expect(draw('a')).not.toEqual(draw('b'));
});

test('100,000 uniform and normal draws have the moments of their distributions', () => {
  const random = randomStream(7, 'moments');
  let sum = 0;
  let normal = 0;
  let square = 0;
  const n = 100_000;
  for (let i = 0; i < n; i++) {
    sum += random.uniform();
    const z = random.normal();
    normal += z;
    square += z * z;
  }
  // Five standard errors: sqrt(1/12/n), 1/sqrt(n), sqrt(2/n).
  expect(Math.abs(sum / n - 0.5)).toBeLessThan(5 * Math.sqrt(1 / 12 / n));
  expect(Math.abs(normal / n)).toBeLessThan(5 / Math.sqrt(n));
  expect(Math.abs(square / n - 1)).toBeLessThan(5 * Math.sqrt(2 / n));
});
