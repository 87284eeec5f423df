// Principal components of a sparse matrix, the means of blocks of rows taken out (block Lanczos with the whole basis kept orthogonal: Golub & Van Loan, Matrix Computations,
// section 10.3). The matrix is never made dense and is walked through once a step, for several vectors at a time. One thread and a fixed start: the same bytes everywhere.
import {randomStream} from '../base/random.ts';
import type {SparseRows} from './sparse-rows.ts';
import {symmetricEigen} from './symmetric-eigen.ts';

export interface ComponentOptions {
  readonly nComponents: number;
  /** 0..nBlocks-1 of each row, each value present. Rows are compared with the mean of their block. */
  readonly block: Int32Array;
}

export interface Components {
  /** As asked for, but not more than the matrix has columns or rows. */
  readonly nComponents: number;
  /** nRows x nComponents, row-major: what is left of each row beside the mean of its block, along the components. */
  readonly components: Float64Array;
}

/** Vectors of a step: so many sums are at hand while a row is read. */
const width = 8;
/** Steps between two looks at what is found, since a look costs as much as a step. */
const stepsBetween = 4;
/** A component is found when its image leaves it by less than this share of the image's length. */
const tolerance = 1e-2;
/** Of noise, components lie so close together that hundreds of steps do not part them, and no one asks which is which: it ends here. */
const mostSteps = 12;
/** Blocks of more rows weigh as much as one of so many: large samples do not decide alone (the weights of scran). */
const fullWeight = 1000;

export function principalComponents(matrix: SparseRows, {nComponents: asked, block}: ComponentOptions): Components {
  const {nRows, nColumns} = matrix;
  const nComponents = Math.min(asked, nRows, nColumns);
  const centred = centreBlocks(matrix, block);
  const random = randomStream(1, 'principal components');
  const basis: Float64Array[] = [];
  const projected: Float64Array[] = [];
  let next = orthonormal(Array.from({length: Math.min(width, nColumns)}, () => Float64Array.from({length: nColumns}, () => random.normal())), basis);
  for (let step = 1; ; step++) {
    const images = centred.covary(next);
    basis.push(...next);
    for (const image of images) projected.push(Float64Array.from(basis, (vector) => dot(vector, image)));
    next = orthonormal(images, basis);
    const isLast = next.length === 0 || step >= mostSteps && basis.length >= nComponents;
    if (!isLast && (step % stepsBetween !== 0 || basis.length < nComponents)) continue;
    const {values, vectors} = symmetricEigen(projected.map((row, i) => Float64Array.from({length: basis.length}, (_, j) => (j < row.length ? row[j] : projected[j][i]))));
    const isFound = vectors.slice(0, nComponents).every((vector, k) => residual(next, images, vector.subarray(basis.length - images.length)) <= tolerance * values[k]);
    if (isLast || isFound) return {nComponents, components: centred.along(vectors.slice(0, nComponents).map((vector) => positive(combined(basis, vector))))};
  }
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let k = 0; k < a.length; k++) sum += a[k] * b[k];
  return sum;
}

function subtract(target: Float64Array, times: number, vector: Float64Array): void {
  for (let k = 0; k < target.length; k++) target[k] -= times * vector[k];
}

/** Of length 1, orthogonal to `basis` and to each other; what nothing is left of is left out. Twice, since once leaves rounding behind. */
function orthonormal(vectors: readonly Float64Array[], basis: readonly Float64Array[]): Float64Array[] {
  const made: Float64Array[] = [];
  for (const given of vectors) {
    const vector = given.slice();
    const before = Math.sqrt(dot(vector, vector));
    for (let round = 0; round < 2; round++) for (const other of [...basis, ...made]) subtract(vector, dot(vector, other), other);
    const length = Math.sqrt(dot(vector, vector));
    if (length > 1e-10 * before) made.push(vector.map((value) => value / length));
  }
  return made;
}

/** Length of what the image of a vector has outside the basis: only the images of the last step leave it. */
function residual(next: readonly Float64Array[], images: readonly Float64Array[], shares: Float64Array): number {
  return Math.hypot(...next.map((outside) => images.reduce((sum, image, k) => sum + shares[k] * dot(outside, image), 0)));
}

function combined(basis: readonly Float64Array[], shares: Float64Array): Float64Array {
  const sum = new Float64Array(basis[0].length);
  for (const [k, vector] of basis.entries()) subtract(sum, -shares[k], vector);
  return sum;
}

/** A component has no sign of its own: the entry of most weight is positive. */
function positive(vector: Float64Array): Float64Array {
  const largest = vector.reduce((best, value) => (Math.abs(value) > Math.abs(best) ? value : best), 0);
  return largest < 0 ? vector.map((value) => -value) : vector;
}

interface CentredRows {
  /** The weighted covariance (times the weights' sum) of the columns, applied to at most `width` vectors. */
  readonly covary: (vectors: readonly Float64Array[]) => Float64Array[];
  /** Rows x vectors. */
  readonly along: (vectors: readonly Float64Array[]) => Float64Array;
}

function centreBlocks(matrix: SparseRows, block: Int32Array): CentredRows {
  const {nRows, nColumns, indptr, indices, values} = matrix;
  const nBlocks = block.reduce((most, own) => Math.max(most, own), 0) + 1;
  const [sizes, means] = [new Float64Array(nBlocks), Array.from({length: nBlocks}, () => new Float64Array(nColumns))];
  for (let row = 0; row < nRows; row++) {
    const own = means[block[row]];
    sizes[block[row]]++;
    for (let k = indptr[row]; k < indptr[row + 1]; k++) own[indices[k]] += values[k];
  }
  for (const [own, mean] of means.entries()) for (let column = 0; column < nColumns; column++) mean[column] /= sizes[own];
  const weights = sizes.map((size) => 1 / Math.max(size, fullWeight));
  /** Of each block: its mean along each vector. */
  const offsets = (vectors: readonly Float64Array[]): Float64Array[] => means.map((mean) => Float64Array.from({length: width}, (_, j) => (j < vectors.length ? dot(mean, vectors[j]) : 0)));
  return {
    covary(vectors) {
      const [from, sums] = [interleaved(vectors, nColumns), new Float64Array(nColumns * width)];
      const offset = offsets(vectors);
      const score = new Float64Array(width);
      for (let row = 0; row < nRows; row++) {
        scoreRow(matrix, row, from, score);
        const own = offset[block[row]];
        const weight = weights[block[row]];
        // The mean of what is added is zero in every block, so that it need not be taken off the sums.
        for (let j = 0; j < width; j++) score[j] = weight * (score[j] - own[j]);
        addRow(matrix, row, score, sums);
      }
      return vectors.map((_, j) => Float64Array.from({length: nColumns}, (__, column) => sums[column * width + j]));
    },
    along(vectors) {
      const scores = new Float64Array(nRows * vectors.length);
      const score = new Float64Array(width);
      for (let first = 0; first < vectors.length; first += width) {
        const own = vectors.slice(first, first + width);
        const [from, offset] = [interleaved(own, nColumns), offsets(own)];
        for (let row = 0; row < nRows; row++) {
          scoreRow(matrix, row, from, score);
          for (let j = 0; j < own.length; j++) scores[row * vectors.length + first + j] = score[j] - offset[block[row]][j];
        }
      }
      return scores;
    },
  };
}

/** Column by column the entries of all vectors, zeros where there are fewer than `width`. */
function interleaved(vectors: readonly Float64Array[], nColumns: number): Float64Array {
  const all = new Float64Array(nColumns * width);
  for (const [j, vector] of vectors.entries()) for (let column = 0; column < nColumns; column++) all[column * width + j] = vector[column];
  return all;
}

/** Written out, and the sums in names of their own: this and `addRow` are where the time goes. */
function scoreRow({indptr, indices, values}: SparseRows, row: number, from: Float64Array, score: Float64Array): void {
  let a = 0;
  let b = 0;
  let c = 0;
  let d = 0;
  let e = 0;
  let f = 0;
  let g = 0;
  let h = 0;
  for (let k = indptr[row], end = indptr[row + 1]; k < end; k++) {
    const value = values[k];
    const at = indices[k] * width;
    a += value * from[at];
    b += value * from[at + 1];
    c += value * from[at + 2];
    d += value * from[at + 3];
    e += value * from[at + 4];
    f += value * from[at + 5];
    g += value * from[at + 6];
    h += value * from[at + 7];
  }
  score[0] = a;
  score[1] = b;
  score[2] = c;
  score[3] = d;
  score[4] = e;
  score[5] = f;
  score[6] = g;
  score[7] = h;
}

function addRow({indptr, indices, values}: SparseRows, row: number, score: Float64Array, sums: Float64Array): void {
  const a = score[0];
  const b = score[1];
  const c = score[2];
  const d = score[3];
  const e = score[4];
  const f = score[5];
  const g = score[6];
  const h = score[7];
  for (let k = indptr[row], end = indptr[row + 1]; k < end; k++) {
    const value = values[k];
    const at = indices[k] * width;
    sums[at] += value * a;
    sums[at + 1] += value * b;
    sums[at + 2] += value * c;
    sums[at + 3] += value * d;
    sums[at + 4] += value * e;
    sums[at + 5] += value * f;
    sums[at + 6] += value * g;
    sums[at + 7] += value * h;
  }
}
