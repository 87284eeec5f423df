// Two texts that should be equal (pages, pictures, notes), line by line. A digest of another file is no difference of its own; numbers may be within
// a tolerance.
import {comparisonOf, isWithin, type ColumnDifference, type Comparison, type Tolerance} from './compared.ts';

export const onlyDigests = 'only digests of other files differ';
const digest = /\b[0-9a-f]{64}\b/g;
const number = /[+-]?\d+(?:\.\d+)?(?:e[+-]?\d+)?/gi;

export function compareText(published: string, again: string, tolerance: Tolerance = {}): Comparison {
  const [before, after] = [published, again].map((text) => text.replaceAll(digest, '<digest>').split('\n'));
  const differing: {at: number; isWithin: boolean}[] = [];
  let largest: number | null = null;
  for (let at = 0; at < Math.max(before.length, after.length); at++) {
    if (before[at] === after[at]) continue;
    const distance = before[at] === undefined || after[at] === undefined ? undefined : numberDistance(before[at], after[at], tolerance);
    if (distance !== undefined) largest = Math.max(largest ?? 0, distance.largest);
    differing.push({at, isWithin: distance?.isWithin ?? false});
  }
  // Nothing but digests: it says the same of other bytes.
  if (differing.length === 0) return published === again ? comparisonOf([], []) : {status: 'within', columns: [], notes: [onlyDigests]};
  const {at} = differing.find((one) => !one.isWithin) ?? differing[0];
  const [a, b] = around(before[at] ?? '', after[at] ?? '');
  const column: ColumnDifference = {
    column: 'lines', nDifferent: differing.length, nWithin: differing.filter((one) => one.isWithin).length, largestAbsolute: largest, largestRelative: null,
    example: {row: `line ${at + 1}`, published: a, again: b},
  };
  return comparisonOf([column], []);
}

/** Undefined where more than numbers differ. */
function numberDistance(before: string, after: string, tolerance: Tolerance): {isWithin: boolean; largest: number} | undefined {
  if (before.replaceAll(number, '#') !== after.replaceAll(number, '#')) return undefined;
  const [a, b] = [before, after].map((line) => (line.match(number) ?? []).map(Number));
  const pairs = a.map((value, i) => [value, b[i]] as const);
  return {isWithin: pairs.every(([x, y]) => isWithin(x, y, tolerance)), largest: Math.max(...pairs.map(([x, y]) => Math.abs(x - y)))};
}

/** Of two long lines the part where they begin to differ. */
function around(before: string, after: string): [string, string] {
  let from = 0;
  while (from < before.length && before[from] === after[from]) from++;
  const start = Math.max(0, from - 30);
  const cut = (line: string): string => `${start > 0 ? '…' : ''}${line.slice(start, start + 90)}${line.length > start + 90 ? '…' : ''}`;
  return [cut(before), cut(after)];
}
