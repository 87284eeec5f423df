// What two samples share: clones in common, and how alike their sizes are. Clone ids compare only within a patient.
import {sum} from './arithmetic.ts';

export interface RepertoireOverlap {
  readonly n_shared: number;
  /** Shared / clones of either. */
  readonly jaccard: number | null;
  /** Shared / clones of the poorer sample (Szymkiewicz and Simpson). */
  readonly overlap: number | null;
  /** 2 sum a b / ((sum a^2 / A^2 + sum b^2 / B^2) A B): 0 nothing shared, 1 equal frequencies (Horn 1966). */
  readonly morisita_horn: number | null;
  /** Why the indices are null; empty otherwise. */
  readonly missing: string;
}

/** Cells of each clone (by an id or key that means the same in both), zeros ignored. */
export function compareRepertoires(a: ReadonlyMap<string, number>, b: ReadonlyMap<string, number>): RepertoireOverlap {
  const first = [...a].filter(([, size]) => size > 0);
  const second = new Map([...b].filter(([, size]) => size > 0));
  const shared = first.filter(([id]) => second.has(id));
  if (first.length === 0 || second.size === 0) {
    return {n_shared: 0, jaccard: null, overlap: null, morisita_horn: null, missing: 'a sample without clones'};
  }
  const totalA = sum(first.map(([, size]) => size));
  const totalB = sum([...second.values()]);
  const dominance = sum(first.map(([, size]) => (size / totalA) ** 2)) + sum([...second.values()].map((size) => (size / totalB) ** 2));
  return {
    n_shared: shared.length,
    jaccard: shared.length / (first.length + second.size - shared.length),
    overlap: shared.length / Math.min(first.length, second.size),
    morisita_horn: (2 * sum(shared.map(([id, size]) => (size / totalA) * (second.get(id)! / totalB)))) / dominance,
    missing: '',
  };
}
