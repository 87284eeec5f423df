// Clonotypes by scirpy's rules (scirpy 0.25, `tl.define_clonotypes` and `tl.define_clonotype_clusters`, partitions "connected"): which receptors are
// neighbours, and who is joined through them.
import type {ClonotypeRule} from './clonotype-rule.ts';
import {disjointSets, type DisjointSets} from './disjoint-sets.ts';
import {eachNearPair, editDistance, hammingDistance} from './near-sequences.ts';
import type {Configuration} from './receptor-configurations.ts';

type Arm = 'VJ' | 'VDJ';

/** Chain values of one arm: each distinct sequence (with the genes that have to agree) once. */
interface ArmValues {
  readonly sequences: readonly string[];
  readonly genes: readonly string[];
  /** Of each configuration: the values of its chains in this arm, primary first. */
  readonly of: readonly (readonly number[])[];
}

/** Configurations joined into clonotypes; those without a sequence in the arms looked at are in none. Of one patient and receptor. */
export function scirpyFamilies(configurations: readonly Configuration[], rule: ClonotypeRule): {families: Configuration[][]; without: Configuration[]} {
  const arms: readonly Arm[] = rule.scirpy_receptor_arms === 'all' || rule.scirpy_receptor_arms === 'any' ? ['VDJ', 'VJ'] : [rule.scirpy_receptor_arms];
  const values = arms.map((arm) => armValues(configurations, arm, rule));
  const nArms = Uint8Array.from(configurations, (_, index) => values.filter((arm) => arm.of[index].length > 0).length);
  const sets = disjointSets(configurations.length);
  for (const arm of values) joinByArm(arm, {arms: values, nArms, rule}, sets);
  const hasChain = (index: number): boolean => nArms[index] > 0;
  const within = [...configurations.keys()].filter(hasChain);
  return {
    families: [...Map.groupBy(within, (index) => sets.rootOf(index)).values()].map((own) => own.map((index) => configurations[index])),
    without: configurations.filter((_, index) => !hasChain(index)),
  };
}

interface Receptors {
  /** VDJ first. */
  readonly arms: readonly ArmValues[];
  /** Arms that a configuration has. */
  readonly nArms: Uint8Array;
  readonly rule: ClonotypeRule;
}

function joinByArm(arm: ArmValues, receptors: Receptors, sets: DisjointSets): void {
  const {of, sequences, genes} = arm;
  const {arms, rule} = receptors;
  // Where both arms have to match, pairs are found by their VDJ chains: light chains are common to thousands of receptors.
  const holders = holdersOf(of.map((own, index) => (arm === arms[0] || rule.scirpy_receptor_arms !== 'all' || arms[0].of[index].length === 0 ? own : [])));
  const isEnough = rule.scirpy_receptor_arms !== 'all' && rule.scirpy_dual_ir !== 'all';
  const joinHolders = (a: number, b: number): void => {
    const [first, second] = [holders[a] ?? [], holders[b] ?? []];
    // One near chain makes neighbours: one link to each holder does.
    if (isEnough) return void [...first, ...second].forEach((index) => sets.join(first[0] ?? second[0], index));
    for (const i of first) for (const j of second) if (!sets.areJoined(i, j) && areNeighbours(i, j, receptors)) sets.join(i, j);
  };
  const areSettled = (a: number, b: number): boolean => {
    const [first, second] = [holders[a] ?? [], holders[b] ?? []];
    if (first.length === 0 || second.length === 0) return true;
    const root = sets.rootOf(first[0]);
    return first.every((index) => sets.rootOf(index) === root) && second.every((index) => sets.rootOf(index) === root);
  };
  for (const value of sequences.keys()) if ((holders[value]?.length ?? 0) > 1) joinHolders(value, value);
  if (rule.scirpy_metric === 'identity') return;
  const held = [...sequences.keys()].filter((value) => (holders[value]?.length ?? 0) > 0);
  for (const own of Map.groupBy(held, (value) => genes[value]).values()) {
    eachWithin(own.map((value) => sequences[value]), rule, (a, b) => areSettled(own[a], own[b]), (a, b) => joinHolders(own[a], own[b]));
  }
}

/** `all`: both arms have to match and only receptors with as many arms compare, so an orphan is no neighbour of a pair; `any`: one arm is enough. */
function areNeighbours(a: number, b: number, {arms, nArms, rule}: Receptors): boolean {
  const isAll = rule.scirpy_receptor_arms === 'all';
  if (isAll && nArms[a] !== nArms[b]) return false;
  let nMatching = 0;
  for (const arm of arms) if (armMatches(arm, a, b, rule)) nMatching++;
  return nMatching >= (isAll ? nArms[a] : 1);
}

function armMatches(arm: ArmValues, a: number, b: number, rule: ClonotypeRule): boolean {
  const [own, other] = [arm.of[a], arm.of[b]];
  const isNear = (i: number, j: number): boolean => i < own.length && j < other.length && areNear(arm, own[i], other[j], rule);
  switch (rule.scirpy_dual_ir) {
    case 'primary_only': return isNear(0, 0);
    case 'any': return isNear(0, 0) || isNear(0, 1) || isNear(1, 0) || isNear(1, 1);
    case 'all':
      if (own.length !== other.length) return false;
      return own.length === 2 ? (isNear(0, 0) && isNear(1, 1)) || (isNear(0, 1) && isNear(1, 0)) : isNear(0, 0);
    default: return rule.scirpy_dual_ir satisfies never;
  }
}

function areNear({sequences, genes}: ArmValues, x: number, y: number, rule: ClonotypeRule): boolean {
  return x === y || (genes[x] === genes[y] && isWithin(sequences[x], sequences[y], rule));
}

function isWithin(a: string, b: string, rule: ClonotypeRule): boolean {
  switch (rule.scirpy_metric) {
    case 'identity': return a === b;
    case 'levenshtein': return editDistance(a, b, rule.scirpy_cutoff) <= rule.scirpy_cutoff;
    case 'hamming': case 'normalized_hamming': {
      const limit = rule.scirpy_metric === 'hamming' ? rule.scirpy_cutoff : roundedLimit(a.length, rule.scirpy_cutoff);
      return a.length === b.length && hammingDistance(a, b, limit) <= limit;
    }
    default: return rule.scirpy_metric satisfies never;
  }
}

/** Values of equal genes. */
function eachWithin(sequences: readonly string[], rule: ClonotypeRule, isSettled: (a: number, b: number) => boolean, visit: (a: number, b: number) => void): void {
  switch (rule.scirpy_metric) {
    case 'identity': return;
    case 'hamming': case 'levenshtein': return eachNearPair(sequences, {maxDistance: rule.scirpy_cutoff, metric: rule.scirpy_metric, isSettled, visit});
    case 'normalized_hamming':
      for (const own of Map.groupBy(sequences.keys(), (index) => sequences[index].length).values()) {
        eachNearPair(own.map((index) => sequences[index]), {
          maxDistance: roundedLimit(sequences[own[0]].length, rule.scirpy_cutoff), metric: 'hamming', isSettled: (a, b) => isSettled(own[a], own[b]), visit: (a, b) => visit(own[a], own[b]),
        });
      }
      return;
    default: return rule.scirpy_metric satisfies never;
  }
}

/** Most positions that differ within a percentage: scirpy rounds it, half up, so that a cutoff of 15 admits 15.49 %. */
function roundedLimit(length: number, percent: number): number {
  let distance = 0;
  while (distance < length && Math.floor((100 * (distance + 1)) / length + 0.5) <= percent) distance++;
  return distance;
}

function armValues(configurations: readonly Configuration[], arm: Arm, rule: ClonotypeRule): ArmValues {
  const valueOf = new Map<string, number>();
  const sequences: string[] = [];
  const genes: string[] = [];
  const of: number[][] = [];
  for (const {cells: [cell]} of configurations) {
    const own: number[] = [];
    for (const [at, chain] of (arm === 'VJ' ? cell.vj : cell.vdj).entries()) {
      const sequence = rule.scirpy_sequence === 'nt' ? chain.junction : chain.junction_aa;
      if (sequence === '' || (at > 0 && rule.scirpy_dual_ir === 'primary_only')) continue;
      // Calls are compared as they are written, alleles and lists included: so does scirpy.
      const gene = `${rule.scirpy_same_v_gene ? `${chain.v_call} ` : ''}${rule.scirpy_same_j_gene ? chain.j_call : ''}`;
      const key = gene === '' ? sequence : `${sequence} ${gene}`;
      let value = valueOf.get(key);
      if (value === undefined) {
        value = sequences.length;
        valueOf.set(key, value);
        sequences.push(sequence);
        genes.push(gene);
      }
      own.push(value);
    }
    of.push(own);
  }
  return {of, sequences, genes};
}

/** Value -> configurations that carry it. */
function holdersOf(of: readonly (readonly number[])[]): number[][] {
  const holders: number[][] = [];
  for (const [index, values] of of.entries()) for (const value of values) (holders[value] ??= []).push(index);
  return holders;
}
