// Doublets by simulated doublets, as Scrublet does (Wolock, Lopez & Klein 2019, Cell Syst 8:281): sums of two random cells of the sample are put beside
// the cells, and a cell is as suspect as its neighbours are simulated. Genes that exclude each other are the second witness (coexpression-score.ts):
// neighbourhoods fail where cells are few. Knows neither components nor neighbours: numbers in, numbers out.
import type {Random} from '../base/random.ts';
import type {SparseMatrix} from '../data/matrix.ts';

/** Simulated doublets a cell. */
export const simulatedPerCell = 2;

/** Of 10x wells: 0.8 % a thousand cells recovered (10x Genomics, CG000204). */
const ratePerCell = 0.8e-5;

export interface WellCells {
  /** Barcodes of the sample, and of a pooled well those that are no one's too. */
  readonly nBarcodes: number;
  /** Of a pooled well, by its table; all 0 where no well is pooled. */
  readonly nDoublets: number;
  readonly nUnassigned: number;
  readonly nOfOtherSamples: number;
}

/**
 * Share of doublets to expect among the cells that are given to the sample. It follows the cells of the whole well, whoever they are of. Where the table of a pooled
 * well names doublets, those of two samples are gone already: of all pairs with one cell of the sample, those with two are as frequent as its cells are in the pool.
 */
export function expectedDoubletRate({nBarcodes, nDoublets, nUnassigned, nOfOtherSamples}: WellCells): number {
  const ofWell = ratePerCell * (nBarcodes + nOfOtherSamples);
  const own = nBarcodes - nDoublets - nUnassigned;
  const left = nDoublets === 0 || own === 0 ? ofWell : (ofWell * own) / (own + nOfOtherSamples);
  return Math.min(0.5, Math.max(0.001, left));
}

/** Two different cells each, two numbers a simulated doublet. */
export function drawPairs(nCells: number, random: Random): Int32Array {
  const pairs = new Int32Array(2 * simulatedPerCell * nCells);
  for (let k = 0; k < pairs.length; k += 2) {
    const first = random.integer(nCells);
    const other = random.integer(nCells - 1);
    pairs[k] = first;
    pairs[k + 1] = other < first ? other : other + 1;
  }
  return pairs;
}

/** Counts of a simulated doublet: the sum of two rows; `columns` ascend. Its arrays are used again for the next one. */
export function pairSums({indptr, indices, values}: SparseMatrix): (a: number, b: number) => {columns: Uint32Array; sums: Float64Array} {
  const longest = indptr.reduce((most, end, row) => (row === 0 ? 0 : Math.max(most, end - indptr[row - 1])), 0);
  const [columns, sums] = [new Uint32Array(2 * longest), new Float64Array(2 * longest)];
  return (a, b) => {
    let at = 0;
    let i = indptr[a];
    let j = indptr[b];
    while (i < indptr[a + 1] || j < indptr[b + 1]) {
      const left = i < indptr[a + 1] ? indices[i] : Infinity;
      const right = j < indptr[b + 1] ? indices[j] : Infinity;
      columns[at] = Math.min(left, right);
      sums[at++] = (left <= right ? values[i++] : 0) + (right <= left ? values[j++] : 0);
    }
    return {columns: columns.subarray(0, at), sums: sums.subarray(0, at)};
  };
}

/** Neighbours among cells and simulated doublets together: half the root of the number of cells, times both kinds. */
export function doubletNeighbors(nCells: number): number {
  return Math.round(Math.round(0.5 * Math.sqrt(nCells)) * (1 + simulatedPerCell));
}

/**
 * Scrublet's posterior of cells and simulated doublets, by the share of simulated doublets among their neighbours. `neighbors`: of the cells, then of the
 * simulated doublets. `expectedRate`: share of barcodes that hold two cells.
 */
export function neighborScores(neighbors: ArrayLike<number>, {nCells, nNeighbors, expectedRate}: {nCells: number; nNeighbors: number; expectedRate: number}): Float64Array {
  return Float64Array.from({length: nCells * (1 + simulatedPerCell)}, (_, row) => {
    let nSimulated = 0;
    for (let k = 0; k < nNeighbors; k++) if (neighbors[row * nNeighbors + k] >= nCells) nSimulated++;
    // One added on each side: no neighbourhood is certain.
    const q = (nSimulated + 1) / (nNeighbors + 2);
    return (q * expectedRate / simulatedPerCell) / (1 - expectedRate - q * (1 - expectedRate - expectedRate / simulatedPerCell));
  });
}

export interface DoubletScores {
  /** 0 to 1, one a cell: the mean of its ranks by both scores among cells and simulated doublets. */
  readonly cells: Float64Array;
  /** Cells at or above it are called; `missing` where too few would be right. */
  readonly threshold: {readonly at: number} | {readonly missing: string};
}

/** Both scores of the cells, then of the simulated doublets. Ranks, since the two have no common scale. */
export function doubletScores(scores: readonly Float64Array[], {nCells, expectedRate}: {nCells: number; expectedRate: number}): DoubletScores {
  const ranked = scores.map(shareBelow);
  const combined = ranked[0].map((_, row) => ranked.reduce((sum, ranks) => sum + ranks[row], 0) / ranked.length);
  const cells = combined.slice(0, nCells);
  return {cells, threshold: thresholdOf(cells, combined.subarray(nCells), expectedRate)};
}

/** Of each value the share of values below it, ties at their middle. */
function shareBelow(values: Float64Array): Float64Array {
  const order = Int32Array.from(values.keys()).sort((a, b) => values[a] - values[b]);
  const shares = new Float64Array(values.length);
  for (let from = 0, to = 0; from < order.length; from = to) {
    while (to < order.length && values[order[to]] === values[order[from]]) to++;
    for (let k = from; k < to; k++) shares[order[k]] = (from + to - 1) / 2 / Math.max(1, values.length - 1);
  }
  return shares;
}

/** Simulated doublets reach the threshold at least so many times as often as cells do. */
const leastRatio = 5;

/**
 * As many cells of the highest scores as doublets are expected, but only where simulated doublets are much more frequent above than cells: in a sample
 * of one kind they are not, and calls would be chance. A count of tails moves little with the seed, where the valley of a histogram jumps.
 */
function thresholdOf(cells: Float64Array, simulated: Float64Array, expectedRate: number): DoubletScores['threshold'] {
  const [falling, others] = [cells, simulated].map((values) => Float64Array.from(values).sort().reverse());
  const most = Math.round(expectedRate * falling.length);
  if (most === 0) return {missing: `less than one doublet expected among ${falling.length} cells`};
  let lowest: number | null = null;
  for (let k = 0, above = 0; k < most; k++) {
    if (k + 1 < falling.length && falling[k + 1] === falling[k]) continue;
    while (above < others.length && others[above] >= falling[k]) above++;
    if (above / others.length >= (leastRatio * (k + 1)) / falling.length) lowest = falling[k];
  }
  return lowest === null ? {missing: `simulated doublets score hardly higher than cells: less than ${leastRatio} times as many lie above any threshold for ${most} calls`} : {at: lowest};
}
