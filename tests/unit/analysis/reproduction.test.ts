import {expect, test} from 'vitest';
import {compareAnnotated} from '../../../pipeline/analysis/reproduction/compare-annotated.ts';
import {compareTables} from '../../../pipeline/analysis/reproduction/compare-tables.ts';
import {compareText} from '../../../pipeline/analysis/reproduction/compare-text.ts';
import {isWithin, type Comparison} from '../../../pipeline/analysis/reproduction/compared.ts';
import {comparisonWords, countResults, verdictOf, type ResultStatus} from '../../../pipeline/analysis/reproduction/verdict.ts';
import type {AnnotatedMatrix} from '../../../pipeline/data/annotated-matrix.ts';
import type {Table} from '../../../pipeline/data/table.ts';

const table = (text: string): Table => {
  const [columns, ...rows] = text.split('\n').map((line) => line.split(' '));
  return {columns, rows: rows.map((cells) => Object.fromEntries(columns.map((name, at) => [name, cells[at] === '.' ? null : cells[at]])))};
};
const published = table('sample_id day cell_type n mean missing\nS1 -7 B 10 0.5 .\nS1 -7 T 90 2 .\nS2 30 B . . none');
const words = (comparison: Comparison): [string, string] => [comparison.status, comparisonWords(comparison)];

test('a tolerance is that of numpy.allclose: |a - b| <= absolute + relative * |a|', () => {
  // 1e-3 + 1e-2 * 10 = 0.101.
  expect([10.1009, 10.1011, 9.8991, 9.8989].map((again) => isWithin(10, again, {absolute: 1e-3, relative: 1e-2}))).toEqual([true, false, true, false]);
  expect([isWithin(0, 1e-12, {relative: 1}), isWithin(3, 3, {})]).toEqual([false, true]);
});

test('equal tables are identical, and without a declared tolerance the last digit counts', () => {
  expect(words(compareTables(published, published))).toEqual(['identical', '']);
  const again = table('sample_id day cell_type n mean missing\nS1 -7 B 10 0.5000001 .\nS1 -7 T 90 2 .\nS2 30 B . . none');
  expect(words(compareTables(published, again))).toEqual(['differs', 'cells that differ: mean: 1; S1, -7, B: 0.5 -> 0.5000001 (largest difference 1e-7, 0.00002 %)']);
  expect(words(compareTables(published, again, {mean: {relative: 1e-6}}))).toEqual(['within', 'cells within tolerance: mean: 1; S1, -7, B: 0.5 -> 0.5000001 (largest difference 1e-7, 0.00002 %)']);
  expect(compareTables(published, again, {'*': {relative: 1e-6}, mean: {}}).status).toBe('differs');
});

test('a tolerance is for numbers: a value that is gone, and a word, differ under any', () => {
  const again = table('sample_id day cell_type n mean missing\nS1 -7 B . 0.5 few\nS1 -7 T 91 2 .\nS2 30 B . . none');
  const compared = compareTables(published, again, {'*': {absolute: 1e9}});
  expect(compared.columns.map(({column, nDifferent, nWithin}) => [column, nDifferent, nWithin])).toEqual([['n', 2, 1], ['missing', 1, 0]]);
  // Of the two cells of n the one beyond the tolerance is the example.
  expect(compared.columns[0].example).toEqual({row: 'S1, -7, B', published: '10', again: ''});
});

test('a row more does not make those below it differ; rows, columns and orders on one side are told', () => {
  const more = table('sample_id day cell_type n mean missing\nS0 -7 B 1 1 .\nS1 -7 B 10 0.5 .\nS1 -7 T 90 2 .\nS2 30 B . . none');
  expect(words(compareTables(published, more))).toEqual(['differs', '1 row made again only, the first: S0, -7, B']);
  expect(words(compareTables(more, published))).toEqual(['differs', '1 row published only, the first: S0, -7, B']);
  const turned = {columns: published.columns, rows: published.rows.toReversed()};
  expect(words(compareTables(published, turned))).toEqual(['differs', 'the rows stand in another order']);
  expect(words(compareTables(published, {...published, columns: [...published.columns, 'note']}))).toEqual(['differs', 'columns that were not published: note']);
});

test('in a page the digest of another file is no difference of its own, a sentence is', () => {
  const [a, b] = ['a', 'b'].map((letter) => letter.repeat(64));
  expect(words(compareText(`<p>${a}</p>\n`, `<p>${b}</p>\n`))).toEqual(['within', 'only digests of other files differ']);
  expect(words(compareText('n = 3 of 7\nend\n', 'n = 4 of 7\nend\n'))).toEqual(['differs', 'lines that differ: 1, the first: n = 3 of 7 -> n = 4 of 7']);
  const cell = (n: number): string => `<tr class="long"><td>P02, the second patient of the study, TCR</td><td>${n}</td></tr>`;
  expect(words(compareText(cell(34), cell(35)))).toEqual(['differs', 'lines that differ: 1, the first: …nt of the study, TCR 34 -> …nt of the study, TCR 35']);
  expect(compareText('x="1.00" y="2"', 'x="1.01" y="2"', {absolute: 0.02}).status).toBe('within');
  expect(compareText('x="1.00" y="2"', 'x="1.01" z="2"', {absolute: 0.02}).status).toBe('differs');
});

test('an h5ad differs in the parts that differ, by cell and gene', () => {
  const cells = (values: readonly number[], types: readonly string[]): AnnotatedMatrix => ({
    obs: {index: ['c1', 'c2'], columns: new Map([['type', {kind: 'string', values: types}]])}, var: {index: ['G1', 'G2'], columns: new Map()},
    X: {kind: 'sparse', nRows: 2, nColumns: 2, indptr: Uint32Array.of(0, 1, 2), indices: Uint32Array.of(0, 1), values: Float32Array.from(values)},
    obsm: new Map([['X_umap', {kind: 'dense', nRows: 2, nColumns: 1, values: Float64Array.of(0.5, 1)}]]),
  });
  expect(compareAnnotated(cells([1, 2], ['B', 'T']), cells([1, 2], ['B', 'T'])).status).toBe('identical');
  expect(words(compareAnnotated(cells([1, 2], ['B', 'T']), cells([1, 5], ['B', 'B'])))).toEqual(['differs', 'cells that differ: obs/type: 1, X: 1; c2: T -> B']);
  expect(compareAnnotated(cells([1, 2], ['B', 'T']), cells([1, 5], ['B', 'T'])).columns).toEqual([{column: 'X', nDifferent: 1, nWithin: 0, largestAbsolute: 3, largestRelative: 1.5, example: {row: 'c2, G2', published: '2', again: '5'}}]);
  const other = {...cells([1, 2], ['B', 'T']), obs: {index: ['c1', 'c3'], columns: new Map()}};
  expect(words(compareAnnotated(cells([1, 2], ['B', 'T']), other))).toEqual(['differs', 'obs: 2 published, 2 made again, the first that is gone: c2']);
});

test('the verdict is that of the worst result; what was not rebuilt says nothing', () => {
  const verdict = (...statuses: readonly ResultStatus[]) => verdictOf(countResults(statuses.map((status) => ({path: '', kind: 'table', status, words: '', columns: []}))));
  expect([verdict('identical', 'not-rebuilt'), verdict('identical', 'within'), verdict('within', 'not-made'), verdict('not-published'), verdict('not-rebuilt')]).toEqual(['identical', 'within', 'differs', 'differs', 'nothing-rebuilt']);
});
