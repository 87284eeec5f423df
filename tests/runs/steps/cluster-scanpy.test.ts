// The two tools of the cluster step beside each other: the same outputs, the same refusals, and how far scanpy's answer is from scran's.
import {mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join, resolve} from 'node:path';
import {initialize, terminate} from 'scran.js';
import {afterAll, beforeAll, describe, expect, test} from 'vitest';
import {adjustedRandIndex} from '../../../pipeline/analysis/adjusted-rand.ts';
import {columnAsText, type AnnotatedMatrix} from '../../../pipeline/data/annotated-matrix.ts';
import type {SparseMatrix} from '../../../pipeline/data/matrix.ts';
import type {Row} from '../../../pipeline/data/table.ts';
import {readTable} from '../../../pipeline/formats/delimited-text.ts';
import {readH5ad, writeH5ad} from '../../../pipeline/formats/h5ad.ts';
import type {JobInput} from '../../../pipeline/model/job-file.ts';
import {chosenVariant} from '../../../pipeline/model/step-contract.ts';
import {normalizeCells, scoreClusters} from '../../../steps/cluster/scran-chain.ts';
import {readContract, runStepFolder, type StepRequest, type StepRun} from '../../rig/run-step.ts';
import {dataFile, sharedData} from '../../rig/shared-data.ts';
import {findStepContainer, runStepInContainer} from '../../rig/step-container.ts';
import {absentTools} from '../../rig/tools.ts';

const root = resolve(import.meta.dirname, '../../..');
const example = join(root, 'steps/cluster/example');
const exampleFiles: JobInput[] = ['before', 'after'].map((name) => ({unit: `P1-${name}`, path: join(example, `${name}.h5ad`)}));
const container = await findStepContainer('scanpy');
const isHere = !('reason' in container) || absentTools(chosenVariant(readContract('cluster'), {tool: 'scanpy'}).tools).length === 0;
if (!isHere && 'reason' in container) console.log(`Clustering with scanpy is skipped: ${container.reason}, and python3 on PATH has no scanpy with igraph.`);
const folder = mkdtempSync(join(tmpdir(), 'lymphline-scanpy-'));
afterAll(() => rmSync(folder, {recursive: true, force: true}));

const scanpy = async (name: string, {params, ...request}: StepRequest): Promise<StepRun> => {
  const asked = {...request, params: {...params, tool: 'scanpy'}};
  return 'reason' in container ? runStepFolder('cluster', join(folder, name), asked) : runStepInContainer(container, 'cluster', join(folder, name), asked);
};
const scran = (name: string, request: StepRequest): StepRun => {
  mkdirSync(join(folder, name));
  return runStepFolder('cluster', join(folder, name), request);
};
const embeddingOf = ({outputs}: StepRun): Promise<AnnotatedMatrix> => readH5ad(outputs['embedding']);
const clustersOf = ({obs}: AnnotatedMatrix): Int32Array => Int32Array.from(columnAsText(obs, 'cluster') as string[], (label) => Number(label) - 1);
const shapeOf = ({obs, var: genes, X, obsm}: AnnotatedMatrix): unknown => ({
  index: obs.index, columns: [...obs.columns].map(([name, {kind}]) => [name, kind]), samples: columnAsText(obs, 'sample_id'), genes, X,
  obsm: [...(obsm ?? [])].map(([name, {nRows, nColumns, values}]) => [name, nRows, nColumns, values.constructor.name]),
});

test('CI has a scanpy to test with', () => {
  if (process.env['CI'] === 'true') expect(isHere).toBe(true);
});

describe.skipIf(!isHere)('scanpy on the example', () => {
  const request = {inputs: {kept: exampleFiles}, params: {n_neighbors: 5, n_markers: 5}};
  let [one, two, mixed]: StepRun[] = [];
  beforeAll(async () => {
    [one, two, mixed] = await Promise.all([
      scanpy('one', {...request, cpus: 1}), scanpy('two', {...request, cpus: 2}), scanpy('mixed', {...request, params: {...request.params, batch: 'harmony'}}),
    ]);
  }, 1_200_000);

  test('writes what scran writes: the same cells, columns, types and shapes, and the versions of its libraries', async () => {
    expect(one, one.stderr).toMatchObject({status: 0, problem: undefined});
    const [theirs, ours] = [await embeddingOf(one), await embeddingOf(scran('scran', request))];
    expect(shapeOf(theirs)).toEqual(shapeOf(ours));
    expect(theirs.uns).toMatchObject({tools: {scanpy: expect.stringMatching(/^1\.\d+/) as string, igraph: expect.stringMatching(/^\d/) as string}});
    expect(readTable(one.outputs['markers']).columns).toEqual(readTable(join(example, 'expected/markers.tsv')).columns);
    // 54 cells; measured 0.83.
    expect(adjustedRandIndex(clustersOf(theirs), clustersOf(ours))).toBeGreaterThan(0.8);
  });

  test('gives the same bytes with another number of threads', () => {
    expect(two.status, two.stderr).toBe(0);
    for (const output of ['embedding', 'markers', 'cluster_stability']) expect(readFileSync(two.outputs[output]).equals(readFileSync(one.outputs[output])), output).toBe(true);
  });

  test('looks at the stability of the same resolutions', () => {
    const [theirs, ours] = [readTable(one.outputs['cluster_stability']), readTable(join(example, 'expected/cluster_stability.tsv'))];
    expect(theirs.columns).toEqual(ours.columns);
    const asked = ({rows}: typeof theirs): unknown => rows.map((row) => [row['resolution'], row['chosen'], row['n_cells'], row['n_drawn'], row['n_draws'], row['missing']]);
    expect(asked(theirs)).toEqual(asked(ours));
    for (const row of theirs.rows) expect([Number(row['ari_lower']) <= Number(row['ari']), Number(row['ari']) <= Number(row['ari_upper']), Number(row['ari_upper']) <= 1, Number(row['ari']) > 0.5]).toEqual([true, true, true, true]);
    expect(readTable(one.outputs['cluster_stability']).rows.find((row) => row['chosen'] === 'true')?.['n_clusters']).toBe(String(new Set(readTable(one.outputs['markers']).rows.map((row) => row['cluster'])).size));
  });

  test('Harmony changes the components, not what is written', async () => {
    expect(mixed.status, mixed.stderr).toBe(0);
    const [corrected, regressed] = [await embeddingOf(mixed), await embeddingOf(one)];
    expect(shapeOf(corrected)).toEqual(shapeOf(regressed));
    expect(corrected.obsm?.get('X_pca')?.values).not.toEqual(regressed.obsm?.get('X_pca')?.values);
    expect(corrected.uns).toMatchObject({tools: {harmonypy: expect.stringMatching(/^\d/) as string}});
  });

  test('refuses what scran refuses, in the same words', async () => {
    const before = await readH5ad(exampleFiles[0].path);
    const other = join(folder, 'other.h5ad');
    await writeH5ad(other, {...before, var: {...before.var, index: before.var.index.map((gene) => `mouse-${gene}`)}});
    const strangers = {inputs: {kept: [exampleFiles[0], {unit: 'other', path: other}]}};
    const refused = await scanpy('strangers', strangers);
    expect(refused.status, refused.stderr).toBe(65);
    expect(refused.problem).toEqual(scran('strangers-scran', strangers).problem);

    const misspelt = {inputs: {kept: exampleFiles}, params: {hvg_exclude: ['ribosome']}};
    expect((await scanpy('misspelt', misspelt)).problem).toEqual({input: 'cluster.hvg_exclude', found: '"ribosome"', expected: 'a list of receptor, ribosomal, mitochondrial', advice: 'Change steps.cluster.hvg_exclude in the run file.'});
    expect(scran('misspelt-scran', misspelt).problem).toEqual((await scanpy('misspelt-again', misspelt)).problem);

    const cut = join(folder, 'cut.h5ad');
    writeFileSync(cut, readFileSync(exampleFiles[0].path).subarray(0, 3000));
    const damaged = await scanpy('cut', {inputs: {kept: cut}});
    const {found: _words, ...rest} = scran('cut-scran', {inputs: {kept: cut}}).problem ?? {found: ''};
    expect(damaged.problem).toMatchObject(rest);
  });

  test('ten cells are one cluster without an embedding', async () => {
    const few = join(folder, 'few.h5ad');
    const {obs, var: genes, X} = await readH5ad(exampleFiles[0].path, {obsm: false, uns: false, layers: false});
    const counts = X as SparseMatrix;
    await writeH5ad(few, {
      obs: {index: obs.index.slice(0, 10), columns: new Map([['sample_id', {kind: 'string', values: obs.index.slice(0, 10).map(() => 'P1-before')}]])}, var: genes,
      X: {...counts, nRows: 10, indptr: counts.indptr.slice(0, 11), indices: counts.indices.slice(0, counts.indptr[10]), values: counts.values.slice(0, counts.indptr[10])},
    });
    const done = await scanpy('few', {inputs: {kept: few}});
    expect(done.status, done.stderr).toBe(0);
    const ours = scran('few-scran', {inputs: {kept: few}});
    expect(shapeOf(await embeddingOf(done))).toEqual(shapeOf(await embeddingOf(ours)));
    for (const output of ['markers', 'cluster_stability']) expect(readFileSync(done.outputs[output], 'utf8')).toBe(readFileSync(ours.outputs[output], 'utf8'));
  });
});

if (sharedData === undefined) console.log('scanpy beside scran on Kang is skipped: no LYMPHLINE_DATA and no ../shared/data.');
describe.skipIf(!isHere || sharedData === undefined)('scanpy beside scran on Kang 2018 (1,971 cells of 16 samples)', () => {
  let kept: AnnotatedMatrix;
  let sampleIds: string[];
  const clusters: Record<string, Int32Array> = {};
  const labels: Record<string, readonly Row[]> = {};
  let embedding: AnnotatedMatrix;
  let markers: readonly Row[];

  beforeAll(async () => {
    const {obs, var: genes, X} = await readH5ad(dataFile('kang/kang2k.h5ad'));
    sampleIds = columnAsText(obs, 'sample') as string[];
    kept = {obs: {index: obs.index, columns: new Map([['sample_id', {kind: 'string', values: sampleIds}]])}, var: {index: genes.index, columns: new Map()}, X};
    const file = join(folder, 'kang.h5ad');
    await writeH5ad(file, kept);
    // As configs/kang2018 has it.
    const request = {inputs: {kept: file}, params: {resolution: 2}, cpus: 2};
    const runs = {scran: scran('kang-scran', request), scanpy: await scanpy('kang-scanpy', request)};
    for (const [tool, run] of Object.entries(runs)) {
      expect(run, run.stderr).toMatchObject({status: 0, problem: undefined});
      clusters[tool] = clustersOf(await embeddingOf(run));
      mkdirSync(join(folder, `annotate-${tool}`));
      const annotated = runStepFolder('annotate', join(folder, `annotate-${tool}`), {inputs: {kept: file, embedding: run.outputs['embedding'], cell_types: join(root, 'configs/cell-types.yaml')}});
      expect(annotated, annotated.stderr).toMatchObject({status: 0});
      labels[tool] = readTable(annotated.outputs['labels']).rows;
    }
    embedding = await embeddingOf(runs.scanpy);
    markers = readTable(runs.scanpy.outputs['markers']).rows;
  }, 1_200_000);

  test('clusters and labels agree as far as was measured', () => {
    const share = (column: string): number => labels['scran'].filter((row, cell) => row[column] === labels['scanpy'][cell][column]).length / labels['scran'].length;
    const ari = adjustedRandIndex(clusters['scran'], clusters['scanpy']);
    const [lineage, type] = [share('lineage'), share('cell_type')];
    console.log(`Kang 2018, scanpy beside scran at resolution 2: ${Math.max(...clusters['scanpy']) + 1} and ${Math.max(...clusters['scran']) + 1} clusters, ARI ${ari.toFixed(3)}, lineages ${lineage.toFixed(3)}, types ${type.toFixed(3)}`);
    expect(ari).toBeGreaterThanOrEqual(0.6);
    expect(lineage).toBeGreaterThanOrEqual(0.95);
    expect(type).toBeGreaterThanOrEqual(0.92);
  });

  test('clusters are numbered by size, neighbours are the nearest cells in order', () => {
    const sizes = new Int32Array(Math.max(...clusters['scanpy']) + 1);
    for (const cluster of clusters['scanpy']) sizes[cluster]++;
    expect([...sizes]).toEqual([...sizes].sort((a, b) => b - a));
    const components = embedding.obsm?.get('X_pca');
    const neighbors = embedding.obsm?.get('neighbors');
    if (components === undefined || neighbors === undefined) throw new Error('no embedding');
    const {nRows, nColumns} = components;
    for (let cell = 0; cell < nRows; cell += 10) {
      const distance = (other: number): number => Math.hypot(...Array.from({length: nColumns}, (_, k) => components.values[cell * nColumns + k] - components.values[other * nColumns + k]));
      const found = Array.from(neighbors.values.subarray(cell * neighbors.nColumns, (cell + 1) * neighbors.nColumns), distance);
      const nearest = Array.from({length: nRows}, (_, other) => (other === cell ? Infinity : distance(other))).sort((a, b) => a - b);
      expect(Math.max(...found.map((one, k) => Math.abs(one - nearest[k])))).toBeLessThan(1e-4);
    }
  });

  test('markers are scran’s own effects for these clusters', async () => {
    await initialize({numberOfThreads: 1});
    const order = [...new Set(sampleIds)];
    const sampleOfCell = Int32Array.from(sampleIds, (sample) => order.indexOf(sample));
    const effects = scoreClusters(normalizeCells(kept.X as SparseMatrix, sampleOfCell), {clusters: clusters['scanpy'], nClusters: Math.max(...clusters['scanpy']) + 1, sampleOfCell});
    await terminate();
    const row = new Map(kept.var.index.map((gene, k) => [gene, k]));
    expect(markers.length).toBe(effects.length * 100);
    // scanpy computes in single precision: cells that differ in the eighth digit are ties there, and a tie moves an AUC. Measured: 1.3e-4 and 4e-8.
    const worst = (name: keyof (typeof effects)[number]): number => Math.max(...markers.map((marker) => Math.abs(Number(marker[name]) - effects[Number(marker['cluster']) - 1][name][row.get(String(marker['gene_id'])) as number])));
    expect(worst('auc')).toBeLessThan(5e-4);
    for (const name of ['cohens_d', 'log2_fold_change', 'fraction_in', 'fraction_out'] as const) expect(worst(name), name).toBeLessThan(1e-6);
  });
});
