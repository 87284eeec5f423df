// How the receptors of one patient fall into clones, by whose rule. It must not know cells' samples, ids of clones or other patients.
import type {Rearrangement} from '../data/rearrangement.ts';
import {chooseThreshold, type ChosenThreshold} from './bcr-threshold.ts';
import type {ClonotypeRule} from './clonotype-rule.ts';
import {geneOf} from './gene-call.ts';
import {genesToMatch, groupByTokens} from './gene-groups.ts';
import {heavyChainFamilies, heavyChainGroups, splitByLightChain} from './heavy-chain-families.ts';
import {rescueOrphans} from './orphan-rescue.ts';
import {ascending, configure, configureAllChains, groupBy, type Configuration} from './receptor-configurations.ts';
import type {Receptor, ReceptorCell} from './receptor-chains.ts';
import {scirpyFamilies} from './scirpy-clonotypes.ts';

export interface Families {
  readonly families: readonly Configuration[][];
  /** Receptors that the rule can say nothing of. */
  readonly without: readonly Configuration[];
  /** Of the heavy chains; null where the rule has none. */
  readonly threshold: ChosenThreshold | null;
  readonly nRescued: number;
}

/** Cells of one patient and receptor. */
export function familiesOf(cells: readonly ReceptorCell[], receptor: Receptor, rule: ClonotypeRule): Families {
  switch (rule.definition) {
    case 'scirpy': {
      // The second chain of an arm tells receptors apart here too.
      return {...scirpyFamilies(configureAllChains(cells), rule), threshold: null, nRescued: 0};
    }
    case 'cellranger': {
      const setOf = ({cells: [cell]}: Configuration): string => [...new Set([...cell.vdj, ...cell.vj].map((chain) => `${chain.locus}:${chain.junction}`))].sort().join(';');
      return {families: groupBy(configureAllChains(cells), setOf), without: [], threshold: null, nRescued: 0};
    }
    case 'changeo': return changeoFamilies(cells, rule);
    case 'lymphline': return receptor === 'TCR' ? tcrFamilies(cells, rule) : bcrFamilies(cells, rule);
    default: return rule.definition satisfies never;
  }
}

function tcrFamilies(cells: readonly ReceptorCell[], rule: ClonotypeRule): Families {
  const part = (chain: Rearrangement | undefined): string[] => {
    if (chain === undefined) return [''];
    const vs = rule.tcr_same_v_gene ? genesToMatch(chain.v_call, rule.ambiguous_genes) : [''];
    const js = rule.tcr_same_j_gene ? genesToMatch(chain.j_call, rule.ambiguous_genes) : [''];
    return vs.flatMap((v) => js.map((j) => `${chain.junction} ${v} ${j}`));
  };
  const families = groupByTokens(configure(cells), ({vdj, vj}) =>
    part(vdj).flatMap((first) => (rule.tcr_chains === 'vdj' ? [first] : part(vj).map((second) => `${first}\t${second}`))));
  const {families: kept, nRescued} = rule.orphans === 'rescue' && rule.tcr_chains === 'pair' ? rescueOrphans(families, part) : {families, nRescued: 0};
  return {families: kept, without: [], threshold: null, nRescued};
}

function bcrFamilies(cells: readonly ReceptorCell[], rule: ClonotypeRule): Families {
  const configurations = configure(cells);
  const lightOnly = configurations.filter(({vdj}) => vdj === undefined);
  const groups = heavyChainGroups(configurations.filter(({vdj}) => vdj !== undefined), rule.ambiguous_genes);
  const threshold = chooseThreshold(groups, rule);
  const joined = heavyChainFamilies(groups, () => threshold.value, rule.bcr_linkage);
  const split = rule.bcr_light_chain === 'split' ? joined.flatMap((family) => splitByLightChain(family, rule.ambiguous_genes)) : joined;
  const families = [...split, ...groupBy(lightOnly, ({key}) => key)];
  const part = (chain: Rearrangement | undefined): string[] => (chain === undefined ? [''] : [`${chain.junction} ${geneOf(chain.v_call)} ${geneOf(chain.j_call)}`]);
  const {families: kept, nRescued} = rule.orphans === 'rescue' ? rescueOrphans(families, part) : {families, nRescued: 0};
  return {families: kept, without: [], threshold, nRescued};
}

function changeoFamilies(cells: readonly ReceptorCell[], {changeo_act, changeo_link, changeo_dist, changeo_norm}: ClonotypeRule): Families {
  const ambiguous = changeo_act === 'set' ? 'union' : 'first';
  const configurations = configure(cells);
  orderAsChangeo(configurations, changeo_act);
  const families = heavyChainFamilies(heavyChainGroups(configurations, ambiguous), (length) => (changeo_norm === 'len' ? changeo_dist : changeo_dist / length), changeo_link);
  return {families, without: [], threshold: {value: changeo_dist, source: 'given', nDistances: null, reason: ''}, nRescued: 0};
}

/**
 * Complete and average linkage break ties by order. changeo's is that of its file, here the order of the cells; with `--act set` the last
 * record comes first, because each is put before those it is united with.
 */
function orderAsChangeo(configurations: Configuration[], act: ClonotypeRule['changeo_act']): void {
  const last = ({cells}: Configuration): string => cells[cells.length - 1].cell_id;
  configurations.sort((a, b) => (act === 'set' ? ascending(last(b), last(a)) : ascending(a.cells[0].cell_id, b.cells[0].cell_id)));
}
