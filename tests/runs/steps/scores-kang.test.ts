// Kang 2018 through the three score steps: eight lupus patients, control and interferon-beta, published labels.
import {mkdirSync, mkdtempSync, readFileSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {gunzipSync} from 'node:zlib';
import {afterAll, beforeAll, describe, expect, test} from 'vitest';
import {thinCounts} from '../../../pipeline/analysis/thin-counts.ts';
import {randomStream} from '../../../pipeline/base/random.ts';
import {columnAsText, type AnnotatedMatrix} from '../../../pipeline/data/annotated-matrix.ts';
import {selectRows, type SparseMatrix} from '../../../pipeline/data/matrix.ts';
import type {Row} from '../../../pipeline/data/table.ts';
import {readTable, writeTable} from '../../../pipeline/formats/delimited-text.ts';
import {readH5ad, writeH5ad} from '../../../pipeline/formats/h5ad.ts';
import {runStepFolder, type StepRun} from '../../rig/run-step.ts';
import {dataFile, referenceFile, sharedData} from '../../rig/shared-data.ts';

if (sharedData === undefined) console.log('Kang scores are skipped: no LYMPHLINE_DATA and no ../shared/data.');
const root = join(import.meta.dirname, '../../..');
const lineageOf: Readonly<Record<string, string>> = {T: 'T cell', B: 'B cell', NK: 'NK cell', Mono: 'monocyte', DC: 'dendritic cell', Mega: 'megakaryocyte'};

describe.skipIf(sharedData === undefined)('Kang 2018', () => {
  let folder: string;
  let data: AnnotatedMatrix;
  let samples: string[];
  let compared: StepRun;
  let universe: StepRun;
  const run = (step: string, name: string, request: Parameters<typeof runStepFolder>[2]): StepRun => {
    mkdirSync(join(folder, name));
    const done = runStepFolder(step, join(folder, name), request);
    expect(done).toMatchObject({status: 0, problem: undefined});
    return done;
  };
  const rowOf = (sample: string): Record<string, string> => ({sample_id: sample, patient_id: sample.replace(/^(ctrl|stim)/, ''), timepoint: sample.slice(0, 4), day: '', library: 'gex', library_id: `${sample}-gex`, excluded: '', path: 'x'});

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'lymphline-kang-'));
    data = await readH5ad(dataFile('kang/kang2k.h5ad'));
    const sampleOf = columnAsText(data.obs, 'sample') as string[];
    const majors = columnAsText(data.obs, 'cell_type_major') as string[];
    samples = [...new Set(sampleOf)].sort();
    await writeH5ad(join(folder, 'kept.h5ad'), {obs: {index: data.obs.index, columns: new Map([['sample_id', {kind: 'string', values: sampleOf}]])}, var: {index: data.var.index, columns: new Map()}, X: data.X});
    writeTable(join(folder, 'labels.tsv.gz'), {
      columns: ['cell_id', 'sample_id', 'lineage', 'cell_type'],
      rows: data.obs.index.map((cell_id, i) => ({cell_id, sample_id: sampleOf[i], lineage: lineageOf[majors[i]] ?? 'unassigned', cell_type: lineageOf[majors[i]] ?? 'unassigned'})),
    });
    const kept = join(folder, 'kept.h5ad');
    const labels = join(folder, 'labels.tsv.gz');
    const primary = ['HALLMARK_INTERFERON_ALPHA_RESPONSE', 'HALLMARK_INFLAMMATORY_RESPONSE'];
    universe = run('signature-universe', 'universe', {
      inputs: {kept, sets: join(root, 'configs/signatures/signatures.gmt'), aliases: join(root, 'configs/signatures/aliases.tsv')},
      params: {max_rank: 1500, missing_genes: 'impute', aliases: false}, config: {signatures: {primary, exploratory: ['HALLMARK_TNFA_SIGNALING_VIA_NFKB']}},
    });
    const scored = samples.map((sample) => ({
      unit: sample, run: run('score-signatures', sample, {unit: {kind: 'sample', id: sample}, inputs: {kept, labels, universe: universe.outputs['universe']}, params: {write_cells: true}, design: {rows: [rowOf(sample)]}}),
    }));
    compared = run('compare-timepoints', 'compare', {
      inputs: {kept, labels, universe: universe.outputs['universe'], summary: scored.map((one) => ({unit: one.unit, path: one.run.outputs['summary']})), cell_scores: scored.map((one) => ({unit: one.unit, path: one.run.outputs['cells']}))},
      params: {min_cells: 5},
      design: {rows: samples.map(rowOf), timepoints: ['ctrl', 'stim'], contrasts: [{name: 'stim-vs-ctrl', by: 'timepoint', before: 'ctrl', after: 'stim', where: {}, primary: true}], missing_pairs: 'error', visits: []},
    });
  });
  afterAll(() => rmSync(folder, {recursive: true, force: true}));

  const comparison = (outcome: string, cellType: string, variant = 'main'): Row | undefined =>
    readTable(compared.outputs['timepoint_comparisons']).rows.find((row) => row['outcome'] === outcome && row['cell_type'] === cellType && row['variant'] === variant);

  // UCell of ref/kang (upstream R functions, maxRank 1500, missing genes imputed); its file is rounded at 1e-10.
  test('the score of every cell, scored sample by sample, is that of R', () => {
    const [header, ...lines] = gunzipSync(readFileSync(referenceFile('kang/cells_ucell_max1500_impute.csv.gz'))).toString().trim().split('\n').map((line) => line.replaceAll('"', '').split(','));
    const column = header.findIndex((name) => /IFNA/.test(name));
    const expected = new Map(lines.map((line) => [line[0], Number(line[column])]));
    const rows = readTable(compared.outputs['signature_scores']).rows.filter((row) => row['signature'] === 'HALLMARK_INTERFERON_ALPHA_RESPONSE');
    expect(rows.length).toBe(1971);
    const worst = Math.max(...rows.map((row) => Math.abs(Number(row['score']) - (expected.get(String(row['cell_id'])) ?? NaN))));
    expect(worst).toBeLessThan(1e-8);
  });

  test('interferon-alpha is up in 8 of 8 patients in T cells and monocytes', () => {
    for (const cellType of ['T cell', 'monocyte']) expect(comparison('HALLMARK_INTERFERON_ALPHA_RESPONSE', cellType), cellType).toMatchObject({n_pairs: '8', n_up: '8', n_down: '0'});
    expect(Number(comparison('HALLMARK_INTERFERON_ALPHA_RESPONSE', 'T cell')?.['q_t'])).toBeLessThan(0.001);
  });

  test('without its interferon genes the inflammatory response is not up in T cells', () => {
    const row = comparison('HALLMARK_INFLAMMATORY_RESPONSE_NO_IFN', 'T cell');
    expect(row?.['missing']).toBeNull();
    expect(Number(row?.['mean_difference']) > 0 && Number(row?.['q_t']) < 0.05).toBe(false);
  });

  test('paired statistics of as-counted scores are those of R', () => {
    // ref/kang/paired_tests.csv (R 4.2.2: t.test, wilcox.test exact, sign-flip by enumeration), method UCell, set IFNA, group T.
    const rows = readTable(referenceFile('kang/paired_tests.csv')).rows;
    const reference = rows.find((row) => /ucell/i.test(String(row['method'])) && /1500/.test(String(row['method'])) && row['set'] === 'IFNA' && row['group'] === 'T') ?? rows.find((row) => /ucell/i.test(String(row['method'])) && row['set'] === 'IFNA' && row['group'] === 'T');
    expect(reference).toBeDefined();
    const thinned = comparison('HALLMARK_INTERFERON_ALPHA_RESPONSE', 'T cell', 'as-counted');
    const row = thinned ?? comparison('HALLMARK_INTERFERON_ALPHA_RESPONSE', 'T cell');
    for (const [ours, theirs] of [['mean_difference', 'mean_diff'], ['p_t', 'p_t'], ['p_wilcoxon', 'p_wilcox'], ['p_sign_flip', 'p_signflip'], ['dz', 'dz'], ['hedges_gz', 'g_z'], ['hodges_lehmann', 'HL']]) {
      expect(Number(row?.[ours]), ours).toBeCloseTo(Number(reference?.[theirs]), 6);
    }
  });

  test('the depth check has a row for every group, and where it triggers main is on thinned counts', () => {
    const depth = readTable(compared.outputs['depth_check']).rows;
    expect(depth.map((row) => row['cell_type'])).toEqual(['all', ...['B cell', 'NK cell', 'T cell', 'dendritic cell', 'megakaryocyte', 'monocyte', 'unassigned'].filter((name) => depth.some((row) => row['cell_type'] === name))]);
    const summary = readTable(compared.outputs['signature_summary']).rows;
    for (const row of depth.filter((one) => one['flag'] === 'thinned')) {
      expect(summary.some((one) => one['variant'] === 'thinned:stim-vs-ctrl' && one['cell_type'] === row['cell_type'])).toBe(true);
      expect(comparison('HALLMARK_INTERFERON_ALPHA_RESPONSE', String(row['cell_type']), 'as-counted')).toBeDefined();
    }
    const main = readTable(compared.outputs['timepoint_comparisons']).rows.filter((row) => row['variant'] === 'main').map((row) => [row['contrast'], row['family'], row['outcome'], row['cell_type'], row['level']].join(' '));
    expect(new Set(main).size).toBe(main.length);
  });

  test('thinning one side to half its depth triggers the check and keeps a null programme uncalled', async () => {
    // Control cells only, split in two by parity: no programme differs; the second half is thinned to 50 %.
    const sampleOf = columnAsText(data.obs, 'sample') as string[];
    const rows = sampleOf.flatMap((sample, i) => (sample.startsWith('ctrl') ? [i] : []));
    const half = selectRows(data.X as SparseMatrix, rows);
    const isSecond = rows.map((_row, i) => i % 2 === 1);
    const thinned = thinCounts(half, {keepProbability: (row) => (isSecond[row] ? 0.5 : 1), randomOf: (row) => randomStream(3, `half ${row}`)});
    const names = rows.map((row, i) => `${isSecond[i] ? 'stim' : 'ctrl'}${sampleOf[row].slice(4)}`);
    await writeH5ad(join(folder, 'null.h5ad'), {obs: {index: rows.map((row) => data.obs.index[row]), columns: new Map([['sample_id', {kind: 'string', values: names}]])}, var: {index: data.var.index, columns: new Map()}, X: thinned});
    const inputs = {kept: join(folder, 'null.h5ad'), labels: join(folder, 'labels.tsv.gz')};
    const nullUniverse = run('signature-universe', 'null-universe', {inputs: {kept: inputs.kept, sets: join(root, 'configs/signatures/signatures.gmt'), aliases: join(root, 'configs/signatures/aliases.tsv')}, params: {max_rank: 1500}, config: {signatures: {primary: ['HALLMARK_OXIDATIVE_PHOSPHORYLATION', 'HALLMARK_INFLAMMATORY_RESPONSE']}}});
    const used = [...new Set(names)].sort();
    const summary = used.map((sample) => ({unit: sample, path: run('score-signatures', `null-${sample}`, {unit: {kind: 'sample', id: sample}, inputs: {...inputs, universe: nullUniverse.outputs['universe']}, design: {rows: [rowOf(sample)]}}).outputs['summary']}));
    const done = run('compare-timepoints', 'null-compare', {
      inputs: {...inputs, universe: nullUniverse.outputs['universe'], summary}, params: {min_cells: 5},
      design: {rows: used.map(rowOf), timepoints: ['ctrl', 'stim'], contrasts: [{name: 'c', by: 'timepoint', before: 'ctrl', after: 'stim', where: {}, primary: true}], missing_pairs: 'error', visits: []},
    });
    const result = readTable(done.outputs['timepoint_comparisons']).rows.filter((row) => row['outcome'] === 'HALLMARK_OXIDATIVE_PHOSPHORYLATION' && row['cell_type'] === 'T cell');
    const [main, asCounted] = ['main', 'as-counted'].map((variant) => result.find((row) => row['variant'] === variant));
    expect(Number(asCounted?.['p_t'])).toBeLessThan(0.01);
    expect(Number(main?.['p_t'])).toBeGreaterThan(0.05);
  });
});
