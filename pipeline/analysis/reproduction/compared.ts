// The words of a comparison: how two things that should be equal stand to each other, and by how much they are not.

/** |a - b| <= absolute + relative * |a|, as numpy.allclose has it; `a` is the published value. */
export interface Tolerance {
  readonly absolute?: number;
  readonly relative?: number;
}

/** By column; `*` is for every other. */
export type Tolerances = Readonly<Record<string, Tolerance>>;

export type Status = 'identical' | 'within' | 'differs';

export interface ColumnDifference {
  readonly column: string;
  readonly nDifferent: number;
  /** Of these. */
  readonly nWithin: number;
  /** Of the cells that are numbers on both sides; null where there are none. */
  readonly largestAbsolute: number | null;
  readonly largestRelative: number | null;
  /** The largest of those beyond the tolerance, else the first. */
  readonly example: {readonly row: string; readonly published: string; readonly again: string};
}

export interface Comparison {
  readonly status: Status;
  readonly columns: readonly ColumnDifference[];
  /** What cannot be said of a column: rows or columns on one side only, another order. */
  readonly notes: readonly string[];
}

export const identical: Comparison = {status: 'identical', columns: [], notes: []};

export function comparisonOf(columns: readonly ColumnDifference[], notes: readonly string[]): Comparison {
  const differs = notes.length > 0 || columns.some((column) => column.nWithin < column.nDifferent);
  return {status: differs ? 'differs' : columns.length > 0 ? 'within' : 'identical', columns, notes};
}

export const numberPattern = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;

export function isWithin(published: number, again: number, {absolute = 0, relative = 0}: Tolerance): boolean {
  return Math.abs(published - again) <= absolute + relative * Math.abs(published);
}

export const toleranceOf = (tolerances: Tolerances, column: string): Tolerance => tolerances[column] ?? tolerances['*'] ?? {};

/** Collects the differing cells of one column. */
export function columnTally(column: string, tolerance: Tolerance): {readonly add: (row: string, published: string, again: string) => void; readonly result: () => ColumnDifference | undefined} {
  let nDifferent = 0;
  let nWithin = 0;
  let largestAbsolute: number | null = null;
  let largestRelative: number | null = null;
  let example: ColumnDifference['example'] | undefined;
  let weight = -1;
  return {
    add(row, published, again) {
      if (published === again) return;
      nDifferent++;
      const areNumbers = numberPattern.test(published) && numberPattern.test(again);
      const [a, b] = [Number(published), Number(again)];
      const ok = areNumbers && isWithin(a, b, tolerance);
      if (ok) nWithin++;
      const absolute = areNumbers ? Math.abs(a - b) : Infinity;
      if (areNumbers) {
        largestAbsolute = Math.max(largestAbsolute ?? 0, absolute);
        if (a !== 0) largestRelative = Math.max(largestRelative ?? 0, absolute / Math.abs(a));
      }
      // A cell beyond the tolerance outweighs any within it.
      const own = ok ? absolute / (1 + absolute) : 1 + (Number.isFinite(absolute) ? absolute / (1 + absolute) : 1);
      if (own > weight) {
        weight = own;
        example = {row, published, again};
      }
    },
    result: () => (example === undefined ? undefined : {column, nDifferent, nWithin, largestAbsolute, largestRelative, example}),
  };
}
