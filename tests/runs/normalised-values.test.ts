// A run from an analysed file without raw counts: rank scores are made and compared, and everything that counts would decide is missing with the reason.
import {mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterAll, beforeAll, describe, expect, test} from 'vitest';
import {readTable} from '../../pipeline/formats/delimited-text.ts';
import {readH5ad} from '../../pipeline/formats/h5ad.ts';
import {runCli} from '../rig/cli.ts';
import {runStepFolder} from '../rig/run-step.ts';
import {dataFile, sharedData} from '../rig/shared-data.ts';

const reason = 'the file has normalised values and no raw counts';
const folder = mkdtempSync(join(tmpdir(), 'lymphline-normalised-'));
const results = join(folder, 'runs/normalised/results');
const rows = (name: string): ReturnType<typeof readTable>['rows'] => readTable(join(results, 'tables', name)).rows;
afterAll(() => rmSync(folder, {recursive: true, force: true}));

describe.skipIf(!sharedData)('pbmc68k_reduced, whose logarithms are rounded', () => {
  beforeAll(() => {
    // Its clusters stand for samples: six for three patients before and after, the others are left out.
    const sheet = Array.from({length: 12}, (_, k) => [k, `P${(k >> 1) + 1}`, k % 2 === 0 ? 'before' : 'after', k % 2, 'gex', '', k < 6 ? '' : 'not looked at'].join('\t'));
    writeFileSync(join(folder, 'samples.tsv'), `sample_id\tpatient_id\ttimepoint\tday\tlibrary\tpath\texcluded\n${sheet.join('\n')}\n`);
    writeFileSync(join(folder, 'sets.gmt'), 'T_CORE\ttest\tCD3D\tCD3E\tCD3G\tCD2\tCD7\tIL7R\n');
    writeFileSync(join(folder, 'run.yaml'), [
      'lymphline: 1', 'name: normalised', 'samples: samples.tsv', 'timepoints: [before, after]', `cells: {path: ${dataFile('h5ad/pbmc68k_reduced_anndata0.8_700x765.h5ad')}, sample_column: louvain}`,
      'contrasts: [{name: after-vs-before, by: timepoint, before: before, after: after, primary: true}]', 'signatures: {primary: [T_CORE], files: [sets.gmt]}', '',
    ].join('\n'));
    const run = runCli(['run', join(folder, 'run.yaml')]);
    expect(`${run.stderr.slice(-2000)} exit ${String(run.status)}`).toMatch(/exit 0$/);
  }, 200_000);

  test('UCell and AUCell have means, Tirosh has the reason', () => {
    const own = rows('signature_summary.tsv').filter((row) => row['cell_type'] === 'all' && row['signature'] === 'T_CORE' && row['sample_id'] === '0');
    expect(own.map((row) => [row['method'], row['mean'] !== null, row['missing']])).toEqual([['ucell', true, null], ['aucell', true, null], ['tirosh', false, `tirosh needs counts: ${reason}`]]);
  });

  test('the comparison is made on ranks and says that depth was not compared', () => {
    const main = rows('timepoint_comparisons.tsv').find((row) => row['outcome'] === 'T_CORE' && row['variant'] === 'main' && row['cell_type'] === 'all');
    expect(main).toMatchObject({n_pairs: '3', note: expect.stringContaining(`depth not compared: ${reason}`) as string});
    expect(rows('depth_check.tsv').map((row) => [row['ratio'], row['missing']])).toEqual(rows('depth_check.tsv').map(() => [null, reason]));
  });

  test('the share of the only cell type is all of it, and is not compared', () => {
    const found = rows('timepoint_comparisons.tsv').find((row) => row['family'] === 'composition');
    expect([found?.['mean_difference'], found?.['missing'], found?.['note']]).toEqual([null, '0 complete pairs, 3 needed', expect.stringContaining('P1 before: every cell is unassigned')]);
  });

  test('cohort.h5ad and the page say so too', async () => {
    expect((await readH5ad(join(results, 'cohort.h5ad'))).uns).toMatchObject({X_is: reason});
    expect(readFileSync(join(results, 'report.html'), 'utf8')).toContain('There are no raw counts: scores are ranks of the values in raw/X, normalised values without counts (6 samples)');
  });

  test('tests of genes are refused with what to do', () => {
    const jobs = join(folder, 'runs/normalised/jobs');
    const own = mkdtempSync(join(folder, 'genes-'));
    const run = runStepFolder('pseudobulk', own, {inputs: {
      kept: join(jobs, 'import-cells/cohort/attempt-1/outputs/kept.h5ad'), labels: join(jobs, 'import-cells/cohort/attempt-1/outputs/labels.tsv.gz'), universe: join(jobs, 'signature-universe/cohort/attempt-1/outputs/universe.json'),
    }, design: {rows: [], contrasts: []}});
    expect([run.status, run.problem]).toMatchObject([65, {found: reason, advice: expect.stringContaining('or set differential_expression: false') as string}]);
  });
});
