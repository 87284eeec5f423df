// Scores of a sum of cells: sets by the ranks of genes in it. Made for bulk, where few genes are 0; a single cell has too many ties. Each takes one sample alone, so that
// samples scored apart give what samples scored together do.
import type {ScoredSet} from './ucell.ts';

/** Of one sum, for every set. Excluded genes have 0 everywhere. */
export interface BulkRanks {
  /** Ascending from 1, ties at their lowest. */
  readonly lowest: Uint32Array;
  /** Ascending mid-rank without its half. */
  readonly middle: Uint32Array;
  /** How many genes stand at or below it in descending order, ties in the order of the genes: n for the first. */
  readonly below: Uint32Array;
  readonly nGenes: number;
}

/** `sums`: one a gene; `excluded`: 1 for a gene that takes no rank. */
export function rankBulk(sums: Float64Array, excluded?: Uint8Array): BulkRanks {
  const genes = Array.from({length: sums.length}, (_, gene) => gene).filter((gene) => excluded?.[gene] !== 1);
  const order = Uint32Array.from(genes.sort((a, b) => sums[b] - sums[a] || a - b));
  const [lowest, middle, below] = [0, 1, 2].map(() => new Uint32Array(sums.length));
  const n = order.length;
  for (let from = 0; from < n; ) {
    let to = from + 1;
    while (to < n && sums[order[to]] === sums[order[from]]) to++;
    // Places from..to-1 from the top are the ascending ranks n-to+1 .. n-from.
    for (let place = from; place < to; place++) {
      lowest[order[place]] = n - to + 1;
      middle[order[place]] = Math.floor((n - to + 1 + n - from) / 2);
      below[order[place]] = n - place;
    }
    from = to;
  }
  return {lowest, middle, below, nGenes: n};
}

/** singscore (Foroutan et al. 2018, BMC Bioinformatics 19:404): mean ascending rank of the set between the least and most that it can be; 0..1. Missing genes are left out. */
export function singscore({lowest, nGenes}: BulkRanks, {columns}: ScoredSet): number {
  const n = columns.length;
  const least = (n + 1) / 2;
  return (columns.reduce((sum, column) => sum + lowest[column], 0) / n - least) / ((2 * nGenes - n + 1) / 2 - least);
}

/**
 * ssGSEA (Barbie et al. 2009, Nature 462:108) as GSVA computes it, without its last division by the range over all samples, which would make a score depend on the cohort: the area
 * between the weighted running sum of the set's genes and that of the others, weights = mid-rank ^ 0.25.
 */
export function ssgsea({middle, below, nGenes}: BulkRanks, {columns}: ScoredSet, weight = 0.25): number {
  let [weights, weighted, places] = [0, 0, 0];
  for (const column of columns) {
    const worth = middle[column] ** weight;
    weights += worth;
    weighted += worth * below[column];
    places += below[column];
  }
  return weighted / weights - ((nGenes * (nGenes + 1)) / 2 - places) / (nGenes - columns.length);
}
