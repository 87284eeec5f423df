// The shipped configs on real data, through the command line: Kang 2018 from 10x H5 and from one h5ad, ARDS blood and lung.
import {spawnSync} from 'node:child_process';
import {mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join, resolve} from 'node:path';
import {afterAll, describe, expect, test} from 'vitest';
import type {Row} from '../../pipeline/data/table.ts';
import {readTable} from '../../pipeline/formats/delimited-text.ts';
import {readH5ad} from '../../pipeline/formats/h5ad.ts';
import {readContract} from '../rig/run-step.ts';
import {skipsWithout} from '../rig/tools.ts';
import {dataFile, referenceFile, sharedData} from '../rig/shared-data.ts';

if (sharedData === undefined) console.log('Runs on real data are skipped: no LYMPHLINE_DATA and no ../shared/data.');
const withoutR = skipsWithout(readContract('differential-expression'));
const root = resolve(import.meta.dirname, '../..');
const folder = mkdtempSync(join(tmpdir(), 'lymphline-real-'));
afterAll(() => rmSync(folder, {recursive: true, force: true}));

function runConfig(name: string, ...options: readonly string[]): (table: string) => readonly Row[] {
  const runDir = join(folder, name);
  const done = spawnSync(process.execPath, ['--disable-warning=ExperimentalWarning', join(root, 'pipeline/cli/main.ts'), 'run', `configs/${name}/run.yaml`, '--run-dir', runDir, ...options], {cwd: root, encoding: 'utf8', timeout: 300_000, env: {...process.env, LYMPHLINE_DATA: sharedData, LYMPHLINE_CACHE: join(folder, 'cache')}});
  expect(`${done.stderr.slice(-3000)}\nexit ${String(done.status)}`).toMatch(/exit 0$/);
  return (table) => readTable(join(runDir, 'results/tables', table)).rows;
}

const main = (rows: readonly Row[], outcome: string, cellType: string): Row | undefined => rows.find((row) => row['outcome'] === outcome && row['cell_type'] === cellType && row['variant'] === 'main');

describe.skipIf(sharedData === undefined)('real data', () => {
  test('Kang 2018 from 10x H5: interferon-alpha up in 8 of 8, inflammation without its genes not up in T cells, composition still, labels as published', () => {
    const table = runConfig('kang2018');
    const comparisons = table('timepoint_comparisons.tsv');
    for (const lineage of ['T cell', 'monocyte']) expect(main(comparisons, 'HALLMARK_INTERFERON_ALPHA_RESPONSE', lineage), lineage).toMatchObject({n_pairs: '8', n_up: '8'});
    const inflammation = main(comparisons, 'HALLMARK_INFLAMMATORY_RESPONSE_NO_IFN', 'T cell');
    expect(Number(inflammation?.['q_t']) < 0.05 && Number(inflammation?.['mean_difference']) > 0).toBe(false);
    // ref/kang composition_propeller_style.csv: least FDR 0.19 (logit, limma); no call at 5 %.
    for (const row of comparisons.filter((one) => one['family'] === 'composition' && one['q_t'] !== null)) expect(Number(row['q_t']), String(row['cell_type'])).toBeGreaterThan(0.05);
    const published = new Map(readTable(dataFile('kang/kang2k.obs.csv')).rows.map((row) => [String(Object.values(row)[0]), row]));
    const lineages: Readonly<Record<string, string>> = {T: 'T cell', B: 'B cell', NK: 'NK cell', Mono: 'monocyte', DC: 'dendritic cell', Mega: 'megakaryocyte'};
    let [agree, known] = [0, 0];
    for (const cell of table('cells.tsv.gz')) {
      // The table of published labels names a cell <condition>_<barcode>, ours <sample>_<barcode>.
      const [sample, barcode] = String(cell['cell_id']).split('_');
      const label = published.get(`${sample.slice(0, 4)}_${barcode}`);
      if (label === undefined) continue;
      known++;
      if (lineages[String(label['cell_type_major'])] === cell['lineage']) agree++;
    }
    expect(known).toBeGreaterThan(1900);
    expect(agree / known).toBeGreaterThanOrEqual(0.9);
  }, 1_200_000);

  test('Kang 2018 from one h5ad: the UCell means of R, the mitochondrial share missing and not 0', () => {
    const table = runConfig('kang2018-h5ad');
    // ref/kang/sample_celltype_means.csv (R, UCell, maxRank 1500, impute).
    const reference = readTable(referenceFile('kang/sample_celltype_means.csv')).rows.filter((row) => row['method'] === 'UCell' && row['set'] === 'IFNA' && row['group'] === 'T');
    const ours = new Map(table('signature_summary.tsv').filter((row) => row['signature'] === 'HALLMARK_INTERFERON_ALPHA_RESPONSE' && row['cell_type'] === 'T cell' && row['method'] === 'ucell' && row['variant'] === 'as-counted').map((row) => [row['sample_id'], Number(row['mean'])]));
    expect(reference.length).toBeGreaterThanOrEqual(16);
    for (const row of reference) expect(Math.abs((ours.get(row['sample'] ?? '') ?? NaN) - Number(row['mean'])), String(row['sample'])).toBeLessThan(1e-8);
    const cells = table('cells.tsv.gz');
    expect(cells.length).toBe(1971);
    expect(cells.every((cell) => cell['percent_mito'] === null && String(cell['missing']).includes('percent_mito'))).toBe(true);
  }, 1_200_000);

  test.skipIf(withoutR)('Kang 2018, genes: as many change in each lineage as in R, and the sets as in R', () => {
    const table = runConfig('kang2018-genes', '--until', 'differential-expression');
    const n = (lineage: string): number => table('differential_expression.tsv').filter((row) => row['cell_type'] === lineage && row['q_value'] !== null && Number(row['q_value']) < 0.05).length;
    // ref/kang pseudobulk_DE_*.csv.gz (limma 3.54.1, voom, FDR < 0.05).
    expect(['T cell', 'B cell', 'NK cell', 'monocyte'].map(n)).toEqual([266, 83, 50, 654]);
    const reference = readTable(referenceFile('kang/pseudobulk_geneset_camera_fry.csv')).rows;
    const lineages: Readonly<Record<string, string>> = {T: 'T cell', B: 'B cell', NK: 'NK cell', Mono: 'monocyte'};
    const tested = table('gene_set_tests.tsv').filter((row) => row['p_value'] !== null && !String(row['signature']).endsWith('_NO_IFN'));
    // Five sets, four lineages, two methods; in B and NK cells fewer than three genes of some are tested.
    expect(tested.length).toBeGreaterThan(30);
    for (const row of tested) {
      const expected = Number(reference.find((one) => lineages[String(one['group'])] === row['cell_type'] && one['set'] === row['signature'])?.[`${String(row['method'])}_p`]);
      expect(Math.abs(Number(row['p_value']) - expected) / expected, `${row['cell_type']} ${row['signature']} ${row['method']}`).toBeLessThan(1e-6);
    }
    // Without its interferon genes the inflammatory response does not stand out in T cells (competitive test).
    const free = table('gene_set_tests.tsv').find((row) => row['cell_type'] === 'T cell' && row['signature'] === 'HALLMARK_INFLAMMATORY_RESPONSE_NO_IFN' && row['method'] === 'camera');
    expect(Number(free?.['q_value'])).toBeGreaterThan(0.05);
  }, 1_200_000);

  test('ARDS: clones and overlap as in the reference tables, scores missing with the reason', async () => {
    const table = runConfig('ards');
    const top = (sample: string): [number, number] => {
      const own = table('clonal_abundance.tsv').filter((row) => row['sample_id'] === sample && row['cell_type'] === 'all');
      return [own.length, Number(own[0]['clone_size'])];
    };
    expect([top('P17B'), top('P19B'), top('P20L')]).toEqual([[725, 957], [5387, 110], [192, 3]]);
    const overlap = table('repertoire_overlap.tsv').find((row) => row['sample_id_a'] === 'P17B' && row['sample_id_b'] === 'P17L');
    expect(Number(overlap?.['jaccard'])).toBeCloseTo(0.0339608712, 9);
    expect(table('signature_sets.tsv').filter((row) => row['role'] === 'primary').every((row) => row['used'] === 'false' && String(row['missing']).includes('genes present'))).toBe(true);
    expect(table('timepoint_comparisons.tsv').filter((row) => row['family'] === 'primary-signatures').every((row) => row['mean_difference'] === null && row['missing'] !== null)).toBe(true);
    const cohort = await readH5ad(join(folder, 'ards/results/cohort.h5ad'));
    expect(cohort.obs.index.length).toBeGreaterThan(0);
  }, 1_200_000);
});
