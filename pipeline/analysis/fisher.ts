// Fisher's exact test of a 2 x 2 table of counts, two-sided as R's fisher.test: every table at most as likely as the one seen.
import {logChoose} from './arithmetic.ts';

export interface TwoByTwo {
  /** Counts with and without the trait, before and after. */
  readonly withBefore: number;
  readonly withoutBefore: number;
  readonly withAfter: number;
  readonly withoutAfter: number;
}

/** Two-sided p; counts are whole and not negative, else `missing` says which is not. A side without cells tells nothing: `missing`. */
export function testFisherExact(table: TwoByTwo): {readonly p: number} | {readonly missing: string} {
  for (const [name, count] of Object.entries(table)) {
    if (!Number.isSafeInteger(count) || count < 0) return {missing: `${name} is ${count}, a count is needed`};
  }
  const nBefore = table.withBefore + table.withoutBefore;
  const nAfter = table.withAfter + table.withoutAfter;
  if (nBefore === 0 || nAfter === 0) return {missing: `nothing counted ${nBefore === 0 ? 'before' : 'after'}`};
  const nWith = table.withBefore + table.withAfter;
  const lowest = Math.max(0, nWith - nAfter);
  const highest = Math.min(nWith, nBefore);
  const logChance = (k: number): number => logChoose(nBefore, k) + logChoose(nAfter, nWith - k) - logChoose(nBefore + nAfter, nWith);
  // R's relErr: tables as likely as the one seen must count although rounding makes them a little likelier.
  const limit = logChance(table.withBefore) + Math.log1p(1e-7);
  let p = 0;
  for (let k = lowest; k <= highest; k++) {
    const log = logChance(k);
    if (log <= limit) p += Math.exp(log);
  }
  return {p: Math.min(1, p)};
}
