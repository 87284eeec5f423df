// What the cells of a lineage are in each sample: shares of its subtypes, of which naive and memory cells after a depletion are the question.
import type {Row} from '../data/table.ts';
import {clopperPearson} from './proportions.ts';

export interface SubtypeSample {
  /** Columns that lead each row. */
  readonly keys: Row;
  /** One entry a kept cell. */
  readonly lineage: readonly string[];
  readonly cell_subtype: readonly string[];
  /** Why the sample has no cells to count; null where it has been counted. */
  readonly missing: string | null;
}

export const subtypeColumns = ['lineage', 'cell_subtype', 'n_cells', 'n_lineage', 'fraction', 'fraction_lower', 'fraction_upper', 'missing'] as const;

/**
 * A row for every label that any cell of the cohort bears under a lineage, in the order of `labels`; a cell without a subtype counts under its type or
 * lineage, so that the rows of a lineage add up to its cells. Exact intervals (Clopper & Pearson 1934).
 */
export function countSubtypes(samples: readonly SubtypeSample[], labels: readonly string[]): Row[] {
  const seen = new Set(samples.flatMap(({lineage, cell_subtype}) => lineage.map((name, cell) => `${name}\t${cell_subtype[cell]}`)));
  const groups = labels.flatMap((lineage) => labels.flatMap((subtype) => (seen.has(`${lineage}\t${subtype}`) ? [{lineage, cell_subtype: subtype}] : [])));
  return samples.flatMap((sample) => groups.map((group): Row => {
    const row = {...sample.keys, ...group};
    const absent = {fraction: null, fraction_lower: null, fraction_upper: null};
    if (sample.missing !== null) return {...row, n_cells: null, n_lineage: null, ...absent, missing: sample.missing};
    const cells = [...sample.lineage.keys()].filter((cell) => sample.lineage[cell] === group.lineage);
    const n = cells.filter((cell) => sample.cell_subtype[cell] === group.cell_subtype).length;
    const interval = clopperPearson(n, cells.length);
    if ('missing' in interval) return {...row, n_cells: n, n_lineage: cells.length, ...absent, missing: 'fraction: no cell of the lineage in this sample'};
    return {...row, n_cells: n, n_lineage: cells.length, fraction: interval.share, fraction_lower: interval.ciLower, fraction_upper: interval.ciUpper, missing: null};
  }));
}
