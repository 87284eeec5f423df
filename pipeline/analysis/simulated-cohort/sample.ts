// One simulated sample: barcodes with their counts, contigs and truth.
import {randomStream} from '../../base/random.ts';
import type {SparseMatrix} from '../../data/matrix.ts';
import {planCells, type Phase, type PlannedCell, type PlannedClone} from './cell-plan.ts';
import {addCells, drawCell, makeProfile, makeSampler, toMatrix, type CellCounts, type GeneSpace, type Sampler} from './expression.ts';
import {seeCell, type Contig} from './receptors.ts';

export interface Programme {
  readonly signature: string;
  readonly genes: readonly string[];
  readonly lineages: readonly string[];
  /** Factor of its genes before the infusion; 1 after. */
  readonly factor: number;
}

export interface SampleQuestion {
  readonly seed: number;
  readonly patient: string;
  readonly sample: string;
  readonly phase: Phase;
  readonly hasBCells: boolean;
  readonly nBarcodes: number;
  readonly doubletRate: number;
  readonly dyingRate: number;
  readonly meanUmis: number;
  readonly space: GeneSpace;
  readonly markers: ReadonlyMap<string, readonly string[]>;
  readonly programmes: readonly Programme[];
  readonly patientEffect: Float64Array;
  /** Sets whose activity wanders from sample to sample, in patients as in any repeated measurement: without it every difference would be found. */
  readonly wanderingSets: readonly (readonly string[])[];
  readonly typeFactor: ReadonlyMap<string, number>;
  readonly clones: readonly PlannedClone[];
}

export interface TrueCell {
  readonly barcode: string;
  readonly kind: 'singlet' | 'doublet' | 'dying';
  readonly lineage: string;
  readonly cell_type: string;
  readonly clone_id: string;
}

export interface SimulatedSample {
  readonly barcodes: readonly string[];
  readonly counts: SparseMatrix;
  readonly cells: readonly TrueCell[];
  /** By barcode, in order. */
  readonly contigs: readonly {readonly barcode: string; readonly contigs: readonly Contig[]}[];
}

export function simulateSample(question: SampleQuestion): SimulatedSample {
  const {seed, sample, nBarcodes, doubletRate, dyingRate} = question;
  const random = randomStream(seed, `cells ${sample}`);
  const nDoublets = Math.round(nBarcodes * doubletRate);
  const nDying = Math.round(nBarcodes * dyingRate);
  const planned = planCells({...question, nCells: nBarcodes + nDoublets, random});
  const samplers = new Map<string, Sampler>();
  const samplerOf = (cell: PlannedCell): Sampler => {
    if (!samplers.has(cell.cell_type)) samplers.set(cell.cell_type, makeSampler(profileOf(question, cell)));
    return samplers.get(cell.cell_type)!;
  };
  const umis = (): number => Math.max(50, Math.round(question.meanUmis * Math.exp(0.25 * random.normal() - 0.25 ** 2 / 2)));
  const barcodes = new Set<string>();
  while (barcodes.size < nBarcodes) barcodes.add(`${Array.from({length: 16}, () => 'ACGT'[random.integer(4)]).join('')}-1`);
  const counts: CellCounts[] = [];
  const cells: TrueCell[] = [];
  const contigs: {barcode: string; contigs: Contig[]}[] = [];
  // In the order they were drawn, before sorting: which barcodes are doublets or dying is chance.
  const kinds = new Map([...barcodes].map((barcode, i) => [barcode, i < nDoublets ? 'doublet' : i < nDoublets + nDying ? 'dying' : 'singlet'] as const));
  let nPaired = 0;
  [...barcodes].sort().forEach((barcode, i) => {
    const cell = planned[i];
    const kind = kinds.get(barcode) ?? 'singlet';
    const isDoublet = kind === 'doublet';
    const isDying = kind === 'dying';
    const own = cell.clone === null ? [] : seeCell(cell.clone, random);
    if (isDoublet) {
      const other = planned[nBarcodes + nPaired++];
      counts.push(addCells(drawCell(samplerOf(cell), umis(), random), drawCell(samplerOf(other), umis(), random)));
      own.push(...(other.clone === null ? [] : seeCell(other.clone, random)));
    } else if (isDying) counts.push(dyingCell(samplerOf(cell), {n: Math.round(umis() * 0.4), mitochondrial: question.space.mitochondrial, random}));
    else counts.push(drawCell(samplerOf(cell), umis(), random));
    cells.push({barcode, kind, lineage: cell.lineage, cell_type: cell.cell_type, clone_id: cell.clone?.id ?? ''});
    if (own.length > 0) contigs.push({barcode, contigs: own});
  });
  return {barcodes: cells.map((cell) => cell.barcode), counts: toMatrix(counts, question.space.genes.length), cells, contigs};
}

/** A quarter to a half of what is left of a dying cell is mitochondrial. */
function dyingCell(sampler: Sampler, {n, mitochondrial, random}: {n: number; mitochondrial: readonly number[]; random: ReturnType<typeof randomStream>}): CellCounts {
  const nMito = Math.round(n * (0.25 + 0.25 * random.uniform()));
  const counts = drawCell(sampler, n - nMito, random);
  for (let i = 0; i < nMito; i++) {
    const gene = mitochondrial[random.integer(mitochondrial.length)];
    counts.set(gene, (counts.get(gene) ?? 0) + 1);
  }
  return counts;
}

/** Standard deviation of the log activity of a set in a sample. */
const activitySd = 0.07;

function profileOf({seed, sample, space, markers, programmes, patientEffect, wanderingSets, phase}: SampleQuestion, cell: PlannedCell): Float64Array {
  const own = [...(markers.get(cell.lineage) ?? []), ...(markers.get(cell.cell_type) ?? [])];
  const mine = new Set(own);
  const others = [...markers.values()].flat().filter((gene) => !mine.has(gene));
  const programme = new Map<string, number>();
  const multiply = (genes: readonly string[], factor: number): void => {
    for (const gene of genes) if (!mine.has(gene)) programme.set(gene, (programme.get(gene) ?? 1) * factor);
  };
  wanderingSets.forEach((genes, i) => multiply(genes, Math.exp(activitySd * randomStream(seed, `activity ${sample} ${cell.lineage} ${i}`).normal())));
  const raised = programmes.filter((programme) => phase === 'before' && programme.lineages.includes(cell.lineage));
  for (const {genes, factor} of raised) multiply(genes, factor);
  return makeProfile({space, markers: own, others, patientEffect, programme});
}
