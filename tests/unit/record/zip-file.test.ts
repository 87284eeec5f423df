// The system's unzip is the other side: what we write it can read, and a zip of others (here: of Python) we can.
import {spawnSync} from 'node:child_process';
import {mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterEach, beforeEach, expect, test} from 'vitest';
import {unpackZip, writeZip} from '../../../pipeline/record/zip-file.ts';

let folder: string;
const at = (name: string): string => join(folder, name);

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lymphline-zip-'));
  mkdirSync(at('out'));
});
afterEach(() => rmSync(folder, {recursive: true}));

/** Entries by a few lines of Python, which writes what our library would refuse to. */
function pythonZip(name: string, lines: string): string {
  const made = spawnSync('python3', ['-c', `import zipfile\nwith zipfile.ZipFile(${JSON.stringify(at(name))}, 'w') as z:\n${lines}`], {encoding: 'utf8'});
  expect(made.stderr.replace(/^.*UserWarning.*\n.*\n/gm, '')).toBe('');
  return at(name);
}

test('equal content gives equal bytes, whatever the order, the age and the mode of the files', async () => {
  writeFileSync(at('a'), 'x'.repeat(100_000), {mode: 0o600});
  writeFileSync(at('b'), 'x'.repeat(100_000));
  await writeZip(at('1.zip'), [{name: 'f/a.tsv', from: {path: at('a')}}, {name: 'c.json', from: {content: '{}'}}]);
  await writeZip(at('2.zip'), [{name: 'c.json', from: {content: '{}'}}, {name: 'f/a.tsv', from: {path: at('b')}}]);
  expect(readFileSync(at('1.zip')).equals(readFileSync(at('2.zip')))).toBe(true);
  const listed = spawnSync('python3', ['-c', `import zipfile\nfor i in zipfile.ZipFile(${JSON.stringify(at('1.zip'))}).infolist(): print(i.filename, i.date_time[:3], oct(i.external_attr >> 16), i.file_size)`], {encoding: 'utf8'}).stdout;
  expect(listed).toBe('c.json (1980, 1, 1) 0o100644 2\nf/a.tsv (1980, 1, 1) 0o100644 100000\n');
});

test('a zip of another program is unpacked', async () => {
  expect(await unpackZip(pythonZip('p.zip', "  z.writestr('f/', '')\n  z.writestr('f/a.txt', 'ä')"), at('out'))).toEqual({ok: true, value: undefined});
  expect(readFileSync(at('out/f/a.txt'), 'utf8')).toBe('ä');
});

test.each([
  ['a name that leaves the folder', "  z.writestr('../a.txt', '1')", /invalid relative path/],
  ['an absolute name', "  z.writestr('/tmp/a.txt', '1')", /absolute path/],
  ['a file twice', "  z.writestr('a.txt', '1')\n  z.writestr('a.txt', '2')", /holds a\.txt twice/],
])('%s is refused', async (_, lines, message) => {
  const answer = await unpackZip(pythonZip('p.zip', lines), at('out'));
  expect(answer).toMatchObject({ok: false, error: expect.stringMatching(message) as string});
  expect(readdirSync(folder).sort()).toEqual(['out', 'p.zip']);
});

test('what is no zip, one cut short and one with a damaged file say so', async () => {
  writeFileSync(at('no.zip'), 'hello');
  expect(await unpackZip(at('no.zip'), at('out'))).toEqual({ok: false, error: 'it is no zip file'});
  await writeZip(at('z.zip'), [{name: 'a.txt', from: {content: 'abc '.repeat(5000)}}]);
  const bytes = readFileSync(at('z.zip'));
  writeFileSync(at('cut.zip'), bytes.subarray(0, bytes.length - 30));
  expect(await unpackZip(at('cut.zip'), at('out'))).toMatchObject({ok: false, error: expect.stringMatching(/^it cannot be unpacked whole \(End of central directory/) as string});
  bytes.fill(255, 40, 50);
  writeFileSync(at('bad.zip'), bytes);
  expect(await unpackZip(at('bad.zip'), at('out'))).toMatchObject({ok: false, error: expect.stringMatching(/^a\.txt cannot be unpacked whole/) as string});
});
