// Sums over cells and their pairs; the expected numbers are added up by hand.
import {expect, test} from 'vitest';
import {pairPseudobulks, sumByGroup, type BulkQuestion} from '../../../pipeline/analysis/pseudobulk.ts';
import type {CellGroup} from '../../../pipeline/analysis/score-groups.ts';
import {selectRows, type SparseMatrix} from '../../../pipeline/data/matrix.ts';

const t: CellGroup = {cell_type: 'T cell', level: 'lineage'};
const cd4: CellGroup = {cell_type: 'CD4 T cell', level: 'type'};
const none: CellGroup = {cell_type: 'unassigned', level: 'lineage'};
// Rows: [1 2 0], [0 5 3], [4 0 0], [0 0 9], [7 0 1].
const counts: SparseMatrix = {kind: 'sparse', nRows: 5, nColumns: 3, indptr: Uint32Array.of(0, 2, 4, 5, 6, 8), indices: Uint32Array.of(0, 1, 1, 2, 0, 2, 0, 2), values: Float32Array.of(1, 2, 5, 3, 4, 9, 7, 1)};
const label = (lineage: string, cell_type = lineage) => ({lineage, cell_type});
const question: BulkQuestion = {
  counts,
  sampleOfCell: ['a', 'a', 'a', 'b', 'b'],
  labelOfCell: [label('T cell', 'CD4 T cell'), label('T cell'), label('unassigned'), label('T cell', 'CD4 T cell'), label('T cell')],
  samples: [{sample_id: 'a', gap: null}, {sample_id: 'b', gap: null}, {sample_id: 'c', gap: 'excluded: lost'}],
  groups: [t, none, cd4],
  minCells: 2,
};

test('a sum holds the counts of the cells of its sample and group, and no other', () => {
  const bulks = sumByGroup(question);
  expect(bulks.map(({name, nCells, nCounts, sums, missing}) => [name, nCells, nCounts, sums && [...sums], missing])).toEqual([
    ['a:lineage:T cell', 2, 11, [1, 7, 3], null],
    ['b:lineage:T cell', 2, 17, [7, 0, 10], null],
    ['c:lineage:T cell', null, null, null, 'excluded: lost'],
    ['a:lineage:unassigned', 1, 4, null, '1 cells, 2 needed'],
    ['b:lineage:unassigned', 0, 0, null, '0 cells, 2 needed'],
    ['c:lineage:unassigned', null, null, null, 'excluded: lost'],
    ['a:type:CD4 T cell', 1, 3, null, '1 cells, 2 needed'],
    ['b:type:CD4 T cell', 1, 9, null, '1 cells, 2 needed'],
    ['c:type:CD4 T cell', null, null, null, 'excluded: lost'],
  ]);
});

test('the order of the cells changes nothing', () => {
  const order = [4, 2, 0, 3, 1];
  const shuffled = {...question, counts: selectRows(counts, order), sampleOfCell: order.map((k) => question.sampleOfCell[k]), labelOfCell: order.map((k) => question.labelOfCell[k])};
  expect(sumByGroup(shuffled)).toEqual(sumByGroup(question));
});

const row = (sample_id: string, patient_id: string, timepoint: string, excluded = '') => ({sample_id, patient_id, timepoint, library: 'gex', path: 'x', excluded});
const rows = [row('a', 'P1', 'before'), row('b', 'P1', 'after'), row('c', 'P2', 'before', 'lost'), row('d', 'P2', 'after')];
const contrast = {name: 'after-vs-before', by: 'timepoint', before: 'before', after: 'after', where: {}};

test('a pair has both sums, or the reason of the side that has none', () => {
  const pairs = pairPseudobulks(rows, [contrast], sumByGroup(question));
  expect(pairs.map(({group, patient_id, before, after, missing}) => [group.cell_type, patient_id, before, after, missing])).toEqual([
    ['T cell', 'P1', 'a:lineage:T cell', 'b:lineage:T cell', null],
    ['T cell', 'P2', null, null, 'timepoint before excluded: lost'],
    ['unassigned', 'P1', null, null, 'cells without a lineage are no cell type'],
    ['unassigned', 'P2', null, null, 'timepoint before excluded: lost'],
    ['CD4 T cell', 'P1', null, null, 'before: 1 cells, 2 needed'],
    ['CD4 T cell', 'P2', null, null, 'timepoint before excluded: lost'],
  ]);
});

test('without a contrast there is no pair', () => {
  expect(pairPseudobulks(rows, [], sumByGroup(question))).toEqual([]);
});
