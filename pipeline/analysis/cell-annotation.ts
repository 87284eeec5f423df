// Cell types from marker scores: clusters decide the lineage, neighbourhoods decide close contests. Chosen on data with published
// labels (Kang 2018, 1,971 blood cells): clusters alone call the effector CD8 T cells NK; the contest between cores gives them back.

/** A decision between two labels inside one or two others, by which core of genes scores higher around a cell. */
export interface Contest {
  /** Only cells that have one of these labels so far. */
  readonly within: readonly string[];
  /** Label a cell gets where the mean of `challenger`'s scores over itself and its neighbours is the greater. */
  readonly challenger: string;
  /** Label it gets otherwise (ties included). */
  readonly holder: string;
}

export interface AnnotationInput {
  /** 0..nClusters-1 a cell. */
  readonly clusters: Int32Array;
  readonly nClusters: number;
  /** nCells x nNeighbors, row-major. */
  readonly neighbors: Int32Array;
  readonly nNeighbors: number;
  /** Lineage -> UCell score of its markers in every cell, 0..1. */
  readonly lineageScores: ReadonlyMap<string, Float64Array>;
  /** Least lead of the best over the second lineage's cluster mean; below it the cluster is `unassigned`. */
  readonly margin: number;
  /** Contest label -> score of its core in every cell. */
  readonly coreScores: ReadonlyMap<string, Float64Array>;
  /** In order; the first ones may change the lineage (T or NK), later ones give types. */
  readonly lineageContests: readonly Contest[];
  readonly typeContests: readonly Contest[];
  /** Lineages too rare for clusters of their own: a cell takes one where its own score is the highest of all and above the threshold. */
  readonly singleCellLineages: ReadonlyMap<string, number>;
}

export interface Annotation {
  readonly lineage: readonly string[];
  /** The type where a contest gives one, else the lineage. */
  readonly cell_type: readonly string[];
  /** One a cluster: the means that decided. */
  readonly clusterMeans: ReadonlyMap<string, Float64Array>;
}

export const unassigned = 'unassigned';

/**
 * Raw means are compared, not z scores over clusters: z fails where a lineage is common or absent (a depleted one above all).
 * Which cells are scored together does not matter; the order of lineages decides exact ties.
 */
export function annotateCells(input: AnnotationInput): Annotation {
  const clusterMeans = new Map([...input.lineageScores].map(([name, scores]) => [name, meanByCluster(scores, input)]));
  const clusterLineage = Array.from({length: input.nClusters}, (_, cluster) => bestLineage(cluster, clusterMeans, input.margin));
  const lineage = Array.from(input.clusters, (cluster) => clusterLineage[cluster]);
  for (const contest of input.lineageContests) holdContest(contest, lineage, input);
  for (const [name, threshold] of input.singleCellLineages) claimSingleCells(name, threshold, lineage, input.lineageScores);
  const cellType = [...lineage];
  for (const contest of input.typeContests) holdContest(contest, cellType, input);
  return {lineage, cell_type: cellType, clusterMeans};
}

function meanByCluster(scores: Float64Array, {clusters, nClusters}: AnnotationInput): Float64Array {
  const sum = new Float64Array(nClusters);
  const size = new Float64Array(nClusters);
  for (let cell = 0; cell < clusters.length; cell++) {
    sum[clusters[cell]] += scores[cell];
    size[clusters[cell]]++;
  }
  return sum.map((total, cluster) => total / size[cluster]);
}

function bestLineage(cluster: number, means: ReadonlyMap<string, Float64Array>, margin: number): string {
  const ranked = [...means].map(([name, values]) => ({name, mean: values[cluster]})).sort((a, b) => b.mean - a.mean);
  if (ranked.length === 0 || ranked[0].mean === 0) return unassigned;
  return ranked.length > 1 && ranked[0].mean - ranked[1].mean < margin ? unassigned : ranked[0].name;
}

function holdContest(contest: Contest, labels: string[], {coreScores, neighbors, nNeighbors}: AnnotationInput): void {
  const challenger = coreScores.get(contest.challenger);
  const holder = coreScores.get(contest.holder);
  if (challenger === undefined || holder === undefined) {
    throw new Error(`no core scores for the contest ${contest.challenger} against ${contest.holder}`);
  }
  const difference = challenger.map((score, cell) => score - holder[cell]);
  const within = new Set(contest.within);
  for (let cell = 0; cell < labels.length; cell++) {
    if (!within.has(labels[cell])) continue;
    let sum = difference[cell];
    for (let k = 0; k < nNeighbors; k++) sum += difference[neighbors[cell * nNeighbors + k]];
    labels[cell] = sum > 0 ? contest.challenger : contest.holder;
  }
}

function claimSingleCells(name: string, threshold: number, lineage: string[], scores: ReadonlyMap<string, Float64Array>): void {
  const own = scores.get(name);
  if (own === undefined) throw new Error(`no lineage scores for ${name}`);
  const others = [...scores].filter(([other]) => other !== name).map(([, values]) => values);
  for (let cell = 0; cell < lineage.length; cell++) {
    if (own[cell] > threshold && others.every((values) => values[cell] < own[cell])) lineage[cell] = name;
  }
}
