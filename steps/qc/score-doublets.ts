// How much each kept cell of a sample looks like two: among simulated doublets in components over both, and by genes that exclude each other.
import * as scran from 'scran.js';
import {selectColumns} from '../../pipeline/analysis/cell-quality-cohort.ts';
import {coexpressionScorer} from '../../pipeline/analysis/coexpression-score.ts';
import {doubletNeighbors, doubletScores, drawPairs, neighborScores, pairSums} from '../../pipeline/analysis/doublet-score.ts';
import {principalComponents} from '../../pipeline/analysis/principal-components.ts';
import {sparseRows, type SparseRows} from '../../pipeline/analysis/sparse-rows.ts';
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
  const pairs = drawPairs(nCells, random);
  const nAll = nCells + pairs.length / 2;
  const factors = sizeFactors(counts, pairs);
  const variable = variableGenes(counts, factors.subarray(0, nCells));
  const expression = expressionOf(selectColumns(counts, variable), pairs, factors);
  const {components, nComponents: numberOfDims} = principalComponents(expression, {nComponents, block: new Int32Array(nAll)});
  const index = scran.buildNeighborSearchIndex(components, {numberOfDims, numberOfCells: nAll, approximate: false});
  const nNeighbors = doubletNeighbors(nCells);
  const among = neighborScores(scran.findNearestNeighbors(index, nNeighbors).serialize().indices, {nCells, nNeighbors, expectedRate});
  const coexpression = coexpressionScorer(counts);
  const together = Float64Array.from({length: nAll}, (_, k) => (k < nCells ? coexpression.cell(k) : coexpression.pair(pairs[2 * (k - nCells)], pairs[2 * (k - nCells) + 1])));
  const {cells, threshold} = doubletScores([among, together], {nCells, expectedRate});
  return {scores: cells, ...('at' in threshold ? {threshold: threshold.at, missing: null} : {threshold: null, missing: threshold.missing})};
}

/** Counts of the cells and of the simulated doublets, over their mean. */
function sizeFactors({nRows, indptr, values}: SparseMatrix, pairs: Int32Array): Float64Array {
  const sizes = new Float64Array(nRows + pairs.length / 2);
  for (let row = 0; row < nRows; row++) for (let k = indptr[row]; k < indptr[row + 1]; k++) sizes[row] += values[k];
  for (let k = 0; k < pairs.length; k += 2) sizes[nRows + k / 2] = sizes[pairs[k]] + sizes[pairs[k + 1]];
  const mean = sizes.reduce((sum, size) => sum + size, 0) / sizes.length;
  return sizes.map((size) => size / mean);
}

/** Columns, ascending: the genes that tell the cells apart, not the sums. */
function variableGenes({nRows, nColumns, indptr, indices, values}: SparseMatrix, factors: Float64Array): number[] {
  const raw = scran.initializeSparseMatrixFromSparseArrays(nColumns, nRows, values, indices, indptr, {byRow: false, forceInteger: true, layered: true});
  const chosen = scran.chooseHvgs(scran.modelGeneVariances(scran.normalizeCounts(raw, {sizeFactors: factors}), {block: new Int32Array(nRows)}), {number: nHvgs});
  return [...chosen.keys()].filter((gene) => chosen[gene] === 1);
}

/** log2(normalised count + 1) of the cells, then of the simulated doublets. Only of the chosen genes: all counts of the doublets would be several times those of the cells. */
function expressionOf(counts: SparseMatrix, pairs: Int32Array, factors: Float64Array): SparseRows {
  const {nRows, nColumns, indptr} = counts;
  const stored = (row: number): number => indptr[row + 1] - indptr[row];
  const built = sparseRows({nRows: factors.length, nColumns, most: counts.indices.length + pairs.reduce((sum, row) => sum + stored(row), 0)});
  const normalized = <T extends Float32Array | Float64Array>(values: T, factor: number) => values.map((value) => Math.log2(value / factor + 1));
  for (let row = 0; row < nRows; row++) built.addSparse(counts.indices.subarray(indptr[row], indptr[row + 1]), normalized(counts.values.subarray(indptr[row], indptr[row + 1]), factors[row]));
  const sumOf = pairSums(counts);
  for (let k = 0; k < pairs.length; k += 2) {
    const {columns, sums} = sumOf(pairs[k], pairs[k + 1]);
    built.addSparse(columns, normalized(sums, factors[nRows + k / 2]));
  }
  return built.rows();
}
