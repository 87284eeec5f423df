// Keeps the import table of pipeline/README.md true. The second half feeds the same check forbidden imports and expects it to fail.
import {readdirSync, readFileSync} from 'node:fs';
import {dirname, join, relative, resolve} from 'node:path';
import {expect, test} from 'vitest';

const root = resolve(import.meta.dirname, '..');

/** folder -> the folders it may import besides itself. */
const mayImport: Record<string, readonly string[]> = {
  base: [],
  model: ['base'],
  config: ['base', 'model'],
  plan: ['base', 'model'],
  record: ['base', 'model'],
  executors: ['base', 'model'],
  console: ['base', 'model'],
  schedule: ['base', 'model', 'plan', 'record', 'executors'],
  cli: ['base', 'model', 'config', 'plan', 'record', 'executors', 'schedule', 'console'],
  data: ['base'],
  formats: ['base', 'data'],
  analysis: ['base', 'data'],
  figures: ['base', 'data', 'analysis'],
  'step-runtime': ['base', 'model'],
  steps: ['base', 'data', 'formats', 'analysis', 'figures', 'step-runtime'],
};

interface Source {
  readonly path: string;
  readonly text: string;
}

test('every import goes where the map allows', () => {
  expect(forbiddenImports(readSources())).toEqual([]);
});

test('no import cycle, `import type` counted', () => {
  expect(importCycles(readSources())).toEqual([]);
});

test('only the named rooms start processes, write to the terminal or read the environment', () => {
  expect(forbiddenWords(readSources())).toEqual([]);
});

test('no barrels, no default exports, nothing called utils', () => {
  expect(badShapes(readSources())).toEqual([]);
});

test('the checks notice a forbidden import, a cycle, a stray process and a barrel', () => {
  const sources: Source[] = [
    {path: 'pipeline/plan/a.ts', text: "import type {Table} from '../data/table.ts';\nimport {b} from './b.ts';"},
    {path: 'pipeline/plan/b.ts', text: "import type {A} from './a.ts';"},
    {path: 'pipeline/analysis/c.ts', text: "import {spawn} from 'node:child_process';"},
    {path: 'pipeline/formats/utils.ts', text: 'export default 1;'},
    {path: 'steps/one/run.ts', text: "import {x} from '../two/run.ts';"},
  ];
  expect(forbiddenImports(sources)).toEqual(['pipeline/plan/a.ts imports pipeline/data', 'steps/one/run.ts imports the step two']);
  expect(importCycles(sources)).toEqual(['pipeline/plan/a.ts -> pipeline/plan/b.ts -> pipeline/plan/a.ts']);
  expect(forbiddenWords(sources)).toEqual(['pipeline/analysis/c.ts: child_process']);
  expect(badShapes(sources)).toEqual(['pipeline/formats/utils.ts: name', 'pipeline/formats/utils.ts: default export']);
});

function readSources(): Source[] {
  return ['pipeline', 'steps'].flatMap((folder) =>
    readdirSync(join(root, folder), {recursive: true, encoding: 'utf8'})
      .filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts'))
      .sort()
      .map((file) => ({path: `${folder}/${file}`, text: readFileSync(join(root, folder, file), 'utf8')})),
  );
}

function room(path: string): string {
  const parts = path.split('/');
  return parts[0] === 'steps' ? 'steps' : parts[1];
}

function importsOf(source: Source): string[] {
  const found = source.text.matchAll(/(?:\bfrom|\bimport\s*\(|\bimport)\s*['"](\.[^'"]+)['"]/g);
  return [...found].map((match) => relative(root, resolve(root, dirname(source.path), match[1])));
}

function forbiddenImports(sources: readonly Source[]): string[] {
  return sources.flatMap((source) =>
    importsOf(source).flatMap((target) => {
      const from = room(source.path);
      const to = room(target);
      if (from === 'steps' && to === 'steps') {
        const step = target.split('/')[1];
        return step === source.path.split('/')[1] ? [] : [`${source.path} imports the step ${step}`];
      }
      return from === to || mayImport[from]?.includes(to) ? [] : [`${source.path} imports ${to === 'steps' ? to : `pipeline/${to}`}`];
    }),
  );
}

function importCycles(sources: readonly Source[]): string[] {
  const edges = new Map(sources.map((source) => [source.path, importsOf(source)]));
  const cycles: string[] = [];
  const finished = new Set<string>();
  const visit = (path: string, trail: readonly string[]): void => {
    if (trail.includes(path)) cycles.push([...trail.slice(trail.indexOf(path)), path].join(' -> '));
    else if (!finished.has(path)) {
      for (const next of edges.get(path) ?? []) visit(next, [...trail, path]);
      finished.add(path);
    }
  };
  for (const source of sources) visit(source.path, []);
  return cycles;
}

function forbiddenWords(sources: readonly Source[]): string[] {
  const rules: {word: string; pattern: RegExp; allowed: RegExp}[] = [
    {word: 'child_process', pattern: /['"](node:)?child_process['"]|['"]execa['"]/, allowed: /^pipeline\/(executors\/process|step-runtime\/run-tool)\.ts$/},
    {word: 'terminal', pattern: /\bconsole\.(log|error|warn)\(|process\.std(out|err)\.write/, allowed: /^pipeline\/(console|cli|step-runtime)\/|^steps\// },
    {word: 'process.env', pattern: /\bprocess\.env\b|\bprocess\.exit/, allowed: /^pipeline\/(cli\/main\.ts|step-runtime\/)/},
    {word: 'Math.random', pattern: /\bMath\.random\(/, allowed: /^$/},
  ];
  return sources.flatMap((source) =>
    rules.filter((rule) => rule.pattern.test(source.text) && !rule.allowed.test(source.path)).map((rule) => `${source.path}: ${rule.word}`),
  );
}

function badShapes(sources: readonly Source[]): string[] {
  return sources.flatMap((source) => [
    ...(/\/(index|utils|helpers|common|misc|manager|service)\.ts$/.test(source.path) ? [`${source.path}: name`] : []),
    ...(/^export default\b/m.test(source.text) ? [`${source.path}: default export`] : []),
  ]);
}
