// What a resolution rests on: cells are drawn again and again, clustered anew at each resolution, and compared with the clusters of all. The components stay:
// it is the graph and its cutting that are asked about.
import * as scran from 'scran.js';
import {adjustedRandIndex} from '../../pipeline/analysis/adjusted-rand.ts';
import {mean} from '../../pipeline/analysis/arithmetic.ts';
import {randomStream, type Random} from '../../pipeline/base/random.ts';
import type {Row} from '../../pipeline/data/table.ts';

export interface SweepOptions {
  readonly resolutions: readonly number[];
  /** Of them, the one that the clusters of the run were made with. */
  readonly chosen: number;
  readonly nDraws: number;
  readonly nNeighbors: number;
  readonly seed: number;
}

/** Cells x components, row-major. */
export interface Points {
  readonly nCells: number;
  readonly nPcs: number;
  readonly components: Float64Array;
}

export const stabilityColumns = ['resolution', 'chosen', 'n_cells', 'n_drawn', 'n_draws', 'n_clusters', 'n_clusters_lower', 'n_clusters_upper', 'ari', 'ari_lower', 'ari_upper', 'missing'];

/** Of more cells a seeded selection stands for all, so that the time is bounded. */
const mostCells = 3000;
const drawnShare = 0.8;
const leastDrawn = 10;

/** A row a resolution, ascending. scran.js must be initialised. */
export function sweepResolutions(points: Points, {resolutions, chosen, nDraws, nNeighbors, seed}: SweepOptions): Row[] {
  const all = points.nCells <= mostCells ? Int32Array.from({length: points.nCells}, (_, cell) => cell) : draw(points.nCells, mostCells, randomStream(seed, 'stability cells'));
  const nDrawn = Math.floor(drawnShare * all.length);
  if (nDrawn < leastDrawn) return unswept(resolutions, chosen, `${all.length} cells are too few to draw from`);
  const whole = clusterAt(points, all, {resolutions, nNeighbors});
  const draws = Array.from({length: nDraws}, (_, k) => {
    const places = draw(all.length, nDrawn, randomStream(seed, `stability draw ${k + 1}`));
    const found = clusterAt(points, places.map((at) => all[at]), {resolutions, nNeighbors});
    return found.map((labels, r) => ({ari: adjustedRandIndex(labels, places.map((at) => whole[r][at])), nClusters: new Set(labels).size}));
  });
  return resolutions.map((resolution, r) => {
    const [aris, counts] = [draws.map((one) => one[r].ari), draws.map((one) => one[r].nClusters)];
    return {
      resolution, chosen: resolution === chosen, n_cells: all.length, n_drawn: nDrawn, n_draws: nDraws, n_clusters: new Set(whole[r]).size,
      n_clusters_lower: Math.min(...counts), n_clusters_upper: Math.max(...counts), ari: mean(aris), ari_lower: Math.min(...aris), ari_upper: Math.max(...aris), missing: null,
    };
  });
}

/** The same rows where nothing was drawn. */
export function unswept(resolutions: readonly number[], chosen: number, missing: string): Row[] {
  return resolutions.map((resolution) => ({resolution, chosen: resolution === chosen, n_draws: 0, missing}));
}

/** Labels of the cells at each resolution, on one graph. */
function clusterAt({components, nPcs}: Points, cells: Int32Array, {resolutions, nNeighbors}: Pick<SweepOptions, 'resolutions' | 'nNeighbors'>): Int32Array[] {
  const own = new Float64Array(cells.length * nPcs);
  for (const [k, cell] of cells.entries()) own.set(components.subarray(cell * nPcs, (cell + 1) * nPcs), k * nPcs);
  const k = Math.min(nNeighbors, cells.length - 1);
  const index = scran.buildNeighborSearchIndex(own, {numberOfDims: nPcs, numberOfCells: cells.length, approximate: false});
  const found = scran.findNearestNeighbors(index, k);
  const graph = scran.buildSnnGraph(found, {neighbors: k});
  const labels = resolutions.map((leidenResolution) => {
    const clusters = scran.clusterGraph(graph, {method: 'leiden', leidenResolution, leidenObjective: 'modularity'});
    const membership = Int32Array.from(Array.from(clusters.membership(), Number));
    clusters.free();
    return membership;
  });
  for (const object of [graph, found, index]) object.free();
  return labels;
}

/** n of 0..nAll-1 without replacement, ascending. */
function draw(nAll: number, n: number, random: Random): Int32Array {
  const order = Int32Array.from({length: nAll}, (_, k) => k);
  for (let k = 0; k < n; k++) {
    const at = k + random.integer(nAll - k);
    [order[k], order[at]] = [order[at], order[k]];
  }
  return order.slice(0, n).sort();
}
