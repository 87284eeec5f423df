// Raw counts from normalised ones: dividing by a size factor and taking a logarithm can be undone, since the values of a cell stay multiples of one
// UMI. What was scaled, imputed or corrected by batch cannot, and is told by values that are no multiples.
import type {AnnotatedMatrix, DataFrame} from '../data/annotated-matrix.ts';
import type {Matrix, SparseMatrix} from '../data/matrix.ts';
import type {FoundCounts} from './cell-quality-input.ts';

/** Normalised value -> what it was before the logarithm of value + 1; the words for messages. */
const inverses: readonly (readonly [string, (value: number) => number])[] = [
  ['natural logarithm', Math.expm1],
  ['binary logarithm', (value) => 2 ** value - 1],
  ['decimal logarithm', (value) => 10 ** value - 1],
  ['no logarithm', (value) => value],
];

/** 32-bit floats keep a count of some ten thousand to a few hundredths. */
const tolerance = 0.05;
/** The smallest count of a cell is 1 in nearly all; where it is not, the others tell up to this. */
const mostSmallest = 6;

/** The counts and which logarithm was undone; undefined where no cell-wise factor makes whole numbers of all values. */
export function recoverCounts(matrix: SparseMatrix): {readonly counts: SparseMatrix; readonly undone: string} | undefined {
  if (matrix.values.length === 0 || matrix.values.some((value) => !(value > 0))) return undefined;
  for (const [undone, inverse] of inverses) {
    const values = wholeNumbers(matrix, inverse);
    // A matrix of ones says nothing of a factor.
    if (values !== undefined && values.some((value) => value > 1)) return {counts: {...matrix, values}, undone};
  }
  return undefined;
}

/** The first of raw/X, X and the layers whose counts can be recovered: scanpy keeps logarithms of all genes in raw and scales X. */
export function recoverFrom(data: AnnotatedMatrix): FoundCounts | undefined {
  for (const {where, counts, genes} of placesOf(data)) {
    const found = recoverCounts(counts);
    if (found !== undefined) return {counts: found.counts, genes, where: `${where}, recovered from normalised values (${found.undone})`};
  }
  return undefined;
}

/** The first of raw/X, X and the layers without a negative or missing value: it cannot be counted with, but its genes can be ranked within a cell. */
export function rankable(data: AnnotatedMatrix): FoundCounts | undefined {
  return placesOf(data).map(({where, counts, genes}) => ({counts, genes, where: `${where}, normalised values without counts`})).find(({counts}) => counts.values.length > 0 && counts.values.every((value) => value >= 0 && value < Infinity));
}

/** What `import` in uns says of kept cells; false where only ranks of their values mean something. */
export const holdsCounts = (data: Pick<AnnotatedMatrix, 'uns'>): boolean => (data.uns?.['import'] as {values?: string} | undefined)?.values !== 'normalised';

/** For tables and messages. */
export const noCounts = 'the file has normalised values and no raw counts';

function placesOf(data: AnnotatedMatrix): FoundCounts[] {
  const layers = [...(data.layers ?? [])].map(([name, matrix]): [string, Matrix, DataFrame] => [`layers/${name}`, matrix, data.var]);
  const places: [string, Matrix | null | undefined, DataFrame][] = [['raw/X', data.raw?.X, data.raw?.var ?? data.var], ['X', data.X, data.var], ...layers];
  return places.flatMap(([where, matrix, genes]) => (matrix?.kind === 'sparse' ? [{where, counts: matrix, genes}] : []));
}

function wholeNumbers({nRows, indptr, values}: SparseMatrix, inverse: (value: number) => number): Float32Array | undefined {
  const whole = new Float32Array(values.length);
  for (let row = 0; row < nRows; row++) {
    const own = Float64Array.from(values.subarray(indptr[row], indptr[row + 1]), inverse);
    const unit = own.reduce((least, value) => Math.min(least, value), Infinity);
    const factor = Array.from({length: mostSmallest}, (_, k) => (k + 1) / unit).find((by) => own.every((value) => Math.abs(value * by - Math.round(value * by)) <= tolerance));
    if (factor === undefined) return undefined;
    for (const [k, value] of own.entries()) whole[indptr[row] + k] = Math.round(value * factor);
  }
  return whole;
}
