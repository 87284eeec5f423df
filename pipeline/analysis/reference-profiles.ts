// What SingleR compares cells with (Aran et al. 2019, Nat Immunol 20:163): profiles of a labelled reference as ranks, the genes that tell each pair of
// labels apart, and which labels are too doubtful to keep. Numbers in, numbers out; the comparison itself is scran.js's.
import type {SparseMatrix} from '../data/matrix.ts';

export interface ReferenceProfiles {
  /** Label of each profile, 0..nLabels-1. */
  readonly labels: Int32Array;
  /** nProfiles x nGenes, row-major: means of log-normalised values. */
  readonly values: Float64Array;
}

/** Cells of a label are averaged by groups of like cells, so that a profile has no zeros by chance and a large reference stays small (SingleR's aggregateReference). */
export function averageProfiles(logValues: SparseMatrix, groupOfCell: Int32Array, labelOfGroup: Int32Array): ReferenceProfiles {
  const {nColumns, indptr, indices, values} = logValues;
  const sums = new Float64Array(labelOfGroup.length * nColumns);
  const sizes = new Float64Array(labelOfGroup.length);
  for (const [cell, group] of groupOfCell.entries()) {
    sizes[group]++;
    for (let k = indptr[cell]; k < indptr[cell + 1]; k++) sums[group * nColumns + indices[k]] += values[k];
  }
  return {labels: labelOfGroup, values: sums.map((sum, at) => sum / sizes[Math.floor(at / nColumns)])};
}

/** log2(1 + count / size factor), size factors with mean 1. */
export function logNormalised(counts: SparseMatrix): SparseMatrix {
  const {nRows, indptr, values} = counts;
  const totals = Float64Array.from({length: nRows}, (_, row) => values.subarray(indptr[row], indptr[row + 1]).reduce((sum, value) => sum + value, 0));
  const mean = totals.reduce((sum, total) => sum + total, 0) / nRows;
  const logs = new Float32Array(values.length);
  for (let row = 0; row < nRows; row++) for (let k = indptr[row]; k < indptr[row + 1]; k++) logs[k] = Math.log2(1 + (values[k] * mean) / totals[row]);
  return {...counts, values: logs};
}

/** Ranks of one profile from 1, ties the lowest of theirs. */
export function ranksOf(profile: Float64Array): Int32Array {
  const order = Int32Array.from(profile.keys()).sort((a, b) => profile[a] - profile[b] || a - b);
  const ranks = new Int32Array(profile.length);
  for (let k = 0; k < order.length; k++) ranks[order[k]] = k > 0 && profile[order[k]] === profile[order[k - 1]] ? ranks[order[k - 1]] : k + 1;
  return ranks;
}

/** Marker genes a pair of labels: 500 x (2/3)^log2(n) (SingleR's classic choice). */
export const markersPerPair = (nLabels: number): number => Math.round(500 * (2 / 3) ** Math.log2(nLabels));

/** For each label, for each other one, the genes (columns) whose median over its profiles is higher, the largest difference first. */
export function pairMarkers({labels, values}: ReferenceProfiles, nLabels: number): readonly (readonly (readonly number[])[])[] {
  const nGenes = values.length / labels.length;
  const medians = Array.from({length: nLabels}, (_, label) => {
    const own = [...labels.keys()].filter((profile) => labels[profile] === label);
    return Float64Array.from({length: nGenes}, (_unused, gene) => median(own.map((profile) => values[profile * nGenes + gene])));
  });
  return medians.map((high, a) => medians.map((low, b) => (a === b ? [] : [...high.keys()]
    .filter((gene) => high[gene] > low[gene])
    .sort((g, h) => high[h] - low[h] - (high[g] - low[g]) || g - h)
    .slice(0, markersPerPair(nLabels)))));
}

/**
 * Cells whose best score stands less above the median of all labels than is usual for their label: more than `mads` scaled MADs below its median
 * (SingleR's pruneScores). `scores`: one array of cells a label.
 */
export function doubtfulLabels(best: Int32Array, scores: readonly Float64Array[], mads: number): boolean[] {
  const leads = Float64Array.from(best, (label, cell) => scores[label][cell] - median(scores.map((own) => own[cell])));
  const least = new Map([...Map.groupBy(best.keys(), (cell) => best[cell])].map(([label, cells]) => {
    const own = cells.map((cell) => leads[cell]);
    const middle = median(own);
    return [label, middle - mads * 1.4826 * median(own.map((lead) => Math.abs(lead - middle)))];
  }));
  return Array.from(best, (label, cell) => leads[cell] < least.get(label)!);
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}
