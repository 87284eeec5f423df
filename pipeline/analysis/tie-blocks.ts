// Equal counts share their ranks: what each distinct count of a cell is worth, by the block of descending ranks that it spans. Counts are small whole
// numbers, so that they are counted rather than sorted; the few that are not are sorted.

/** Counts below it are looked up in a table. */
const tableSize = 256;

export interface TieRanks {
  /** Takes the counts of a cell, stored at from..to-1; none is 0. `excluded`: 1 for a column whose counts take no rank. */
  take(row: StoredRow, excluded?: Uint8Array): void;
  /** What a count is worth, after `rank`. */
  worthOf(count: number): number;
  /** Ends a cell: `worth(first, last)` of the ranks first..last (1 is the largest count) for each distinct count. Gives how many counts there were. */
  rank(worth: (first: number, last: number) => number): number;
}

export interface StoredRow {
  readonly values: Float32Array;
  readonly indices: Uint32Array;
  readonly from: number;
  readonly to: number;
}

/** One for all cells of a matrix, one cell after the other. */
export function tieRanks(): TieRanks {
  const table = new Uint32Array(tableSize);
  const worths = new Float64Array(tableSize);
  let most = 0;
  let others: number[] = [];
  const otherWorths = new Map<number, number>();
  const isSmall = (count: number): boolean => (count | 0) === count && count >= 0 && count < tableSize;
  return {
    take: ({values, indices, from, to}, excluded) => {
      // The walk over every stored count of the matrix: nothing but array reads in it.
      let top = most;
      for (let k = from; k < to; k++) {
        if (excluded !== undefined && excluded[indices[k]] === 1) continue;
        const count = values[k];
        const whole = count | 0;
        if (whole === count && whole >= 0 && whole < tableSize) {
          table[whole]++;
          if (whole > top) top = whole;
        } else others.push(count);
      }
      most = top;
    },
    worthOf: (count) => (isSmall(count) ? worths[count] : (otherWorths.get(count) ?? Number.NaN)),
    rank: (worth) => {
      otherWorths.clear();
      let before = 0;
      // What is not in the table may lie between its counts, so that both are gone through from the top.
      const sorted = Float64Array.from(others).sort();
      let end = sorted.length;
      const takeAbove = (limit: number): void => {
        while (end > 0 && sorted[end - 1] > limit) {
          let start = end - 1;
          while (start > 0 && sorted[start - 1] === sorted[end - 1]) start--;
          otherWorths.set(sorted[end - 1], worth(before + 1, before + end - start));
          before += end - start;
          end = start;
        }
      };
      for (let count = most; count >= 0; count--) {
        const n = table[count];
        if (n === 0) continue;
        if (end > 0) takeAbove(count);
        worths[count] = worth(before + 1, before + n);
        before += n;
        table[count] = 0;
      }
      takeAbove(Number.NEGATIVE_INFINITY);
      most = 0;
      if (others.length > 0) others = [];
      return before;
    },
  };
}
