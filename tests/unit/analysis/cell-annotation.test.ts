import {expect, test} from 'vitest';
import {annotateCells, type AnnotationInput} from '../../../pipeline/analysis/cell-annotation.ts';

const scores = (entries: Record<string, number[]>): Map<string, Float64Array> =>
  new Map(Object.entries(entries).map(([name, values]) => [name, Float64Array.from(values)]));

/** Six cells: cluster 0 holds four, cluster 1 two; each cell's two neighbours are cells of its own kind. */
const base: AnnotationInput = {
  clusters: Int32Array.of(0, 0, 0, 0, 1, 1),
  nClusters: 2,
  neighbors: Int32Array.of(1, 1, 0, 0, 3, 3, 2, 2, 5, 5, 4, 4),
  nNeighbors: 2,
  lineageScores: scores({'T cell': [0.4, 0.5, 0.3, 0.4, 0, 0.1], 'NK cell': [0.1, 0.1, 0.6, 0.5, 0, 0], monocyte: [0, 0, 0, 0, 0.7, 0.1]}),
  margin: 0,
  coreScores: scores({'T cell': [0.5, 0.4, 0.1, 0.2, 0, 0], 'NK cell': [0.1, 0.5, 0.6, 0.1, 0, 0]}),
  lineageContests: [],
  typeContests: [],
  singleCellLineages: new Map(),
};

test('a cluster takes the lineage with the highest mean score', () => {
  // Cluster 0: T (0.4 + 0.5 + 0.3 + 0.4) / 4 = 0.40, NK (0.1 + 0.1 + 0.6 + 0.5) / 4 = 0.325; cluster 1: monocyte 0.40, T 0.05.
  const {lineage, clusterMeans} = annotateCells(base);
  expect(lineage).toEqual(['T cell', 'T cell', 'T cell', 'T cell', 'monocyte', 'monocyte']);
  expect(clusterMeans.get('NK cell')?.[0]).toBeCloseTo(0.325, 12);
});

test('a lead below the margin is unassigned, and so is a cluster without any marker', () => {
  // 0.40 - 0.325 = 0.075.
  expect(annotateCells({...base, margin: 0.08}).lineage.slice(0, 4)).toEqual(Array(4).fill('unassigned'));
  const nothing = scores({'T cell': [0, 0, 0, 0, 0, 0]});
  expect(new Set(annotateCells({...base, lineageScores: nothing}).lineage)).toEqual(new Set(['unassigned']));
});

test('a contest looks at a cell and its neighbours, and ties stay with the holder', () => {
  const contest = {within: ['T cell', 'NK cell'], challenger: 'NK cell', holder: 'T cell'};
  // NK - T: cell 0 -0.4, cell 1 +0.1, cell 2 +0.5, cell 3 -0.1. Cell 1 with twice cell 0: -0.7; cell 3 with twice cell 2: +0.9.
  expect(annotateCells({...base, lineageContests: [contest]}).lineage).toEqual(['T cell', 'T cell', 'NK cell', 'NK cell', 'monocyte', 'monocyte']);
  const tied = scores({'T cell': [0, 0, 0, 0, 0, 0], 'NK cell': [0, 0, 0, 0, 0, 0]});
  expect(annotateCells({...base, coreScores: tied, lineageContests: [contest]}).lineage[2]).toBe('T cell');
});

test('a type contest leaves the lineage as it is', () => {
  const annotation = annotateCells({
    ...base,
    coreScores: scores({'CD8 T cell': [1, 1, 0, 0, 1, 1], 'CD4 T cell': [0, 0, 1, 1, 0, 0]}),
    typeContests: [{within: ['T cell'], challenger: 'CD8 T cell', holder: 'CD4 T cell'}],
  });
  expect(annotation.cell_type).toEqual(['CD8 T cell', 'CD8 T cell', 'CD4 T cell', 'CD4 T cell', 'monocyte', 'monocyte']);
  expect(annotation.lineage[0]).toBe('T cell');
});

test('a rare lineage claims single cells where it is the highest and above its threshold', () => {
  const lineageScores = new Map([...base.lineageScores, ...scores({megakaryocyte: [0.45, 0.3, 0.2, 0.45, 0.8, 0.24]})]);
  // Cell 0: 0.45 > T 0.4. Cell 1: T 0.5 is higher. Cell 3: NK 0.5 is higher. Cell 5: highest, but 0.24 is below 0.25.
  // Cluster 1 means: megakaryocyte 0.52, monocyte 0.40.
  expect(annotateCells({...base, lineageScores, singleCellLineages: new Map([['megakaryocyte', 0.25]])}).lineage)
    .toEqual(['megakaryocyte', 'T cell', 'T cell', 'T cell', 'megakaryocyte', 'megakaryocyte']);
});

test('the order of cells does not matter', () => {
  const order = [5, 2, 0, 4, 1, 3];
  const place = order.map((_, cell) => order.indexOf(cell));
  const shuffle = (values: Float64Array): Float64Array => Float64Array.from(order, (cell) => values[cell]);
  const contest = {within: ['T cell'], challenger: 'NK cell', holder: 'T cell'};
  const input = {...base, lineageContests: [contest]};
  const shuffled = annotateCells({
    ...input,
    clusters: Int32Array.from(order, (cell) => base.clusters[cell]),
    neighbors: Int32Array.from(order.flatMap((cell) => [0, 1].map((k) => place[base.neighbors[2 * cell + k]]))),
    lineageScores: new Map([...base.lineageScores].map(([name, values]) => [name, shuffle(values)])),
    coreScores: new Map([...base.coreScores].map(([name, values]) => [name, shuffle(values)])),
  });
  expect(shuffled.lineage).toEqual(order.map((cell) => annotateCells(input).lineage[cell]));
});
