// The first valley of a smoothed density: unbiased cross-validation of the fourth derivative chooses the width (kedd h.ucv), a binned normal
// kernel estimates (KernSmooth bkde), as shazam findThreshold does. Numbers in, one number out.
import {minimise} from './minimise.ts';

const derivative = 4;
const gridSize = 401;

/** Where the density first stops falling and rises again; `missing` says why there is no such place. At least three different values. */
export function densityValley(values: readonly number[]): {readonly at: number; readonly bandwidth: number} | {readonly missing: string} {
  const unique = [...new Set(values)].sort((a, b) => a - b);
  if (unique.length < 3) return {missing: `${unique.length} different distances, 3 needed`};
  const bandwidth = chooseBandwidth(unique);
  const {x, density} = binnedDensity(values, bandwidth);
  const valley = firstValley(density);
  return valley === null ? {missing: 'the nearest distances have one peak and no valley'} : {at: x[valley], bandwidth};
}

/** The middle of a flat bottom: far apart, kin and strangers leave a stretch of no density at all. */
function firstValley(density: readonly number[]): number | null {
  for (let left = 1; left < density.length - 1; left++) {
    if (density[left] >= density[left - 1]) continue;
    let right = left;
    while (density[right + 1] === density[left]) right++;
    if (density[right + 1] > density[left]) return (left + right) >> 1;
  }
  return null;
}

/** Minimum of the unbiased cross-validation score of the density's fourth derivative, normal kernel, between a tenth and twice the oversmoothed width. */
function chooseBandwidth(sorted: readonly number[]): number {
  const n = sorted.length;
  const power = 2 * derivative + 1;
  // Integral of the squared fourth derivative of the normal density: (2r)! / (2^(2r + 1) r! sqrt(pi)).
  const roughness = 40320 / (2 ** power * 24 * Math.sqrt(Math.PI));
  const mean = sorted.reduce((total, value) => total + value, 0) / n;
  const sd = Math.sqrt(sorted.reduce((total, value) => total + (value - mean) ** 2, 0) / (n - 1));
  const oversmoothed = ((243 * power * roughness) / 35) ** (1 / (power + 4)) * sd * n ** (-1 / (power + 4));
  const score = (h: number): number => {
    let total = 0;
    for (let i = 1; i < n; i++) {
      for (let j = 0; j < i; j++) {
        const u = (sorted[i] - sorted[j]) / h;
        total += 2 * (eighthDerivative(u / Math.SQRT2) / 2 ** 4.5 - 2 * eighthDerivative(u));
      }
    }
    return (roughness / n + total / (n * (n - 1))) / h ** power;
  };
  return minimise(score, {lower: 0.1 * oversmoothed, upper: 2 * oversmoothed, tolerance: 0.01 * oversmoothed});
}

/** Of the normal density: the eighth Hermite polynomial times the density. */
function eighthDerivative(u: number): number {
  const u2 = u * u;
  return ((((u2 - 28) * u2 + 210) * u2 - 420) * u2 + 105) * (Math.exp(-u2 / 2) / Math.sqrt(2 * Math.PI));
}

/** Linear binning on 401 points that reach four widths beyond the data. The width is on the canonical scale: (4 pi)^(-1/10) of it is the kernel's SD. */
function binnedDensity(values: readonly number[], bandwidth: number): {x: number[]; density: number[]} {
  const h = bandwidth * (4 * Math.PI) ** -0.1;
  const low = Math.min(...values) - 4 * h;
  const high = Math.max(...values) + 4 * h;
  const step = (high - low) / (gridSize - 1);
  const bins = new Float64Array(gridSize);
  for (const value of values) {
    const place = (value - low) / step;
    const left = Math.floor(place);
    bins[left] += 1 - (place - left);
    bins[left + 1] += place - left;
  }
  const reach = Math.min(Math.floor((4 * h) / step), gridSize);
  const kernel = Array.from({length: reach + 1}, (_, k) => Math.exp(-(((k * step) / h) ** 2) / 2));
  const density = Array.from(bins, (_, at) => {
    let total = kernel[0] * bins[at];
    for (let k = 1; k <= reach; k++) total += kernel[k] * ((bins[at - k] ?? 0) + (bins[at + k] ?? 0));
    return total;
  });
  return {x: density.map((_, k) => low + k * step), density};
}
