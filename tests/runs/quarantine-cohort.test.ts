// A cohort in which one matrix is cut off: the study goes on without the sample, and tables and page say so under one reason.
import {mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterAll, expect, test} from 'vitest';
import {readTable} from '../../pipeline/formats/delimited-text.ts';
import {runCli} from '../rig/cli.ts';

const folder = mkdtempSync(join(tmpdir(), 'lymphline-quarantine-'));
afterAll(() => rmSync(folder, {recursive: true, force: true}));
const results = join(folder, 'runs/simulated/results');

test('patients without the pair are named in the comparisons, the page lists the sample once, and a sheet that excludes it gives the same bytes', () => {
  expect(runCli(['simulate', folder, '--patients', '3', '--cells', '60', '--timepoints', 'baseline,month3']).status).toBe(0);
  truncateSync(join(folder, 'matrices/P02-month3.h5'), 20_000);
  const run = runCli(['run', join(folder, 'run.yaml'), '--set', 'on_sample_failure=quarantine']);
  expect(run.status).toBe(1);
  const [, reason] = /^ {4}P02-month3 (quarantined: import-counts refused its input: found truncated file: .*)$/m.exec(run.stderr) ?? [];
  expect(run.stderr).toContain('    contrast month3-vs-baseline lost the pairs of P02; 2 are left.\n');
  const comparisons = readTable(join(results, 'tables/timepoint_comparisons.tsv')).rows.filter((row) => row['variant'] === 'main' && row['family'] === 'primary-signatures');
  expect(comparisons.length).toBeGreaterThan(0);
  for (const row of comparisons) {
    expect(String(row['patients_dropped']).split(',')).toContain('P02');
    expect(row['note']).toContain(`P02 timepoint month3 excluded: ${reason}`);
  }
  const page = readFileSync(join(results, 'report.html'), 'utf8');
  const shown = String(reason).replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
  expect(page.split(`<li>P02-month3: ${shown}</li>`)).toHaveLength(2);
  expect(page).toContain(`month3-vs-baseline: P02 (timepoint month3 excluded: ${shown})`);
  const sheet = readFileSync(join(folder, 'samples.tsv'), 'utf8').split('\n');
  const at = sheet[0].split('\t').indexOf('excluded');
  writeFileSync(join(folder, 'samples.tsv'), sheet.map((line) => (line.startsWith('P02-month3\t') ? line.split('\t').with(at, String(reason)).join('\t') : line)).join('\n'));
  expect(runCli(['run', join(folder, 'run.yaml'), '--run-dir', join(folder, 'runs/declared')]).status).toBe(0);
  expect(readFileSync(join(folder, 'runs/declared/results/manifest.json'), 'utf8')).toBe(readFileSync(join(results, 'manifest.json'), 'utf8'));
}, 1_200_000);
