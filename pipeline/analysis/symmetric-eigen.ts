// Eigenvalues and vectors of a small symmetric matrix by Jacobi's rotations, cyclic by rows (Golub & Van Loan, Matrix Computations, section 8.5).

export interface Eigen {
  /** Falling. */
  readonly values: Float64Array;
  /** One a value, of length 1. */
  readonly vectors: readonly Float64Array[];
}

const mostSweeps = 50;

/** Of some hundred rows at most: the work grows with the third power. */
export function symmetricEigen(matrix: readonly ArrayLike<number>[]): Eigen {
  const n = matrix.length;
  const a = matrix.map((row) => Float64Array.from(row));
  // Rows, so that a rotation walks along two arrays.
  const vectors = a.map((_, row) => Float64Array.from({length: n}, (__, column) => (row === column ? 1 : 0)));
  const scale = Math.sqrt(a.reduce((sum, row) => sum + row.reduce((own, value) => own + value * value, 0), 0));
  for (let sweep = 0; sweep < mostSweeps && beside(a) > 1e-14 * scale; sweep++) {
    for (let p = 0; p < n; p++) for (let q = p + 1; q < n; q++) if (a[p][q] !== 0) rotate(a, vectors, [p, q]);
  }
  const order = [...a.keys()].sort((i, j) => a[j][j] - a[i][i]);
  return {values: Float64Array.from(order, (k) => a[k][k]), vectors: order.map((k) => vectors[k])};
}

/** Root of the squares above the diagonal. */
function beside(a: readonly Float64Array[]): number {
  let sum = 0;
  for (let p = 0; p < a.length; p++) for (let q = p + 1; q < a.length; q++) sum += a[p][q] * a[p][q];
  return Math.sqrt(sum);
}

/** Makes a[p][q] zero. */
function rotate(a: readonly Float64Array[], vectors: readonly Float64Array[], [p, q]: readonly [number, number]): void {
  const theta = (a[q][q] - a[p][p]) / (2 * a[p][q]);
  const tangent = (theta < 0 ? -1 : 1) / (Math.abs(theta) + Math.sqrt(theta * theta + 1));
  const cosine = 1 / Math.sqrt(tangent * tangent + 1);
  const sine = tangent * cosine;
  turn(a[p], a[q], {cosine, sine});
  for (const row of a) {
    const one = row[p];
    const other = row[q];
    row[p] = cosine * one - sine * other;
    row[q] = sine * one + cosine * other;
  }
  turn(vectors[p], vectors[q], {cosine, sine});
}

function turn(first: Float64Array, second: Float64Array, {cosine, sine}: {cosine: number; sine: number}): void {
  for (let k = 0; k < first.length; k++) {
    const one = first[k];
    const other = second[k];
    first[k] = cosine * one - sine * other;
    second[k] = sine * one + cosine * other;
  }
}
