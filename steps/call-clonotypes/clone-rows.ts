// Rows of the clones and of the cells of one patient.
import type {Clone, Clonotypes} from '../../pipeline/analysis/clonotype.ts';
import type {Receptor, ReceptorCells} from '../../pipeline/analysis/receptor-chains.ts';
import type {Rearrangement} from '../../pipeline/data/rearrangement.ts';
import type {Row} from '../../pipeline/data/table.ts';

export interface CalledPatient {
  readonly rearrangements: readonly Rearrangement[];
  readonly assigned: ReceptorCells;
  readonly called: Clonotypes;
  /** sample_id patient_id timepoint day of a sample. */
  readonly keysOf: (sample: string) => Row;
  /** Of the design, in order. */
  readonly timepoints: readonly string[];
}

/** One row a cell and receptor with any contig, by cell_id, then receptor; without a clone there is a reason. */
export function cellRows({rearrangements, assigned, called, keysOf}: CalledPatient): Row[] {
  const cells = new Map(assigned.cells.map((cell) => [cell.cell_id, cell]));
  const excluded = new Map([...assigned.excluded, ...called.excluded].map((cell) => [cell.cell_id, cell]));
  const answer = (cell_id: string, receptor: Receptor): Row => {
    const without = excluded.get(cell_id);
    // A receptor that cannot be told is the trouble of both.
    if (without !== undefined && (without.receptor === null || without.receptor === receptor)) return {chain_status: without.chain_status, clone_id: null, missing: without.reason};
    const cell = cells.get(cell_id);
    if (cell?.receptor === receptor) return {chain_status: cell.chain_status, clone_id: called.cloneOfCell.get(cell_id) ?? null, missing: null};
    return {chain_status: 'no IR', clone_id: null, missing: 'no productive chain with a junction'};
  };
  const seen = new Map(rearrangements.map((chain) => {
    const receptor: Receptor = chain.locus.startsWith('TR') ? 'TCR' : 'BCR';
    return [`${chain.cell_id}\t${receptor}`, {cell_id: chain.cell_id, receptor, sample_id: chain.sample_id}];
  }));
  return [...seen.values()]
    .sort((a, b) => ascending(a.cell_id, b.cell_id) || ascending(a.receptor, b.receptor))
    .map(({cell_id, receptor, sample_id}) => ({...keysOf(sample_id), cell_id, receptor, ...answer(cell_id, receptor)}));
}

export function cloneRows({assigned, called, keysOf, timepoints}: CalledPatient): Row[] {
  const first = new Map<string, number>();
  for (const cell of assigned.cells) {
    const clone = called.cloneOfCell.get(cell.cell_id);
    if (clone === undefined) continue;
    const at = timepoints.indexOf(String(keysOf(cell.sample_id)['timepoint']));
    first.set(clone, Math.min(first.get(clone) ?? at, at));
  }
  return called.clones.map((clone) => ({...clone, first_timepoint: timepoints[first.get(clone.clone_id) ?? -1] ?? null, missing: missingArm(clone)}));
}

function missingArm(clone: Clone): string | null {
  if (clone.junction_1 === '') return 'no TRB, TRD or IGH chain';
  return clone.junction_2 === '' ? 'no TRA, TRG or light chain' : null;
}

export function ascending(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
