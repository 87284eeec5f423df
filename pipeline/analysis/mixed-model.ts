// A linear model with a random intercept a patient, by REML (Patterson and Thompson 1971), and tests of its contrasts with Satterthwaite's degrees of
// freedom, as lme4 with lmerTest gives them. With complete pairs it is the paired t test; it takes missing visits and more than two timepoints.
import tCdf from '@stdlib/stats-base-dists-t-cdf';
import tQuantile from '@stdlib/stats-base-dists-t-quantile';
import {minimise} from './minimise.ts';
import {invertPositive, multiply, quadraticForm, transpose} from './small-matrix.ts';

export interface MixedModelInput {
  /** One a patient and timepoint. */
  readonly values: readonly number[];
  readonly patients: readonly string[];
  /** A row of the fixed effects for each value, the intercept included. */
  readonly design: readonly (readonly number[])[];
}

export interface MixedModel {
  readonly coefficients: readonly number[];
  readonly covariance: readonly (readonly number[])[];
  readonly patientVariance: number;
  readonly residualVariance: number;
  /** The patient variance is 0: the fit takes the patient's values for independent and its p values are too small for paired data. Do not use them. */
  readonly isSingular: boolean;
  readonly nPatients: number;
  readonly input: MixedModelInput;
}

export interface ContrastTest {
  readonly estimate: number;
  readonly standardError: number;
  readonly df: number;
  readonly t: number;
  readonly p: number;
  readonly ciLower: number;
  readonly ciUpper: number;
}

export type Missing = {readonly missing: string};

/** lme4's isSingular: the ratio of the standard deviations is below it. */
const singularBelow = 1e-4;

/** `missing` where the fixed effects cannot be told apart, no residual is left, or no patient has two values. */
export function fitMixedModel(input: MixedModelInput): MixedModel | Missing {
  const {values, patients, design} = input;
  const [n, p] = [values.length, design[0]?.length ?? 0];
  const sizes = [...Map.groupBy(patients, (patient) => patient).values()].map((own) => own.length);
  if (n <= p) return {missing: `${n} values for ${p} coefficients`};
  if (Math.max(...sizes) < 2) return {missing: 'no patient has two values'};
  if (sizes.length < 2) return {missing: 'a single patient'};
  const solve = generalisedLeastSquares(input);
  if (solve(0) === null) return {missing: 'the fixed effects cannot be told apart'};
  const deviance = (ratio: number): number => solve(ratio)?.deviance ?? Number.POSITIVE_INFINITY;
  if ((solve(0)?.squares ?? 0) <= 0) return {missing: 'the values do not vary'};
  const best = bestRatio(deviance);
  const isSingular = Math.sqrt(best) < singularBelow || deviance(0) <= deviance(best);
  const ratio = isSingular ? 0 : best;
  const solution = solve(ratio)!;
  const residual = solution.squares / (n - p);
  if (!(residual > 0)) return {missing: 'the values leave no residual'};
  const start = {patient: ratio * residual, residual};
  const variances = isSingular ? start : polish(input, start);
  const final = solve(variances.patient / variances.residual)!;
  return {
    coefficients: final.coefficients, covariance: final.unscaled.map((row) => row.map((value) => value * variances.residual)),
    patientVariance: variances.patient, residualVariance: variances.residual, isSingular, nPatients: sizes.length, input,
  };
}

/** t test of a linear combination of the coefficients. */
export function testContrast(model: MixedModel, contrast: readonly number[], confidence = 0.95): ContrastTest {
  const estimate = contrast.reduce((sum, weight, i) => sum + weight * model.coefficients[i], 0);
  const variance = quadraticForm(model.covariance, contrast);
  const df = satterthwaite(model, contrast, variance);
  const standardError = Math.sqrt(variance);
  const t = estimate / standardError;
  const margin = tQuantile(1 - (1 - confidence) / 2, df) * standardError;
  return {estimate, standardError, df, t, p: 2 * tCdf(-Math.abs(t), df), ciLower: estimate - margin, ciUpper: estimate + margin};
}

interface LeastSquares {
  readonly coefficients: number[];
  /** (X' V^-1 X)^-1 with a residual variance of 1. */
  readonly unscaled: number[][];
  /** Weighted residual sum of squares. */
  readonly squares: number;
  /** REML deviance with the residual variance profiled out, up to a constant. */
  readonly deviance: number;
}

/**
 * For a ratio of patient to residual variance (above -1 / the most values a patient has): within a patient V = I + ratio J, whose inverse is
 * I - ratio / (1 + n ratio) J. null where X' V^-1 X cannot be inverted.
 */
export function generalisedLeastSquares({values, patients, design}: MixedModelInput): (ratio: number) => LeastSquares | null {
  const p = design[0].length;
  const groups = [...Map.groupBy(values.keys(), (i) => patients[i]).values()].map((own) => [...own]);
  const rows = values.map((value, i) => [...design[i], value]);
  const own = groups.map((members) => ({n: members.length, sums: Array.from({length: p + 1}, (_, a) => members.reduce((sum, i) => sum + rows[i][a], 0))}));
  const plain = Array.from({length: p + 1}, (_, a) => Array.from({length: p + 1}, (__, b) => rows.reduce((sum, row) => sum + row[a] * row[b], 0)));
  return (ratio) => {
    const products = plain.map((row, a) => row.map((value, b) => own.reduce((sum, {n, sums}) => sum - (ratio / (1 + n * ratio)) * sums[a] * sums[b], value)));
    const inverted = invertPositive(products.slice(0, p).map((row) => row.slice(0, p)));
    if (inverted === null) return null;
    const coefficients = inverted.inverse.map((row) => row.reduce((sum, value, b) => sum + value * products[b][p], 0));
    // From residuals, not from differences of large sums of squares.
    const residuals = rows.map((row) => row[p] - coefficients.reduce((sum, value, a) => sum + value * row[a], 0));
    const squares = groups.reduce((total, members) => {
      const sum = members.reduce((inner, i) => inner + residuals[i], 0);
      return total + members.reduce((inner, i) => inner + residuals[i] ** 2, 0) - (ratio / (1 + members.length * ratio)) * sum ** 2;
    }, 0);
    const logV = own.reduce((sum, {n}) => sum + Math.log(1 + n * ratio), 0);
    return {coefficients, unscaled: inverted.inverse, squares, deviance: logV + inverted.logDeterminant + (values.length - p) * Math.log(squares)};
  };
}

/** A grid first: the deviance may have more than one valley. */
function bestRatio(deviance: (ratio: number) => number): number {
  const at = Array.from({length: 61}, (_, i) => -10 + i / 3);
  const heights = at.map((power) => deviance(10 ** power));
  const best = heights.indexOf(Math.min(...heights));
  const power = minimise((x) => deviance(10 ** x), {lower: at[Math.max(0, best - 1)], upper: at[Math.min(at.length - 1, best + 1)], tolerance: 1e-9});
  return 10 ** power;
}

interface Variances {
  readonly patient: number;
  readonly residual: number;
}

/** Newton steps on the two variances: the valley's floor is too flat for a search to find its place to more than eight digits. */
function polish(input: MixedModelInput, start: Variances): Variances {
  let now = start;
  for (let step = 0; step < 4; step++) {
    const {gradient, hessian} = derivatives(input, now);
    const inverted = invertPositive(hessian);
    if (inverted === null) return now;
    const [a, b] = inverted.inverse.map((row) => row[0] * gradient[0] + row[1] * gradient[1]);
    const next = {patient: now.patient - a, residual: now.residual - b};
    if (!(next.patient > 0 && next.residual > 0)) return now;
    now = next;
  }
  return now;
}

/** Satterthwaite (1946): twice the squared variance of the estimate over the variance of that variance; at the boundary the residual's own n - p. */
function satterthwaite({input, patientVariance, residualVariance, isSingular}: MixedModel, contrast: readonly number[], variance: number): number {
  if (isSingular) return input.values.length - contrast.length;
  const {hessian, covarianceSlopes} = derivatives(input, {patient: patientVariance, residual: residualVariance});
  const inverted = invertPositive(hessian);
  if (inverted === null) return Number.NaN;
  const slopes = covarianceSlopes.map((slope) => quadraticForm(slope, contrast));
  // The deviance is -2 log likelihood: its curvature is twice the information.
  return (2 * variance ** 2) / quadraticForm(inverted.inverse.map((row) => row.map((value) => 2 * value)), slopes);
}

interface Derivatives {
  /** Of the REML deviance by (patient, residual) variance. */
  readonly gradient: readonly number[];
  readonly hessian: readonly (readonly number[])[];
  /** Of the covariance of the coefficients by each variance. */
  readonly covarianceSlopes: readonly (readonly (readonly number[])[])[];
}

/** With P = V^-1 - V^-1 X (X' V^-1 X)^-1 X' V^-1: d/dv = tr(P V_i) - y' P V_i P y and d2 = -tr(P V_i P V_j) + 2 y' P V_i P V_j P y (Searle, Casella and McCulloch 1992). */
function derivatives({values, patients, design}: MixedModelInput, {patient, residual}: Variances): Derivatives {
  const sizes = new Map([...Map.groupBy(patients, (one) => one)].map(([one, own]) => [one, own.length]));
  const together = patients.map((a) => patients.map((b) => (a === b ? 1 : 0)));
  const inverse = together.map((row, i) => row.map((same, j) => ((i === j ? 1 : 0) - (same * patient) / (residual + (sizes.get(patients[i]) ?? 0) * patient)) / residual));
  const weighted = multiply(inverse, design);
  const covariance = invertPositive(multiply(transpose(design), weighted))!.inverse;
  const removed = multiply(multiply(weighted, covariance), transpose(weighted));
  const projector = inverse.map((row, i) => row.map((value, j) => value - removed[i][j]));
  const y = projector.map((row) => row.reduce((sum, value, j) => sum + value * values[j], 0));
  // V_i applied from the right: the patient's block and the identity.
  const products = [multiply(projector, together), projector];
  const applied = [together.map((row) => row.reduce((sum: number, same, j) => sum + same * y[j], 0)), y];
  const trace = (a: readonly (readonly number[])[], b: readonly (readonly number[])[]): number => a.reduce((sum, row, i) => sum + row.reduce((inner, value, j) => inner + value * b[j][i], 0), 0);
  return {
    gradient: products.map((product, i) => product.reduce((sum, row, k) => sum + row[k], 0) - applied[i].reduce((sum, value, k) => sum + value * y[k], 0)),
    hessian: products.map((a, i) => products.map((b, j) => 2 * applied[i].reduce((sum, value, k) => sum + value * projector[k].reduce((inner, one, m) => inner + one * applied[j][m], 0), 0) - trace(a, b))),
    covarianceSlopes: [multiply(multiply(transpose(weighted), together), weighted), multiply(transpose(weighted), weighted)].map((middle) => multiply(multiply(covariance, middle), covariance)),
  };
}
