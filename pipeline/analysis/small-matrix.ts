// Dense matrices of a handful of rows, as arrays of rows: what a model over patients needs.
export type SmallMatrix = readonly (readonly number[])[];

export function multiply(a: SmallMatrix, b: SmallMatrix): number[][] {
  return a.map((row) => b[0].map((_, j) => row.reduce((sum, value, k) => sum + value * b[k][j], 0)));
}

export function transpose(a: SmallMatrix): number[][] {
  return a[0].map((_, j) => a.map((row) => row[j]));
}

/** x' A x. */
export function quadraticForm(a: SmallMatrix, x: readonly number[]): number {
  return a.reduce((sum, row, i) => sum + x[i] * row.reduce((inner, value, j) => inner + value * x[j], 0), 0);
}

/** Inverse and log determinant of a symmetric positive definite matrix, by Cholesky; null where it is not. */
export function invertPositive(a: SmallMatrix): {inverse: number[][]; logDeterminant: number} | null {
  const n = a.length;
  const lower = a.map(() => new Array<number>(n).fill(0));
  let logDeterminant = 0;
  for (let j = 0; j < n; j++) {
    for (let i = j; i < n; i++) {
      let value = a[i][j];
      for (let k = 0; k < j; k++) value -= lower[i][k] * lower[j][k];
      if (i > j) lower[i][j] = value / lower[j][j];
      // A pivot that is rounding of 0: the columns depend on each other.
      else if (!(value > 1e-12 * a[j][j])) return null;
      else lower[j][j] = Math.sqrt(value);
    }
    logDeterminant += 2 * Math.log(lower[j][j]);
  }
  const inverse = a.map(() => new Array<number>(n).fill(0));
  for (let column = 0; column < n; column++) {
    const x = new Array<number>(n).fill(0);
    for (let i = 0; i < n; i++) {
      x[i] = i === column ? 1 : 0;
      for (let k = 0; k < i; k++) x[i] -= lower[i][k] * x[k];
      x[i] /= lower[i][i];
    }
    for (let i = n - 1; i >= 0; i--) {
      for (let k = i + 1; k < n; k++) x[i] -= lower[k][i] * x[k];
      x[i] /= lower[i][i];
      inverse[i][column] = x[i];
    }
  }
  return {inverse, logDeterminant};
}
