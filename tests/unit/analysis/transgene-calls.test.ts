import {expect, test} from 'vitest';
import {countTransgeneCalls, sumColumns, transgeneColumns, type TransgeneSample} from '../../../pipeline/analysis/transgene-calls.ts';
import type {DataFrame} from '../../../pipeline/data/annotated-matrix.ts';

const sample = (sample_id: string, origin: TransgeneSample['origin'], cells: readonly (readonly [lineage: string, umi: number | null])[], missing: string | null = null): TransgeneSample =>
  ({keys: {sample_id}, origin, lineage: cells.map(([lineage]) => lineage), umi: cells.map(([, umi]) => umi), missing});
const lineages = ['T cell', 'B cell', 'monocyte', 'unassigned'];
const times = <T>(n: number, value: T): T[] => Array.from({length: n}, () => value);

test('a feature is found by name, symbol or id, and one of no such row by none', () => {
  const text = (values: readonly string[]) => ({kind: 'string' as const, values});
  const genes: DataFrame = {index: ['CD3D', 'CAR', 'CAR-1'], columns: new Map([['gene_symbol', text(['CD3D', 'CAR', 'CAR'])], ['gene_id', text(['ENSG1', 'vector7', 'vector8'])]])};
  expect([...transgeneColumns(genes, ['CAR', 'vector8', 'CAR_X'])]).toEqual([['CAR', [1, 2]], ['vector8', [2]], ['CAR_X', []]]);
  const counts = {kind: 'sparse' as const, nRows: 2, nColumns: 3, indptr: Uint32Array.of(0, 3, 4), indices: Uint32Array.of(0, 1, 2, 0), values: Float32Array.of(5, 1, 2, 7)};
  expect([...sumColumns(counts, [1, 2])]).toEqual([3, 0]);
});

test('the floor pools samples before the infusion and cells that are no T cells; what is unassigned is neither', () => {
  const rows = countTransgeneCalls([
    sample('before', 'before infusion', [...times(9, ['T cell', 0] as const), ['B cell', 1], ['unassigned', 0]]),
    sample('after', 'after infusion', [...times(3, ['T cell', 2] as const), ['T cell', 0], ...times(19, ['monocyte', 0] as const), ['monocyte', 1], ['unassigned', 9]]),
    sample('unknown', 'after infusion', times(5, ['T cell', null] as const), 'no row CAR in the matrix of this sample'),
  ], {lineages, thresholds: [1, 2], minUmi: 1});
  const find = (want: Record<string, unknown>) => rows.filter((row) => Object.entries(want).every(([key, value]) => row[key] === value));
  const pooled = find({sample_id: null, min_umi: 1}).map((row) => [row['role'], row['n_positive'], row['n_cells']]);
  expect(pooled).toEqual([['after infusion', 3, 4], ['negative control: before infusion', 1, 11], ['negative control: no T cell', 1, 20]]);
  const [floor] = find({sample_id: null, role: 'negative control: before infusion', min_umi: 1});
  // Clopper-Pearson for 1 of 11: P(1 or more) = 0.025 at the lower bound, 1 - (1 - p)^11; P(0 or 1) = 0.025 at the upper, (1 - p)^11 + 11 p (1 - p)^10.
  expect(floor['fraction_lower']).toBeCloseTo(1 - 0.975 ** (1 / 11), 12);
  const upper = Number(floor['fraction_upper']);
  expect((1 - upper) ** 11 + 11 * upper * (1 - upper) ** 10).toBeCloseTo(0.025, 12);
  expect(find({sample_id: 'after', lineage: 'unassigned', min_umi: 2})[0]).toMatchObject({role: null, n_positive: 1, missing: 'role: the lineage is not known'});
  expect(find({sample_id: null, role: 'negative control: no T cell', min_umi: 2})[0]).toMatchObject({n_positive: 0});
});

test('not assayed is not negative', () => {
  const [all, cells] = countTransgeneCalls([sample('S', 'after infusion', times(5, ['T cell', null] as const), 'no row CAR in the matrix of this sample')], {lineages, thresholds: [1], minUmi: 1});
  expect(all).toMatchObject({lineage: 'all', n_cells: 5, n_positive: null, fraction: null, missing: 'role: the lineages have their own; not assayed: no row CAR in the matrix of this sample'});
  expect(cells).toMatchObject({lineage: 'T cell', n_positive: null, missing: 'not assayed: no row CAR in the matrix of this sample'});
});
