// Which cells carry the transgene (CAR), and how often cells that cannot carry it seem to: samples before the infusion and cells that are no
// T cells. Not assayed is not negative: a matrix without the row says nothing.
import {columnAsText, type DataFrame} from '../data/annotated-matrix.ts';
import type {SparseMatrix} from '../data/matrix.ts';
import type {Row} from '../data/table.ts';
import {clopperPearson} from './proportions.ts';

/** Feature -> columns of the matrix that are called so, by name, symbol or id. */
export function transgeneColumns(genes: DataFrame, features: readonly string[]): Map<string, number[]> {
  const columns = new Map(features.map((feature): [string, number[]] => [feature, []]));
  const named = [genes.index, columnAsText(genes, 'gene_symbol') ?? [], columnAsText(genes, 'gene_id') ?? []];
  for (let k = 0; k < genes.index.length; k++) {
    for (const feature of new Set(named.map((names) => names[k] ?? ''))) columns.get(feature)?.push(k);
  }
  return columns;
}

/** UMIs of each cell (row) in these columns. */
export function sumColumns({nRows, indptr, indices, values}: SparseMatrix, columns: readonly number[]): Float64Array {
  const wanted = new Set(columns);
  const sums = new Float64Array(nRows);
  for (let row = 0; row < nRows; row++) {
    for (let k = indptr[row]; k < indptr[row + 1]; k++) if (wanted.has(indices[k])) sums[row] += values[k];
  }
  return sums;
}

export type TransgeneRole = 'negative control: before infusion' | 'negative control: no T cell' | 'after infusion' | 'infusion product';

export interface TransgeneSample {
  /** Columns that lead each row. */
  readonly keys: Row;
  readonly origin: 'before infusion' | 'after infusion' | 'infusion product';
  /** One entry a kept cell. */
  readonly lineage: readonly string[];
  /** null where the sample is not assayed. */
  readonly umi: readonly (number | null)[];
  /** Why the sample is not assayed, or which feature its matrix lacks. */
  readonly missing: string | null;
}

export const transgeneShareColumns = ['lineage', 'role', 'min_umi', 'used', 'n_cells', 'n_positive', 'fraction', 'fraction_lower', 'fraction_upper', 'missing'] as const;

/**
 * Rows for `all` and each lineage of each sample at each threshold (`used` marks the one of the calls), then each role pooled over the samples. Intervals are exact (Clopper and
 * Pearson 1934) and describe the cells counted; the patients stay the unit of every test.
 */
export function countTransgeneCalls(samples: readonly TransgeneSample[], {lineages, thresholds, minUmi}: {lineages: readonly string[]; thresholds: readonly number[]; minUmi: number}): Row[] {
  const seen = lineages.filter((lineage) => samples.some((sample) => sample.lineage.includes(lineage)));
  const pooled = new Map<TransgeneRole, (number | null)[]>();
  const rows = samples.flatMap((sample) =>
    ['all', ...seen].flatMap((lineage) => {
      const umi = sample.umi.filter((_, cell) => lineage === 'all' || sample.lineage[cell] === lineage);
      const role = lineage === 'all' ? null : roleOf(sample.origin, lineage);
      if (role !== null) pooled.set(role, (pooled.get(role) ?? []).concat(umi));
      return thresholds.map((min_umi) => {
        const share = shareOf(umi, min_umi, sample.missing);
        return {...sample.keys, lineage, role, used: min_umi === minUmi, ...share, missing: reasons(role === null ? `role: ${lineage === 'all' ? 'the lineages have their own' : 'the lineage is not known'}` : null, share.missing)};
      });
    }));
  const empty = Object.fromEntries(Object.keys(samples[0]?.keys ?? {}).map((key) => [key, null]));
  const pooledRows = roles.filter((role) => pooled.has(role)).flatMap((role) =>
    thresholds.map((min_umi) => {
      const row = shareOf((pooled.get(role) ?? []).filter((umi) => umi !== null), min_umi, null);
      return {...empty, lineage: 'all', role, used: min_umi === minUmi, ...row, missing: reasons('sample_id: pooled over the assayed samples', row.missing)};
    }));
  return [...rows, ...pooledRows];
}

const reasons = (...found: readonly (string | null)[]): string | null => found.filter((reason) => reason !== null).join('; ') || null;

const roles: readonly TransgeneRole[] = ['infusion product', 'after infusion', 'negative control: before infusion', 'negative control: no T cell'];

function roleOf(origin: TransgeneSample['origin'], lineage: string): TransgeneRole | null {
  if (origin === 'before infusion') return 'negative control: before infusion';
  if (lineage === 'unassigned') return null;
  return lineage === 'T cell' ? origin : 'negative control: no T cell';
}

function shareOf(umi: readonly (number | null)[], min_umi: number, missing: string | null): Row & {readonly missing: string | null} {
  const assayed = umi.filter((count) => count !== null);
  const without = {min_umi, n_cells: umi.length, n_positive: null, fraction: null, fraction_lower: null, fraction_upper: null};
  if (umi.length > 0 && assayed.length === 0) return {...without, missing: `not assayed: ${missing}`};
  const nPositive = assayed.filter((count) => count >= min_umi).length;
  const interval = clopperPearson(nPositive, assayed.length);
  if ('missing' in interval) return {...without, n_positive: 0, missing: 'fraction: no such cell is kept'};
  return {min_umi, n_cells: assayed.length, n_positive: nPositive, fraction: interval.share, fraction_lower: interval.ciLower, fraction_upper: interval.ciUpper, missing};
}
