// The demo against its truth: what was planted is found, what was not is not called, the same bytes come out whatever the cores are, and a killed run goes on.
import {spawn} from 'node:child_process';
import {cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {setTimeout as wait} from 'node:timers/promises';
import {chromium} from 'playwright-core';
import {afterAll, beforeAll, expect, test} from 'vitest';
import {digestFile} from '../../pipeline/base/digest.ts';
import {randomStream} from '../../pipeline/base/random.ts';
import type {Row} from '../../pipeline/data/table.ts';
import {readTable} from '../../pipeline/formats/delimited-text.ts';
import {projectRoot, runCli} from '../rig/cli.ts';

const folder = mkdtempSync(join(tmpdir(), 'lymphline-demo-'));
const cohort = join(folder, 'demo');
const results = join(cohort, 'runs/simulated/results');
const table = (name: string): readonly Row[] => readTable(join(results, 'tables', name)).rows;
const truth = (name: string): readonly Row[] => readTable(join(cohort, 'truth', name)).rows;
const main = (outcome: string, cellType: string): Row | undefined =>
  table('timepoint_comparisons.tsv').find((row) => row['contrast'] === 'month3-vs-baseline' && row['variant'] === 'main' && row['outcome'] === outcome && row['cell_type'] === cellType);

beforeAll(() => {
  expect(runCli(['simulate', cohort])).toMatchObject({status: 0});
  const run = runCli(['run', join(cohort, 'run.yaml')]);
  expect(`${run.stderr.slice(-2000)} exit ${String(run.status)}`).toMatch(/exit 0$/);
}, 1_200_000);
afterAll(() => rmSync(folder, {recursive: true, force: true}));

test('every file that these steps promise is there', () => {
  const tables = ['attrition.tsv', 'sample_quality.tsv', 'sex_check.tsv', 'cluster_stability.tsv', 'cells.tsv.gz', 'markers.tsv', 'composition.tsv', 'subtype_composition.tsv', 'annotation_evidence.tsv', 'receptor_check.tsv', 'airr_rearrangements.tsv.gz', 'clones.tsv', 'clonal_abundance.tsv', 'clonal_diversity.tsv', 'clone_tracking.tsv', 'repertoire_overlap.tsv', 'repertoire_alarms.tsv', 'clone_rules.tsv', 'clone_rule_sensitivity.tsv', 'clone_trajectories.tsv', 'tracking_power.tsv', 'clone_phenotypes.tsv', 'bcr_features.tsv', 'signature_sets.tsv', 'signature_summary.tsv', 'timepoint_comparisons.tsv', 'verdicts.tsv', 'depth_check.tsv', 'clinical_visits.tsv', 'clinical_summary.tsv', 'clinical_patients.tsv', 'clinical_rules.tsv', 'clinical_conflicts.tsv', 'b_cell_times.tsv'];
  const figures = ['cohort-design', 'clone-size-classes', 'isotypes', 'v-genes', 'mutations', 'composition-samples', 'markers', 'quality', 'clonal-abundance', 'clone-tracking', 'clone-diversity', 'clone-sensitivity', 'repertoire-overlap', 'signature-change', 'signature-robustness', 'signature-by-cell-type', 'depth-check', 'composition', 'umap', 'cluster-stability', 'attrition', 'clinical-course', 'endpoints'].flatMap((id) => ['svg', 'tsv', 'json'].map((kind) => `figures/${id}.${kind}`));
  const files = ['report.html', 'manifest.json', 'cohort.h5ad', ...tables.map((name) => `tables/${name}`), ...figures];
  expect(files.filter((name) => !existsSync(join(results, name)))).toEqual([]);
  expect(['run.json', 'plan.json', 'events.jsonl', 'trace.tsv', 'ro-crate-metadata.json'].filter((name) => !existsSync(join(cohort, 'runs/simulated', name)))).toEqual([]);
  for (const name of tables) expect(readTable(join(results, 'tables', name)).columns, name).toContain(name.startsWith('airr') ? 'clone_id' : 'missing');
});

test('a second run starts no job', () => {
  expect(runCli(['run', join(cohort, 'run.yaml')]).stderr).toContain(' 0 jobs run, ');
});

interface JoinedCell {
  readonly truth: Row;
  readonly called: Row;
}

function keptSinglets(): JoinedCell[] {
  const called = new Map(table('cells.tsv.gz').map((row) => [row['cell_id'], row]));
  return truth('cells.tsv.gz').flatMap((row) => {
    const cell = called.get(row['cell_id']);
    return row['kind'] === 'singlet' && cell?.['kept'] === 'true' ? [{truth: row, called: cell}] : [];
  });
}

test('every barcode has one row, and dying cells are removed', () => {
  const called = table('cells.tsv.gz');
  expect(called.length).toBe(truth('cells.tsv.gz').length);
  const kept = new Map(called.map((row) => [row['cell_id'], row['kept']]));
  const dying = truth('cells.tsv.gz').filter((row) => row['kind'] === 'dying');
  expect(dying.filter((row) => kept.get(row['cell_id']) === 'true').length / dying.length).toBeLessThan(0.02);
});

test('lineages agree with the truth in at least 97 % of kept singlets', () => {
  const cells = keptSinglets();
  expect(cells.filter(({truth: a, called}) => a['lineage'] === called['lineage']).length / cells.length).toBeGreaterThanOrEqual(0.97);
});

test('receptors fit the labels, which are made without them, and the table counts the same cells', () => {
  const told = keptSinglets().filter(({called}) => called['receptor_check'] === 'agrees' || called['receptor_check'] === 'conflict');
  expect(told.length).toBeGreaterThan(1000);
  expect(told.filter(({called}) => called['receptor_check'] === 'conflict').length / told.length).toBeLessThan(0.01);
  const conflicts = table('receptor_check.tsv').filter((row) => row['verdict'] === 'conflict').reduce((sum, row) => sum + Number(row['n_cells']), 0);
  expect(conflicts).toBe(table('cells.tsv.gz').filter((cell) => cell['receptor_check'] === 'conflict').length);
});

/** Hubert and Arabie 1985. */
function adjustedRand(a: readonly string[], b: readonly string[]): number {
  const pairs = (labels: readonly string[]): number => [...Map.groupBy(labels, (label) => label).values()].reduce((sum, group) => sum + (group.length * (group.length - 1)) / 2, 0);
  const both = pairs(a.map((label, i) => `${label}\t${b[i]}`));
  const [inA, inB, all] = [pairs(a), pairs(b), (a.length * (a.length - 1)) / 2];
  return (both - (inA * inB) / all) / ((inA + inB) / 2 - (inA * inB) / all);
}

test.each([['TCR', 'tcr', 1], ['BCR', 'bcr', 0.99]] as const)('%s clones of single-pair cells are the true clones', (receptor, prefix, least) => {
  const cells = keptSinglets().filter(({truth: a, called}) => String(a['clone_id'] ?? '').includes(`-${receptor}-`) && called[`${prefix}_chain_status`] === 'single pair');
  expect(cells.length).toBeGreaterThan(400);
  expect(adjustedRand(cells.map(({truth: a}) => String(a['clone_id'])), cells.map(({called}) => String(called[`${prefix}_clone_id`])))).toBeGreaterThanOrEqual(least);
});

test('every planted programme is found in its lineages, and the null programme is called nowhere', () => {
  for (const row of truth('programmes.tsv')) {
    if (row['expected'] !== 'down') continue;
    const found = main(String(row['signature']), String(row['cell_type']));
    expect(Number(found?.['mean_difference']), `${String(row['signature'])} ${String(row['cell_type'])}`).toBeLessThan(0);
    expect(Number(found?.['q_t'])).toBeLessThan(0.05);
    expect(Math.abs(Number(found?.['dz']))).toBeGreaterThan(3);
  }
  const nullRows = table('timepoint_comparisons.tsv').filter((row) => row['contrast'] === 'month3-vs-baseline' && row['variant'] === 'main' && String(row['outcome']).startsWith('HALLMARK_OXIDATIVE') && row['q_t'] !== null);
  expect(nullRows.length).toBeGreaterThan(3);
  expect(nullRows.filter((row) => Number(row['q_t']) < 0.05)).toEqual([]);
});

test('each declared outcome has one main row and one verdict, which says where it does not hold', () => {
  const rows = table('timepoint_comparisons.tsv');
  const key = (row: Row): string => ['contrast', 'family', 'outcome', 'cell_type', 'level'].map((name) => row[name]).join(' ');
  const mains = rows.filter((row) => row['variant'] === 'main').map(key);
  expect(new Set(mains).size).toBe(mains.length);
  const verdicts = table('verdicts.tsv');
  expect(new Set(verdicts.map(key)).size).toBe(verdicts.length);
  expect(verdicts.filter((row) => !mains.includes(key(row)))).toEqual([]);
  const verdict = (outcome: string): Row | undefined => verdicts.find((row) => row['contrast'] === 'month3-vs-baseline' && row['outcome'] === outcome && row['cell_type'] === 'T cell');
  expect(verdict('HALLMARK_INTERFERON_ALPHA_RESPONSE')).toMatchObject({verdict: 'lower', does_not_hold: null});
  // Interferon alone was planted in T cells.
  expect(verdict('HALLMARK_INFLAMMATORY_RESPONSE')).toMatchObject({verdict: 'lower', does_not_hold: 'without its interferon genes'});
  expect(verdict('HALLMARK_INFLAMMATORY_RESPONSE_NO_IFN')).toMatchObject({verdict: 'no change seen', sentence: expect.stringContaining('With 7 patients a change of 1.27 standard deviations')});
});

test('the depth difference is seen and matched', () => {
  const row = table('depth_check.tsv').find((one) => one['contrast'] === 'month3-vs-baseline' && one['cell_type'] === 'T cell');
  expect(Number(row?.['ratio'])).toBeGreaterThan(1.5);
  expect(Number(row?.['ratio'])).toBeLessThan(1.7);
  expect(row?.['flag']).toBe('thinned');
});

test('dominant B clones are gone, and a planted clone never gets the opposite verdict', () => {
  expect(Number(main('BCR top_clone', 'all')?.['mean_difference'])).toBeLessThan(-0.1);
  expect(Number(main('BCR top_clone', 'all')?.['q_t'])).toBeLessThan(0.05);
  // The clone that most cells of a true clone were given.
  const given = new Map<string, Map<string, number>>();
  for (const {truth: a, called} of keptSinglets()) {
    const own = called[String(a['clone_id'] ?? '').includes('-TCR-') ? 'tcr_clone_id' : 'bcr_clone_id'];
    if (a['clone_id'] === null || own === null) continue;
    const counts = given.get(String(a['clone_id'])) ?? new Map<string, number>();
    given.set(String(a['clone_id']), counts.set(String(own), (counts.get(String(own)) ?? 0) + 1));
  }
  const verdict = new Map(table('clone_tracking.tsv').filter((row) => row['contrast'] === 'month3-vs-baseline').map((row) => [String(row['clone_id']), row['verdict']]));
  // Planted shares before and after: cell-plan.ts.
  const planted: readonly (readonly [string, 'down' | 'up', boolean])[] = [['TCR-1', 'down', true], ['TCR-2', 'down', false], ['TCR-5', 'up', true], ['TCR-6', 'up', false], ['BCR-1', 'down', true], ['BCR-2', 'down', false]];
  let nFirm = 0;
  for (let p = 1; p <= 7; p++) {
    for (const [name, direction, isLarge] of planted) {
      const counts = given.get(`P0${p}-true-${name}`);
      const clone = counts === undefined ? undefined : [...counts].sort((a, b) => b[1] - a[1])[0][0];
      const found = clone === undefined ? undefined : verdict.get(clone);
      if (found === undefined || found === null) continue;
      const [right, wrong] = direction === 'down' ? [['contracted', 'not-detected'], ['expanded', 'new']] : [['expanded', 'new'], ['contracted', 'not-detected']];
      expect(wrong, `P0${p} ${name}`).not.toContain(found);
      if (isLarge && right.includes(String(found))) nFirm++;
    }
  }
  expect(nFirm).toBeGreaterThanOrEqual(17);
});

test('where B cells are absent their numbers are missing with a reason, and the declared gap is named', () => {
  const diversity = table('clonal_diversity.tsv').filter((row) => row['receptor'] === 'BCR' && row['timepoint'] === 'month1' && row['measure'] === 'top_clone');
  expect(diversity.length).toBeGreaterThan(0);
  expect(diversity.every((row) => row['value'] === null && row['missing'] !== null)).toBe(true);
  const month1 = table('timepoint_comparisons.tsv').find((row) => row['contrast'] === 'month1-vs-baseline' && row['outcome'] === 'BCR top_clone' && row['variant'] === 'main');
  expect(month1).toMatchObject({n_pairs: '0', p_t: null});
  expect(String(month1?.['note'])).toContain('P04');
  expect(String(month1?.['note'])).toContain('the tube clotted');
});

// Clopper-Pearson at 95 %: 5/7 29.0-96.3, 6/7 42.1-99.6, 7/7 59.0-100, 1/7 0.4-57.9, 0/7 0-41.0.
test('the twelve clinical endpoints are those that the visits were made for, and the page says them among its findings', () => {
  const row = (endpoint: string): Row | undefined => table('clinical_summary.tsv').find((one) => one['endpoint'] === endpoint);
  const share = (endpoint: string): string => `${row(endpoint)?.['k']}/${row(endpoint)?.['n']} ${['ci_lower', 'ci_upper'].map((name) => Number(row(endpoint)?.[name]).toFixed(1)).join('-')}`;
  expect(['sledai_2k_baseline', 'sledai_2k_last_visit', 'biopsy_deposition_change'].map((endpoint) => ['median', 'low', 'high'].map((name) => row(endpoint)?.[name]))).toEqual([['18', '10', '22'], ['0', '0', '4'], ['-11', '-11', '-9']]);
  expect(['doris_2017_complete', 'doris_2021', 'b_cell_depletion_by_month1', 'b_cell_recovery_by_month3', 'crs_any', 'crs_grade_1', 'icans_any', 'infection_grade_3', 'hypogammaglobulinaemia'].map(share)).toEqual([
    '5/7 29.0-96.3', '6/7 42.1-99.6', '7/7 59.0-100.0', '6/7 42.1-99.6', '1/7 0.4-57.9', '1/7 0.4-57.9', '0/7 0.0-41.0', '0/7 0.0-41.0', '7/7 59.0-100.0',
  ]);
  const page = readFileSync(join(results, 'report.html'), 'utf8');
  const findings = page.slice(page.indexOf('<section id="findings"'), page.indexOf('<section id="design"'));
  for (const words of ['18 (10 to 22) before the infusion, 0 (0 to 4) at the last visit', 'DORIS 2017 complete remission in 5 of 7', 'in 6 of 7', 'Gone by month 1 in 7 of 7, back by month 3 in 6 of 7', 'CRS in 1 of 7, grade 1 in 1 of 7; ICANS in 0 of 7', 'Less in 3 of 3 patients', 'lower by interferon genes only in T cell']) expect(findings).toContain(words);
});

const browser = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find((path) => existsSync(path));

// 1280 x 900: what a reader sees before scrolling. The rows of the study's claims: clones (BCR and TCR), lineages, B cells, SLEDAI-2K, DORIS, safety, deposits.
test.skipIf(browser === undefined)('every claim of the study is in the first screen of the report', async () => {
  const opened = await chromium.launch({executablePath: browser ?? '', args: ['--no-sandbox'], timeout: 120_000});
  try {
    const page = await opened.newPage({viewport: {width: 1280, height: 900}});
    await page.goto(`file://${join(results, 'report.html')}`);
    const seen = (await page.evaluate('[...document.querySelectorAll(".claims dt")].map((term) => [term.textContent, term.nextElementSibling.textContent, term.nextElementSibling.getBoundingClientRect().bottom <= innerHeight])')) as [string, string, boolean][];
    expect(seen.filter(([, , isInView]) => !isInView)).toEqual([]);
    const words = Object.fromEntries(seen);
    expect(Object.keys(words)).toEqual(['Clonal abundance', 'Inflammatory status', 'B cells', 'SLEDAI-2K', 'Remission', 'Safety', 'Immune deposits']);
    const lower = (outcome: string, cellType: string): boolean => Number(main(outcome, cellType)?.['q_t'] ?? 1) < 0.05 && Number(main(outcome, cellType)?.['mean_difference']) < 0;
    expect([lower('BCR top_clone', 'all'), lower('TCR top_clone', 'all')]).toEqual([true, false]);
    expect(words['Clonal abundance']).toMatch(/^BCR clones are less dominant at month3 \(6 of 6 patients down\)\. TCR clones: no change of dominance seen at month3/);
    // Planted: interferon in every lineage, other inflammation in monocytes alone.
    const free = 'HALLMARK_INFLAMMATORY_RESPONSE_NO_IFN';
    expect(['monocyte', 'T cell', 'NK cell', 'B cell'].map((cellType) => [lower('HALLMARK_INTERFERON_ALPHA_RESPONSE', cellType), lower(free, cellType)])).toEqual([[true, true], [true, false], [true, false], [true, false]]);
    expect(words['Inflammatory status']).toBe('Lower at month3 in monocyte; lower by interferon genes only in T cell, NK cell, B cell; not tested in dendritic cell.');
    expect(words).toMatchObject({
      'B cells': 'Gone by month 1 in 7 of 7, back by month 3 in 6 of 7.', 'SLEDAI-2K': '18 (10 to 22) before the infusion, 0 (0 to 4) at the last visit (median and range).',
      Remission: 'DORIS 2017 complete remission in 5 of 7; DORIS 2021, which ignores serology, in 6 of 7.', Safety: 'CRS in 1 of 7, grade 1 in 1 of 7; ICANS in 0 of 7; infection of grade 3 or more in 0 of 7; hypogammaglobulinaemia in 7 of 7.',
      'Immune deposits': 'Less in 3 of 3 patients with a biopsy before and after; 4 have no such pair.',
    });
  } finally {
    await opened.close();
  }
});

test('the cells of each sample are of the sex of the patients sheet, and two samples that were swapped are flagged', () => {
  const sexes = (path: string): Row[] => [...readTable(path).rows].filter((row) => row['n_cells'] !== null);
  const told = sexes(join(results, 'tables/sex_check.tsv'));
  expect(told).toHaveLength(20);
  expect(told.filter((row) => row['sex'] !== row['sex_stated'] || row['flag'] !== null)).toEqual([]);
  expect(told.filter((row) => row['sex'] === 'male').map((row) => row['sample_id'])).toEqual(['P05-baseline', 'P05-month1', 'P05-month3']);

  const sheet = readFileSync(join(cohort, 'samples.tsv'), 'utf8');
  const [one, other] = ['matrices/P01-month3.h5', 'matrices/P05-month3.h5'];
  writeFileSync(join(cohort, 'swapped.tsv'), sheet.replace(one, 'swapped').replace(other, one).replace('swapped', other));
  const run = runCli(['run', join(cohort, 'run.yaml'), '--set', 'samples=swapped.tsv', '--run-dir', join(cohort, 'runs/swapped'), '--until', 'check-samples']);
  expect(`${run.stderr.slice(-2000)} exit ${String(run.status)}`).toMatch(/exit 0$/);
  const flagged = sexes(join(cohort, 'runs/swapped/results/tables/sex_check.tsv')).filter((row) => row['flag'] !== null);
  expect(flagged.map((row) => [row['sample_id'], row['flag']])).toEqual([
    ['P01-baseline', 'female, while another sample of P01 is male: possible swap'], ['P01-month1', 'female, while another sample of P01 is male: possible swap'],
    ['P01-month3', 'male by its cells, female by the patients sheet: possible swap; male, while another sample of P01 is female: possible swap'],
    ['P05-baseline', 'male, while another sample of P05 is female: possible swap'], ['P05-month1', 'male, while another sample of P05 is female: possible swap'],
    ['P05-month3', 'female by its cells, male by the patients sheet: possible swap; female, while another sample of P05 is male: possible swap'],
  ]);
}, 120_000);

async function digests(directory: string): Promise<Record<string, string>> {
  const {files} = JSON.parse(readFileSync(join(directory, 'results/manifest.json'), 'utf8')) as {files: {path: string; sha256: string}[]};
  for (const {path, sha256} of files) expect(await digestFile(join(directory, 'results', path)), path).toBe(sha256);
  return Object.fromEntries(files.map(({path, sha256}) => [path, sha256]));
}

/** Few in CI; twenty with LYMPHLINE_KILLS=20. */
const nKills = Number(process.env['LYMPHLINE_KILLS'] ?? 4);

test('another directory, one core, and a run killed at random moments give the same bytes', async () => {
  const elsewhere = join(folder, 'elsewhere');
  cpSync(cohort, elsewhere, {recursive: true, filter: (path) => !path.includes('/runs')});
  const argv = ['--disable-warning=ExperimentalWarning', join(projectRoot, 'pipeline/cli/main.ts'), 'run', join(elsewhere, 'run.yaml'), '--cores', '1', '--quiet'];
  const random = randomStream(11, 'moments of death');
  for (let i = 0; i < nKills; i++) {
    const child = spawn(process.execPath, argv, {cwd: projectRoot, stdio: 'ignore'});
    const ended = new Promise((done) => child.on('close', done));
    await wait(1000 + 9000 * random.uniform());
    child.kill('SIGKILL');
    await ended;
  }
  const run = runCli(argv.slice(2));
  expect(`${run.stderr.slice(-2000)} exit ${String(run.status)}`).toMatch(/exit 0$/);
  expect(await digests(join(elsewhere, 'runs/simulated'))).toEqual(await digests(join(cohort, 'runs/simulated')));
  const completed = readFileSync(join(elsewhere, 'runs/simulated/events.jsonl'), 'utf8').trim().split('\n').map((one) => JSON.parse(one) as {kind: string; job: string}).filter((event) => event.kind === 'job-completed').map((event) => event.job);
  expect(completed.length).toBe(new Set(completed).size);
}, 1_200_000);
