// Shares of cell types in each sample, with exact intervals, and cells per microlitre where the blood count is known.
import type {Cell, Row} from '../data/table.ts';
import {clopperPearson} from './proportions.ts';

export interface CompositionSample {
  /** Columns that lead each row. */
  readonly keys: Row;
  /** One entry a kept cell. */
  readonly lineage: readonly string[];
  readonly cell_type: readonly string[];
  /** Why the sample has no cells to count: a declared gap, no library; null where it has been counted. */
  readonly missing: string | null;
  readonly lymphocytesPerUl: {readonly value: number} | {readonly missing: string};
}

/** A label that may get rows, in the order of the rows. */
export interface CompositionLabel {
  readonly label: string;
  /** null for a lineage. */
  readonly parent: string | null;
}

export const compositionColumns = ['cell_type', 'level', 'n_cells', 'n_total', 'fraction', 'fraction_lower', 'fraction_upper', 'cells_per_ul', 'missing'] as const;

/** What a lymphocyte count counts. */
const lymphocytes = ['T cell', 'NK cell', 'B cell', 'plasma cell'];

/**
 * Rows for `all`, for each lineage and for each type that any sample of the cohort holds: a sample without it gets a row with 0 cells. At level `type` a
 * cell without a type counts under its lineage, so both levels sum to `n_total`.
 */
export function countComposition(samples: readonly CompositionSample[], labels: readonly CompositionLabel[]): Row[] {
  const parentOf = new Map(labels.map(({label, parent}) => [label, parent ?? label]));
  const seen = {lineage: new Set(samples.flatMap((sample) => sample.lineage)), type: new Set(samples.flatMap((sample) => sample.cell_type))};
  const groups = (['lineage', 'type'] as const).flatMap((level) =>
    labels.filter(({label}) => seen[level].has(label)).map(({label}) => ({label, level, lineage: parentOf.get(label) ?? label})));
  return samples.flatMap((sample) => {
    const counts = {lineage: tally(sample.lineage), type: tally(sample.cell_type)};
    const nTotal = sample.lineage.length;
    const nLymphocytes = lymphocytes.reduce((total, lineage) => total + (counts.lineage.get(lineage) ?? 0), 0);
    return [{label: 'all', level: 'all' as const, lineage: 'all'}, ...groups].map(({label, level, lineage}) => {
      const n = level === 'all' ? nTotal : (counts[level].get(label) ?? 0);
      const row = {...sample.keys, cell_type: label, level};
      if (sample.missing !== null) {
        return {...row, n_cells: null, n_total: null, fraction: null, fraction_lower: null, fraction_upper: null, cells_per_ul: null, missing: sample.missing};
      }
      const interval = clopperPearson(n, nTotal);
      const perUl = cellsPerUl(n, nLymphocytes, lineage, sample.lymphocytesPerUl);
      const reasons = ['missing' in interval ? 'fraction: no cell of the sample is kept' : null, perUl.missing];
      return {
        ...row,
        n_cells: n,
        n_total: nTotal,
        ...('missing' in interval
          ? {fraction: null, fraction_lower: null, fraction_upper: null}
          : {fraction: interval.share, fraction_lower: interval.ciLower, fraction_upper: interval.ciUpper}),
        cells_per_ul: perUl.value,
        missing: reasons.filter((reason) => reason !== null).join('; ') || null,
      };
    });
  });
}

/** Share among lymphocytes times the lymphocyte count; other lineages are not part of what was counted. */
function cellsPerUl(n: number, nLymphocytes: number, lineage: string, count: CompositionSample['lymphocytesPerUl']): {value: Cell; missing: string | null} {
  if (!lymphocytes.includes(lineage)) return {value: null, missing: 'cells_per_ul: only lymphocytes have one'};
  if ('missing' in count) return {value: null, missing: `cells_per_ul: ${count.missing}`};
  if (nLymphocytes === 0) return {value: null, missing: 'cells_per_ul: no lymphocyte among the kept cells'};
  return {value: (n / nLymphocytes) * count.value, missing: null};
}

function tally(labels: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const label of labels) counts.set(label, (counts.get(label) ?? 0) + 1);
  return counts;
}
