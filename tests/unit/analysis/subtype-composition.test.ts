import {expect, test} from 'vitest';
import {countSubtypes} from '../../../pipeline/analysis/subtype-composition.ts';

test('shares are of the lineage, a sample without it says so, and a gap keeps its reason', () => {
  const labels = ['T cell', 'CD4 T cell', 'B cell', 'naive B cell', 'memory B cell'];
  const rows = countSubtypes([
    {keys: {sample_id: 'before'}, lineage: ['B cell', 'B cell', 'B cell', 'T cell'], cell_subtype: ['naive B cell', 'naive B cell', 'memory B cell', 'CD4 T cell'], missing: null},
    {keys: {sample_id: 'after'}, lineage: ['T cell'], cell_subtype: ['CD4 T cell'], missing: null},
    {keys: {sample_id: 'gap'}, lineage: [], cell_subtype: [], missing: 'declared gap: visit missed'},
  ], labels);
  expect(rows.map((row) => [row.sample_id, row.lineage, row.cell_subtype, row.n_cells, row.n_lineage, row.missing])).toEqual([
    ['before', 'T cell', 'CD4 T cell', 1, 1, null], ['before', 'B cell', 'naive B cell', 2, 3, null], ['before', 'B cell', 'memory B cell', 1, 3, null],
    ['after', 'T cell', 'CD4 T cell', 1, 1, null],
    ['after', 'B cell', 'naive B cell', 0, 0, 'fraction: no cell of the lineage in this sample'], ['after', 'B cell', 'memory B cell', 0, 0, 'fraction: no cell of the lineage in this sample'],
    ...(['CD4 T cell', 'naive B cell', 'memory B cell'].map((subtype) => ['gap', subtype === 'CD4 T cell' ? 'T cell' : 'B cell', subtype, null, null, 'declared gap: visit missed'])),
  ]);
  // 2 of 3: R, binom.test(2, 3)$conf.int = 0.09429932, 0.99159624.
  expect([rows[1].fraction, rows[1].fraction_lower, rows[1].fraction_upper].map((value) => Number(value).toFixed(6))).toEqual(['0.666667', '0.094299', '0.991596']);
});
