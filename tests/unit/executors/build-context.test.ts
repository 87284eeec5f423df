// What an image build is given, of a clone and of an installed package.
import {existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {dirname, join} from 'node:path';
import {afterEach, beforeEach, expect, test} from 'vitest';
import {prepareContext} from '../../../pipeline/executors/images/build-context.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lymphline-context-'));
});
afterEach(() => rmSync(folder, {recursive: true, force: true}));

function write(files: Readonly<Record<string, string>>): void {
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), {recursive: true});
    writeFileSync(join(folder, path), content, {mode: path.includes('/bin/') ? 0o700 : 0o600});
  }
}
const node = (modules: string): Record<string, string> => ({[`${modules}/node-linux-${process.arch}/bin/node`]: 'node', [`${modules}/node-linux-${process.arch}/LICENSE`]: 'MIT'});
const needs = (...names: string[]): string => JSON.stringify({dependencies: Object.fromEntries(names.map((name) => [name, '1']))});

test('an installed package brings its compiled program, and its dependencies from where npm put them', () => {
  const home = 'app/node_modules/lymphline';
  write({
    ...node('app/node_modules'),
    [`${home}/package.json`]: needs('a', '@s/b'), [`${home}/bin/lymphline`]: 'sh', [`${home}/dist/pipeline/cli/main.js`]: 'js', [`${home}/dist/steps/qc/step.yaml`]: 'y',
    [`${home}/containers/star/Containerfile`]: 'FROM x',
    // `a` could not be hoisted and keeps a `c` of its own; `@s/b` shares the hoisted one.
    [`${home}/node_modules/a/package.json`]: needs('c'), [`${home}/node_modules/a/node_modules/c/package.json`]: '{"version": "2"}', [`${home}/node_modules/a/index.d.ts`]: 'types',
    'app/node_modules/@s/b/package.json': JSON.stringify({dependencies: {c: '1'}, optionalDependencies: {'@s/b-linux': '1', '@s/b-other': '1'}}), 'app/node_modules/@s/b-linux/package.json': '{}', 'app/node_modules/c/package.json': '{"version": "1"}', 'app/node_modules/unused/package.json': '{}',
  });
  const made = prepareContext({folder: join(folder, 'context'), projectRoot: join(folder, home), codeRoot: join(folder, home, 'dist'), names: ['lymphline']});
  expect(made.ok).toBe(true);
  const app = join(folder, 'context/app');
  const version = (path: string): unknown => (JSON.parse(readFileSync(join(app, 'node_modules', path, 'package.json'), 'utf8')) as {version?: string}).version;
  expect(existsSync(join(app, 'dist/pipeline/cli/main.js'))).toBe(true);
  expect(readdirSync(join(app, 'node_modules')).sort()).toEqual(['@s', 'a', 'c']);
  // Of the binaries of several machines the one that is there.
  expect(readdirSync(join(app, 'node_modules/@s')).sort()).toEqual(['b', 'b-linux']);
  expect([version('a/node_modules/c'), version('c')]).toEqual(['2', '1']);
  expect(existsSync(join(app, 'node_modules/a/index.d.ts'))).toBe(false);
});

test('modes do not depend on whose files they are, and the program is there only for its own image', () => {
  write({...node('node_modules'), 'package.json': '{}', 'bin/lymphline': 'sh', 'bin/note': '', 'pipeline/cli/main.ts': 'ts', 'steps/qc/step.yaml': 'y', 'steps/qc/example/big': 'x', 'containers/star/Containerfile': 'FROM x', 'containers/clean.sh': 'sh'});
  const prepare = (name: string): string => {
    const made = prepareContext({folder: join(folder, name), projectRoot: folder, codeRoot: folder, names: [name]});
    if (!made.ok) throw new Error(made.error.name);
    return made.value;
  };
  const umask = process.umask(0o077);
  const star = prepare('star');
  process.umask(umask);
  expect(readdirSync(star).sort()).toEqual(['clean.sh', 'node', 'star']);
  const mode = (path: string): string => (statSync(path).mode & 0o777).toString(8);
  expect(['star', 'star/Containerfile', 'node/bin/node', 'node/share', 'node/share/doc/node/LICENSE'].map((path) => mode(join(star, path)))).toEqual(['755', '644', '755', '755', '644']);
  const own = prepare('lymphline');
  expect(existsSync(join(own, 'app/pipeline/cli/main.ts'))).toBe(true);
  expect(existsSync(join(own, 'app/steps/qc/example'))).toBe(false);
});
