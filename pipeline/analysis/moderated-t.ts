// Moderated t over several outcomes (Smyth 2004, Stat Appl Genet Mol Biol 3:3): the residual variances of all rows inform each one. Paired by a
// coefficient a patient; where pairs are incomplete by a common correlation within patients instead (limma's duplicateCorrelation). With fewer than about six rows the
// prior is weak, and the caller should say so.
import tCdf from '@stdlib/stats-base-dists-t-cdf';
import {mean, median} from './arithmetic.ts';
import {digamma, inverseTrigamma, trigamma} from './gamma-derivatives.ts';
import {minimise} from './minimise.ts';
import {generalisedLeastSquares} from './mixed-model.ts';

/** A row of an outcome: one value a patient and side, null where missing. */
export interface PairedRow {
  readonly before: readonly (number | null)[];
  readonly after: readonly (number | null)[];
}

export interface ModeratedTest {
  readonly difference: number;
  readonly t: number;
  /** Residual and prior degrees of freedom, at most those of all rows together. */
  readonly df: number;
  readonly p: number;
}

export interface ModeratedTests {
  /** Aligned with the rows; null where a row leaves no residual. */
  readonly tests: readonly (ModeratedTest | null)[];
  readonly priorDf: number;
  readonly priorVariance: number;
  /** Within patients, where it was used. */
  readonly correlation: number | null;
}

interface RowFit {
  readonly difference: number;
  /** Standard error of the difference with a residual variance of 1. */
  readonly unscaled: number;
  readonly variance: number;
  readonly df: number;
}

/** Complete pairs of each row: a coefficient a patient. */
export function moderatedPairedT(rows: readonly PairedRow[]): ModeratedTests {
  const fits = rows.map(({before, after}): RowFit | null => {
    const differences = before.flatMap((value, i) => (value === null || after[i] === null ? [] : [after[i] - value]));
    const n = differences.length;
    if (n < 2) return null;
    const difference = mean(differences);
    // A patient's two residuals are half of what the difference is off, each: the residual variance is half the variance of differences.
    return {difference, unscaled: Math.sqrt(2 / n), variance: differences.reduce((sum, one) => sum + (one - difference) ** 2, 0) / (2 * (n - 1)), df: n - 1};
  });
  return moderate(fits, null);
}

/** Without regard to who is who: what a comparison of unrelated groups would say. Kept for comparison with published tables. */
export function moderatedUnpairedT(rows: readonly PairedRow[]): ModeratedTests {
  return moderate(rows.map((row) => fitWithCorrelation(row, 0)), null);
}

/** Every value counts, those of incomplete pairs too, by the correlation within patients that all rows have in common. */
export function moderatedCorrelatedT(rows: readonly PairedRow[]): ModeratedTests {
  const correlation = consensusCorrelation(rows);
  return moderate(rows.map((row) => fitWithCorrelation(row, correlation)), correlation);
}

/** tanh of the mean of atanh, 15 % trimmed at each end, of the REML correlation of each row, held in -0.99..0.99. */
export function consensusCorrelation(rows: readonly PairedRow[]): number {
  const each = rows.flatMap((row) => {
    const {values, patients, design} = longForm(row);
    const nBlocks = new Set(patients).size;
    if (!(values.length > 4 && nBlocks > 1 && nBlocks < values.length - 1)) return [];
    const solve = generalisedLeastSquares({values, patients, design});
    const deviance = (correlation: number): number => solve(correlation / (1 - correlation))?.deviance ?? Number.POSITIVE_INFINITY;
    // The deviance has one valley for two values a patient; a grid finds it, the search its floor.
    const grid = Array.from({length: 67}, (_, i) => -0.99 + 0.03 * i);
    const best = grid.reduce((least, one) => (deviance(one) < deviance(least) ? one : least), grid[0]);
    return [Math.atanh(minimise(deviance, {lower: Math.max(-0.99, best - 0.03), upper: Math.min(0.99, best + 0.03), tolerance: 1e-10}))];
  }).sort((a, b) => a - b);
  if (each.length === 0) return 0;
  const cut = Math.floor(each.length * 0.15);
  return Math.tanh(mean(each.slice(cut, each.length - cut)));
}

function longForm({before, after}: PairedRow): {values: number[]; patients: string[]; design: number[][]} {
  const held = before.flatMap((value, i) => [{value, patient: String(i), side: 0}, {value: after[i], patient: String(i), side: 1}]).filter((one) => one.value !== null);
  return {values: held.map(({value}) => value as number), patients: held.map(({patient}) => patient), design: held.map(({side}) => [1, side])};
}

function fitWithCorrelation(row: PairedRow, correlation: number): RowFit | null {
  const {values, patients, design} = longForm(row);
  const df = values.length - 2;
  if (df < 1) return null;
  const solution = generalisedLeastSquares({values, patients, design})(correlation / (1 - correlation));
  if (solution === null) return null;
  // V = (1 - r) (I + r / (1 - r) J): the factor 1 - r moves between variance and standard error.
  return {difference: solution.coefficients[1], unscaled: Math.sqrt(solution.unscaled[1][1] * (1 - correlation)), variance: solution.squares / (1 - correlation) / df, df};
}

function moderate(fits: readonly (RowFit | null)[], correlation: number | null): ModeratedTests {
  const held = fits.filter((fit) => fit !== null);
  const {priorDf, priorVariance} = fitPrior(held);
  const pooledDf = held.reduce((sum, {df}) => sum + df, 0);
  const tests = fits.map((fit): ModeratedTest | null => {
    if (fit === null) return null;
    const variance = priorDf === Number.POSITIVE_INFINITY ? priorVariance : (fit.df * fit.variance + (priorDf === 0 ? 0 : priorDf * priorVariance)) / (fit.df + priorDf);
    const t = fit.difference / (fit.unscaled * Math.sqrt(variance));
    const df = Math.min(fit.df + priorDf, pooledDf);
    return {difference: fit.difference, t, df, p: 2 * tCdf(-Math.abs(t), df)};
  });
  return {tests, priorDf, priorVariance, correlation};
}

/** Scale and degrees of freedom of the inverse chi-squared prior, by the first two moments of the log variances. */
function fitPrior(fits: readonly RowFit[]): {priorDf: number; priorVariance: number} {
  if (fits.length < 2) return {priorDf: 0, priorVariance: fits[0]?.variance ?? Number.NaN};
  const middle = median(fits.map(({variance}) => variance)) || 1;
  const variances = fits.map(({variance}) => Math.max(variance, 1e-5 * middle));
  const logs = fits.map(({df}, i) => Math.log(variances[i]) - digamma(df / 2) + Math.log(df / 2));
  const centre = mean(logs);
  const excess = logs.reduce((sum, one) => sum + (one - centre) ** 2, 0) / (logs.length - 1) - mean(fits.map(({df}) => trigamma(df / 2)));
  if (excess <= 0) return {priorDf: Number.POSITIVE_INFINITY, priorVariance: mean(variances)};
  const priorDf = 2 * inverseTrigamma(excess);
  return {priorDf, priorVariance: Math.exp(centre + digamma(priorDf / 2) - Math.log(priorDf / 2))};
}
