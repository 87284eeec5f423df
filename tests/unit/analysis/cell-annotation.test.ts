import {expect, test} from 'vitest';
import {levelsOf, mapLabels} from '../../../pipeline/analysis/cell-annotation-labels.ts';
import {hasMouseNames, markerScores, type AnnotationRules} from '../../../pipeline/analysis/cell-annotation-scores.ts';
import {annotateCells, type AnnotationInput, type Contest} from '../../../pipeline/analysis/cell-annotation.ts';
import {selectRows, type SparseMatrix} from '../../../pipeline/data/matrix.ts';

const scores = (entries: Record<string, number[]>): Map<string, Float64Array> =>
  new Map(Object.entries(entries).map(([name, values]) => [name, Float64Array.from(values)]));

/** Six cells: cluster 0 holds four, cluster 1 two; each cell's two neighbours are cells of its own kind. */
const base: AnnotationInput = {
  clusters: Int32Array.of(0, 0, 0, 0, 1, 1),
  nClusters: 2,
  neighbors: Int32Array.of(1, 1, 0, 0, 3, 3, 2, 2, 5, 5, 4, 4),
  nNeighbors: 2,
  lineageScores: scores({'T cell': [0.4, 0.5, 0.3, 0.4, 0, 0.1], 'NK cell': [0.1, 0.1, 0.6, 0.5, 0, 0], monocyte: [0, 0, 0, 0, 0.7, 0.1]}),
  margins: {lineage: 0, type: 0, subtype: 0},
  coreScores: scores({'T cell': [0.5, 0.4, 0.1, 0.2, 0, 0], 'NK cell': [0.1, 0.5, 0.6, 0.1, 0, 0]}),
  contests: [],
  claims: [],
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
  expect(annotateCells({...base, margins: {...base.margins, lineage: 0.08}}).lineage.slice(0, 4)).toEqual(Array(4).fill('unassigned'));
  expect(annotateCells({...base, margins: {...base.margins, lineage: 0.08}}).notes[0]).toEqual(['lineage: T cell before NK cell by 0.075, 0.08 needed']);
  const nothing = scores({'T cell': [0, 0, 0, 0, 0, 0]});
  expect(new Set(annotateCells({...base, lineageScores: nothing}).lineage)).toEqual(new Set(['unassigned']));
});

test('a contest looks at a cell and its neighbours, and ties stay with the holder', () => {
  const contest: Contest = {level: 'lineage', within: ['T cell', 'NK cell'], challenger: 'NK cell', holder: 'T cell', by: ['NK cell'], own: null};
  // NK - T: cell 0 -0.4, cell 1 +0.1, cell 2 +0.5, cell 3 -0.1. Cell 1 with twice cell 0: -0.7; cell 3 with twice cell 2: +0.9.
  expect(annotateCells({...base, contests: [contest]}).lineage).toEqual(['T cell', 'T cell', 'NK cell', 'NK cell', 'monocyte', 'monocyte']);
  const tied = scores({'T cell': [0, 0, 0, 0, 0, 0], 'NK cell': [0, 0, 0, 0, 0, 0]});
  expect(annotateCells({...base, coreScores: tied, contests: [contest]}).lineage[2]).toBe('T cell');
});

const cd8: Contest = {level: 'type', within: ['T cell'], challenger: 'CD8 T cell', holder: 'CD4 T cell', by: ['CD8 T cell'], own: null};

test('a type contest leaves the lineage as it is', () => {
  const annotation = annotateCells({
    ...base,
    coreScores: scores({'CD8 T cell': [1, 1, 0, 0, 1, 1], 'CD4 T cell': [0, 0, 1, 1, 0, 0]}),
    contests: [cd8],
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
  const contest: Contest = {level: 'lineage', within: ['T cell'], challenger: 'NK cell', holder: 'T cell', by: ['NK cell'], own: null};
  const input = {...base, contests: [contest]};
  const shuffled = annotateCells({
    ...input,
    clusters: Int32Array.from(order, (cell) => base.clusters[cell]),
    neighbors: Int32Array.from(order.flatMap((cell) => [0, 1].map((k) => place[base.neighbors[2 * cell + k]]))),
    lineageScores: new Map([...base.lineageScores].map(([name, values]) => [name, shuffle(values)])),
    coreScores: new Map([...base.coreScores].map(([name, values]) => [name, shuffle(values)])),
  });
  expect(shuffled.lineage).toEqual(order.map((cell) => annotateCells(input).lineage[cell]));
});

test('a cell can weigh as much as its neighbours together, and the best of several cores speaks for the challenger', () => {
  // NK - T as above (-0.4, 0.1, 0.5, -0.1). Cell 1 by itself 0.1, its neighbours (both cell 0) -0.4: half and half -0.15, T; cell 2 0.5 and cell 3 -0.1: 0.2, NK.
  const contest: Contest = {level: 'lineage', within: ['T cell', 'NK cell'], challenger: 'NK cell', holder: 'T cell', by: ['NK cell'], own: 0.5};
  const {lineage, evidence} = annotateCells({...base, contests: [contest]});
  expect(lineage.slice(0, 4)).toEqual(['T cell', 'T cell', 'NK cell', 'NK cell']);
  expect([evidence.lineage.margin[1], evidence.lineage.margin[2]].map((value) => value.toFixed(6))).toEqual(['0.150000', '0.200000']);
  // ILC scores 0.9 in every cell: whoever speaks loudest.
  const coreScores = new Map([...base.coreScores, ...scores({ILC: [0.9, 0.9, 0.9, 0.9, 0, 0]})]);
  expect(annotateCells({...base, coreScores, contests: [{...contest, by: ['NK cell', 'ILC']}]}).lineage.slice(0, 4)).toEqual(Array(4).fill('NK cell'));
});

test('below the margin of its level a cell keeps the label above, and the reason says by how much', () => {
  // CD8 - CD4 around cell 0: (0.30 + 2 x 0.30) / 3 - (0.29 + 2 x 0.29) / 3 = 0.01; around cell 2: 0.2 - 0.6.
  const coreScores = scores({'CD8 T cell': [0.3, 0.3, 0.2, 0.2, 0, 0], 'CD4 T cell': [0.29, 0.29, 0.6, 0.6, 0, 0]});
  const {cell_type, cell_subtype, notes} = annotateCells({...base, coreScores, contests: [cd8], margins: {lineage: 0, type: 0.02, subtype: 0}});
  expect(cell_type.slice(0, 4)).toEqual(['T cell', 'T cell', 'CD4 T cell', 'CD4 T cell']);
  expect(cell_subtype).toEqual(cell_type);
  expect(notes.slice(0, 3)).toEqual([['type: CD8 T cell before CD4 T cell by 0.010, 0.02 needed'], ['type: CD8 T cell before CD4 T cell by 0.010, 0.02 needed'], []]);
});

test('a claim takes cells above its threshold, the furthest above wins, and it settles a close contest', () => {
  // Half the cell, half its neighbours: MAIT 0.5 around cells 0 and 1; gamma-delta 0.4 there, 0.6 around 2 and 3.
  const coreScores = scores({
    'MAIT cell': [0.5, 0.5, 0.1, 0.1, 0.9, 0.9], 'gamma-delta T cell': [0.4, 0.4, 0.6, 0.6, 0, 0], 'CD8 T cell': [0.3, 0.3, 0.3, 0.3, 0, 0], 'CD4 T cell': [0.3, 0.3, 0.3, 0.3, 0, 0],
  });
  const claims = [{level: 'type' as const, within: ['T cell'], label: 'MAIT cell', above: 0.3}, {level: 'type' as const, within: ['T cell'], label: 'gamma-delta T cell', above: 0.25}];
  const {cell_type, notes, evidence} = annotateCells({...base, coreScores, contests: [cd8], claims, margins: {lineage: 0, type: 0.01, subtype: 0}});
  expect(cell_type).toEqual(['MAIT cell', 'MAIT cell', 'gamma-delta T cell', 'gamma-delta T cell', 'monocyte', 'monocyte']);
  expect(notes.flat()).toEqual([]);
  expect(evidence.type.margin[0]).toBeCloseTo(0.2, 12);
});

test('a subtype stands inside its type or lineage; without its genes in the matrix it is not guessed', () => {
  const coreScores = scores({'CD8 T cell': [1, 1, 0, 0, 1, 1], 'CD4 T cell': [0, 0, 1, 1, 0, 0], memory: [0.5, 0.5, 0.5, 0.5, 0.5, 0.5], naive: [0.1, 0.1, 0.1, 0.1, 0.1, 0.1]});
  const inside: Contest = {level: 'subtype', within: ['CD8 T cell'], challenger: 'memory', holder: 'naive', by: ['memory'], own: null};
  expect(annotateCells({...base, coreScores, contests: [cd8, inside]}).cell_subtype).toEqual(['memory', 'memory', 'CD4 T cell', 'CD4 T cell', 'monocyte', 'monocyte']);
  const {cell_subtype, notes} = annotateCells({...base, coreScores: new Map([...coreScores].filter(([name]) => name !== 'naive')), contests: [cd8, inside]});
  expect([cell_subtype[0], notes[0]]).toEqual(['CD8 T cell', ['subtype: too few marker genes of naive in the matrix']]);
});

/** All cells at once. */
function scoresOf(counts: SparseMatrix, symbols: readonly string[], rules: AnnotationRules, options: {maxRank: number; minMarkers: number}): ReturnType<typeof markerScores> {
  const scores = markerScores(symbols, rules, {nCells: counts.nRows, ...options});
  scores.add(counts, Int32Array.from({length: counts.nRows}, (_, cell) => cell));
  return scores;
}

test('a lineage of which the matrix has too few markers is named with their number', () => {
  const list = (label: string, markers: string[]) => ({label, level: 'lineage' as const, markers, core: markers, mouse: []});
  const rules: AnnotationRules = {lists: [list('T cell', ['CD3E', 'CD3D']), list('B cell', ['CD79A', 'MS4A1', 'CD19'])], claims: [], contests: [], singleCellLineages: new Map()};
  const {lineageScores, notCompared} = markerScores(['CD3E', 'CD3D', 'ms4a1'], rules, {nCells: 1, maxRank: 3, minMarkers: 2});
  expect([[...lineageScores.keys()], notCompared]).toEqual([['T cell'], [{label: 'B cell', nPresent: 1, nMarkers: 3}]]);
});

test('cells that are added in pieces and in another order have the scores of all at once', () => {
  const symbols = ['CD3E', 'CD3D', 'CD79A', 'MS4A1', 'ACTB', 'GAPDH'];
  const list = (label: string, markers: string[]) => ({label, level: 'lineage' as const, markers, core: markers, mouse: []});
  const rules: AnnotationRules = {
    lists: [list('T cell', ['CD3E', 'CD3D']), list('B cell', ['CD79A', 'MS4A1'])], claims: [{level: 'lineage', within: ['T cell'], label: 'B cell', above: 0.5}], contests: [], singleCellLineages: new Map(),
  };
  const counts: SparseMatrix = {kind: 'sparse', nRows: 3, nColumns: 6, indptr: Uint32Array.of(0, 3, 5, 6), indices: Uint32Array.of(0, 1, 4, 2, 5, 4), values: Float32Array.of(3, 1, 9, 2, 2, 1)};
  const whole = scoresOf(counts, symbols, rules, {maxRank: 6, minMarkers: 2});
  const pieced = markerScores(symbols, rules, {nCells: 3, maxRank: 6, minMarkers: 2});
  pieced.add(selectRows(counts, [2]), [2]);
  pieced.add(selectRows(counts, [1, 0]), [1, 0]);
  expect([pieced.lineageScores, pieced.coreScores]).toEqual([whole.lineageScores, whole.coreScores]);
  // Of the first cell CD3E and CD3D rank 2 and 3: 1 - (5 - 3) / (12 - 3).
  expect(pieced.lineageScores.get('T cell')?.[0]).toBeCloseTo(7 / 9, 12);
});

test('genes of a mouse count in a mouse only', () => {
  expect([hasMouseNames(['Cd3e', 'Ptprc', 'mt-Nd1', 'H2-K1']), hasMouseNames(['CD3E', 'PTPRC', 'MT-ND1', 'C1orf54', 'RP11-34P13.7'])]).toEqual([true, false]);
  // One cell with Klrb1c alone: GNLY and PRF1 are not seen, so that the score rises only where the mouse gene belongs to the list.
  const counts = {kind: 'sparse' as const, nRows: 1, nColumns: 4, indptr: Uint32Array.of(0, 1), indices: Uint32Array.of(3), values: Float32Array.of(5)};
  const rules = {lists: [{label: 'NK cell', level: 'lineage' as const, markers: ['GNLY', 'PRF1'], core: ['GNLY'], mouse: ['Klrb1c']}], contests: [], claims: [], singleCellLineages: new Map<string, number>()};
  const scored = (symbols: string[]): number => scoresOf(counts, symbols, rules, {maxRank: 4, minMarkers: 2}).lineageScores.get('NK cell')![0];
  expect(scored(['Gnly', 'Prf1', 'Actb', 'Klrb1c'])).toBeGreaterThan(scored(['GNLY', 'PRF1', 'ACTB', 'KLRB1C']));
});

test('labels of the user map onto any level, with the labels above', () => {
  const known = [
    {label: 'T cell', level: 'lineage' as const, parent: null}, {label: 'CD4 T cell', level: 'type' as const, parent: 'T cell'},
    {label: 'regulatory T cell', level: 'subtype' as const, parent: 'CD4 T cell'}, {label: 'cycling T cell', level: 'subtype' as const, parent: 'T cell'},
  ];
  const {mapped, unknown} = mapLabels(['Treg', 'T cell', 'CD4 T cel'], known, {Treg: 'regulatory T cell'});
  expect(mapped.get('Treg')).toEqual({lineage: 'T cell', cell_type: 'CD4 T cell', cell_subtype: 'regulatory T cell'});
  expect(mapped.get('T cell')).toEqual({lineage: 'T cell', cell_type: 'T cell', cell_subtype: 'T cell'});
  expect(unknown).toEqual(['"CD4 T cel", closest "CD4 T cell"']);
  // Which type a cycling cell has is not said.
  expect(levelsOf(known[3], known)).toEqual({lineage: 'T cell', cell_type: 'T cell', cell_subtype: 'cycling T cell'});
});

test('in a panel a core without any detected gene scores 0, though its genes rank within the maximum', () => {
  // 40 genes, 4 detected: undetected ones share rank (5 + 40) / 2 = 22.5 of 40, so that plain UCell gives them 0.45.
  const counts = {kind: 'sparse' as const, nRows: 1, nColumns: 40, indptr: Uint32Array.of(0, 4), indices: Uint32Array.of(0, 1, 2, 3), values: Float32Array.of(4, 3, 2, 1)};
  const symbols = Array.from({length: 40}, (_, k) => `GENE${k}`);
  const list = (label: string, markers: string[]) => ({label, level: 'lineage' as const, markers, core: markers, mouse: []});
  const claims = ['seen', 'unseen'].map((label) => ({level: 'lineage' as const, within: ['seen'], label, above: 0.25}));
  const {coreScores, lineageScores} = scoresOf(counts, symbols, {lists: [list('seen', ['GENE0', 'GENE1', 'GENE2']), list('unseen', ['GENE20', 'GENE21', 'GENE22'])], contests: [], claims, singleCellLineages: new Map()}, {maxRank: 1500, minMarkers: 3});
  expect(lineageScores.get('unseen')![0]).toBeGreaterThan(0.4);
  expect(coreScores.get('unseen')![0]).toBeLessThan(0.03);
  expect(coreScores.get('seen')![0]).toBeGreaterThan(0.99);
});
