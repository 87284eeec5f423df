// Two AnnData objects that should be equal: which of their parts differ, and by how much.
import {jsonDifferences} from '../../base/json-difference.ts';
import {columnAsText, type AnnotatedMatrix, type DataFrame} from '../../data/annotated-matrix.ts';
import type {Matrix} from '../../data/matrix.ts';
import {columnTally, comparisonOf, toleranceOf, type ColumnDifference, type Comparison, type Tolerances} from './compared.ts';

export function compareAnnotated(published: AnnotatedMatrix, again: AnnotatedMatrix, tolerances: Tolerances = {}): Comparison {
  const notes: string[] = [];
  const columns: ColumnDifference[] = [];
  for (const axis of ['obs', 'var'] as const) {
    const [before, after] = [published[axis], again[axis]];
    const lost = before.index.filter((name) => !new Set(after.index).has(name));
    if (before.index.length !== after.index.length || lost.length > 0) notes.push(`${axis}: ${before.index.length} published, ${after.index.length} made again${lost.length === 0 ? '' : `, the first that is gone: ${lost[0]}`}`);
    else if (before.index.some((name, at) => name !== after.index[at])) notes.push(`${axis} stands in another order`);
  }
  // Without the same cells and genes in the same order no value has a partner.
  if (notes.length > 0) return comparisonOf(columns, notes);
  for (const axis of ['obs', 'var'] as const) columns.push(...frameDifferences(axis, published[axis], again[axis], tolerances, notes));
  const parts = (data: AnnotatedMatrix): Map<string, Matrix> => new Map([...(data.X === null ? [] : [['X', data.X] as const]), ...[...(data.layers ?? [])].map(([name, matrix]) => [`layers/${name}`, matrix] as const), ...[...(data.obsm ?? [])].map(([name, matrix]) => [`obsm/${name}`, matrix] as const)]);
  const [before, after] = [parts(published), parts(again)];
  for (const name of [...new Set([...before.keys(), ...after.keys()])]) {
    const [a, b] = [before.get(name), after.get(name)];
    if (a === undefined || b === undefined) notes.push(`${name} is ${a === undefined ? 'made again' : 'published'} only`);
    else columns.push(...matrixDifference(name, a, b, {published, tolerances}));
  }
  for (const {path, before: old, after: now} of jsonDifferences(published.uns ?? {}, again.uns ?? {}).slice(0, 3)) notes.push(`uns/${path}: ${shown(old)} published, ${shown(now)} made again`);
  return comparisonOf(columns, notes);
}

const shown = (value: unknown): string => (value === undefined ? 'nothing' : JSON.stringify(value).slice(0, 60));

function frameDifferences(axis: string, before: DataFrame, after: DataFrame, tolerances: Tolerances, notes: string[]): ColumnDifference[] {
  return [...new Set([...before.columns.keys(), ...after.columns.keys()])].flatMap((name) => {
    const [a, b] = [columnAsText(before, name), columnAsText(after, name)];
    if (a === undefined || b === undefined) {
      notes.push(`${axis}/${name} is ${a === undefined ? 'made again' : 'published'} only`);
      return [];
    }
    const tally = columnTally(`${axis}/${name}`, toleranceOf(tolerances, name));
    a.forEach((cell, at) => tally.add(before.index[at], cell ?? '', b[at] ?? ''));
    return tally.result() ?? [];
  });
}

function matrixDifference(name: string, before: Matrix, after: Matrix, {published, tolerances}: {published: AnnotatedMatrix; tolerances: Tolerances}): ColumnDifference[] {
  const tally = columnTally(name, toleranceOf(tolerances, name));
  for (let row = 0; row < before.nRows; row++) {
    if (isSameRow(before, after, row)) continue;
    const [a, b] = [rowOf(before, row), rowOf(after, row)];
    for (const column of new Set([...a.keys(), ...b.keys()])) {
      const [x, y] = [a.get(column) ?? 0, b.get(column) ?? 0];
      if (!Object.is(x, y)) tally.add(`${published.obs.index[row]}, ${name === 'X' || name.startsWith('layers/') ? published.var.index[column] : `column ${column + 1}`}`, String(x), String(y));
    }
  }
  return [tally.result() ?? []].flat();
}

/** Most rows are: without looking at each value twice. */
function isSameRow(before: Matrix, after: Matrix, row: number): boolean {
  if (before.kind !== 'sparse' || after.kind !== 'sparse') return false;
  const [a, b] = [before, after].map((matrix) => [matrix.indptr[row], matrix.indptr[row + 1]] as const);
  if (a[1] - a[0] !== b[1] - b[0]) return false;
  for (let k = 0; k < a[1] - a[0]; k++) if (before.indices[a[0] + k] !== after.indices[b[0] + k] || before.values[a[0] + k] !== after.values[b[0] + k]) return false;
  return true;
}

/** What is stored of a row, by column. */
function rowOf(matrix: Matrix, row: number): Map<number, number> {
  if (matrix.kind === 'dense') return new Map(Array.from(matrix.values.subarray(row * matrix.nColumns, (row + 1) * matrix.nColumns), (value, column) => [column, value]));
  const [from, to] = [matrix.indptr[row], matrix.indptr[row + 1]];
  return new Map(Array.from({length: to - from}, (_, k) => [matrix.indices[from + k], matrix.values[from + k]]));
}
