// What a pair of samples could have shown: the smallest change of a clone of a given size that the test would have called. Counts in, numbers out.
import {testFisherExact} from './fisher.ts';

export interface CallableChange {
  /** Cells of such a clone before. */
  readonly nBefore: number;
  /** Fewest cells after that are called more; null where even all cells are not. */
  readonly nAfterExpanded: number | null;
  readonly foldExpanded: number | null;
  /** Most cells after that are called fewer; null where even none are not. */
  readonly nAfterContracted: number | null;
  readonly foldContracted: number | null;
}

export interface CloneOfPair {
  /** Share before, 0 to 1; 0 is a clone that was not seen. */
  readonly frequency: number;
  readonly nCellsBefore: number;
  readonly nCellsAfter: number;
  /** Of the single test: 0.05 over the clones of the family, which Benjamini and Hochberg never ask to go below. */
  readonly alpha: number;
}

/** Both sides have cells. */
export function smallestCallableChange({frequency, nCellsBefore, nCellsAfter, alpha}: CloneOfPair): CallableChange {
  const nBefore = Math.round(frequency * nCellsBefore);
  const isCalled = (nAfter: number): boolean => {
    const test = testFisherExact({withBefore: nBefore, withoutBefore: nCellsBefore - nBefore, withAfter: nAfter, withoutAfter: nCellsAfter - nAfter});
    return 'p' in test && test.p <= alpha;
  };
  const same = (nBefore / nCellsBefore) * nCellsAfter;
  const up = firstCalled(Math.floor(same) + 1, nCellsAfter, isCalled);
  const down = firstCalled(Math.ceil(same) - 1, 0, isCalled);
  const fold = (nAfter: number | null): number | null => (nAfter === null || nBefore === 0 ? null : nAfter / nCellsAfter / (nBefore / nCellsBefore));
  return {nBefore, nAfterExpanded: up, foldExpanded: fold(up), nAfterContracted: nBefore === 0 ? null : down, foldContracted: nBefore === 0 ? null : fold(down)};
}

/** Away from no change p only falls, so halving finds the edge. */
function firstCalled(from: number, to: number, isCalled: (n: number) => boolean): number | null {
  const step = to >= from ? 1 : -1;
  if ((step === 1 && from > to) || to < 0 || from < 0 || !isCalled(to)) return null;
  let [not, called] = [from - step, to];
  while (Math.abs(called - not) > 1) {
    const middle = (called + not) >> 1;
    if (isCalled(middle)) called = middle;
    else not = middle;
  }
  return called;
}
