// What the R step refuses, with its whole words; and that its numbers depend on neither the order of patients nor the names of the sides.
import {cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join, resolve} from 'node:path';
import {afterEach, beforeEach, describe, expect, test} from 'vitest';
import {readTable} from '../../../pipeline/formats/delimited-text.ts';
import {skipsWithout} from '../../rig/tools.ts';
import {readContract, runStepFolder, type StepRun} from '../../rig/run-step.ts';

const absent = skipsWithout(readContract('differential-expression'));
const example = resolve(import.meta.dirname, '../../../steps/differential-expression/example');
let folder: string;
let n = 0;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lymphline-genes-'));
  for (const file of ['counts.tsv', 'pairs.tsv', 'gene_sets.tsv']) cpSync(join(example, file), join(folder, file));
});
afterEach(() => rmSync(folder, {recursive: true}));

function run(params: Readonly<Record<string, unknown>> = {}, environment: Readonly<Record<string, string>> = {}): StepRun {
  const own = join(folder, `run-${n++}`);
  mkdirSync(own);
  const [counts, pairs, gene_sets] = ['counts.tsv', 'pairs.tsv', 'gene_sets.tsv'].map((file) => join(folder, file));
  return runStepFolder('differential-expression', own, {inputs: {counts, pairs, gene_sets}, params, environment});
}

function edit(file: string, change: (text: string) => string): void {
  const before = readFileSync(join(folder, file), 'utf8');
  const after = change(before);
  if (after === before) throw new Error(`the edit of ${file} changes nothing`);
  writeFileSync(join(folder, file), after);
}

describe.skipIf(absent)('differential-expression', () => {
  test.each([
    ['a fraction', 'counts.tsv', (text: string) => text.replace(/^(ENSG002\t\S+\t(?:\S+\t){6})\d+/m, '$117.5'), {line: 3, found: '"17.5" for ENSG002', expected: 'raw counts: whole numbers, none negative', advice: 'Add up raw counts, not normalised values.'}],
    ['a gene twice', 'counts.tsv', (text: string) => text.replace('ENSG003', 'ENSG002'), {line: 4, found: 'gene_id ENSG002 twice', expected: 'each gene once', advice: 'Run pseudobulk again.'}],
    ['an absent column', 'pairs.tsv', (text: string) => text.replace('patient_id', 'patient'), {found: 'no column patient_id', expected: 'the columns contrast, cell_type, level, patient_id, before, after, missing', advice: 'Run pseudobulk again.'}],
    ['a pair without its counts', 'pairs.tsv', (text: string) => text.replace('P1-a:lineage:T cell', 'P9-a:lineage:T cell'), {found: 'the pseudobulk P9-a:lineage:T cell', expected: 'columns of the counts', advice: 'Run pseudobulk again.'}],
  ])('refuses %s', (_what, file, change, problem) => {
    edit(file, change);
    const done = run();
    expect({status: done.status, problem: done.problem}).toEqual({status: 65, problem: {input: join(folder, file), ...problem}});
    expect(done.stderr).toBe(`${join(folder, file)}: ${problem.found}\n`);
  });

  test('equal inputs give equal bytes, in any language of the machine', () => {
    const text = (done: StepRun): string[] => Object.values(done.outputs).map((path) => readFileSync(path, 'utf8'));
    expect(text(run({}, {LC_ALL: 'C'}))).toEqual(text(run({}, {LC_ALL: 'C.UTF-8'})));
  });

  test('the order of the patients changes no number beyond rounding', () => {
    const values = (done: StepRun): Map<string, number> => new Map(readTable(done.outputs['differential_expression']).rows.map((row) => [`${row['cell_type']} ${row['gene_id']}`, Number(row['p_value'])]));
    const before = values(run());
    edit('pairs.tsv', (text) => {
      const [header, ...lines] = text.slice(0, -1).split('\n');
      return `${[header, ...lines.filter((line) => line.includes('B cell')), ...lines.filter((line) => line.includes('T cell')).reverse()].join('\n')}\n`;
    });
    const after = values(run());
    expect(after.size).toBe(before.size);
    for (const [gene, p] of before) expect(Math.abs((after.get(gene) ?? NaN) - p), gene).toBeLessThanOrEqual(1e-8 * p);
  });

  test('with the sides exchanged every fold change has the other sign', () => {
    const changes = (done: StepRun): Map<string, number> => new Map(readTable(done.outputs['differential_expression']).rows.flatMap((row) => (row['gene_id'] === null ? [] : [[row['gene_id'] as string, Number(row['log2_fold_change'])] as const])));
    const before = changes(run());
    edit('pairs.tsv', (text) => text.replace('before\tafter', 'after\tbefore'));
    for (const [gene, change] of changes(run())) expect(change, gene).toBeCloseTo(-(before.get(gene) ?? NaN), 7);
  });

  test('without pairs, as without a contrast, the tables have a header and no row; without sets the genes stand', () => {
    const nRows = (done: StepRun): number[] => ['differential_expression', 'gene_set_tests', 'tests'].map((name) => readTable(done.outputs[name]).rows.length);
    edit('gene_sets.tsv', (text) => text.slice(0, text.indexOf('\n') + 1));
    expect(nRows(run())).toEqual([36, 0, 2]);
    edit('pairs.tsv', (text) => text.slice(0, text.indexOf('\n') + 1));
    expect(nRows(run())).toEqual([0, 0, 0]);
  });

  test('what is too little to be tested has its reason', () => {
    const missing = (params: Readonly<Record<string, unknown>>): unknown => readTable(run(params).outputs['tests']).rows.find((row) => row['cell_type'] === 'T cell')?.['missing'];
    expect([missing({min_pairs: 5}), missing({min_genes: 36})]).toEqual(['4 complete pairs, 5 needed', '35 genes pass the filter, 36 needed']);
  });
});
