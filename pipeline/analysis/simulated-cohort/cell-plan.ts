// Who is in a simulated sample: cell types by timepoint, clones by timepoint, and which barcodes are doublets or dying cells.
import type {Random} from '../../base/random.ts';
import {makeClone, type Receptor, type TrueClone} from './receptors.ts';

export interface TypeShare {
  readonly cell_type: string;
  readonly lineage: string;
  readonly share: number;
  readonly receptor?: Receptor;
}

/** Of blood mononuclear cells at baseline. */
export const typeShares: readonly TypeShare[] = [
  {cell_type: 'CD4 T cell', lineage: 'T cell', share: 0.24, receptor: 'TCR'},
  {cell_type: 'CD8 T cell', lineage: 'T cell', share: 0.19, receptor: 'TCR'},
  {cell_type: 'NK cell', lineage: 'NK cell', share: 0.09},
  {cell_type: 'B cell', lineage: 'B cell', share: 0.24, receptor: 'BCR'},
  {cell_type: 'CD14 monocyte', lineage: 'monocyte', share: 0.16},
  {cell_type: 'FCGR3A monocyte', lineage: 'monocyte', share: 0.05},
  {cell_type: 'dendritic cell', lineage: 'dendritic cell', share: 0.03},
];

/** Before the infusion, while B cells are gone, and after. */
export type Phase = 'before' | 'depleted' | 'after';

export interface PlannedClone {
  readonly clone: TrueClone;
  /** Share of the receptor's cells in each phase. */
  readonly share: Readonly<Record<Phase, number>>;
}

/** Shares by phase: dominant B clones that go, expanded T clones that contract, stay or are new. What is left of 1 are singletons. */
const planted: Readonly<Record<'default' | 'none', Readonly<Record<Receptor, readonly (readonly [number, number, number])[]>>>> = {
  default: {
    TCR: [[0.18, 0.02, 0.01], [0.08, 0.02, 0.01], [0.04, 0.04, 0.04], [0.03, 0.03, 0.03], [0, 0.1, 0.15], [0, 0.03, 0.04]],
    BCR: [[0.32, 0, 0], [0.12, 0, 0], [0.06, 0, 0], [0, 0, 0.05]],
  },
  none: {
    TCR: [[0.12, 0.12, 0.12], [0.06, 0.06, 0.06], [0.04, 0.04, 0.04], [0.03, 0.03, 0.03]],
    BCR: [[0.15, 0.15, 0.15], [0.08, 0.08, 0.08], [0.04, 0.04, 0.04]],
  },
};

export function planClones(patient: string, effects: 'default' | 'none', random: Random): PlannedClone[] {
  return (['TCR', 'BCR'] as const).flatMap((receptor) =>
    planted[effects][receptor].map(([before, depleted, after], i): PlannedClone => ({clone: makeClone(`${patient}-true-${receptor}-${i + 1}`, receptor, random), share: {before, depleted, after}})));
}

export interface PlannedCell {
  readonly cell_type: string;
  readonly lineage: string;
  /** null for a cell without a receptor of its own. */
  readonly clone: TrueClone | null;
}

export interface CellPlanQuestion {
  readonly patient: string;
  readonly sample: string;
  readonly phase: Phase;
  readonly hasBCells: boolean;
  readonly nCells: number;
  readonly clones: readonly PlannedClone[];
  /** Factor of each type's share in this patient. */
  readonly typeFactor: ReadonlyMap<string, number>;
  readonly random: Random;
}

/** A clone's cells are of one type: T clones above the third of their list are CD8. */
export function planCells({patient, sample, phase, hasBCells, nCells, clones, typeFactor, random}: CellPlanQuestion): PlannedCell[] {
  const types = typeShares.filter((type) => hasBCells || type.lineage !== 'B cell');
  const weights = types.map((type) => type.share * (typeFactor.get(type.cell_type) ?? 1));
  let nSingletons = 0;
  return Array.from({length: nCells}, (): PlannedCell => {
    const type = types[pick(weights, random)];
    if (type.receptor === undefined) return {cell_type: type.cell_type, lineage: type.lineage, clone: null};
    const own = clones.filter(({clone}) => clone.receptor === type.receptor);
    const at = pickShare(own.map(({share}) => share[phase]), random);
    if (at < 0) return {cell_type: type.cell_type, lineage: type.lineage, clone: makeClone(`${patient}-true-${type.receptor}-${sample}-s${++nSingletons}`, type.receptor, random)};
    return {cell_type: type.receptor === 'TCR' ? (at % 3 === 2 ? 'CD4 T cell' : 'CD8 T cell') : type.cell_type, lineage: type.lineage, clone: own[at].clone};
  });
}

function pick(weights: readonly number[], random: Random): number {
  let left = random.uniform() * weights.reduce((sum, weight) => sum + weight, 0);
  for (let i = 0; i < weights.length; i++) {
    left -= weights[i];
    if (left < 0) return i;
  }
  return weights.length - 1;
}

/** Shares of 1; -1 for the rest. */
function pickShare(shares: readonly number[], random: Random): number {
  let left = random.uniform();
  for (let i = 0; i < shares.length; i++) {
    left -= shares[i];
    if (left < 0) return i;
  }
  return -1;
}
