// How cells are told to belong to one clone: the rule of a run, its defaults, and the rule in words.
import type {Linkage} from './junction-clusters.ts';

/** `scirpy`, `changeo` and `cellranger` give the partition that the tool of this name gives, patient by patient. */
export type CloneDefinition = 'lymphline' | 'scirpy' | 'changeo' | 'cellranger';

export interface ClonotypeRule {
  readonly definition: CloneDefinition;
  /** Same V (J) gene at gene level beside the same junction, in each chain looked at. */
  readonly tcr_same_v_gene: boolean;
  readonly tcr_same_j_gene: boolean;
  /** `pair`: primary VJ and VDJ; a missing arm is a value of its own, so orphans never join paired cells. `vdj`: the beta (delta) chain alone. */
  readonly tcr_chains: 'pair' | 'vdj';
  /** Largest Hamming distance / junction length that still links two heavy chains, 0 to 1; `auto`: the valley of the nearest distances of the patient. */
  readonly bcr_threshold: number | 'auto';
  /** Used where `auto` finds no valley. */
  readonly bcr_fallback_threshold: number;
  readonly bcr_linkage: Linkage;
  /** `split`: cells of one heavy-chain family with light chains of other V gene, J gene or junction length are other clones. */
  readonly bcr_light_chain: 'ignore' | 'split';
  /** A call that names several genes matches by any of them (`union`, transitive), or by the first. */
  readonly ambiguous_genes: 'union' | 'first';
  /** `own-clones`: a cell without its second arm has a clone; `rescue`: it joins the only paired clone with its chain, if there is one; `drop`: it is excluded. */
  readonly orphans: 'own-clones' | 'rescue' | 'drop';
  readonly scirpy_metric: 'identity' | 'hamming' | 'normalized_hamming' | 'levenshtein';
  readonly scirpy_sequence: 'nt' | 'aa';
  /** Positions; percent for normalized_hamming. */
  readonly scirpy_cutoff: number;
  readonly scirpy_receptor_arms: 'all' | 'any' | 'VJ' | 'VDJ';
  readonly scirpy_dual_ir: 'any' | 'all' | 'primary_only';
  readonly scirpy_same_v_gene: boolean;
  readonly scirpy_same_j_gene: boolean;
  readonly changeo_act: 'set' | 'first';
  readonly changeo_link: Linkage;
  /** Largest distance: a share of the junction length, or positions. */
  readonly changeo_dist: number;
  readonly changeo_norm: 'len' | 'none';
}

export const defaultClonotypeRule: ClonotypeRule = {
  definition: 'lymphline',
  tcr_same_v_gene: true, tcr_same_j_gene: true, tcr_chains: 'pair',
  bcr_threshold: 0.15, bcr_fallback_threshold: 0.15, bcr_linkage: 'single', bcr_light_chain: 'ignore', ambiguous_genes: 'union', orphans: 'own-clones',
  scirpy_metric: 'identity', scirpy_sequence: 'nt', scirpy_cutoff: 2, scirpy_receptor_arms: 'all', scirpy_dual_ir: 'any', scirpy_same_v_gene: false, scirpy_same_j_gene: false,
  changeo_act: 'set', changeo_link: 'single', changeo_dist: 0, changeo_norm: 'len',
};

export type ClonedBy = 'TCR' | 'heavy chain' | 'light chain';

/** `threshold`: the one that was used, whatever the rule asked for. */
export function ruleInWords(by: ClonedBy, rule: ClonotypeRule, threshold: number): string {
  switch (rule.definition) {
    case 'scirpy': return scirpyInWords(rule);
    case 'cellranger': return 'the same set of productive junctions, as Cell Ranger';
    case 'changeo': return `V gene, J gene (${rule.changeo_act}), junction length, ${rule.changeo_norm === 'len' ? 'Hamming / length' : 'Hamming'} <= ${rule.changeo_dist}, ${rule.changeo_link} linkage, as changeo`;
    case 'lymphline': break;
    default: return rule.definition satisfies never;
  }
  const rescued = rule.orphans === 'rescue' ? ', orphans of one paired clone join it' : '';
  if (by === 'light chain') return `exact light chain${rescued}`;
  if (by === 'TCR') {
    const chains = rule.tcr_chains === 'pair' ? 'exact junctions of the primary pair' : 'exact junction of the primary beta or delta chain';
    return [chains, ...(rule.tcr_same_v_gene ? ['V gene'] : []), ...(rule.tcr_same_j_gene ? ['J gene'] : [])].join(', ') + rescued;
  }
  return `${heavyInWords(rule, threshold)}${rule.bcr_light_chain === 'split' ? ', split by light V gene, J gene and junction length' : ''}`;
}

function heavyInWords(rule: ClonotypeRule, threshold: number): string {
  return `heavy V gene, J gene, junction length, Hamming / length <= ${Number(threshold.toPrecision(4))}${rule.bcr_threshold === 'auto' ? ' (automatic)' : ''}, ${rule.bcr_linkage} linkage`;
}

function scirpyInWords(rule: ClonotypeRule): string {
  const metric = rule.scirpy_metric === 'identity' ? 'identity' : `${rule.scirpy_metric} <= ${rule.scirpy_cutoff}`;
  const genes = [...(rule.scirpy_same_v_gene ? ['same V call'] : []), ...(rule.scirpy_same_j_gene ? ['same J call'] : [])].map((text) => `, ${text}`).join('');
  return `${rule.scirpy_sequence} ${metric}, receptor_arms ${rule.scirpy_receptor_arms}, dual_ir ${rule.scirpy_dual_ir}${genes}, as scirpy`;
}
