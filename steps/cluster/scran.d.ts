// scran.js ships no types: the part of its 4.1.0 interface that the cluster step uses.
declare module 'scran.js' {
  interface Freed {
    free(): void;
  }
  interface Float64WasmArray extends Freed {
    array(): Float64Array;
  }
  interface ScranMatrix extends Freed {
    numberOfRows(): number;
    numberOfColumns(): number;
    column(k: number, options: {buffer: Float64WasmArray}): void;
  }
  interface Neighbors extends Freed {
    serialize(): {runs: Int32Array; indices: Int32Array; distances: Float64Array};
  }
  const FindNearestNeighborsResults: {unserialize(runs: Int32Array, indices: Int32Array, distances: Float64Array): Neighbors};
  interface MarkerScores extends Freed {
    numberOfGroups(): number;
    means(group: number): Float64Array;
    detected(group: number): Float64Array;
    cohensD(group: number, options?: {summary?: string}): Float64Array;
    auc(group: number, options?: {summary?: string}): Float64Array;
    deltaMean(group: number, options?: {summary?: string}): Float64Array;
    deltaDetected(group: number, options?: {summary?: string}): Float64Array;
  }
  export function initialize(options: {numberOfThreads: number}): Promise<void>;
  export function terminate(): Promise<void>;
  export function initializeSparseMatrixFromSparseArrays(
    rows: number, columns: number, values: ArrayLike<number>, indices: ArrayLike<number>, pointers: ArrayLike<number>,
    options: {byRow: boolean; forceInteger: boolean; layered: boolean},
  ): ScranMatrix;
  export function centerSizeFactors(factors: Float64Array, options: {block: Int32Array}): Float64Array;
  export function normalizeCounts(matrix: ScranMatrix, options: {sizeFactors: Float64Array}): ScranMatrix;
  export function cbind(inputs: readonly ScranMatrix[]): ScranMatrix;
  export function createFloat64WasmArray(length: number): Float64WasmArray;
  export function subsetRows(matrix: ScranMatrix, rows: Int32Array): ScranMatrix;
  export function subsetColumns(matrix: ScranMatrix, columns: Int32Array): ScranMatrix;
  export function modelGeneVariances(matrix: ScranMatrix, options: {block: Int32Array}): Freed;
  export function chooseHvgs(model: Freed, options: {number: number}): Uint8Array;
  export function mnnCorrect(
    components: Float64Array, block: Int32Array,
    options: {k: number; approximate: boolean; numberOfDims: number; numberOfCells: number},
  ): Float64Array;
  export function buildNeighborSearchIndex(
    components: Float64Array, options: {numberOfDims: number; numberOfCells: number; approximate: boolean},
  ): Freed;
  export function findNearestNeighbors(index: Freed, k: number): Neighbors;
  export function buildSnnGraph(neighbors: Neighbors, options: {neighbors: number}): Freed;
  export function clusterGraph(
    graph: Freed, options: {method: 'leiden'; leidenResolution: number; leidenObjective: 'modularity'},
  ): Freed & {membership(): ArrayLike<number | bigint>};
  export function runUmap(neighbors: Neighbors, options: {neighbors: number; epochs: number}): {x: Float64Array; y: Float64Array};
  export function scoreMarkers(matrix: ScranMatrix, groups: Int32Array, options: {block: Int32Array}): MarkerScores;
}
