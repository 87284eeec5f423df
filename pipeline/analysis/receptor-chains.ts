// Which chains stand for a cell: productive chains ranked per arm, named with scirpy's chain_pairing words. It must not know clones or patients.
import type {ChainStatus, Rearrangement} from '../data/rearrangement.ts';

export type Receptor = 'TCR' | 'BCR';

/** A cell with one receptor. Index 0 of an arm is its primary chain, index 1 the secondary; at least one arm is not empty. */
export interface ReceptorCell {
  readonly cell_id: string;
  readonly sample_id: string;
  readonly receptor: Receptor;
  readonly chain_status: ChainStatus;
  /** TRA, TRG, IGK or IGL. */
  readonly vj: readonly Rearrangement[];
  /** TRB, TRD or IGH. */
  readonly vdj: readonly Rearrangement[];
}

/** `receptor` is null where it cannot be told. */
export interface ExcludedCell {
  readonly cell_id: string;
  readonly sample_id: string;
  readonly receptor: Receptor | null;
  readonly chain_status: ChainStatus;
  readonly reason: string;
}

export interface ReceptorCells {
  /** By cell_id, ascending. */
  readonly cells: readonly ReceptorCell[];
  readonly excluded: readonly ExcludedCell[];
}

/**
 * Productive chains with a junction_aa, ranked by umi_count, consensus_count, junction, junction_aa descending as scirpy `pp.index_chains`
 * does (absent counts are 0). TCR and BCR contigs of a cell have to be given together, else no cell has both. The order of the input does not matter.
 */
export function assignReceptorChains(rearrangements: readonly Rearrangement[]): ReceptorCells {
  const byCell = new Map<string, Rearrangement[]>();
  for (const chain of rearrangements) {
    const own = byCell.get(chain.cell_id);
    if (own === undefined) byCell.set(chain.cell_id, [chain]);
    else own.push(chain);
  }
  const cells: ReceptorCell[] = [];
  const excluded: ExcludedCell[] = [];
  for (const cell_id of [...byCell.keys()].sort()) {
    const cell = assignCell(byCell.get(cell_id)!);
    if ('reason' in cell) excluded.push(cell);
    else cells.push(cell);
  }
  return {cells, excluded};
}

function assignCell(contigs: readonly Rearrangement[]): ReceptorCell | ExcludedCell {
  const {cell_id, sample_id} = contigs[0];
  const chains = contigs.filter((chain) => chain.productive === true && chain.junction_aa !== '').sort(compareChains);
  const isTcr = chains.some((chain) => chain.locus.startsWith('TR'));
  const isBcr = chains.some((chain) => chain.locus.startsWith('IG'));
  const receptor = isTcr === isBcr ? null : isTcr ? 'TCR' : 'BCR';
  const vdj = chains.filter((chain) => isVdj(chain));
  const vj = chains.filter((chain) => !isVdj(chain));
  const exclude = (chain_status: ChainStatus, reason: string): ExcludedCell => ({cell_id, sample_id, receptor, chain_status, reason});
  if (chains.length === 0) return exclude('no IR', 'no productive chain with a junction');
  if (isTcr && isBcr) return exclude(isMultichain(vj, vdj) ? 'multichain' : 'ambiguous', 'both TCR and BCR chains');
  if (isMultichain(vj, vdj)) return exclude('multichain', 'more than two chains in one arm');
  return {cell_id, sample_id, receptor: receptor!, chain_status: chainStatus(vj, vdj), vj, vdj};
}

/** Doublets and ambient RNA make such cells; which two of the chains belong together is unknown. */
function isMultichain(vj: readonly Rearrangement[], vdj: readonly Rearrangement[]): boolean {
  return vj.length > 2 || vdj.length > 2;
}

function chainStatus(vj: readonly Rearrangement[], vdj: readonly Rearrangement[]): ChainStatus {
  if (isMixedSubtype([...vj, ...vdj])) return 'ambiguous';
  if (vdj.length === 0) return 'orphan VJ';
  if (vj.length === 0) return 'orphan VDJ';
  if (vj.length === 2 && vdj.length === 2) return 'two full chains';
  if (vj.length === 2) return 'extra VJ';
  return vdj.length === 2 ? 'extra VDJ' : 'single pair';
}

/** scirpy's receptor_subtype words; a cell with light chains only is `IGH+IGK` (or L) there too. */
export function receptorSubtype({vj, vdj}: Pick<ReceptorCell, 'vj' | 'vdj'>): string {
  const chains = [...vj, ...vdj];
  if (isMixedSubtype(chains)) return 'ambiguous';
  const has = (...loci: readonly string[]): boolean => chains.some((chain) => loci.includes(chain.locus));
  if (has('TRA', 'TRB')) return 'TRA+TRB';
  if (has('TRG', 'TRD')) return 'TRG+TRD';
  if (has('IGK') && has('IGL')) return 'IGH+IGK/L';
  return has('IGK') ? 'IGH+IGK' : has('IGL') ? 'IGH+IGL' : 'IGH';
}

/** scirpy's subtypes know no alpha-beta chain beside a gamma-delta one, and no kappa beside lambda without a heavy chain. */
function isMixedSubtype(chains: readonly Rearrangement[]): boolean {
  const loci = new Set(chains.map((chain) => chain.locus));
  const isAlphaBeta = loci.has('TRA') || loci.has('TRB');
  const isGammaDelta = loci.has('TRG') || loci.has('TRD');
  return (isAlphaBeta && isGammaDelta) || (loci.has('IGK') && loci.has('IGL') && !loci.has('IGH'));
}

function isVdj(chain: Rearrangement): boolean {
  return chain.locus === 'IGH' || chain.locus === 'TRB' || chain.locus === 'TRD';
}

function compareChains(a: Rearrangement, b: Rearrangement): number {
  return (b.umi_count ?? 0) - (a.umi_count ?? 0) || (b.consensus_count ?? 0) - (a.consensus_count ?? 0)
    || descending(a.junction, b.junction) || descending(a.junction_aa, b.junction_aa)
    // Equal in all that scirpy looks at: the id keeps the choice free of the order of the input.
    || descending(a.sequence_id, b.sequence_id);
}

function descending(a: string, b: string): number {
  return a === b ? 0 : a < b ? 1 : -1;
}
