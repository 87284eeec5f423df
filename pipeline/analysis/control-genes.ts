// Which genes a set is measured against: those of like mean expression over the whole cohort (Tirosh et al. 2016, Science 352:189). Three rules: every
// gene of the set's bins, without chance; scanpy's score_genes; Seurat's AddModuleScore. The last two draw from the generators of their tools.
import {numpyGenerator, rGenerator, type NumpyGenerator} from '../base/mersenne-twister.ts';
import type {ScoredSet} from './ucell.ts';

export interface ExpressionOfCohort {
  /** Mean log expression over all cells of the cohort, a value a gene. */
  readonly means: ArrayLike<number>;
  /** 1 for a gene that is no control: Ig and TCR V genes, the transgene. */
  readonly excluded: Uint8Array;
}

export type Controls = {readonly columns: Uint32Array} | {readonly missing: string};

/**
 * scanpy's bins: floor(minimum rank / width), width = N / (nBins - 1) rounded half to even, so that 25 asked for are about 24. Never-expressed genes
 * share one bin. -1 for an excluded gene.
 */
export function binByRank({means, excluded}: ExpressionOfCohort, nBins = 25): Int32Array {
  const order = eligible({means, excluded}).sort((a, b) => means[a] - means[b]);
  const width = Math.max(1, roundHalfToEven(order.length / (nBins - 1)));
  const bins = new Int32Array(means.length).fill(-1);
  let rank = 0;
  order.forEach((gene, i) => {
    if (i === 0 || means[gene] > means[order[i - 1]]) rank = i + 1;
    bins[gene] = Math.floor(rank / width);
  });
  return bins;
}

export interface ScoreGenesOptions {
  readonly controlSize?: number;
  /** scanpy's ctrl_as_ref: genes of the set are taken out after the draw (true, its default) or before. */
  readonly removeAfterDraw?: boolean;
  readonly seed?: number;
}

/** scanpy 1.10 to 1.12: from each bin that holds a gene of the set, once a bin, up to 50 genes. One entry a set; each set has the stream from its start. */
export function scoreGenesControls(bins: Int32Array, sets: readonly ScoredSet[], {controlSize = 50, removeAfterDraw = true, seed = 0}: ScoreGenesOptions = {}): Controls[] {
  const genesOf = Map.groupBy(bins.keys(), (gene) => bins[gene]);
  const first = drawsOf(numpyGenerator(seed));
  return sets.map((set) => {
    const own = new Set(set.columns);
    let draw = first;
    const chosen: number[] = [];
    for (const bin of [...new Set(set.columns.map((column) => bins[column]))].sort((a, b) => a - b)) {
      const all = genesOf.get(bin) ?? [];
      const pool = removeAfterDraw ? all : all.filter((gene) => !own.has(gene));
      let drawn = pool;
      if (pool.length > controlSize) {
        const {order, then} = draw(pool.length);
        drawn = Array.from(order.subarray(0, controlSize), (place) => pool[place]);
        draw = then;
      }
      chosen.push(...drawn.filter((gene) => !own.has(gene)));
    }
    return chosen.length === 0 ? {missing: 'no control gene in the bins of the set'} : {columns: Uint32Array.from(chosen).sort()};
  });
}

interface Permutation {
  readonly order: Uint32Array;
  /** What is drawn after it. */
  readonly then: (n: number) => Permutation;
}

/** What a stream draws depends on the sizes alone, and bins are of one size, nearly: most sets share their draws, and each is made once. */
function drawsOf(random: NumpyGenerator): (n: number) => Permutation {
  const made = new Map<number, Permutation>();
  return (n) => {
    const known = made.get(n);
    if (known !== undefined) return known;
    const next = random.fork();
    const permutation = {order: next.permutation(n), then: drawsOf(next)};
    made.set(n, permutation);
    return permutation;
  };
}

/** Seurat's bins: `nBins` of equal counts between type-7 quantiles, closed below; the genes of each in ascending order of their means. */
export interface SeuratBins {
  /** 1..nBins; 0 for an excluded gene. */
  readonly binOf: Int32Array;
  readonly members: readonly (readonly number[])[];
}

export interface ModuleScoreOptions {
  readonly nBins?: number;
  readonly controlSize?: number;
  readonly seed?: number;
}

/**
 * Seurat 4 and 5: for each gene of each set, in order, 100 genes of its bin, which may be genes of the set. One stream serves all sets, so the controls
 * of a set depend on the sets before it. Ties of the means (never-expressed genes) are parted by deviates of size 1e-30 from the same stream.
 */
export function moduleScoreControls(cohort: ExpressionOfCohort, sets: readonly ScoredSet[], {nBins = 24, controlSize = 100, seed = 1}: ModuleScoreOptions = {}): {bins: SeuratBins; controls: Controls[]} | {missing: string} {
  const random = rGenerator(seed);
  const order = eligible(cohort).sort((a, b) => cohort.means[a] - cohort.means[b]);
  const shifted = order.map((gene) => cohort.means[gene] + random.normal() / 1e30);
  const sorted = Float64Array.from(shifted).sort();
  const breaks = Array.from({length: nBins + 1}, (_, i) => quantile(sorted, i / nBins));
  if (breaks.some((value, i) => i > 0 && value === breaks[i - 1])) return {missing: `the genes' means have too few values for ${nBins} bins`};
  const binOf = new Int32Array(cohort.means.length);
  const members: number[][] = Array.from({length: nBins}, () => []);
  order.forEach((gene, i) => {
    binOf[gene] = Math.min(nBins, breaks.findLastIndex((value) => value <= shifted[i]) + 1);
    members[binOf[gene] - 1].push(gene);
  });
  const controls = sets.map((set): Controls => {
    const chosen = new Set<number>();
    for (const column of set.columns) {
      const pool = members[binOf[column] - 1];
      if (pool.length < controlSize) return {missing: `a bin of ${pool.length} genes has no ${controlSize} controls`};
      for (const place of random.sample(pool.length, controlSize)) chosen.add(pool[place]);
    }
    return {columns: Uint32Array.from(chosen)};
  });
  return {bins: {binOf, members}, controls};
}

function eligible({means, excluded}: ExpressionOfCohort): number[] {
  return Array.from({length: means.length}, (_, gene) => gene).filter((gene) => excluded[gene] !== 1);
}

function quantile(sorted: Float64Array, share: number): number {
  const at = (sorted.length - 1) * share;
  const low = Math.floor(at);
  const part = at - low;
  return part === 0 ? sorted[low] : (1 - part) * sorted[low] + part * sorted[low + 1];
}

function roundHalfToEven(value: number): number {
  const low = Math.floor(value);
  return value - low === 0.5 ? low + (low % 2) : Math.round(value);
}
