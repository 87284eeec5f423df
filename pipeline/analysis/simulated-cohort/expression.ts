// Counts of simulated cells: a gene profile by cell type, patient and timepoint, and multinomial draws from it.
import type {Random} from '../../base/random.ts';
import type {SparseMatrix} from '../../data/matrix.ts';

export interface GeneSpace {
  readonly genes: readonly string[];
  readonly at: ReadonlyMap<string, number>;
  /** Expected share of each gene in a cell without a type, before scaling. */
  readonly base: Float64Array;
  readonly mitochondrial: readonly number[];
  /** Genes without a name of note. */
  readonly other: readonly number[];
}

/** `named`: genes of sets and markers; `nOther` genes without a name of note make up the rest of the transcriptome. */
export function makeGeneSpace(named: readonly string[], nOther: number, random: Random): GeneSpace {
  const mito = ['ATP6', 'ATP8', 'CO1', 'CO2', 'CO3', 'CYB', 'ND1', 'ND2', 'ND3', 'ND4', 'ND4L', 'ND5', 'ND6'].map((name) => `MT-${name}`);
  const other = Array.from({length: nOther}, (_, i) => `GENE${String(i + 1).padStart(4, '0')}`);
  const genes = [...new Set([...named, ...mito, ...other])].sort();
  const at = new Map(genes.map((gene, k) => [gene, k]));
  // Named genes get a narrow spread, so that every set has genes that can be seen at low depth; the others are most of the transcripts, or a
  // programme that rises would take them from every other set.
  const isNamed = new Set(named);
  const base = Float64Array.from(genes, (gene) => (isNamed.has(gene) ? Math.exp(0.5 * random.normal()) : 2 * Math.exp(1.1 * random.normal())));
  const mitochondrial = mito.map((gene) => at.get(gene) ?? 0);
  const total = base.reduce((sum, value) => sum + value, 0);
  // 3 % of the transcripts of a healthy cell.
  for (const k of mitochondrial) base[k] = (0.03 * total) / mitochondrial.length;
  return {genes, at, base, mitochondrial, other: other.map((gene) => at.get(gene) ?? 0)};
}

export interface ProfileQuestion {
  readonly space: GeneSpace;
  /** Genes of this cell type; `others` are markers of other types, nearly silent here. */
  readonly markers: readonly string[];
  readonly others: readonly string[];
  /** Factor of each gene that a programme raises. */
  readonly programme: ReadonlyMap<string, number>;
  /** Log-normal factor a gene of this patient. */
  readonly patientEffect: Float64Array;
}

/** How often a marker is drawn, as a multiple of the mean gene. */
const markerLevel = 7;
const silentLevel = 0.03;

export function makeProfile({space, markers, others, programme, patientEffect}: ProfileQuestion): Float64Array {
  const mean = space.base.reduce((sum, value) => sum + value, 0) / space.base.length;
  const profile = Float64Array.from(space.base, (value, k) => value * patientEffect[k]);
  for (const gene of others) profile[space.at.get(gene) ?? 0] = silentLevel * mean;
  for (const gene of markers) profile[space.at.get(gene) ?? 0] = markerLevel * mean * patientEffect[space.at.get(gene) ?? 0];
  let added = 0;
  for (const [gene, factor] of programme) {
    const k = space.at.get(gene);
    if (k === undefined) continue;
    added += profile[k] * (factor - 1);
    profile[k] *= factor;
  }
  // Transcripts that a programme adds come at the cost of genes without a name: no other set falls because one rises.
  const rest = space.other.reduce((sum, k) => sum + profile[k], 0);
  for (const k of space.other) profile[k] *= Math.max(0.1, (rest - added) / rest);
  return profile;
}

/** Walker's alias table (Vose 1991): a draw from any profile costs two random numbers. */
export interface Sampler {
  readonly draw: (random: Random) => number;
}

export function makeSampler(weights: Float64Array): Sampler {
  const n = weights.length;
  const total = weights.reduce((sum, value) => sum + value, 0);
  const scaled = Float64Array.from(weights, (value) => (value * n) / total);
  const alias = new Uint32Array(n);
  const [small, large]: [number[], number[]] = [[], []];
  scaled.forEach((value, k) => (value < 1 ? small : large).push(k));
  while (small.length > 0 && large.length > 0) {
    const [low, high] = [small.pop()!, large[large.length - 1]];
    alias[low] = high;
    scaled[high] -= 1 - scaled[low];
    if (scaled[high] < 1) small.push(large.pop()!);
  }
  for (const k of [...small, ...large]) scaled[k] = 1;
  return {
    draw: (random) => {
      const k = random.integer(n);
      return random.uniform() < scaled[k] ? k : alias[k];
    },
  };
}

/** gene -> UMIs. */
export type CellCounts = Map<number, number>;

export function drawCell(sampler: Sampler, nUmis: number, random: Random): CellCounts {
  const counts: CellCounts = new Map();
  for (let i = 0; i < nUmis; i++) {
    const gene = sampler.draw(random);
    counts.set(gene, (counts.get(gene) ?? 0) + 1);
  }
  return counts;
}

export function addCells(a: CellCounts, b: CellCounts): CellCounts {
  const sum = new Map(a);
  for (const [gene, n] of b) sum.set(gene, (sum.get(gene) ?? 0) + n);
  return sum;
}

export function toMatrix(cells: readonly CellCounts[], nColumns: number): SparseMatrix {
  const indptr = new Uint32Array(cells.length + 1);
  cells.forEach((cell, i) => (indptr[i + 1] = indptr[i] + cell.size));
  const indices = new Uint32Array(indptr[cells.length]);
  const values = new Float32Array(indptr[cells.length]);
  cells.forEach((cell, i) => {
    [...cell].sort(([a], [b]) => a - b).forEach(([gene, n], k) => {
      indices[indptr[i] + k] = gene;
      values[indptr[i] + k] = n;
    });
  });
  return {kind: 'sparse', nRows: cells.length, nColumns, indptr, indices, values};
}
