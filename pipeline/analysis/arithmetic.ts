// Sums, medians and binomial coefficients: the arithmetic that several analyses share.
import gammaln from '@stdlib/math-base-special-gammaln';

export function sum(values: readonly number[]): number {
  let total = 0;
  for (let k = 0; k < values.length; k++) total += values[k];
  return total;
}

export function mean(values: readonly number[]): number {
  return sum(values) / values.length;
}

/** Mean of the two middle values where their number is even; at least one value. */
export function median(values: readonly number[]): number {
  const sorted = Float64Array.from(values).sort();
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** Natural logarithm of n over k. */
export function logChoose(n: number, k: number): number {
  return gammaln(n + 1) - gammaln(k + 1) - gammaln(n - k + 1);
}
