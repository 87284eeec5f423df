// Receptors of simulated cells: clones with their junctions, and the contigs that a sequencer would see of a cell.
import type {Random} from '../../base/random.ts';
import type {Locus} from '../../data/rearrangement.ts';

export type Receptor = 'TCR' | 'BCR';

export interface Chain {
  readonly locus: Locus;
  readonly v_gene: string;
  readonly d_gene: string;
  readonly j_gene: string;
  readonly c_gene: string;
  readonly junction: string;
}

export interface TrueClone {
  readonly id: string;
  readonly receptor: Receptor;
  readonly vdj: Chain;
  readonly vj: Chain;
}

export interface Contig extends Chain {
  readonly umis: number;
}

const segments: Readonly<Record<string, {v: readonly string[]; d: readonly string[]; j: readonly string[]; c: readonly string[]; codons: readonly [number, number]; start: string; end: string}>> = {
  TRA: {v: ['TRAV1-2', 'TRAV8-1', 'TRAV12-2', 'TRAV13-1', 'TRAV17', 'TRAV21', 'TRAV26-1', 'TRAV38-1'], d: [], j: ['TRAJ9', 'TRAJ15', 'TRAJ20', 'TRAJ33', 'TRAJ42', 'TRAJ49'], c: ['TRAC'], codons: [8, 12], start: 'TGTGCT', end: 'TTT'},
  TRB: {v: ['TRBV4-1', 'TRBV5-1', 'TRBV6-5', 'TRBV7-9', 'TRBV12-3', 'TRBV19', 'TRBV20-1', 'TRBV28'], d: ['TRBD1', 'TRBD2'], j: ['TRBJ1-1', 'TRBJ1-2', 'TRBJ1-5', 'TRBJ2-1', 'TRBJ2-3', 'TRBJ2-7'], c: ['TRBC1', 'TRBC2'], codons: [9, 13], start: 'TGTGCC', end: 'TTC'},
  IGH: {v: ['IGHV1-69', 'IGHV3-11', 'IGHV3-23', 'IGHV3-30', 'IGHV4-34', 'IGHV4-59', 'IGHV5-51'], d: ['IGHD2-2', 'IGHD3-10', 'IGHD3-22', 'IGHD6-13'], j: ['IGHJ3', 'IGHJ4', 'IGHJ5', 'IGHJ6'], c: ['IGHM', 'IGHG1', 'IGHA1'], codons: [12, 18], start: 'TGTGCG', end: 'TGG'},
  IGK: {v: ['IGKV1-39', 'IGKV3-11', 'IGKV3-20', 'IGKV4-1'], d: [], j: ['IGKJ1', 'IGKJ2', 'IGKJ4'], c: ['IGKC'], codons: [7, 9], start: 'TGTCAG', end: 'TTC'},
  IGL: {v: ['IGLV1-44', 'IGLV2-14', 'IGLV3-21'], d: [], j: ['IGLJ2', 'IGLJ3'], c: ['IGLC2'], codons: [8, 10], start: 'TGTCAG', end: 'TTC'},
};
const bases = 'ACGT';
const aminoAcids: Readonly<Record<string, string>> = Object.fromEntries(
  // The standard code in the order TCAG x TCAG x TCAG (NCBI translation table 1).
  [...'FFLLSSSSYY**CC*WLLLLPPPPHHQQRRRRIIIMTTTTNNKKSSRRVVVVAAAADDEEGGGG'].map((letter, i) => [['T', 'C', 'A', 'G'][i >> 4] + ['T', 'C', 'A', 'G'][(i >> 2) & 3] + ['T', 'C', 'A', 'G'][i & 3], letter]),
);

export function translate(junction: string): string {
  return (junction.match(/.{3}/g) ?? []).map((codon) => aminoAcids[codon]).join('');
}

export function makeClone(id: string, receptor: Receptor, random: Random): TrueClone {
  const light = random.uniform() < 0.6 ? 'IGK' : 'IGL';
  return {id, receptor, vdj: makeChain(receptor === 'TCR' ? 'TRB' : 'IGH', random), vj: makeChain(receptor === 'TCR' ? 'TRA' : light, random)};
}

function makeChain(locus: Locus, random: Random): Chain {
  const {v, d, j, c, codons, start, end} = segments[locus];
  const pick = (names: readonly string[]): string => (names.length === 0 ? '' : names[random.integer(names.length)]);
  const n = codons[0] + random.integer(codons[1] - codons[0] + 1);
  return {locus, v_gene: pick(v), d_gene: pick(d), j_gene: pick(j), c_gene: pick(c), junction: start + Array.from({length: n}, () => randomCodon(random)).join('') + end};
}

function randomCodon(random: Random): string {
  for (;;) {
    const codon = [0, 1, 2].map(() => bases[random.integer(4)]).join('');
    if (aminoAcids[codon] !== '*') return codon;
  }
}

/** Somatic hypermutation: up to two point changes between the conserved ends, no stop codon. Two cells of a clone differ in at most four places. */
function mutated(chain: Chain, random: Random): Chain {
  let {junction} = chain;
  for (let i = random.integer(3); i > 0; i--) {
    const at = 6 + random.integer(junction.length - 9);
    const changed = junction.slice(0, at) + bases[random.integer(4)] + junction.slice(at + 1);
    if (!translate(changed).includes('*')) junction = changed;
  }
  return {...chain, junction};
}

/** What is seen of a cell: mostly both chains, sometimes one, rarely none or a second light or alpha chain. */
export function seeCell(clone: TrueClone, random: Random): Contig[] {
  const luck = random.uniform();
  const umis = (): number => 2 + random.integer(12);
  const vdj: Contig = {...(clone.receptor === 'BCR' ? mutated(clone.vdj, random) : clone.vdj), umis: umis()};
  const vj: Contig = {...clone.vj, umis: umis()};
  if (luck < 0.03) return [];
  if (luck < 0.10) return [vdj];
  if (luck < 0.13) return [vj];
  if (luck < 0.16) return [vdj, vj, {...makeChain(clone.vj.locus, random), umis: 1}];
  return [vdj, vj];
}
