// The section on genes: there with its figure where it was asked for, one sentence why where it was not.
import {mkdtempSync, readFileSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join, resolve} from 'node:path';
import {afterEach, beforeEach, expect, test} from 'vitest';
import {parse} from 'yaml';
import {readTable} from '../../../pipeline/formats/delimited-text.ts';
import {runStepFolder, type StepRequest, type StepRun} from '../../rig/run-step.ts';

const example = resolve(import.meta.dirname, '../../../steps/report/example');
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lymphline-report-'));
});
afterEach(() => rmSync(folder, {recursive: true}));

function run(config: Readonly<Record<string, unknown>>, leaveOut: readonly string[] = []): {section: string; done: StepRun} {
  const request = parse(readFileSync(join(example, 'example.yaml'), 'utf8')) as StepRequest;
  const inputs = Object.fromEntries(Object.entries(request.inputs ?? {}).filter(([name]) => !leaveOut.includes(name)).map(([name, path]) => [name, join(example, path as string)]));
  const done = runStepFolder('report', folder, {...request, inputs, config});
  expect(done).toMatchObject({status: 0, problem: undefined});
  return {section: /<section id="genes".*?<\/section>/s.exec(readFileSync(done.outputs['report'], 'utf8'))?.[0] ?? '', done};
}

test('with the tests: figure, values, sets beside scores, versions', () => {
  const {section, done} = run({name: 'x', differential_expression: true});
  for (const words of ['Genes that change at month1: 8 in T cell', 'id="figure-volcano"', 'n 4 pairs, 35 genes', '2 complete pairs, 3', 'Gene sets by score and by genes: 10 rows', 'Genes that change: 8 rows', 'edgeR 3.40.2; limma 3.54.1']) expect(section).toContain(words);
  const values = readTable(join(done.outputs['figures'], 'volcano.tsv')).rows;
  expect(values.filter((row) => row['gene_id'] !== null).length).toBe(35);
  expect(values.filter((row) => row['missing'] !== null).map((row) => row['cell_type'])).toEqual(['B cell']);
  expect(JSON.parse(readFileSync(join(done.outputs['figures'], 'volcano.json'), 'utf8'))).toMatchObject({id: 'volcano', parameters: {contrast: 'month1-vs-baseline', n_pairs: {'T cell': 4, 'B cell': 2}}});
});

const tables = ['differential_expression', 'gene_set_tests', 'differential_expression_tests'];

test('not asked for: one sentence, and a picture that says why', () => {
  const {section, done} = run({name: 'x'}, tables);
  expect(section).toContain('<p>Not in this run: <code>differential_expression</code> is not set in the run file. It needs R with limma, or the image <code>r-limma</code>.</p>');
  expect(section).not.toContain('<svg');
  expect(readFileSync(join(done.outputs['figures'], 'volcano.svg'), 'utf8')).toContain('differential_expression is not set in the run file');
});

test('asked for and not there: the reason', () => {
  expect(run({name: 'x', differential_expression: true}, tables).section).toContain('<p>Not in this run: no counts of cells with a type to add up, or the step differential-expression failed.</p>');
});
