// Clones of each patient over all timepoints, so that one id follows a clone. It must not know timepoints, cell types or counts per sample.
import type {Rearrangement} from '../data/rearrangement.ts';
import {joinSimilar} from './junction-clusters.ts';
import type {ExcludedCell, Receptor, ReceptorCell} from './receptor-chains.ts';

export interface ClonotypeRule {
  /** Same V (J) gene at gene level beside the same junction, in each chain looked at. */
  readonly tcr_same_v_gene: boolean;
  readonly tcr_same_j_gene: boolean;
  /** `pair`: primary VJ and VDJ; a missing arm is a value of its own, so orphans never join paired cells. */
  readonly tcr_chains: 'pair';
  /** Largest Hamming distance / junction length that still links two heavy chains, 0 to 1. */
  readonly bcr_threshold: number;
  readonly bcr_linkage: 'single';
  /** `own-clones`: a cell without its second arm has a clone; `drop`: it is excluded. */
  readonly orphans: 'own-clones' | 'drop';
}

export const defaultClonotypeRule: ClonotypeRule = {
  tcr_same_v_gene: true, tcr_same_j_gene: true, tcr_chains: 'pair', bcr_threshold: 0.15, bcr_linkage: 'single', orphans: 'own-clones',
};

/** `_1` is the TRB/TRD/IGH arm, `_2` the other: those of the most frequent receptor of the clone; empty where it has no such arm. */
export interface Clone {
  readonly patient_id: string;
  readonly receptor: Receptor;
  /** `<patient_id>-<TCR|BCR>-<n>`. */
  readonly clone_id: string;
  /** How its cells were told to belong together, in words. */
  readonly rule: string;
  readonly v_gene_1: string;
  readonly j_gene_1: string;
  readonly junction_1: string;
  readonly junction_aa_1: string;
  readonly v_gene_2: string;
  readonly j_gene_2: string;
  readonly junction_2: string;
  readonly junction_aa_2: string;
  readonly n_cells: number;
  readonly n_samples: number;
}

export interface Clonotypes {
  /** By patient_id, receptor (BCR first), then n. */
  readonly clones: readonly Clone[];
  /** cell_id -> clone_id. */
  readonly cloneOfCell: ReadonlyMap<string, string>;
  readonly excluded: readonly ExcludedCell[];
}

/** One receptor configuration with the cells that carry it; the unit that is clustered. */
interface Configuration {
  readonly key: string;
  readonly vdj: Rearrangement | undefined;
  readonly vj: Rearrangement | undefined;
  readonly cells: ReceptorCell[];
}

/**
 * Clones of one patient never depend on another patient, nor on the order of the cells. `patientOfSample` knows every sample_id of `cells`.
 * TCR: exact nucleotide junctions. BCR: V gene, J gene and junction length of the heavy chain, Hamming distance / length at most
 * `bcr_threshold`, single linkage (as changeo DefineClones `--model ham --norm len`); light-only cells by their exact light chain.
 */
export function callClonotypes(cells: readonly ReceptorCell[], patientOfSample: ReadonlyMap<string, string>, rule: ClonotypeRule): Clonotypes {
  const excluded: ExcludedCell[] = [];
  const groups = new Map<string, {patient_id: string; receptor: Receptor; cells: ReceptorCell[]}>();
  for (const cell of cells) {
    const reason = exclusionReason(cell, rule);
    if (reason !== null) {
      excluded.push({cell_id: cell.cell_id, sample_id: cell.sample_id, receptor: cell.receptor, chain_status: cell.chain_status, reason});
      continue;
    }
    const patient_id = patientOfSample.get(cell.sample_id);
    if (patient_id === undefined) throw new Error(`no patient for sample ${cell.sample_id}`);
    const key = `${patient_id}\t${cell.receptor}`;
    const group = groups.get(key) ?? {patient_id, receptor: cell.receptor, cells: []};
    group.cells.push(cell);
    groups.set(key, group);
  }
  const clones: Clone[] = [];
  const cloneOfCell = new Map<string, string>();
  for (const key of [...groups.keys()].sort()) {
    const {patient_id, receptor, cells: own} = groups.get(key)!;
    const families = receptor === 'TCR' ? tcrFamilies(own, rule) : bcrFamilies(own, rule);
    numberClones(families).forEach((family, index) => {
      const clone_id = `${patient_id}-${receptor}-${index + 1}`;
      clones.push({patient_id, receptor, clone_id, ...describeClone(family, rule)});
      for (const configuration of family) for (const cell of configuration.cells) cloneOfCell.set(cell.cell_id, clone_id);
    });
  }
  return {clones, cloneOfCell, excluded: excluded.sort((a, b) => ascending(a.cell_id, b.cell_id))};
}

/** Gene of the first call: `IGHV1-2*02,IGHV1-3*01` is `IGHV1-2`. */
export function geneOf(call: string): string {
  return call.split(',')[0].split('*')[0].trim();
}

function exclusionReason(cell: ReceptorCell, rule: ClonotypeRule): string | null {
  const [vj] = cell.vj;
  const [vdj] = cell.vdj;
  if (rule.orphans === 'drop' && (vj === undefined || vdj === undefined)) return 'only one arm of the receptor';
  const deciding = cell.receptor === 'BCR' && vdj !== undefined ? [vdj] : [vj, vdj];
  return deciding.some((chain) => chain?.junction === '') ? 'no nucleotide junction' : null;
}

function tcrFamilies(cells: readonly ReceptorCell[], rule: ClonotypeRule): Configuration[][] {
  const configurations = configure(cells, (cell) => [cell.vdj[0], cell.vj[0]]);
  const part = (chain: Rearrangement | undefined): string =>
    chain === undefined ? '' : [chain.junction, rule.tcr_same_v_gene ? geneOf(chain.v_call) : '', rule.tcr_same_j_gene ? geneOf(chain.j_call) : ''].join(' ');
  return groupBy(configurations, ({vdj, vj}) => `${part(vdj)}\t${part(vj)}`);
}

function bcrFamilies(cells: readonly ReceptorCell[], rule: ClonotypeRule): Configuration[][] {
  const configurations = configure(cells, (cell) => [cell.vdj[0], cell.vj[0]]);
  const heavy = configurations.filter(({vdj}) => vdj !== undefined);
  const lightOnly = configurations.filter(({vdj}) => vdj === undefined);
  const alike = groupBy(heavy, ({vdj}) => `${geneOf(vdj!.v_call)}\t${geneOf(vdj!.j_call)}\t${vdj!.junction.length}`);
  const families = alike.flatMap((group) => {
    const junctions = [...new Set(group.map(({vdj}) => vdj!.junction))];
    const clusters = joinSimilar(junctions, rule.bcr_threshold);
    const clusterOf = new Map(junctions.map((junction, index) => [junction, clusters[index]]));
    return groupBy(group, ({vdj}) => String(clusterOf.get(vdj!.junction)));
  });
  return [...families, ...groupBy(lightOnly, ({key}) => key)];
}

function configure(cells: readonly ReceptorCell[], chainsOf: (cell: ReceptorCell) => [Rearrangement | undefined, Rearrangement | undefined]): Configuration[] {
  const found = new Map<string, Configuration>();
  for (const cell of cells) {
    const [vdj, vj] = chainsOf(cell);
    const key = `${configurationPart(vdj)}\t${configurationPart(vj)}`;
    const configuration = found.get(key);
    if (configuration === undefined) found.set(key, {key, vdj, vj, cells: [cell]});
    else configuration.cells.push(cell);
  }
  return [...found.values()].sort((a, b) => ascending(a.key, b.key));
}

function configurationPart(chain: Rearrangement | undefined): string {
  return chain === undefined ? '' : `${chain.junction} ${chain.junction_aa} ${geneOf(chain.v_call)} ${geneOf(chain.j_call)}`;
}

/** Total cells descending, then the junctions of the leading configuration, then its genes: no two families share a configuration. */
function numberClones(families: readonly Configuration[][]): Configuration[][] {
  return families
    .map((family) => ({family, nCells: cellsOf(family), leader: leaderOf(family)}))
    .sort((a, b) => b.nCells - a.nCells || ascending(junctionsOf(a.leader), junctionsOf(b.leader)) || ascending(a.leader.key, b.leader.key))
    .map(({family}) => family);
}

function describeClone(family: readonly Configuration[], rule: ClonotypeRule): Omit<Clone, 'patient_id' | 'receptor' | 'clone_id'> {
  const {vdj, vj} = leaderOf(family);
  return {
    rule: ruleInWords(vdj ?? vj!, vdj !== undefined, rule),
    v_gene_1: geneOf(vdj?.v_call ?? ''), j_gene_1: geneOf(vdj?.j_call ?? ''), junction_1: vdj?.junction ?? '', junction_aa_1: vdj?.junction_aa ?? '',
    v_gene_2: geneOf(vj?.v_call ?? ''), j_gene_2: geneOf(vj?.j_call ?? ''), junction_2: vj?.junction ?? '', junction_aa_2: vj?.junction_aa ?? '',
    n_cells: cellsOf(family),
    n_samples: new Set(family.flatMap(({cells}) => cells.map((cell) => cell.sample_id))).size,
  };
}

function ruleInWords(chain: Rearrangement, hasVdj: boolean, rule: ClonotypeRule): string {
  if (chain.locus.startsWith('TR')) {
    return ['exact junctions of the primary pair', ...(rule.tcr_same_v_gene ? ['V gene'] : []), ...(rule.tcr_same_j_gene ? ['J gene'] : [])].join(', ');
  }
  return hasVdj ? `heavy V gene, J gene, junction length, Hamming / length <= ${rule.bcr_threshold}, single linkage` : 'exact light chain';
}

function leaderOf(family: readonly Configuration[]): Configuration {
  return family.reduce((best, next) => {
    const order = next.cells.length - best.cells.length || ascending(junctionsOf(best), junctionsOf(next)) || ascending(best.key, next.key);
    return order > 0 ? next : best;
  });
}

function junctionsOf({vdj, vj}: Configuration): string {
  return `${vdj?.junction ?? ''}\t${vj?.junction ?? ''}`;
}

function cellsOf(family: readonly Configuration[]): number {
  return family.reduce((total, {cells}) => total + cells.length, 0);
}

function groupBy<T>(items: readonly T[], keyOf: (item: T) => string): T[][] {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const key = keyOf(item);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [item]);
    else group.push(item);
  }
  return [...groups.values()];
}

function ascending(a: string, b: string): number {
  return a === b ? 0 : a < b ? -1 : 1;
}
