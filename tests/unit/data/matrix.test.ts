import {expect, test} from 'vitest';
import {rowStack, selectRows, stackRows, type SparseMatrix} from '../../../pipeline/data/matrix.ts';

const matrix: SparseMatrix = {
  kind: 'sparse', nRows: 3, nColumns: 3,
  indptr: Uint32Array.of(0, 2, 2, 3), indices: Uint32Array.of(0, 2, 1), values: Float32Array.of(1, 2, 3),
};

test('rows are selected in the order asked for, an empty row and a repeated one included', () => {
  const chosen = selectRows(matrix, [2, 1, 0, 2]);
  expect([...chosen.indptr]).toEqual([0, 1, 1, 3, 4]);
  expect([...chosen.indices]).toEqual([1, 0, 2, 1]);
  expect([...chosen.values]).toEqual([3, 1, 2, 3]);
});

test('stacking the single rows gives the matrix back', () => {
  expect(stackRows([0, 1, 2].map((row) => selectRows(matrix, [row])), 3)).toEqual(matrix);
});

test('so does a stack with more room than is needed', () => {
  const stack = rowStack({nRows: 7, nColumns: 3, nStored: 10});
  for (const row of [0, 1, 2]) stack.add(selectRows(matrix, [row]));
  expect(stack.matrix()).toEqual(matrix);
});

test('matrices of different widths do not stack', () => {
  expect(() => stackRows([matrix], 4)).toThrow('3 columns, expected 4');
  expect(() => rowStack({nRows: 3, nColumns: 4, nStored: 3}).add(matrix)).toThrow('3 columns, expected 4');
});
