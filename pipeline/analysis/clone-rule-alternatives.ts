// The clones of the same cells under other rules, so that a reader sees how much of a number is the rule. It must not know samples' counts.
import {FormatProblem} from '../base/format-problem.ts';
import {callClonotypes} from './clonotype.ts';
import type {ClonotypeRule} from './clonotype-rule.ts';
import type {Linkage} from './junction-clusters.ts';
import type {Receptor, ReceptorCell} from './receptor-chains.ts';

export interface RuleAlternative {
  readonly receptor: Receptor;
  readonly rule: string;
  /** Of heavy chains; null where nothing is linked by distance. */
  readonly linkage: Linkage | null;
  readonly threshold: number | null;
  /** cell_id -> clone; empty where `missing` says why the rule was not tried. */
  readonly cloneOfCell: ReadonlyMap<string, string>;
  readonly missing: string;
}

const thresholds = [0.05, 0.1, 0.15, 0.2];

/** Cells of one patient. Those that a rule leaves out are in none of its clones. */
export function callAlternatives(cells: readonly ReceptorCell[], rule: ClonotypeRule): RuleAlternative[] {
  const patientOfSample = new Map(cells.map((cell) => [cell.sample_id, '']));
  const byReceptor = Map.groupBy(cells, (cell) => cell.receptor);
  const base: ClonotypeRule = {...rule, definition: 'lymphline', orphans: rule.orphans === 'drop' ? 'drop' : 'own-clones', bcr_light_chain: 'ignore', tcr_chains: 'pair', tcr_same_v_gene: true, tcr_same_j_gene: true};
  const call = (receptor: Receptor, text: string, changes: Partial<ClonotypeRule>, at: {linkage: Linkage; threshold: number} | null = null): RuleAlternative[] => {
    const own = byReceptor.get(receptor);
    if (own === undefined) return [];
    const words = {receptor, rule: text, linkage: at?.linkage ?? null, threshold: at?.threshold ?? null};
    try {
      return [{...words, cloneOfCell: callClonotypes(own, patientOfSample, {...base, ...changes}).cloneOfCell, missing: ''}];
    } catch (error) {
      if (!(error instanceof FormatProblem)) throw error;
      return [{...words, cloneOfCell: new Map(), missing: `not tried: ${error.detail.found}`}];
    }
  };
  const heavy = (linkage: Linkage, threshold: number): RuleAlternative[] =>
    call('BCR', threshold === 0 ? 'exact heavy junction, V gene, J gene' : 'heavy V gene, J gene, junction length, Hamming / length', {bcr_threshold: threshold, bcr_linkage: linkage}, {linkage, threshold});
  return [
    ...heavy('single', 0), ...thresholds.flatMap((threshold) => heavy('single', threshold)), ...thresholds.flatMap((threshold) => heavy('complete', threshold)),
    ...call('TCR', 'exact junctions of the primary pair, V gene, J gene', {}),
    ...call('TCR', 'exact junctions of the primary pair', {tcr_same_v_gene: false, tcr_same_j_gene: false}),
    ...call('TCR', 'exact junction of the primary beta or delta chain, V gene, J gene', {tcr_chains: 'vdj'}),
    ...call('TCR', 'exact amino acids of the primary pair', {definition: 'scirpy', scirpy_metric: 'identity', scirpy_sequence: 'aa', scirpy_dual_ir: 'primary_only', scirpy_receptor_arms: 'all', scirpy_same_v_gene: false, scirpy_same_j_gene: false}),
  ];
}
