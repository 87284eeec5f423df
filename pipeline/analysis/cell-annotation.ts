// Cell types from marker scores, coarse to fine: clusters decide the lineage, a cell with its neighbours decides what is close (contests) or rare
// (claims). Chosen on data with known answers: published labels (Kang 2018), antibodies and receptors of the same cells; see steps/annotate.

export type Level = 'lineage' | 'type' | 'subtype';

/** A decision between two labels inside some others, by which core of genes scores higher around a cell. */
export interface Contest {
  readonly level: Level;
  /** Only cells whose lineage or type is one of these (of lineages: so far). */
  readonly within: readonly string[];
  /** Label a cell gets where its side scores higher around the cell. */
  readonly challenger: string;
  /** Label it gets otherwise (ties included). */
  readonly holder: string;
  /** Labels whose cores speak for the challenger: in each cell the highest. */
  readonly by: readonly string[];
  /** Weight of a cell's own score against the mean of its neighbours; null: as one of them. */
  readonly own: number | null;
}

/** A label for cells whose core scores above a threshold, half by themselves and half by the mean of their neighbours. */
export interface Claim {
  readonly level: Level;
  readonly within: readonly string[];
  readonly label: string;
  readonly above: number;
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
  /** Least lead of a decision; below it a cluster or cell keeps the label above (a lineage: `unassigned`). */
  readonly margins: Readonly<Record<Level, number>>;
  /** Label -> score of its core in every cell; without those whose genes the matrix lacks, which no contest or claim can ask. */
  readonly coreScores: ReadonlyMap<string, Float64Array>;
  /** In order, those of one level after the other. */
  readonly contests: readonly Contest[];
  readonly claims: readonly Claim[];
  /** Lineages too rare for clusters of their own: a cell takes one where its own score is the highest of all and above the threshold. */
  readonly singleCellLineages: ReadonlyMap<string, number>;
}

/** What a label of one level rests on; NaN where nothing was compared. */
export interface Evidence {
  /** Score of the label: the mean of its cluster, or around the cell. */
  readonly score: Float64Array;
  /** Its lead over the next label, or over the threshold of a claim. */
  readonly margin: Float64Array;
}

export interface Annotation {
  readonly lineage: string[];
  /** The type where one is told, else the lineage. */
  readonly cell_type: string[];
  /** The subtype where one is told, else the type. */
  readonly cell_subtype: string[];
  readonly evidence: Readonly<Record<Level, Evidence>>;
  /** Why a cell kept a label of a level above; one a cell. */
  readonly notes: readonly string[][];
  /** Lineage -> its mean score in each cluster. */
  readonly clusterMeans: ReadonlyMap<string, Float64Array>;
}

export const unassigned = 'unassigned';

/**
 * Raw means are compared, not z scores over clusters: z fails where a lineage is common or absent (a depleted one above all).
 * Which cells are scored together does not matter; the order of lineages decides exact ties.
 */
export function annotateCells(input: AnnotationInput): Annotation {
  const nCells = input.clusters.length;
  const blank = (): Evidence => ({score: new Float64Array(nCells).fill(NaN), margin: new Float64Array(nCells).fill(NaN)});
  const evidence: Record<Level, Evidence> = {lineage: blank(), type: blank(), subtype: blank()};
  const notes = Array.from({length: nCells}, (): string[] => []);
  const clusterMeans = new Map([...input.lineageScores].map(([name, scores]) => [name, meanByCluster(scores, input)]));
  const lineage = labelClusters(clusterMeans, {input, evidence: evidence.lineage, notes});
  const decide = (level: Level, labels: string[], coarser: readonly (readonly string[])[]): string[] => {
    const work: Work = {level, labels, coarser, evidence: evidence[level], notes};
    for (const contest of input.contests.filter((one) => one.level === level)) holdContest(contest, work, input);
    claimCells(input.claims.filter((one) => one.level === level), work, input);
    return labels;
  };
  decide('lineage', lineage, [lineage]);
  for (const [name, threshold] of input.singleCellLineages) claimSingleCells(name, threshold, lineage, input.lineageScores, evidence.lineage);
  const cellType = decide('type', [...lineage], [lineage]);
  const cellSubtype = decide('subtype', [...cellType], [lineage, cellType]);
  return {lineage, cell_type: cellType, cell_subtype: cellSubtype, evidence, notes, clusterMeans};
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

function labelClusters(means: ReadonlyMap<string, Float64Array>, {input, evidence, notes}: {input: AnnotationInput; evidence: Evidence; notes: string[][]}): string[] {
  const best = Array.from({length: input.nClusters}, (_, cluster) => bestLineage(cluster, means, input.margins.lineage));
  return Array.from(input.clusters, (cluster, cell) => {
    const {label, score, margin, note} = best[cluster];
    evidence.score[cell] = score;
    evidence.margin[cell] = margin;
    if (note !== null) notes[cell].push(note);
    return label;
  });
}

function bestLineage(cluster: number, means: ReadonlyMap<string, Float64Array>, least: number): {label: string; score: number; margin: number; note: string | null} {
  const [first, second] = [...means].map(([name, values]) => ({name, mean: values[cluster]})).sort((a, b) => b.mean - a.mean);
  if (first === undefined) return {label: unassigned, score: NaN, margin: NaN, note: null};
  if (first.mean === 0) return {label: unassigned, score: 0, margin: 0, note: 'lineage: no marker of any lineage in the cluster'};
  const margin = first.mean - (second?.mean ?? 0);
  if (second === undefined || margin >= least) return {label: first.name, score: first.mean, margin, note: null};
  return {label: unassigned, score: first.mean, margin, note: tooClose('lineage', [first.name, second.name], margin, least)};
}

const tooClose = (level: Level, names: readonly string[], lead: number, least: number): string => `${level}: ${names.join(' before ')} by ${lead.toFixed(3)}, ${least} needed`;

interface Work {
  readonly level: Level;
  readonly labels: string[];
  /** Labels of the levels above, which `within` names; of lineages the labels so far. */
  readonly coarser: readonly (readonly string[])[];
  readonly evidence: Evidence;
  readonly notes: string[][];
}

function holdContest(contest: Contest, {level, labels, coarser, evidence, notes}: Work, input: AnnotationInput): void {
  const {challenger, holder, own} = contest;
  const isWithin = insideOf(contest.within, coarser);
  const inside = [...labels.keys()].filter(isWithin);
  const speakers = contest.by.flatMap((name) => input.coreScores.get(name) ?? []);
  const against = input.coreScores.get(holder);
  if (speakers.length === 0 || against === undefined) {
    // A lineage stands without; a type is not guessed.
    if (level !== 'lineage') for (const cell of inside) notes[cell].push(`${level}: too few marker genes of ${against === undefined ? holder : challenger} in the matrix`);
    return;
  }
  const pro = against.map((_, cell) => speakers.reduce((most, scores) => Math.max(most, scores[cell]), 0));
  const weight = own ?? 1 / (input.nNeighbors + 1);
  for (const cell of inside) {
    const [forIt, againstIt] = [pro, against].map((scores) => scoreAround(cell, scores, weight, input));
    const lead = forIt - againstIt;
    evidence.score[cell] = Math.max(forIt, againstIt);
    evidence.margin[cell] = Math.abs(lead);
    if (Math.abs(lead) >= input.margins[level]) labels[cell] = lead > 0 ? challenger : holder;
    else {
      if (level === 'lineage') labels[cell] = unassigned;
      notes[cell].push(tooClose(level, lead > 0 ? [challenger, holder] : [holder, challenger], Math.abs(lead), input.margins[level]));
    }
  }
}

/** Of several claims on a cell the one furthest above its threshold. */
function claimCells(claims: readonly Claim[], {labels, coarser, evidence, notes, level}: Work, input: AnnotationInput): void {
  const lead = new Float64Array(labels.length);
  for (const {within, label, above} of claims) {
    const scores = input.coreScores.get(label);
    if (scores === undefined) continue;
    const isWithin = insideOf(within, coarser);
    for (let cell = 0; cell < labels.length; cell++) {
      if (!isWithin(cell)) continue;
      const score = scoreAround(cell, scores, 0.5, input);
      if (score - above <= lead[cell]) continue;
      lead[cell] = score - above;
      labels[cell] = label;
      evidence.score[cell] = score;
      evidence.margin[cell] = lead[cell];
      // A close contest is settled by the claim.
      notes[cell] = notes[cell].filter((note) => !note.startsWith(`${level}:`));
    }
  }
}

const insideOf = (within: readonly string[], coarser: readonly (readonly string[])[]): ((cell: number) => boolean) => {
  const names = new Set(within);
  return (cell) => coarser.some((labels) => names.has(labels[cell]));
};

/** `weight` for the cell, the rest for the mean of its neighbours. */
function scoreAround(cell: number, scores: Float64Array, weight: number, {neighbors, nNeighbors}: AnnotationInput): number {
  if (nNeighbors === 0) return scores[cell];
  let sum = 0;
  for (let k = 0; k < nNeighbors; k++) sum += scores[neighbors[cell * nNeighbors + k]];
  return weight * scores[cell] + ((1 - weight) * sum) / nNeighbors;
}

function claimSingleCells(name: string, threshold: number, lineage: string[], scores: ReadonlyMap<string, Float64Array>, evidence: Evidence): void {
  const own = scores.get(name);
  if (own === undefined) throw new Error(`no lineage scores for ${name}`);
  const others = [...scores].filter(([other]) => other !== name).map(([, values]) => values);
  for (let cell = 0; cell < lineage.length; cell++) {
    const next = others.reduce((most, values) => Math.max(most, values[cell]), 0);
    if (own[cell] <= threshold || next >= own[cell]) continue;
    lineage[cell] = name;
    evidence.score[cell] = own[cell];
    evidence.margin[cell] = own[cell] - Math.max(next, threshold);
  }
}
