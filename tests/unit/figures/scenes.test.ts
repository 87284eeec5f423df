// Every figure in cohorts that are not the usual one: alone, forty patients, long names, nothing at all. It renders, keeps inside its edges and says why.
import {resolve} from 'node:path';
import {Resvg} from '@resvg/resvg-js';
import {expect, test} from 'vitest';
import {randomStream} from '../../../pipeline/base/random.ts';
import {drawFigures, notMade} from '../../../pipeline/figures/all-figures.ts';
import type {Figure, FigureData} from '../../../pipeline/figures/figure.ts';
import {fitted} from '../../../pipeline/figures/patient-grid.ts';
import {scene} from './scene.ts';

const fonts = ['regular', 'bold'].map((weight) => resolve(import.meta.dirname, `../../../configs/fonts/figure-sans-${weight}.ttf`));
const font = {fontFiles: fonts, loadSystemFonts: false, defaultFontFamily: 'Figure Sans'};
const draw = (data: FigureData): Figure[] => drawFigures(data, randomStream(1, 'umap figure'));
const study = scene({nPatients: 7});
const scenes: readonly (readonly [string, FigureData])[] = [
  ['the study', study], ['one patient', scene({nPatients: 1})], ['forty patients', scene({nPatients: 40})],
  ['long names', scene({nPatients: 3, name: (i) => `<site & ward>-patient-${i}-with-a-very-long-label`})],
  ['one timepoint and no contrast', {...study, timepoints: ['baseline'], contrasts: []}], ['no table', {...study, tables: {}}], ['no patient', {...study, tables: {}, patients: [], timepoints: []}],
];

test.each(scenes)('%s: every figure renders inside its edges, without tiny text or undefined words', (_name, data) => {
  const outside: string[] = [];
  for (const figure of draw(data)) {
    const image = new Resvg(figure.svg, {font});
    const [, width, height] = (/viewBox="0 0 ([\d.]+) ([\d.]+)"/.exec(figure.svg) ?? []).map(Number);
    const box = image.getBBox();
    // Half a line of 1 pt beyond the edge cannot be seen.
    if (box!.x < -0.6 || box!.y < -0.6 || box!.x + box!.width > width + 0.6 || box!.y + box!.height > height + 0.6) outside.push(`${figure.id}: from ${box!.x},${box!.y} ${box!.width} x ${box!.height} in ${width} x ${height}`);
    expect(image.render().pixels.some((value) => value < 200), figure.id).toBe(true);
    for (const [, size] of figure.svg.matchAll(/font-size="([\d.]+)"/g)) expect(Number(size)).toBeGreaterThanOrEqual(6);
    expect(figure.svg + figure.title + figure.caption, figure.id).not.toMatch(/NaN|undefined|Infinity/);
    expect(figure.svg).not.toContain('<site');
    expect(figure.values.rows.length, figure.id).toBeGreaterThan(0);
    expect(figure.values.columns.at(-1), figure.id).toBe('missing');
    expect(new Set([...figure.svg.matchAll(/ id="([^"]*)"/g)].map(([, id]) => id)).size, figure.id).toBe([...figure.svg.matchAll(/ id="/g)].length);
  }
  expect(outside).toEqual([]);
});

test('equal tables give equal pictures, and ids are the figure\'s own', () => {
  expect(draw(study)).toEqual(draw(scene({nPatients: 7})));
  const ids = draw(study).flatMap(({svg}) => [...svg.matchAll(/ id="([^"]*)"/g)].map(([, id]) => id));
  expect(new Set(ids).size).toBe(ids.length);
});

test('the whole list is drawn where the data are there, and says why where they are not', () => {
  const clinical = ['clinical-course', 'endpoints'];
  expect(draw(study).flatMap(({id, absent}) => (absent === undefined ? [] : [id]))).toEqual(clinical);
  const none = draw({...study, tables: {}, patients: []});
  expect(none.filter(({absent}) => absent === undefined).map(({id}) => id)).toEqual([]);
  for (const {svg, id} of none) expect(svg, id).toContain('-hatch)');
  expect(notMade('inflammation', study).map(({name}) => name)).toEqual(['BAFF-dependent genes in B cells']);
  expect(notMade('inflammation', {...study, tables: {signature_sets: [{signature: 'MY_BAFF_SET'}]}})).toEqual([]);
});

test('the lanes of the design hold samples, gaps with their reason, biopsies, toxicity and visits', () => {
  const values = draw(study)[0].values.rows.filter((row) => row['patient_id'] === 'P04' || row['patient_id'] === 'P02');
  expect(values.filter((row) => row['patient_id'] === 'P04' && row['what'] === 'gap')).toEqual([{patient_id: 'P04', kind: 'sample', what: 'gap', day: 30, missing: 'excluded: the tube clotted'}]);
  expect(values.filter((row) => row['kind'] === 'crs')).toEqual([{patient_id: 'P02', kind: 'crs', what: 'CRS grade 1', day: 4, day_end: 8, missing: null}]);
  expect(values.filter((row) => row['patient_id'] === 'P02' && row['kind'] === 'biopsy').map((row) => row['day'])).toEqual([-20, 180]);
});

// 64 cells: one clone of 50, one of 6, one of 2, six of 1.
test('classes of clone size are shares of the cells of a sample', () => {
  const {values} = draw(study).find(({id}) => id === 'clone-size-classes')!;
  expect(values.rows.filter((row) => row['panel'] === 'TCR, share of cells' && row['patient_id'] === 'P01' && row['timepoint'] === 'baseline').map((row) => [row['level'], row['share'], row['n']])).toEqual([['1 cell', 6 / 64, 64], ['2 cells', 2 / 64, 64], ['3–9 cells', 6 / 64, 64], ['10–99 cells', 50 / 64, 64]]);
  expect(values.rows.find((row) => row['panel'] === 'BCR, share of cells' && row['timepoint'] === 'month1')?.['missing']).toBe('only 0 BCR+ cells, 20 needed');
});

test('B cells are split into types only where there are enough of them', () => {
  const {values} = draw(study).find(({id}) => id === 'b-cell-types')!;
  expect(values.rows.filter((row) => row['patient_id'] === 'P01').map((row) => [row['timepoint'], row['level'] ?? null, row['share'] ?? null, row['missing']])).toEqual([
    ['baseline', 'naive B cell', 0.5, null], ['baseline', 'memory B cell', 0.5, null], ['month1', null, null, '0 cells, 10 needed'], ['month3', 'naive B cell', 0.5, null], ['month3', 'memory B cell', 0.5, null],
  ]);
});

test('names that do not fit are cut, and told from where they differ if they would look alike', () => {
  // 44 pt at 8 pt hold 10 letters.
  expect(fitted('P01', 44)).toBe('P01');
  expect(fitted('hospital-patient-1', 44)).toBe('hospi…nt-1');
  const names = ['north-LN-001-cart-baseline', 'north-LN-002-cart-baseline', 'north-LN-013-cart-baseline'];
  expect(names.map((name) => fitted(name, 44, 8, names))).toEqual(['…01-cart-…', '…02-cart-…', '…13-cart-…']);
});
