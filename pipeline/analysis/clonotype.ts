// Clones of each patient over all timepoints, so that one id follows a clone. It must not know timepoints, cell types or counts per sample.
import type {ChosenThreshold} from './bcr-threshold.ts';
import {familiesOf} from './clone-families.ts';
import {ruleInWords, type ClonedBy, type ClonotypeRule} from './clonotype-rule.ts';
import {geneReader} from './gene-call.ts';
import {ascending, cellsOf, junctionsOf, leaderOf, type Configuration} from './receptor-configurations.ts';
import type {ExcludedCell, Receptor, ReceptorCell} from './receptor-chains.ts';

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

/** What was counted of one patient and receptor under the rule, with and without the cells of one arm. */
export interface CloneSummary {
  readonly patient_id: string;
  readonly receptor: Receptor;
  readonly n_cells: number;
  readonly n_clones: number;
  readonly n_paired_cells: number;
  /** Clones with at least one cell of both arms. */
  readonly n_paired_clones: number;
  readonly n_orphan_cells: number;
  readonly n_orphans_rescued: number;
  /** Of the heavy chains; null where the rule has none. */
  readonly threshold: ChosenThreshold | null;
}

export interface Clonotypes {
  /** By patient_id, receptor (BCR first), then n. */
  readonly clones: readonly Clone[];
  /** cell_id -> clone_id. */
  readonly cloneOfCell: ReadonlyMap<string, string>;
  readonly excluded: readonly ExcludedCell[];
  readonly summaries: readonly CloneSummary[];
}

/**
 * Clones of one patient never depend on another patient, nor on the order of the cells. `patientOfSample` knows every sample_id of `cells`.
 * TCR: exact nucleotide junctions. BCR: V gene, J gene and junction length of the heavy chain, Hamming distance / length at most the
 * threshold (as changeo DefineClones `--model ham --norm len`); light-only cells by their exact light chain. Other definitions: the tools' own.
 */
export function callClonotypes(cells: readonly ReceptorCell[], patientOfSample: ReadonlyMap<string, string>, rule: ClonotypeRule): Clonotypes {
  const excluded: ExcludedCell[] = [];
  const exclude = (cell: ReceptorCell, reason: string): void => {
    excluded.push({cell_id: cell.cell_id, sample_id: cell.sample_id, receptor: cell.receptor, chain_status: cell.chain_status, reason});
  };
  const groups = new Map<string, {patient_id: string; receptor: Receptor; cells: ReceptorCell[]}>();
  for (const cell of cells) {
    const reason = exclusionReason(cell, rule);
    if (reason !== null) {
      exclude(cell, reason);
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
  const summaries: CloneSummary[] = [];
  const cloneOfCell = new Map<string, string>();
  const gene = geneReader();
  for (const key of [...groups.keys()].sort()) {
    const {patient_id, receptor, cells: own} = groups.get(key)!;
    const {families, without, threshold, nRescued} = familiesOf(own, receptor, rule);
    for (const configuration of without) for (const cell of configuration.cells) exclude(cell, 'no sequence in the arm that is compared');
    numberClones(families).forEach((family, index) => {
      const clone_id = `${patient_id}-${receptor}-${index + 1}`;
      clones.push({patient_id, receptor, clone_id, ...describeClone(family, {rule, threshold, gene})});
      for (const configuration of family) for (const cell of configuration.cells) cloneOfCell.set(cell.cell_id, clone_id);
    });
    summaries.push({patient_id, receptor, ...countPaired(families), n_orphans_rescued: nRescued, threshold});
  }
  return {clones, cloneOfCell, excluded: excluded.sort((a, b) => ascending(a.cell_id, b.cell_id)), summaries};
}

function exclusionReason(cell: ReceptorCell, rule: ClonotypeRule): string | null {
  const [vj] = cell.vj;
  const [vdj] = cell.vdj;
  if (rule.orphans === 'drop' && (vj === undefined || vdj === undefined)) return 'only one arm of the receptor';
  switch (rule.definition) {
    case 'scirpy': return null;
    case 'cellranger': return [...cell.vj, ...cell.vdj].some((chain) => chain.junction === '') ? 'no nucleotide junction' : null;
    case 'changeo':
      if (vdj === undefined) return 'no heavy, beta or delta chain';
      return vdj.junction === '' ? 'no nucleotide junction' : /[^ACGT]/.test(vdj.junction) ? 'a letter other than ACGT in the junction' : null;
    case 'lymphline': {
      if (rule.tcr_chains === 'vdj' && cell.receptor === 'TCR' && vdj === undefined) return 'no beta or delta chain';
      const deciding = vdj !== undefined && (cell.receptor === 'BCR' || rule.tcr_chains === 'vdj') ? [vdj] : [vj, vdj];
      return deciding.some((chain) => chain?.junction === '') ? 'no nucleotide junction' : null;
    }
    default: return rule.definition satisfies never;
  }
}

/** Total cells descending, then the junctions of the leading configuration, then its genes: no two families share a configuration. */
function numberClones(families: readonly Configuration[][]): Configuration[][] {
  return families
    .map((family) => ({family, nCells: cellsOf(family), leader: leaderOf(family)}))
    .map((one) => ({...one, junctions: junctionsOf(one.leader)}))
    .sort((a, b) => b.nCells - a.nCells || ascending(a.junctions, b.junctions) || ascending(a.leader.key, b.leader.key))
    .map(({family}) => family);
}

function describeClone(family: readonly Configuration[], {rule, threshold, gene}: {rule: ClonotypeRule; threshold: ChosenThreshold | null; gene: (call: string) => string}): Omit<Clone, 'patient_id' | 'receptor' | 'clone_id'> {
  const {vdj, vj} = leaderOf(family);
  const by: ClonedBy = (vdj ?? vj)!.locus.startsWith('TR') ? 'TCR' : vdj === undefined ? 'light chain' : 'heavy chain';
  return {
    rule: ruleInWords(by, rule, threshold?.value ?? 0),
    v_gene_1: gene(vdj?.v_call ?? ''), j_gene_1: gene(vdj?.j_call ?? ''), junction_1: vdj?.junction ?? '', junction_aa_1: vdj?.junction_aa ?? '',
    v_gene_2: gene(vj?.v_call ?? ''), j_gene_2: gene(vj?.j_call ?? ''), junction_2: vj?.junction ?? '', junction_aa_2: vj?.junction_aa ?? '',
    n_cells: cellsOf(family),
    n_samples: nSamples(family),
  };
}

function nSamples(family: readonly Configuration[]): number {
  if (family.length === 1 && family[0].cells.length === 1) return 1;
  const samples = new Set<string>();
  for (const {cells} of family) for (const cell of cells) samples.add(cell.sample_id);
  return samples.size;
}

function countPaired(families: readonly Configuration[][]): Pick<CloneSummary, 'n_cells' | 'n_clones' | 'n_paired_cells' | 'n_paired_clones' | 'n_orphan_cells'> {
  const isPaired = ({vdj, vj}: Configuration): boolean => vdj !== undefined && vj !== undefined;
  const n_cells = families.reduce((total, family) => total + cellsOf(family), 0);
  const n_paired_cells = families.reduce((total, family) => total + cellsOf(family.filter(isPaired)), 0);
  return {n_cells, n_clones: families.length, n_paired_cells, n_paired_clones: families.filter((family) => family.some(isPaired)).length, n_orphan_cells: n_cells - n_paired_cells};
}
