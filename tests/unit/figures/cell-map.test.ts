// What the map of cells is given: each cell's place, levels, scores and clone, in one order, read back from the bytes of the page.
import {expect, test} from 'vitest';
import type {Row} from '../../../pipeline/data/table.ts';
import {cellMap, cellMapData} from '../../../pipeline/figures/cell-map.ts';
import type {PageContent} from '../../../pipeline/figures/page-content.ts';
import {scene} from './scene.ts';

const cell = (cell_id: string, more: Row): Row => ({cell_id, sample_id: 'S', patient_id: 'P01', timepoint: 'baseline', kept: 'true', lineage: 'T cell', cell_type: 'T cell', umap_1: '0', umap_2: '0', tcr_clone_id: null, bcr_clone_id: null, car_call: null, ...more});
const abundance = (timepoint: string, clone_id: string | null, clone_size: string | null): Row => ({receptor: 'TCR', level: 'all', patient_id: 'P01', timepoint, clone_id, clone_size});
const base = scene({nPatients: 1});
const content: PageContent = {
  name: '</script><b>', version: '1', seed: 1, figures: [], findings: [], sheet: [], sources: [], asksForGenes: false, steps: {}, libraries: {},
  // Scores are of the kept cells in their order: a, c, d.
  scores: [{signature: 'HALLMARK_INFLAMMATORY_RESPONSE', values: Float32Array.of(0, NaN, 1)}],
  data: {...base, tables: {
    cells: [cell('a', {umap_1: '-5', tcr_clone_id: 'P01-TCR-1'}), cell('b', {kept: 'false', umap_1: null}), cell('c', {umap_1: '5', umap_2: '2', lineage: 'B cell', tcr_clone_id: 'P01-TCR-2'}), cell('d', {umap_2: '1', cell_type: '</script>', timepoint: 'month3'})],
    clonal_abundance: [abundance('baseline', 'P01-TCR-1', '5'), abundance('baseline', 'P01-TCR-2', '1'), abundance('month1', null, null), abundance('month3', 'P01-TCR-3', '1')],
    clone_tracking: [{contrast: 'other', clone_id: 'P01-TCR-1', verdict: 'expanded'}, {contrast: 'month3-vs-baseline', clone_id: 'P01-TCR-1', verdict: 'contracted'}, {contrast: 'later', clone_id: 'P01-TCR-1', verdict: 'new'}],
  }},
};

const bytes = (text: string): number[] => [...Buffer.from(text, 'base64')];
const words = (text: string): number[] => [...new Uint16Array(Uint8Array.from(Buffer.from(text, 'base64')).buffer)];

test('places, levels and scores are those of the kept cells, in one order', () => {
  const map = cellMapData(content)!;
  expect([map.n, words(map.x), words(map.y)]).toEqual([3, [0, 65_535, 32_768], [0, 65_535, 32_768]]);
  const [lineage, type] = map.fields;
  expect(bytes(lineage.codes).map((code) => lineage.levels[code])).toEqual(['T cell', 'B cell', 'T cell']);
  expect(lineage.colours).toEqual(['#0072B2', '#D55E00']);
  expect(bytes(type.codes).map((code) => type.levels[code])).toEqual(['T cell', 'T cell', '</script>']);
  expect([map.scores[0].low, map.scores[0].high, bytes(map.scores[0].codes)]).toEqual([0, 1, [0, 255, 254]]);
});

test('batches are a colour where there are several', () => {
  expect(cellMapData(content)?.fields.map(({name}) => name)).toEqual(['lineage', 'cell type', 'patient', 'timepoint', 'sample']);
  const two = [cell('a', {sample_id: 'S'}), cell('b', {sample_id: 'T'})];
  const batch = cellMapData({...content, scores: [], sheet: [{sample_id: 'S', batch: 'B1'}, {sample_id: 'T', batch: 'B2'}], data: {...content.data, tables: {cells: two}}})?.fields.find(({name}) => name === 'batch');
  expect([batch?.levels, bytes(batch?.codes ?? '')]).toEqual([['B1', 'B2'], [0, 1]]);
});

// month1 has no repertoire; a clone of one cell has no history; the verdict is that of the main contrast.
test('a clone has its cells at every timepoint and its verdict', () => {
  const {rows, codes} = cellMapData(content)!.clones;
  expect(rows).toEqual([['P01-TCR-1', 'month3-vs-baseline: contracted', [5, null, 0]]]);
  expect(codes.map(words)).toEqual([[0, 65_535, 65_535], [65_535, 65_535, 65_535]]);
});

test('names cannot end the block of data, and without an embedding there is no map', () => {
  expect(cellMap(content).match(/<\/script>/g)?.length).toBe(1);
  expect(cellMap({...content, data: {...content.data, tables: {}}})).toBe('');
});

test('beyond 20,000 cells every k-th is drawn, and the page says so', () => {
  // 30,001 cells: every second.
  const cells = Array.from({length: 30_001}, (_, i) => cell(String(i), {umap_1: String(i)}));
  const many = {...content, scores: [], data: {...content.data, tables: {cells}}};
  expect(cellMapData(many)?.n).toBe(15_001);
  expect(cellMap(many)).toContain('<p>15001 of 30001 cells are drawn, evenly from every sample');
  expect(cellMap(content)).not.toContain('cells are drawn');
});
