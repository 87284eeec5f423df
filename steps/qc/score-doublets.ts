// How much each kept cell of a sample looks like two: among simulated doublets in components over both, and by genes that exclude each other.
import * as scran from 'scran.js';
import {coexpressionScorer} from '../../pipeline/analysis/coexpression-score.ts';
import {doubletNeighbors, doubletScores, neighborScores, simulateDoublets} from '../../pipeline/analysis/doublet-score.ts';
import type {Random} from '../../pipeline/base/random.ts';
import type {SparseMatrix} from '../../pipeline/data/matrix.ts';

export interface DoubletCalls {
  /** 0 to 1, one a cell. */
  readonly scores: Float64Array;
  /** A cell at or above it is called a doublet; null where it cannot be told, and why. */
  readonly threshold: number | null;
  readonly missing: string | null;
}

/** Fewer have no neighbourhood that says anything. */
export const leastCells = 100;
const nHvgs = 2000;
const nComponents = 20;

/** `counts`: at least `leastCells` cells, each with a count. */
export async function scoreDoublets(counts: SparseMatrix, {expectedRate, random, threads}: {expectedRate: number; random: Random; threads: number}): Promise<DoubletCalls> {
  await scran.initialize({numberOfThreads: threads});
  const nCells = counts.nRows;
  const coexpression = coexpressionScorer(counts);
  const [parts, sizes, together]: [scran.ScranMatrix[], Float64Array[], Float64Array[]] = [[], [], []];
  const add = (rows: SparseMatrix): void => {
    parts.push(scran.initializeSparseMatrixFromSparseArrays(rows.nColumns, rows.nRows, rows.values, rows.indices, rows.indptr, {byRow: false, forceInteger: true, layered: true}));
    sizes.push(librarySizes(rows));
    together.push(coexpression(rows));
  };
  add(counts);
  for (const rows of simulateDoublets(counts, random)) add(rows);
  const librarySize = joined(sizes);
  const nAll = librarySize.length;
  const block = new Int32Array(nAll);
  const normalized = scran.normalizeCounts(scran.cbind(parts), {sizeFactors: scran.centerSizeFactors(librarySize, {block})});
  // The genes that tell the cells apart, not the sums.
  const ofCells = scran.subsetColumns(normalized, Int32Array.from({length: nCells}, (_, cell) => cell));
  const features = scran.chooseHvgs(scran.modelGeneVariances(ofCells, {block: new Int32Array(nCells)}), {number: nHvgs});
  const pca = scran.runPca(normalized, {features, numberOfPCs: Math.min(nComponents, nCells - 1, features.reduce((sum, chosen) => sum + chosen, 0)), block, blockMethod: 'none'});
  const index = scran.buildNeighborSearchIndex(pca.principalComponents(), {numberOfDims: pca.numberOfPCs(), numberOfCells: nAll, approximate: false});
  const nNeighbors = doubletNeighbors(nCells);
  const among = neighborScores(scran.findNearestNeighbors(index, nNeighbors).serialize().indices, {nCells, nNeighbors, expectedRate});
  const {cells, threshold} = doubletScores([among, joined(together)], {nCells, expectedRate});
  return {scores: cells, ...('at' in threshold ? {threshold: threshold.at, missing: null} : {threshold: null, missing: threshold.missing})};
}

function joined(parts: readonly Float64Array[]): Float64Array {
  const all = new Float64Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

function librarySizes({nRows, indptr, values}: SparseMatrix): Float64Array {
  return Float64Array.from({length: nRows}, (_, row) => values.subarray(indptr[row], indptr[row + 1]).reduce((sum, value) => sum + value, 0));
}
