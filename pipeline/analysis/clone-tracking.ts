// What became of each clone between two samples of one patient. The cells are the unit here, so a verdict is about this patient's
// blood and never about the cohort.
import normalQuantile from '@stdlib/stats-base-dists-normal-quantile';
import {sum} from './arithmetic.ts';
import {exactInterval} from './clonal-abundance.ts';
import {adjustBenjaminiHochberg} from './exact-paired-tests.ts';
import {testFisherExact} from './fisher.ts';
import {detectionLimit} from './proportions.ts';

export type TrackingVerdict = 'not-distinguishable' | 'new' | 'not-detected' | 'expanded' | 'contracted';

type CloneCounts = Pick<TrackedClone, 'n_before' | 'n_cells_before' | 'n_after' | 'n_cells_after'>;

export interface TrackedClone {
  readonly clone_id: string;
  readonly n_before: number;
  /** Cells of all clones at that time: the denominator. */
  readonly n_cells_before: number;
  readonly n_after: number;
  readonly n_cells_after: number;
  readonly frequency_before: number | null;
  readonly frequency_after: number | null;
  readonly log2_fold_change: number | null;
  readonly log2_fold_change_lower: number | null;
  readonly log2_fold_change_upper: number | null;
  readonly p_value: number | null;
  readonly q_value: number | null;
  /** Frequency at which a clone would have been missed with probability 5 %. */
  readonly detection_limit_after: number | null;
  readonly detection_limit_before: number | null;
  readonly verdict: TrackingVerdict | null;
  readonly missing: string;
}

/**
 * Every clone with cells before or after, by clone_id, of one patient, receptor and contrast: they are one family for Benjamini and
 * Hochberg. `alpha` bounds q; a side without cells leaves numbers and verdict missing.
 */
export function trackClones(before: ReadonlyMap<string, number>, after: ReadonlyMap<string, number>, alpha = 0.05): TrackedClone[] {
  const ids = [...new Set([...before.keys(), ...after.keys()])].filter((id) => (before.get(id) ?? 0) + (after.get(id) ?? 0) > 0).sort(compareIds);
  const nCellsBefore = sum([...before.values()]);
  const nCellsAfter = sum([...after.values()]);
  const counts = ids.map((clone_id) => ({
    clone_id, n_before: before.get(clone_id) ?? 0, n_cells_before: nCellsBefore, n_after: after.get(clone_id) ?? 0, n_cells_after: nCellsAfter,
  }));
  if (nCellsBefore === 0 || nCellsAfter === 0) {
    return counts.map((clone) => ({
      ...clone,
      frequency_before: nCellsBefore === 0 ? null : clone.n_before / nCellsBefore,
      frequency_after: nCellsAfter === 0 ? null : clone.n_after / nCellsAfter,
      log2_fold_change: null, log2_fold_change_lower: null, log2_fold_change_upper: null, p_value: null, q_value: null,
      detection_limit_after: nCellsAfter === 0 ? null : limitOf(nCellsAfter), detection_limit_before: nCellsBefore === 0 ? null : limitOf(nCellsBefore), verdict: null,
      missing: `no cells with a clone ${nCellsBefore === 0 ? 'before' : 'after'}`,
    }));
  }
  // Thousands of clones have few pairs of sizes.
  const pOf = new Map<string, number>();
  for (const clone of counts) if (!pOf.has(sizePair(clone))) pOf.set(sizePair(clone), fisherP(clone));
  const pValues = counts.map((clone) => pOf.get(sizePair(clone))!);
  const qValues = adjustBenjaminiHochberg(pValues);
  return counts.map((clone, index) => {
    const change = log2FoldChange(clone.n_before, nCellsBefore, clone.n_after, nCellsAfter);
    return {
      ...clone,
      frequency_before: clone.n_before / nCellsBefore, frequency_after: clone.n_after / nCellsAfter,
      log2_fold_change: change.value, log2_fold_change_lower: change.lower, log2_fold_change_upper: change.upper,
      p_value: pValues[index], q_value: qValues[index], detection_limit_after: limitOf(nCellsAfter), detection_limit_before: limitOf(nCellsBefore),
      verdict: judge(clone, qValues[index]!, alpha), missing: '',
    };
  });
}

const sizePair = ({n_before, n_after}: CloneCounts): string => `${n_before} ${n_after}`;

function judge(clone: CloneCounts, q: number, alpha: number): TrackingVerdict {
  if (q > alpha) return 'not-distinguishable';
  if (clone.n_before === 0) return 'new';
  const [lowerBefore] = exactInterval(clone.n_before, clone.n_cells_before);
  // Absence only counts where the later sample was deep enough to show the clone had it stayed at its former size.
  if (clone.n_after === 0 && limitOf(clone.n_cells_after) < lowerBefore) return 'not-detected';
  return clone.n_after / clone.n_cells_after > clone.n_before / clone.n_cells_before ? 'expanded' : 'contracted';
}

/**
 * Half a cell added on each side and in its rest: log2(((b + 0.5) / (B + 1)) / ((a + 0.5) / (A + 1))), a of A before, b of B after. The
 * interval is the log-normal one of a ratio of proportions (Katz 1978) on the same counts.
 */
export function log2FoldChange(a: number, totalA: number, b: number, totalB: number, confidence = 0.95): {value: number; lower: number; upper: number} {
  const value = Math.log2(((b + 0.5) / (totalB + 1)) / ((a + 0.5) / (totalA + 1)));
  const variance = 1 / (a + 0.5) - 1 / (totalA + 1) + 1 / (b + 0.5) - 1 / (totalB + 1);
  const margin = (normalQuantile(1 - (1 - confidence) / 2, 0, 1) * Math.sqrt(variance)) / Math.LN2;
  return {value, lower: value - margin, upper: value + margin};
}

/** Of a side with cells: the callers leave before this where there are none. */
function limitOf(nCells: number): number {
  const limit = detectionLimit(nCells);
  if ('missing' in limit) throw new Error(limit.missing);
  return limit.share;
}

function fisherP(clone: CloneCounts): number {
  const test = testFisherExact({
    withBefore: clone.n_before, withoutBefore: clone.n_cells_before - clone.n_before,
    withAfter: clone.n_after, withoutAfter: clone.n_cells_after - clone.n_after,
  });
  if ('missing' in test) throw new Error(test.missing);
  return test.p;
}

/** `P1-TCR-2` before `P1-TCR-10`. */
export function compareIds(a: string, b: string): number {
  return a.length - b.length || (a < b ? -1 : 1);
}
