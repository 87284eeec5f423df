// configs/fastq-mini through the command line: reads to matrices with the tools of this machine and in every container engine, the same bytes;
// in Docker on to the tables and the report.
import {createHash} from 'node:crypto';
import {mkdtempSync, readdirSync, readFileSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterAll, describe, expect, test} from 'vitest';
import {chosenVariant} from '../../pipeline/model/step-contract.ts';
import type {Row} from '../../pipeline/data/table.ts';
import {readTable} from '../../pipeline/formats/delimited-text.ts';
import {runCli} from '../rig/cli.ts';
import {engineEnvironment} from '../rig/engines.ts';
import {readContract} from '../rig/run-step.ts';
import {sharedData} from '../rig/shared-data.ts';
import {skipsWithout} from '../rig/tools.ts';

const folder = mkdtempSync(join(tmpdir(), 'lymphline-fastq-'));
const config = 'configs/fastq-mini/run.yaml';
afterAll(() => rmSync(folder, {recursive: true, force: true}));

function environmentOf(profile: string): Record<string, string> {
  const machine = profile === 'laptop' ? {} : engineEnvironment();
  // One cache an engine: the same image in another form is the same image, and its jobs would be reused.
  return {...(machine as Record<string, string>), LYMPHLINE_DATA: sharedData ?? '', LYMPHLINE_CACHE: join(folder, `cache-${profile}`)};
}

const runMini = (profile: string, ...more: string[]) => runCli(['run', config, '--profile', profile, '--run-dir', join(folder, profile), ...more], environmentOf(profile));

/** The reason why a run cannot be planned, or undefined. */
function reasonAgainst(profile: string, ...more: string[]): string | undefined {
  const asked = runCli(['plan', config, '--profile', profile, '--run-dir', join(folder, profile), ...more], environmentOf(profile));
  return asked.status === 0 ? undefined : asked.stderr.split('\n').slice(0, 2).join(' ');
}

const outputsOf = (profile: string, job: string): string => join(folder, profile, 'jobs', job, 'attempt-1/outputs');
const table = (profile: string, path: string): readonly Row[] => readTable(join(folder, profile, 'results/tables', path)).rows;

/** md5 by file of what `align` made, but for the versions of its tools. */
function alignedBytes(profile: string): Record<string, string> {
  const outputs = outputsOf(profile, 'align/G1-gex');
  const files = readdirSync(outputs, {recursive: true, withFileTypes: true}).filter((entry) => entry.isFile() && entry.name !== 'versions.json').map((entry) => join(entry.parentPath, entry.name)).sort();
  return Object.fromEntries(files.map((path) => [path.slice(outputs.length + 1), createHash('md5').update(readFileSync(path)).digest('hex')]));
}

// STAR 2.7.10b (Debian 12) and 2.7.11b (Debian 13). raw/matrix.mtx: README of the data; the others: STARsolo run by hand with the options of `align`.
const expected = {
  'raw/matrix.mtx': '49bcff8217a6b73466d098e3c9dea199',
  'raw/barcodes.tsv': '92f8df9be8f31a48376b18a2ab3cdc55',
  'raw/features.tsv': '28975ddd58c537e420a7e8b8b496fb5d',
  'matrix/matrix.mtx': '4ec787a969a576ed4dbb2fb254e76cee',
  'matrix/barcodes.tsv': '8798323af2981fad975557c88f162ecb',
  'matrix/features.tsv': '28975ddd58c537e420a7e8b8b496fb5d',
  // Its 4,329 cells, 28,257 UMIs in them, medians of 6 UMIs and 5 genes, 229 genes in all are those of STARsolo's own Summary.csv.
  'metrics.tsv': 'db78221240d7b6654cdbbdcb74d63402',
};

describe.skipIf(sharedData === undefined)('fastq-mini', () => {
  test.skipIf(skipsWithout(chosenVariant(readContract('align'), {tool: 'star'})))('with the tools of this machine: the matrix of the README, its cells, and why they have no type and no score', () => {
    const done = runMini('laptop', '--until', 'score-signatures');
    expect(`${done.stderr.slice(-2000)}exit ${String(done.status)}`).toMatch(/exit 0$/);
    expect(alignedBytes('laptop')).toEqual(expected);
    expect(readFileSync(join(outputsOf('laptop', 'align/G1-gex'), 'raw/matrix.mtx'), 'utf8').split('\n')[2]).toBe('653 5150 25266');
    const labels = readTable(join(outputsOf('laptop', 'annotate/cohort'), 'labels.tsv.gz')).rows;
    expect(labels.length).toBe(4329);
    expect(labels.every((row) => row['lineage'] === 'unassigned' && row['missing'] === 'lineage, cell_type: no lineage has 3 of its marker genes in the matrix')).toBe(true);
    const scores = readTable(join(outputsOf('laptop', 'score-signatures/G1'), 'summary.tsv')).rows;
    expect(scores.length).toBeGreaterThan(0);
    for (const row of scores) expect([row['mean'], row['missing']]).toEqual([null, expect.stringMatching(/^0 of \d+ genes present \(0 %\), at least 50 % needed$/)]);
  });

  test.skipIf(skipsWithout(chosenVariant(readContract('align'), {tool: 'kallisto'})))('with kallisto instead: other numbers, the same files, and on to the kept cells', () => {
    const done = runCli(['run', config, '--run-dir', join(folder, 'kallisto'), '--set', 'steps.align.tool=kallisto', '--set', 'steps.build-reference.tool=kallisto', '--until', 'qc', '--quiet'], environmentOf('laptop'));
    expect(`${done.stderr.slice(-2000)}exit ${String(done.status)}`).toMatch(/exit 0$/);
    expect(Object.keys(alignedBytes('kallisto')).sort()).toEqual(Object.keys(expected).sort());
  });

  for (const profile of ['docker', 'podman', 'apptainer', 'charliecloud']) {
    const isWhole = profile === 'docker';
    const until = isWhole ? [] : ['--until', 'align'];
    const reason = sharedData === undefined ? undefined : reasonAgainst(profile, ...until);
    const name = isWhole ? 'in Docker: the same bytes, then B-cell clones from contigs, T-cell clones from a table, the report' : `in ${profile}: the same bytes`;
    // A machine that is there for tests has them; Apptainer's package is not pinned.
    const isSkipped = reason !== undefined && !(process.env['CI'] === 'true' && profile !== 'apptainer');
    if (isSkipped) console.warn(`fastq-mini ${name} is skipped: ${reason}`);
    test.skipIf(isSkipped)(name, () => {
      expect(reason).toBeUndefined();
      const done = runMini(profile, ...until);
      expect(`${done.stderr.slice(-2000)}exit ${String(done.status)}`).toMatch(/exit 0$/);
      expect(alignedBytes(profile)).toEqual(expected);
      if (isWhole) expectTables(profile);
    }, 1_200_000);
  }
});

function expectTables(profile: string): void {
  const clones = table(profile, 'clones.tsv');
  const of = (patient: string, receptor: string): readonly Row[] => clones.filter((row) => row['patient_id'] === patient && row['receptor'] === receptor);
  // The BCR contigs are of 83 cells (README of the data); two of them share a clone.
  const cells = (rows: readonly Row[]): number => rows.reduce((sum, row) => sum + Number(row['n_cells']), 0);
  expect([of('P2', 'BCR').length, cells(of('P2', 'BCR')), of('P1', 'BCR').length]).toEqual([82, 83, 0]);
  expect(of('P3', 'TCR').length).toBeGreaterThan(400);
  const attrition = table(profile, 'receptor_attrition.tsv').find((row) => row['sample_id'] === 'G1' && row['receptor'] === 'BCR');
  expect(attrition?.['missing']).toBe('no BCR library');
  const {missing} = table(profile, 'cells.tsv.gz')[0];
  expect(missing).toContain('lineage, cell_type: no lineage has 3 of its marker genes in the matrix');
  expect(table(profile, 'reads.tsv').map((row) => [row['library_id'], row['pair'], row['n_pairs']])).toEqual([['G1-gex', '1', '36366'], ['G1-gex', '2', '35861'], ['B1-bcr', '1', '9696']]);
  expect(table(profile, 'alignment.tsv').find((row) => row['metric'] === 'n_cells')?.['value']).toBe('4329');
  expect(readFileSync(join(folder, profile, 'results/report.html'), 'utf8')).toMatch(/^<!doctype html/i);
}
