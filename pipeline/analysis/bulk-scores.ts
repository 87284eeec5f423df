// Scores of a sum of cells: sets by the ranks of genes in it. Made for bulk, where few genes are 0; a single cell has too many ties. Each takes one sample alone, so that
// samples scored apart give what samples scored together do.
import type {ScoredSet} from './ucell.ts';

export interface BulkScoreInput {
  /** One sum a gene. */
  readonly sums: Float64Array;
  /** 1 a gene that takes no rank. */
  readonly excluded?: Uint8Array;
}

/** singscore (Foroutan et al. 2018, BMC Bioinformatics 19:404): mean ascending rank of the set, ties at their lowest, between the least and most that it can be; 0..1. Missing genes are left out. */
export function singscore(input: BulkScoreInput, set: ScoredSet): number {
  const values = ranked(input);
  const sorted = Float64Array.from(values).sort();
  const ranks = set.columns.map((column) => lowerBound(sorted, input.sums[column]) + 1);
  const [n, all] = [ranks.length, values.length];
  const least = (n + 1) / 2;
  return (ranks.reduce((sum, rank) => sum + rank, 0) / n - least) / ((2 * all - n + 1) / 2 - least);
}

/**
 * ssGSEA (Barbie et al. 2009, Nature 462:108) as GSVA computes it, without its last division by the range over all samples, which would make a score depend on the cohort: the area
 * between the weighted running sum of the set's genes and that of the others, weights = mid-rank (truncated) ^ 0.25.
 */
export function ssgsea(input: BulkScoreInput, set: ScoredSet, weight = 0.25): number {
  const {sums, excluded} = input;
  const genes = Array.from({length: sums.length}, (_, gene) => gene).filter((gene) => excluded?.[gene] !== 1);
  const sorted = Float64Array.from(genes, (gene) => sums[gene]).sort();
  const rankOf = (gene: number): number => {
    const first = lowerBound(sorted, sums[gene]);
    const last = upperBound(sorted, sums[gene]);
    return Math.floor((first + 1 + last) / 2);
  };
  // Descending rank, ties in the order of the genes.
  const order = genes.map((gene) => ({gene, rank: rankOf(gene)})).sort((a, b) => b.rank - a.rank || a.gene - b.gene);
  const own = new Set(set.columns);
  const n = order.length;
  let [weights, weighted, places] = [0, 0, 0];
  order.forEach(({gene, rank}, place) => {
    if (!own.has(gene)) return;
    const worth = rank ** weight;
    weights += worth;
    weighted += worth * (n - place);
    places += n - place;
  });
  return weighted / weights - ((n * (n + 1)) / 2 - places) / (n - own.size);
}

function ranked({sums, excluded}: BulkScoreInput): number[] {
  return [...sums].filter((_, gene) => excluded?.[gene] !== 1);
}

function lowerBound(sorted: Float64Array, value: number): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sorted[middle] < value) low = middle + 1;
    else high = middle;
  }
  return low;
}

function upperBound(sorted: Float64Array, value: number): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sorted[middle] <= value) low = middle + 1;
    else high = middle;
  }
  return low;
}
