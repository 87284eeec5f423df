// Planted groups are found, labels are ordered by size, and neither a second run nor a second thread moves a bit.
import * as scran from 'scran.js';
import {describe, expect, test} from 'vitest';
import {digestText} from '../../../pipeline/base/digest.ts';
import {randomStream} from '../../../pipeline/base/random.ts';
import {selectRows, type SparseMatrix} from '../../../pipeline/data/matrix.ts';
import type {Row} from '../../../pipeline/data/table.ts';
import {cellLoader} from '../../../steps/cluster/load-cells.ts';
import {clusterCells, variableGenes, type ChainOptions, type ChainResult} from '../../../steps/cluster/scran-chain.ts';
import {sweepResolutions, type Points} from '../../../steps/cluster/stability.ts';

const options = {n_hvgs: 100, n_pcs: 10, mnn: false, mnn_k: 10, n_neighbors: 10, resolution: 0.5, umap_epochs: 50, threads: 1};
const nCells = 180;
const nGenes = 300;
/** 90, 60 and 30 cells of three types, alternating between two samples. */
const typeOf = (cell: number): number => (cell % 6 < 3 ? 0 : cell % 6 < 5 ? 1 : 2);
const samples = Int32Array.from({length: nCells}, (_, cell) => Math.floor(cell / 6) % 2);

/** Each type has 20 genes of its own at mean 4 over a background of 0.5. */
function plant(): SparseMatrix {
  const random = randomStream(3, 'planted groups');
  const indptr = [0];
  const indices: number[] = [];
  const values: number[] = [];
  for (let cell = 0; cell < nCells; cell++) {
    for (let gene = 0; gene < nGenes; gene++) {
      const mean = Math.floor(gene / 20) === typeOf(cell) ? 4 : 0.5;
      let count = 0;
      for (let product = random.uniform(); product > Math.exp(-mean); product *= random.uniform()) count++;
      if (count > 0) {
        indices.push(gene);
        values.push(count);
      }
    }
    indptr.push(indices.length);
  }
  return {kind: 'sparse', nRows: nCells, nColumns: nGenes, indptr: Uint32Array.from(indptr), indices: Uint32Array.from(indices), values: Float32Array.from(values)};
}

const digest = (result: ChainResult): string =>
  digestText([result.components, result.neighbors, result.clusters, result.umap.x, result.umap.y, ...result.markers.map((m) => m.auc)].map((a) => digestText(new Uint8Array(a.buffer))).join());

/** scran.js is one instance a process: end it, so that each run starts as a step's process does. */
async function cluster(counts: SparseMatrix, sampleOfCell: Int32Array, chosen: ChainOptions): Promise<ChainResult> {
  const result = await clusterCells(counts, sampleOfCell, chosen);
  await scran.terminate();
  return result;
}

test('three planted types are three clusters, the largest first', async () => {
  const result = await cluster(plant(), samples, options);
  expect(result.nClusters).toBe(3);
  expect([...result.clusters]).toEqual(Array.from({length: nCells}, (_, cell) => typeOf(cell)));
  expect(result.neighbors.length).toBe(nCells * 10);
  expect(result.neighbors.every((neighbor, k) => neighbor !== Math.floor(k / 10))).toBe(true);
  expect([result.umap.x.length, result.nPcs, result.components.length]).toEqual([nCells, 10, nCells * 10]);
});

test('the markers of a cluster are the genes planted in its type', async () => {
  const {markers} = await cluster(plant(), samples, options);
  for (const [type, {auc, cohens_d, fraction_in, fraction_out}] of markers.entries()) {
    const best = [...auc.keys()].sort((a, b) => auc[b] - auc[a]).slice(0, 20).sort((a, b) => a - b);
    expect(best).toEqual(Array.from({length: 20}, (_, k) => 20 * type + k));
    expect(cohens_d[best[0]]).toBeGreaterThan(1);
    // P(Poisson(4) > 0) = 0.982, P(Poisson(0.5) > 0) = 0.393.
    expect(fraction_in[best[0]]).toBeGreaterThan(0.9);
    expect(fraction_out[best[0]]).toBeLessThan(0.6);
  }
});

test('a gene that may not be among the variable ones is replaced by the next, and the components change', async () => {
  await scran.initialize({numberOfThreads: 1});
  const {values, indices, indptr} = plant();
  const raw = scran.initializeSparseMatrixFromSparseArrays(nGenes, nCells, values, indices, indptr, {byRow: false, forceInteger: true, layered: true});
  const model = scran.modelGeneVariances(scran.normalizeCounts(raw, {sizeFactors: new Float64Array(nCells).fill(1)}), {block: samples});
  const chosen = (neverVariable: readonly number[]): number[] => [...variableGenes(model, {n_hvgs: 20, neverVariable})].flatMap((isIn, gene) => (isIn === 1 ? [gene] : []));
  const all = chosen([]);
  const without = chosen([all[0], all[5], 299]);
  expect([all.length, without.length]).toEqual([20, 20]);
  expect(without).not.toContain(all[0]);
  expect(all.filter((gene) => !without.includes(gene))).toEqual([all[0], all[5]]);
  expect(chosen(Array.from({length: nGenes}, (_, gene) => gene))).toEqual([]);
  await scran.terminate();

  const components = async (neverVariable: readonly number[]): Promise<string> => digestText(new Uint8Array((await cluster(plant(), samples, {...options, n_hvgs: 20, neverVariable})).components.buffer));
  const plain = await components([]);
  expect(await components([all[0]])).not.toBe(plain);
});

test('a cluster with a single cell in a sample has no infinite effect', async () => {
  // The second sample is one cell of the third type and two of the first, which both lack a third of the genes: exp(-0.5) squared.
  const oneAlone = Int32Array.from({length: nCells}, (_, cell) => (cell === 5 || cell < 2 ? 1 : 0));
  const {markers, nClusters} = await cluster(plant(), oneAlone, options);
  expect(nClusters).toBe(3);
  for (const effects of markers) for (const values of Object.values(effects)) expect([...values].every(Number.isFinite)).toBe(true);
});

test('a second run and a second thread give the same bytes, with and without MNN', async () => {
  for (const mnn of [false, true]) {
    const digests: string[] = [];
    for (const threads of [1, 1, 2]) {
      digests.push(digest(await cluster(plant(), samples, {...options, mnn, threads})));
    }
    expect(new Set(digests).size).toBe(1);
  }
});

test('cells loaded part by part are those of one matrix', async () => {
  const counts = plant();
  const whole = digest(await cluster(counts, samples, options));
  await scran.initialize({numberOfThreads: 1});
  const loader = cellLoader();
  for (const [from, to] of [[0, 7], [7, 100], [100, nCells]]) loader.add(selectRows(counts, Array.from({length: to - from}, (_, k) => from + k)));
  expect(digest(await clusterCells(loader.cells(), samples, options))).toBe(whole);
  await scran.terminate();
});

test('fewer cells than neighbours and components still cluster', async () => {
  const counts = plant();
  const few: SparseMatrix = {...counts, nRows: 8, indptr: counts.indptr.slice(0, 9), indices: counts.indices.slice(0, counts.indptr[8]), values: counts.values.slice(0, counts.indptr[8])};
  const result = await cluster(few, new Int32Array(8), options);
  expect([result.nNeighbors, result.clusters.length]).toEqual([7, 8]);
});

describe('a sweep over resolutions', () => {
  const ask = {resolutions: [0.1, 0.5, 2], chosen: 0.5, nDraws: 4, nNeighbors: 10, seed: 1};
  const sweep = async (points: Points, threads: number, more: Partial<typeof ask> = {}): Promise<Row[]> => {
    await scran.initialize({numberOfThreads: threads});
    const rows = sweepResolutions(points, {...ask, ...more});
    await scran.terminate();
    return rows;
  };
  /** `distance` 0: one cloud, which no cutting is right for. */
  const clouds = (distance: number): Points => {
    const random = randomStream(4, 'clouds');
    return {nCells: 300, nPcs: 4, components: Float64Array.from({length: 1200}, (_, k) => random.normal() + (Math.floor(k / 4) % 3 === k % 4 ? distance : 0))};
  };

  test('three clouds far apart are three clusters in every draw; one cloud is cut elsewhere each time', async () => {
    const [apart, one] = [await sweep(clouds(12), 1), await sweep(clouds(0), 1)];
    expect(apart[1]).toMatchObject({resolution: 0.5, chosen: true, n_cells: 300, n_drawn: 240, n_draws: 4, n_clusters: 3, n_clusters_lower: 3, n_clusters_upper: 3, ari: 1, ari_lower: 1, missing: null});
    expect(one[1].ari).toBeLessThan(0.7);
    expect(one[1].ari).toBeGreaterThanOrEqual(one[1].ari_lower as number);
  });

  test('is the same for any number of threads and another for another seed', async () => {
    expect(await sweep(clouds(2), 2)).toEqual(await sweep(clouds(2), 1));
    expect(await sweep(clouds(2), 1, {seed: 2})).not.toEqual(await sweep(clouds(2), 1));
  });

  test('its clusters of all cells are those of the run', async () => {
    const result = await cluster(plant(), samples, options);
    const [row] = await sweep(result, 1, {resolutions: [options.resolution], chosen: options.resolution});
    expect(row.n_clusters).toBe(result.nClusters);
  });

  test('of many cells a selection is looked at, of a handful nothing', async () => {
    const random = randomStream(5, 'many');
    const many = {nCells: 3500, nPcs: 2, components: Float64Array.from({length: 7000}, () => random.normal())};
    expect((await sweep(many, 1, {resolutions: [0.5], nDraws: 1}))[0]).toMatchObject({n_cells: 3000, n_drawn: 2400});
    expect((await sweep({nCells: 12, nPcs: 2, components: new Float64Array(24)}, 1))[0]).toMatchObject({n_draws: 0, missing: '12 cells are too few to draw from'});
  });
});
