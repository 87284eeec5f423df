// Shares of cell types as numbers that a t test may take. Shares near 0 would weigh by their rounding, and all of them add up to 1: where one type is gone
// the others rise. Half a cell is added to each type first.
import {mean} from './arithmetic.ts';

/** One sample's counts, a type each -> log(share / (1 - share)), share = (n + 0.5) / (total + 0.5 K): speckle's propeller (Phipson et al. 2022). */
export function logitShares(counts: readonly number[]): number[] {
  const total = counts.reduce((sum, n) => sum + n + 0.5, 0);
  return counts.map((n) => Math.log((n + 0.5) / (total - n - 0.5)));
}

/** log(n + 0.5) minus its mean over the types (Aitchison 1982): says whether a type changed against the typical type, not against all cells. */
export function centredLogRatios(counts: readonly number[]): number[] {
  const logs = counts.map((n) => Math.log(n + 0.5));
  const centre = mean(logs);
  return logs.map((value) => value - centre);
}
