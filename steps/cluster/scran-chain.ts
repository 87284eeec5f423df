// Counts of all samples -> components, neighbours, clusters, UMAP and marker effect sizes, by scran.js (WebAssembly). Same bytes on
// every run and with any number of threads: the seeds are fixed inside and the neighbour searches are exact.
import * as scran from 'scran.js';
import {releaseArrays, type CompactCounts} from '../../pipeline/analysis/compact-counts.ts';
import {principalComponents} from '../../pipeline/analysis/principal-components.ts';
import {sparseRows, type SparseRows} from '../../pipeline/analysis/sparse-rows.ts';
import {loadCells, type LoadedCells} from './load-cells.ts';
import {layOutAside} from './umap-aside.ts';

export interface ChainOptions {
  /** Highly variable genes, chosen with the sample as block. */
  readonly n_hvgs: number;
  /** Genes (columns) that are never among them. */
  readonly neverVariable?: readonly number[];
  readonly n_pcs: number;
  /** Mutual nearest neighbours over samples, on top of the PCA that regresses them out. */
  readonly mnn: boolean;
  readonly mnn_k: number;
  readonly n_neighbors: number;
  readonly resolution: number;
  readonly umap_epochs: number;
  readonly threads: number;
  /** What one thread can do with the components while another lays the cells out. */
  readonly meanwhile?: (points: Pick<ChainResult, 'nCells' | 'nPcs' | 'components'>) => void;
}

export interface ChainResult {
  readonly nCells: number;
  readonly nPcs: number;
  /** nCells x nPcs, row-major; corrected where `mnn` is on. */
  readonly components: Float64Array;
  readonly nNeighbors: number;
  /** nCells x nNeighbors, nearest first. */
  readonly neighbors: Int32Array;
  /** 0..nClusters-1, largest cluster first, ties by the first cell. */
  readonly clusters: Int32Array;
  readonly nClusters: number;
  readonly umap: {readonly x: Float64Array; readonly y: Float64Array};
  /** One per cluster; arrays over genes. */
  readonly markers: readonly ClusterMarkers[];
}

/**
 * Means over the comparisons with every other cluster (scran `scoreMarkers`), within samples; NaN where no sample holds two cells of this
 * and of another cluster. A cluster does not count in a sample where it has a single cell: that has no variance, and beside a cluster that
 * lacks the gene its Cohen's d would be infinite.
 */
export interface ClusterMarkers {
  readonly cohens_d: Float64Array;
  readonly auc: Float64Array;
  /** Difference of mean log2(normalised count + 1). */
  readonly log2_fold_change: Float64Array;
  /** Share of the cluster's cells that express the gene, and the mean of that share over the other clusters. */
  readonly fraction_in: Float64Array;
  readonly fraction_out: Float64Array;
}

/**
 * `counts`: cells x genes, raw, every cell with at least one count. `sampleOfCell`: 0..nSamples-1, each value present.
 * Needs more cells than `n_pcs` and `n_neighbors`; both are lowered to the number of cells - 1 where they are not.
 */
export async function clusterCells(counts: CompactCounts | LoadedCells, sampleOfCell: Int32Array, options: ChainOptions): Promise<ChainResult> {
  await scran.initialize({numberOfThreads: options.threads});
  const nCells = counts.nRows;
  const nNeighbors = Math.min(options.n_neighbors, nCells - 1);
  const normalized = normalizeCells(counts, sampleOfCell);
  const features = variableGenes(scran.modelGeneVariances(normalized, {block: sampleOfCell}), options);
  // Regressing the sample out mixes samples without MNN and survives cell types that vanish after the infusion (0.88 to 0.99 of the
  // ideal mixing); MNN on top helps large samples and over-corrects small ones.
  const expression = variableExpression(normalized, features);
  const {components: regressed, nComponents: nPcs} = principalComponents(expression, {nComponents: options.n_pcs, block: sampleOfCell});
  releaseArrays(expression);
  const shape = {numberOfDims: nPcs, numberOfCells: nCells};
  const isCorrected = options.mnn && Math.max(...sampleOfCell) > 0;
  const components = isCorrected ? scran.mnnCorrect(regressed, sampleOfCell, {k: options.mnn_k, approximate: false, ...shape}) : regressed;
  const index = scran.buildNeighborSearchIndex(components, {...shape, approximate: false});
  const found = scran.findNearestNeighbors(index, nNeighbors);
  const search = found.serialize();
  const layout = options.threads > 1 ? layOutAside({found: search, neighbors: nNeighbors, epochs: options.umap_epochs}) : undefined;
  const graph = scran.buildSnnGraph(found, {neighbors: nNeighbors});
  const leiden = scran.clusterGraph(graph, {method: 'leiden', leidenResolution: options.resolution, leidenObjective: 'modularity'});
  const {clusters, nClusters} = orderBySize(leiden.membership());
  options.meanwhile?.({nCells, nPcs, components});
  const markers = nClusters > 1 ? scoreClusters(normalized, {clusters, nClusters, sampleOfCell}) : [];
  return {
    nCells,
    nPcs,
    components,
    nNeighbors,
    neighbors: search.indices,
    clusters,
    nClusters,
    umap: layout === undefined ? scran.runUmap(found, {neighbors: nNeighbors, epochs: options.umap_epochs}) : await layout,
    markers,
  };
}

/** 1 for each of the `n_hvgs` most variable genes that may be among them. */
export function variableGenes(model: Parameters<typeof scran.chooseHvgs>[0], {n_hvgs, neverVariable = []}: Pick<ChainOptions, 'n_hvgs' | 'neverVariable'>): Uint8Array {
  // Of genes that may not vary a few hundred stand among the most variable: as many more are asked for until enough are left.
  for (let number = n_hvgs; ; ) {
    const chosen = scran.chooseHvgs(model, {number});
    const nTaken = neverVariable.reduce((sum, gene) => sum + chosen[gene], 0);
    for (const gene of neverVariable) chosen[gene] = 0;
    if (number - nTaken >= n_hvgs || number >= chosen.length) return chosen;
    number = n_hvgs + nTaken;
  }
}

/** The rows of `normalized` that are chosen, cells x genes. */
function variableExpression(normalized: scran.ScranMatrix, features: Uint8Array): SparseRows {
  const [rows, nCells] = [Int32Array.from(features.keys()).filter((gene) => features[gene] === 1), normalized.numberOfColumns()];
  const chosen = scran.subsetRows(normalized, rows);
  const cell = scran.createFloat64WasmArray(rows.length);
  const built = sparseRows({nRows: nCells, nColumns: rows.length, most: nCells * rows.length});
  for (let k = 0; k < nCells; k++) {
    chosen.column(k, {buffer: cell});
    built.addDense(cell.array());
  }
  for (const object of [cell, chosen]) object.free();
  return built.rows();
}

/** log2(normalised count + 1), genes x cells; the sample of the lowest mean count keeps it, the others are scaled to it. scran.js must be initialised. */
export function normalizeCells(counts: CompactCounts | LoadedCells, sampleOfCell: Int32Array): scran.ScranMatrix {
  const {raw, librarySizes} = 'raw' in counts ? counts : loadCells(counts);
  return scran.normalizeCounts(raw, {sizeFactors: scran.centerSizeFactors(librarySizes, {block: sampleOfCell})});
}

/** Leiden's labels carry no meaning; by size they at least say something, and they are dense. */
function orderBySize(membership: ArrayLike<number | bigint>): {clusters: Int32Array; nClusters: number} {
  const labels = Array.from(membership, Number);
  const size = new Map<number, number>();
  for (const label of labels) size.set(label, (size.get(label) ?? 0) + 1);
  // A Map keeps first appearance, and the sort is stable: ties stay in the order of their first cell.
  const order = new Map([...size].sort(([, a], [, b]) => b - a).map(([label], rank) => [label, rank]));
  return {clusters: Int32Array.from(labels, (label) => order.get(label) ?? 0), nClusters: order.size};
}

export interface Groups {
  readonly clusters: Int32Array;
  readonly nClusters: number;
  readonly sampleOfCell: Int32Array;
}

/** One a cluster. */
export function scoreClusters(normalized: scran.ScranMatrix, {clusters, nClusters, sampleOfCell}: Groups): ClusterMarkers[] {
  const keys = clusters.map((cluster, cell) => sampleOfCell[cell] * nClusters + cluster);
  const sizes = new Map<number, number>();
  for (const key of keys) sizes.set(key, (sizes.get(key) ?? 0) + 1);
  const counted = Int32Array.from(keys.keys()).filter((cell) => (sizes.get(keys[cell]) ?? 0) > 1);
  const nowhere = new Float64Array(normalized.numberOfRows()).fill(NaN);
  const unscored: ClusterMarkers = {cohens_d: nowhere, auc: nowhere, log2_fold_change: nowhere, fraction_in: nowhere, fraction_out: nowhere};
  if (counted.length === 0) return Array.from({length: nClusters}, () => unscored);
  const groups = denseCodes(counted.map((cell) => clusters[cell]));
  const block = denseCodes(counted.map((cell) => sampleOfCell[cell])).codes;
  const scores = scran.scoreMarkers(scran.subsetColumns(normalized, counted), groups.codes, {block});
  return Array.from({length: nClusters}, (_, cluster) => {
    const group = groups.values.indexOf(cluster);
    if (group < 0) return unscored;
    const fractionIn = scores.detected(group);
    const delta = scores.deltaDetected(group);
    return {
      cohens_d: scores.cohensD(group),
      auc: scores.auc(group),
      log2_fold_change: scores.deltaMean(group),
      fraction_in: fractionIn,
      fraction_out: fractionIn.map((fraction, gene) => fraction - delta[gene]),
    };
  });
}

/** The values that occur, ascending, and of each element the place of its value among them: scran wants no gaps. */
function denseCodes(elements: Int32Array): {values: readonly number[]; codes: Int32Array} {
  const values = [...new Set(elements)].sort((a, b) => a - b);
  const place = new Map(values.map((value, k) => [value, k]));
  return {values, codes: elements.map((element) => place.get(element) ?? 0)};
}
