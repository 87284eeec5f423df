// Doublets by simulated doublets, as Scrublet does (Wolock, Lopez & Klein 2019, Cell Syst 8:281): sums of two random cells of the sample are put beside
// the cells, and a cell is as suspect as its neighbours are simulated. Knows neither components nor neighbours: numbers in, numbers out.
import type {Random} from '../base/random.ts';
import type {SparseMatrix} from '../data/matrix.ts';

/** Simulated doublets a cell. */
export const simulatedPerCell = 2;

/** The cells, then the sums of two different ones; rows stay tidy. */
export function withSimulatedDoublets(counts: SparseMatrix, random: Random): SparseMatrix {
  const {nRows, nColumns} = counts;
  const pairs = Array.from({length: simulatedPerCell * nRows}, (): [number, number] => {
    const first = random.integer(nRows);
    const second = random.integer(nRows - 1);
    return [first, second < first ? second : second + 1];
  });
  const most = pairs.reduce((sum, [a, b]) => sum + stored(counts, a) + stored(counts, b), counts.indices.length);
  const indices = new Uint32Array(most);
  const values = new Float32Array(most);
  indices.set(counts.indices);
  values.set(counts.values);
  const indptr = new Uint32Array(nRows + pairs.length + 1);
  indptr.set(counts.indptr);
  let at = counts.indices.length;
  for (const [k, [a, b]] of pairs.entries()) {
    at = addRows(counts, [a, b], {indices, values, at});
    indptr[nRows + k + 1] = at;
  }
  return {kind: 'sparse', nRows: nRows + pairs.length, nColumns, indptr, indices: indices.slice(0, at), values: values.slice(0, at)};
}

const stored = ({indptr}: SparseMatrix, row: number): number => indptr[row + 1] - indptr[row];

/** Merges two rows of ascending columns; the place behind the last entry. */
function addRows({indptr, indices, values}: SparseMatrix, [a, b]: readonly [number, number], into: {indices: Uint32Array; values: Float32Array; at: number}): number {
  let {at} = into;
  let [i, j] = [indptr[a], indptr[b]];
  while (i < indptr[a + 1] || j < indptr[b + 1]) {
    const left = i < indptr[a + 1] ? indices[i] : Infinity;
    const right = j < indptr[b + 1] ? indices[j] : Infinity;
    into.indices[at] = Math.min(left, right);
    into.values[at++] = (left <= right ? values[i++] : 0) + (right <= left ? values[j++] : 0);
  }
  return at;
}

/** Neighbours among cells and simulated doublets together: half the root of the number of cells, times both kinds. */
export function doubletNeighbors(nCells: number): number {
  return Math.round(Math.round(0.5 * Math.sqrt(nCells)) * (1 + simulatedPerCell));
}

export interface DoubletScores {
  /** Scrublet's posterior, 0 to 1, one a cell. */
  readonly cells: Float64Array;
  /** Cells above it are called; `missing` where the simulated doublets do not tell. */
  readonly threshold: {readonly at: number} | {readonly missing: string};
}

/** `neighbors`: of the cells, then of the simulated doublets. `expectedRate`: share of barcodes that hold two cells. */
export function doubletScores(neighbors: ArrayLike<number>, {nCells, nNeighbors, expectedRate}: {nCells: number; nNeighbors: number; expectedRate: number}): DoubletScores {
  const scores = Float64Array.from({length: nCells * (1 + simulatedPerCell)}, (_, row) => {
    let nSimulated = 0;
    for (let k = 0; k < nNeighbors; k++) if (neighbors[row * nNeighbors + k] >= nCells) nSimulated++;
    // One added on each side: no neighbourhood is certain.
    const q = (nSimulated + 1) / (nNeighbors + 2);
    return (q * expectedRate / simulatedPerCell) / (1 - expectedRate - q * (1 - expectedRate - expectedRate / simulatedPerCell));
  });
  return {cells: scores.slice(0, nCells), threshold: thresholdOf(scores.subarray(nCells))};
}

const nBins = 256;
const mostRounds = 10_000;
/** Of the simulated doublets, above the threshold: where two peaks are only the last few scores, the valley says nothing. */
const leastDetectable = 0.1;

/**
 * Between the two peaks of the simulated doublets' scores: sums of two cells of a kind lie low among the cells, those of two kinds high. As Scrublet, the
 * histogram is smoothed by threes until it has two peaks (Prewitt & Mendelsohn 1966).
 */
function thresholdOf(simulated: Float64Array): DoubletScores['threshold'] {
  const [low, high] = [simulated.reduce((a, b) => Math.min(a, b), Infinity), simulated.reduce((a, b) => Math.max(a, b), -Infinity)];
  const onePeak = {missing: 'the scores of simulated doublets have one peak, no valley to call at'};
  if (!(high > low)) return onePeak;
  let histogram = new Float64Array(nBins);
  for (const score of simulated) histogram[Math.min(nBins - 1, Math.floor(((score - low) / (high - low)) * nBins))]++;
  for (let round = 0; round < mostRounds; round++) {
    const before = histogram;
    // The ends reflect.
    histogram = before.map((value, k) => ((before[k - 1] ?? value) + value + (before[k + 1] ?? value)) / 3);
    const peaks = peaksOf(histogram);
    if (peaks.length < 2) return onePeak;
    if (peaks.length > 2) continue;
    let valley = peaks[0];
    for (let k = peaks[0]; k <= peaks[1]; k++) if (histogram[k] < histogram[valley]) valley = k;
    const at = low + ((valley + 0.5) / nBins) * (high - low);
    const share = simulated.filter((score) => score > at).length / simulated.length;
    return share < leastDetectable ? {missing: `the valley of the scores leaves only ${(100 * share).toFixed(1)} % of the simulated doublets above it`} : {at};
  }
  return onePeak;
}

function peaksOf(histogram: Float64Array): number[] {
  const peaks: number[] = [];
  let isRising = true;
  for (let k = 0; k < histogram.length - 1; k++) {
    if (isRising && histogram[k + 1] < histogram[k]) {
      isRising = false;
      peaks.push(k);
    } else if (!isRising && histogram[k + 1] > histogram[k]) isRising = true;
  }
  return peaks;
}
