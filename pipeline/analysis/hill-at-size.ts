// Hill numbers and coverage at any number of cells, smaller or larger than the sample, and at a wanted coverage (Chao et al. 2014; the formulas of
// iNEXT 3). Counts in, numbers out; zeros are ignored.
import {logChoose, sum} from './arithmetic.ts';
import {countOfSize, sampleCoverage, unseenClones} from './clonal-abundance.ts';
import {hillNumber} from './clonal-diversity.ts';

const isOne = (q: number): boolean => Math.abs(q - 1) < 1e-6;

/** Hill numbers of the orders at `size` cells (real, at least 1); interpolated to all cells, extrapolated beyond. null where the estimator has no value. */
export function hillAtSize(counts: readonly number[], size: number, orders: readonly number[]): (number | null)[] {
  const n = sum(counts);
  if (size < 1 || n === 0) return orders.map(() => null);
  if (size > n) return orders.map((q) => extrapolate(counts, size, q));
  const low = Math.floor(size);
  const below = rarefy(counts, low, orders);
  if (low === size) return below;
  const above = rarefy(counts, low + 1, orders);
  return below.map((value, k) => (1 - (size - low)) * value + (size - low) * above[k]);
}

/** From the expected number of clones with k of `size` cells drawn without replacement; `size` whole, at most all cells. */
export function rarefy(counts: readonly number[], size: number, orders: readonly number[]): number[] {
  const n = sum(counts);
  const totals = orders.map(() => 0);
  const terms = orders.map((q) => (k: number): number => (isOne(q) ? -(k / size) * Math.log(k / size) : (k / size) ** q));
  for (const [x, nClones] of clonesOfSize(counts)) {
    eachHypergeometric({x, n, size}, (k, chance) => {
      if (k > 0) for (const [at, term] of terms.entries()) totals[at] += nClones * chance * term(k);
    });
  }
  return totals.map((total, at) => (isOne(orders[at]) ? Math.exp(total) : total ** (1 / (1 - orders[at]))));
}

/** Every k of x that may be among `size` of n, with its chance, from the likeliest outward until it does not count any more. */
function eachHypergeometric({x, n, size}: {x: number; n: number; size: number}, visit: (k: number, chance: number) => void): void {
  const [lowest, highest] = [Math.max(0, size - (n - x)), Math.min(x, size)];
  const mode = Math.min(highest, Math.max(lowest, Math.floor(((x + 1) * (size + 1)) / (n + 2))));
  const atMode = Math.exp(logChoose(x, mode) + logChoose(n - x, size - mode) - logChoose(n, size));
  visit(mode, atMode);
  // C(x, k + 1) C(n - x, m - k - 1) over C(x, k) C(n - x, m - k).
  for (let k = mode, chance = atMode; k < highest && chance > atMode * 1e-18; k++) {
    chance *= ((x - k) * (size - k)) / ((k + 1) * (n - x - size + k + 1));
    visit(k + 1, chance);
  }
  for (let k = mode, chance = atMode; k > lowest && chance > atMode * 1e-18; k--) {
    chance *= (k * (n - x - size + k)) / ((x - k + 1) * (size - k + 1));
    visit(k - 1, chance);
  }
}

function extrapolate(counts: readonly number[], size: number, q: number): number | null {
  const n = sum(counts);
  if (q === 2) return 1 / (1 / size + (1 - 1 / size) * sum(counts.map((x) => (x * (x - 1)) / (n * (n - 1)))));
  const [observed, asymptote] = [hillNumber(counts, q)!, asymptoticHill(counts, q)];
  if (asymptote === null || n < 2) return null;
  const [before] = rarefy(counts, n - 1, [q]);
  const beta = asymptote === before ? 0 : (observed - before) / (asymptote - before);
  return observed + (asymptote - observed) * (1 - (1 - beta) ** (size - n));
}

/**
 * What the Hill number tends to with more and more cells: q = 0 Chao1, q = 1 Chao & Jost 2015, whole q >= 2 the unbiased moment. null for q >= 2 where
 * no clone has q cells, and for other orders.
 */
export function asymptoticHill(counts: readonly number[], q: number): number | null {
  const n = sum(counts);
  if (n === 0) return null;
  if (q === 0) return counts.filter((x) => x > 0).length + unseenClones(counts);
  if (isOne(q)) return Math.exp(asymptoticEntropy(counts));
  if (!Number.isInteger(q)) return null;
  const falling = (x: number): number => Array.from({length: q}, (_, k) => x - k).reduce((product, factor) => product * Math.max(0, factor), 1);
  const moment = sum(clonesOfSize(counts).map(([x, nClones]) => nClones * falling(x))) / falling(n);
  return moment > 0 ? moment ** (1 / (1 - q)) : null;
}

function asymptoticEntropy(counts: readonly number[]): number {
  const n = sum(counts);
  // digamma(n) - digamma(x) is 1 / x + ... + 1 / (n - 1).
  const harmonic = new Float64Array(n + 1);
  for (let k = n - 1; k >= 1; k--) harmonic[k] = harmonic[k + 1] + 1 / k;
  const seen = sum(clonesOfSize(counts).map(([x, nClones]) => ((nClones * x) / n) * harmonic[x]));
  const [f1, f2] = [1, 2].map((k) => countOfSize(counts, k));
  if (f1 === 0) return seen;
  const a = f2 > 0 ? (2 * f2) / ((n - 1) * f1 + 2 * f2) : 2 / ((n - 1) * (f1 - 1) + 2);
  return a >= 1 ? seen : seen + (f1 / n) * tail(a, n);
}

/** (1 - a)^(1 - n) (-ln a - sum_{r<n} (1 - a)^r / r) = sum_{r>=n} (1 - a)^(r - n + 1) / r. The difference loses all digits where (1 - a)^n is small, the series is long where a is. */
function tail(a: number, n: number): number {
  const rest = 1 - a;
  let total = 0;
  if (a * n < 1) {
    for (let r = 1, power = rest; r < n; r++, power *= rest) total += power / r;
    return rest ** (1 - n) * (-Math.log(a) - total);
  }
  for (let r = n, power = rest; power / r > 1e-18; r++, power *= rest) total += power / r;
  return total;
}

/** Expected coverage of `size` cells (Chao & Jost 2012); `size` real, at least 1; between whole numbers of cells on the line, as in iNEXT. */
export function coverageAtSize(counts: readonly number[], size: number): number | null {
  const n = sum(counts);
  if (size < 1 || n === 0) return null;
  if (size === n) return sampleCoverage(counts);
  const f1 = countOfSize(counts, 1);
  if (size > n) return f1 === 0 ? 1 : 1 - (f1 / n) * unseenRatio(counts) ** (size - n + 1);
  const low = Math.floor(size);
  if (low < size) return (1 - (size - low)) * coverageAtSize(counts, low)! + (size - low) * coverageAtSize(counts, low + 1)!;
  return 1 - sum(clonesOfSize(counts).filter(([x]) => n - x >= size)
    .map(([x, nClones]) => ((nClones * x) / n) * Math.exp(logChoose(n - x, size) - logChoose(n - 1, size))));
}

/** Cells that are expected to reach a coverage, real, at least 1; null where no number of cells does. */
export function sizeAtCoverage(counts: readonly number[], coverage: number): number | null {
  const n = sum(counts);
  const observed = sampleCoverage(counts);
  if (observed === null || !(coverage < 1 || observed >= 1)) return null;
  if (coverage > observed) return n - 1 + Math.log((n * (1 - coverage)) / countOfSize(counts, 1)) / Math.log(unseenRatio(counts));
  let [low, high] = [1, n];
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (coverageAtSize(counts, middle)! < coverage) low = middle;
    else high = middle;
  }
  const [below, above] = [coverageAtSize(counts, low)!, coverageAtSize(counts, high)!];
  return above > below ? Math.max(1, Math.min(n, low + (coverage - below) / (above - below))) : low;
}

/** A' = n f0 / (n f0 + f1). */
function unseenRatio(counts: readonly number[]): number {
  const [n, f0, f1] = [sum(counts), unseenClones(counts), countOfSize(counts, 1)];
  return f1 === 0 ? 1 : (n * f0) / (n * f0 + f1);
}

function clonesOfSize(counts: readonly number[]): [number, number][] {
  const found = new Map<number, number>();
  for (const count of counts) if (count > 0) found.set(count, (found.get(count) ?? 0) + 1);
  return [...found].sort(([a], [b]) => a - b);
}
