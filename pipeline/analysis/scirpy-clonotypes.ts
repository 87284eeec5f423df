// Clonotypes by scirpy's rules (scirpy 0.25, `tl.define_clonotypes` and `tl.define_clonotype_clusters`, partitions "connected"): which receptors are
// neighbours, and who is joined through them.
import type {Rearrangement} from '../data/rearrangement.ts';
import type {ClonotypeRule} from './clonotype-rule.ts';
import {disjointSets} from './disjoint-sets.ts';
import {eachNearPair} from './near-sequences.ts';
import type {Configuration} from './receptor-configurations.ts';

type Arm = 'VJ' | 'VDJ';

/** Chain values of one arm: each distinct sequence (with the genes that have to agree) once. */
interface ArmValues {
  /** Of each configuration: the values of its chains in this arm, primary first. */
  readonly of: readonly (readonly number[])[];
  /** Value -> values within the cutoff, itself included. */
  readonly near: readonly ReadonlySet<number>[];
}

/** Configurations joined into clonotypes; those without a sequence in the arms looked at are in none. Of one patient and receptor. */
export function scirpyFamilies(configurations: readonly Configuration[], rule: ClonotypeRule): {families: Configuration[][]; without: Configuration[]} {
  const arms: readonly Arm[] = rule.scirpy_receptor_arms === 'all' || rule.scirpy_receptor_arms === 'any' ? ['VDJ', 'VJ'] : [rule.scirpy_receptor_arms];
  const values = new Map(arms.map((arm) => [arm, armValues(configurations, arm, rule)]));
  const hasChain = (index: number): boolean => arms.some((arm) => values.get(arm)!.of[index].length > 0);
  const sets = disjointSets(configurations.length);
  for (const arm of arms) {
    // Where both arms have to match, pairs are found by their VDJ chains: light chains are common to thousands of receptors.
    const isSearched = (index: number): boolean => arm === 'VDJ' || rule.scirpy_receptor_arms !== 'all' || values.get('VDJ')!.of[index].length === 0;
    const of = values.get(arm)!.of.map((own, index) => (isSearched(index) ? own : []));
    const holders = holdersOf(of);
    for (const [index, own] of of.entries()) {
      for (const value of own) {
        for (const near of values.get(arm)!.near[value]) {
          for (const other of holders[near] ?? []) {
            if (other > index && !sets.areJoined(index, other) && areNeighbours(index, other, arms, values, rule)) sets.join(index, other);
          }
        }
      }
    }
  }
  const within = [...configurations.keys()].filter(hasChain);
  return {
    families: [...Map.groupBy(within, (index) => sets.rootOf(index)).values()].map((own) => own.map((index) => configurations[index])),
    without: configurations.filter((_, index) => !hasChain(index)),
  };
}

/** `all`: both arms have to match and only receptors with as many arms compare, so an orphan is no neighbour of a pair; `any`: one arm is enough. */
function areNeighbours(a: number, b: number, arms: readonly Arm[], values: ReadonlyMap<Arm, ArmValues>, rule: ClonotypeRule): boolean {
  const matches = (arm: Arm): boolean => armMatches(values.get(arm)!, a, b, rule.scirpy_dual_ir);
  if (rule.scirpy_receptor_arms !== 'all') return arms.some(matches);
  const [nA, nB] = [a, b].map((index) => arms.filter((arm) => values.get(arm)!.of[index].length > 0).length);
  return nA === nB && (nA === 2 ? arms.every(matches) : arms.some(matches));
}

function armMatches({of, near}: ArmValues, a: number, b: number, dual: ClonotypeRule['scirpy_dual_ir']): boolean {
  const isNear = (i: number, j: number): boolean => of[a][i] !== undefined && of[b][j] !== undefined && near[of[a][i]].has(of[b][j]);
  switch (dual) {
    case 'primary_only': return isNear(0, 0);
    case 'any': return isNear(0, 0) || isNear(0, 1) || isNear(1, 0) || isNear(1, 1);
    case 'all':
      if (of[a].length !== of[b].length) return false;
      return of[a].length === 2 ? (isNear(0, 0) && isNear(1, 1)) || (isNear(0, 1) && isNear(1, 0)) : isNear(0, 0);
    default: return dual satisfies never;
  }
}

function armValues(configurations: readonly Configuration[], arm: Arm, rule: ClonotypeRule): ArmValues {
  const sequenceOf = (chain: Rearrangement): string => (rule.scirpy_sequence === 'nt' ? chain.junction : chain.junction_aa);
  // Calls are compared as they are written, alleles and lists included: so does scirpy.
  const genesOf = (chain: Rearrangement): string => `${rule.scirpy_same_v_gene ? chain.v_call : ''}\t${rule.scirpy_same_j_gene ? chain.j_call : ''}`;
  const valueOf = new Map<string, number>();
  const sequences: string[] = [];
  const genes: string[] = [];
  const of = configurations.map(({cells: [cell]}) => (arm === 'VJ' ? cell.vj : cell.vdj)
    .slice(0, rule.scirpy_dual_ir === 'primary_only' ? 1 : 2)
    .flatMap((chain): number[] => {
      const sequence = sequenceOf(chain);
      if (sequence === '') return [];
      const key = `${sequence}\t${genesOf(chain)}`;
      let value = valueOf.get(key);
      if (value === undefined) {
        value = sequences.length;
        valueOf.set(key, value);
        sequences.push(sequence);
        genes.push(genesOf(chain));
      }
      return [value];
    }));
  const near = sequences.map((_, value) => new Set([value]));
  // Only values of equal genes can be near, so each set of genes is searched by itself.
  for (const own of Map.groupBy(sequences.keys(), (value) => genes[value]).values()) {
    eachWithin(own.map((value) => sequences[value]), rule, (a, b) => {
      near[own[a]].add(own[b]);
      near[own[b]].add(own[a]);
    });
  }
  return {of, near};
}

function eachWithin(sequences: readonly string[], rule: ClonotypeRule, visit: (a: number, b: number) => void): void {
  switch (rule.scirpy_metric) {
    case 'identity': return;
    case 'hamming': return eachNearPair(sequences, rule.scirpy_cutoff, 'hamming', visit);
    case 'levenshtein': return eachNearPair(sequences, rule.scirpy_cutoff, 'levenshtein', visit);
    case 'normalized_hamming':
      for (const own of Map.groupBy(sequences.keys(), (index) => sequences[index].length).values()) {
        const {length} = sequences[own[0]];
        let distance = 0;
        // scirpy rounds the percentage, half up: a cutoff of 15 admits 15.49 %.
        while (distance < length && Math.floor((100 * (distance + 1)) / length + 0.5) <= rule.scirpy_cutoff) distance++;
        eachNearPair(own.map((index) => sequences[index]), distance, 'hamming', (a, b) => visit(own[a], own[b]));
      }
      return;
    default: return rule.scirpy_metric satisfies never;
  }
}

/** Value -> configurations that carry it. */
function holdersOf(of: readonly (readonly number[])[]): number[][] {
  const holders: number[][] = [];
  for (const [index, values] of of.entries()) for (const value of values) (holders[value] ??= []).push(index);
  return holders;
}
