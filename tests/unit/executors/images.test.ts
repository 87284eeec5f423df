// References of images, and a docker-archive taken apart by tar alone.
import {execFileSync} from 'node:child_process';
import {existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {dirname, join} from 'node:path';
import {afterEach, beforeEach, expect, test} from 'vitest';
import {parseReference, registryUrl} from '../../../pipeline/executors/images/registry-reference.ts';
import {unpackImage} from '../../../pipeline/executors/images/unpack-image.ts';

const digest = `sha256:${'a1'.repeat(32)}`;

// How Docker normalises names: distribution/reference, "familiar" names.
test.each([
  ['debian', {registry: 'registry-1.docker.io', repository: 'library/debian'}],
  ['docker.io/library/debian:trixie-slim', {registry: 'registry-1.docker.io', repository: 'library/debian', tag: 'trixie-slim'}],
  ['lab/tool:1', {registry: 'registry-1.docker.io', repository: 'lab/tool', tag: '1'}],
  ['quay.io/biocontainers/trust4:1.1.8--h5ca1c30_0', {registry: 'quay.io', repository: 'biocontainers/trust4', tag: '1.1.8--h5ca1c30_0'}],
  [`localhost:5000/a/b/c@${digest}`, {registry: 'localhost:5000', repository: 'a/b/c', digest}],
  [`127.0.0.1:5000/a:x@${digest}`, {registry: '127.0.0.1:5000', repository: 'a', tag: 'x', digest}],
])('%s', (text, expected) => {
  expect(parseReference(text)).toEqual(expected);
});

test.each(['', 'Debian', 'a b', 'quay.io/', 'debian@sha256:12', 'quay.io/x:y:z'])('%j names no image', (text) => {
  expect(parseReference(text)).toBeUndefined();
});

test('a registry on this machine is asked in plain HTTP, every other one in HTTPS', () => {
  const url = (registry: string): string => registryUrl({registry, repository: 'x'});
  expect(['localhost:5000', '127.0.0.1:5000', '[::1]:5000'].map(url)).toEqual(['http://localhost:5000', 'http://127.0.0.1:5000', 'http://[::1]:5000']);
  expect(['quay.io', 'localhost.example.org', '127.0.0.1.example.org'].map(url)).toEqual(['https://quay.io', 'https://localhost.example.org', 'https://127.0.0.1.example.org']);
});

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lymphline-unpack-'));
});
afterEach(() => rmSync(folder, {recursive: true, force: true}));

/** A layer of the given files; `''` makes a folder, `-> x` a link. */
function layer(name: string, files: Readonly<Record<string, string>>): void {
  const from = join(folder, `${name}.files`);
  mkdirSync(from);
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(from, path)), {recursive: true});
    if (content === '') mkdirSync(join(from, path), {recursive: true});
    else if (content.startsWith('-> ')) symlinkSync(content.slice(3), join(from, path));
    else writeFileSync(join(from, path), content);
  }
  mkdirSync(join(folder, 'archive'), {recursive: true});
  execFileSync('tar', ['-cf', join(folder, 'archive', `${name}.tar`), '-C', from, '.']);
}

async function unpack(...layers: string[]): Promise<string> {
  writeFileSync(join(folder, 'archive/config.json'), JSON.stringify({config: {Env: ['PATH=/bin', 'A=b c']}}));
  writeFileSync(join(folder, 'archive/manifest.json'), JSON.stringify([{Config: 'config.json', Layers: layers.map((name) => `${name}.tar`)}]));
  execFileSync('tar', ['-cf', join(folder, 'image.tar'), '-C', join(folder, 'archive'), '.']);
  mkdirSync(join(folder, 'work'));
  const made = await unpackImage({archive: join(folder, 'image.tar'), work: join(folder, 'work'), environment: process.env, signal: new AbortController().signal});
  if (!made.ok) throw new Error(made.error);
  return made.value;
}

test('a later layer replaces, adds and deletes', async () => {
  layer('one', {'bin/tool': 'old', 'etc/gone': 'x', 'var/cache/a': 'x', 'var/cache/b/c': 'x', 'opt/keep': 'kept', lib: '-> usr/lib'});
  layer('two', {'bin/tool': 'new', 'etc/.wh.gone': 'x', 'var/cache/.wh..wh..opq': 'x', 'var/cache/d': 'y'});
  const root = await unpack('one', 'two');
  expect(readFileSync(join(root, 'bin/tool'), 'utf8')).toBe('new');
  expect(readFileSync(join(root, 'opt/keep'), 'utf8')).toBe('kept');
  expect(existsSync(join(root, 'etc/gone'))).toBe(false);
  expect(readdirSync(join(root, 'var/cache'))).toEqual(['d']);
  expect(readdirSync(join(root, 'etc'))).not.toContain('.wh.gone');
  expect(readFileSync(join(root, 'ch/environment'), 'utf8')).toBe('PATH=/bin\nA=b c\n');
});

test('what a layer deletes never lies outside of the image', async () => {
  const outside = join(folder, 'outside');
  writeFileSync(outside, 'mine');
  layer('one', {link: `-> ${folder}`});
  layer('two', {'link/.wh.outside': 'x'});
  await unpack('one', 'two').catch(() => {});
  expect(readFileSync(outside, 'utf8')).toBe('mine');
});
