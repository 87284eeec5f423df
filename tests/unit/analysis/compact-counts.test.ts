import {expect, test} from 'vitest';
import {compactCounts, releaseArrays, selectCompactRows} from '../../../pipeline/analysis/compact-counts.ts';
import {selectRows, stackRows, type SparseMatrix} from '../../../pipeline/data/matrix.ts';

const piece = (values: readonly number[], nColumns = 4): SparseMatrix => ({kind: 'sparse', nRows: 2, nColumns, indptr: Uint32Array.of(0, 1, values.length), indices: Uint32Array.from(values, (_, k) => (k + 1) % nColumns), values: Float32Array.from(values)});

/** The same numbers in the types of a SparseMatrix. */
function widened(pieces: readonly SparseMatrix[], nStored: number): SparseMatrix {
  const {nColumns} = pieces[0];
  const built = compactCounts({nRows: 10, nColumns, nStored});
  for (const one of pieces) built.add(one);
  const {nRows, indptr, indices, values} = built.counts();
  return {kind: 'sparse', nRows, nColumns, indptr, indices: Uint32Array.from(indices), values: Float32Array.from(values)};
}

test('pieces below each other are the matrix of all, with more room asked for than is used', () => {
  const pieces = [piece([1, 2]), piece([3, 4, 65_535])];
  expect(widened(pieces, 9)).toEqual(stackRows(pieces, 4));
});

test('small counts take two bytes; a count beyond them, a fraction or a negative one is kept as it is, and those before it too', () => {
  const built = compactCounts({nRows: 4, nColumns: 4, nStored: 5});
  built.add(piece([1, 2]));
  expect(built.counts().values).toBeInstanceOf(Uint16Array);
  for (const wide of [65_536, 0.5, -1]) {
    const pieces = [piece([7, 65_535]), piece([1, wide, 3])];
    expect(widened(pieces, 5)).toEqual(stackRows(pieces, 4));
  }
});

test('more genes than two bytes can number', () => {
  const wide: SparseMatrix = {kind: 'sparse', nRows: 1, nColumns: 70_000, indptr: Uint32Array.of(0, 2), indices: Uint32Array.of(3, 69_999), values: Float32Array.of(1, 2)};
  expect(widened([wide], 2)).toEqual(wide);
});

test('chosen rows are those of the plain matrix, in the order asked for', () => {
  const pieces = [piece([1, 2]), piece([3, 4, 65_536])];
  const built = compactCounts({nRows: 4, nColumns: 4, nStored: 5});
  for (const one of pieces) built.add(one);
  expect(selectCompactRows(built.counts(), [3, 0, 3])).toEqual(selectRows(stackRows(pieces, 4), [3, 0, 3]));
  expect(selectCompactRows(built.counts(), [])).toEqual(selectRows(stackRows(pieces, 4), []));
});

test('released arrays are empty, and their memory is given back', () => {
  const built = compactCounts({nRows: 1, nColumns: 3, nStored: 2});
  built.add({kind: 'sparse', nRows: 1, nColumns: 3, indptr: Uint32Array.of(0, 2), indices: Uint32Array.of(0, 2), values: Float32Array.of(1, 4)});
  const counts = built.counts();
  const {indptr, indices, values} = counts;
  const buffers = [indptr, indices, values].map(({buffer}) => buffer as ArrayBuffer);
  releaseArrays(counts);
  expect([indptr.length, indices.length, values.length, ...buffers.map(({byteLength, detached}) => [byteLength, detached])]).toEqual([0, 0, 0, [0, true], [0, true], [0, true]]);
});
