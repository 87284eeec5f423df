// Cells of a sample by lineage, by type and all together, and the rows of signature_summary over them.
import type {Row} from '../data/table.ts';
import {summarizeScores} from './score-summary.ts';
import type {ScoreMethod, SetScore, SignatureUniverse} from './score-signatures.ts';

export interface CellGroup {
  readonly cell_type: string;
  /** `car`: T cells with and without the transgene, where it was looked for. */
  readonly level: 'all' | 'lineage' | 'type' | 'car';
}

export interface CellLabel {
  readonly lineage: string;
  /** Equal to the lineage where no type below it is known. */
  readonly cell_type: string;
  /** `assayed_pos`, `assayed_neg` or `not_assayed`, as call-car says; absent where nobody looked. */
  readonly car_call?: string;
}

/** T cells by the transgene; cells that were not assayed are in neither. */
export const carGroups: readonly CellGroup[] = [{cell_type: 'CAR+ T cell', level: 'car'}, {cell_type: 'CAR- T cell', level: 'car'}];

/** `all`, then every lineage and every type of the cohort, each sorted, then T cells by the transgene: a sample without a type still has its rows. */
export function groupsOf(labels: Iterable<CellLabel>): CellGroup[] {
  const lineages = new Set<string>();
  const types = new Set<string>();
  let hasCalls = false;
  for (const {lineage, cell_type, car_call} of labels) {
    if (car_call?.startsWith('assayed') === true) hasCalls = true;
    lineages.add(lineage);
    if (cell_type !== lineage) types.add(cell_type);
  }
  return [
    {cell_type: 'all', level: 'all'},
    ...[...lineages].sort().map((cell_type): CellGroup => ({cell_type, level: 'lineage'})),
    ...[...types].sort().map((cell_type): CellGroup => ({cell_type, level: 'type'})),
    ...(hasCalls && lineages.has('T cell') ? carGroups : []),
  ];
}

export function isInGroup(label: CellLabel | undefined, group: CellGroup): boolean {
  switch (group.level) {
    case 'all':
      return true;
    case 'lineage':
      return label?.lineage === group.cell_type;
    case 'type':
      return label?.cell_type === group.cell_type && label.cell_type !== label.lineage;
    case 'car':
      return label?.lineage === 'T cell' && label.car_call === (group.cell_type === 'CAR+ T cell' ? 'assayed_pos' : 'assayed_neg');
  }
}

export interface SummaryQuestion {
  /** sample_id, patient_id, timepoint, day. */
  readonly keys: Row;
  readonly group: CellGroup;
  /** Whether each cell belongs to the group. */
  readonly belongs: readonly boolean[];
  readonly universe: SignatureUniverse;
  /** As scoreSignatures gives them. */
  readonly scores: readonly SetScore[];
  readonly method: ScoreMethod;
  readonly variant: string;
}

/** One row a signature. Without cells, or for a set that is not scored, the numbers are missing with the reason. */
export function summaryRows({keys, group, belongs, universe, scores, method, variant}: SummaryQuestion): Row[] {
  const n_cells = belongs.filter(Boolean).length;
  const groups = belongs.map((own) => (own ? 'own' : null));
  return universe.sets.map((set, k): Row => {
    const row = {...keys, ...group, signature: set.name, method, variant, n_cells};
    const held = scores[k];
    if ('missing' in held) return {...row, missing: held.missing};
    const summary = summarizeScores(held.values, groups).get('own');
    if (summary === undefined) return {...row, missing: 'no cells of this type'};
    return {...row, mean: summary.mean, median: summary.median, sd: summary.sd, missing: summary.sd === null ? 'sd: a single cell' : null};
  });
}
