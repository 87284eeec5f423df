// The clinical numbers that the simulated visits are made for, recomputed from the rows; and junctions that are in frame.
import {expect, test} from 'vitest';
import {sledaiItems, sledaiWeight} from '../../../pipeline/analysis/clinical/sledai-items.ts';
import {clinicalVisits} from '../../../pipeline/analysis/simulated-cohort/clinical.ts';
import {makeSampler} from '../../../pipeline/analysis/simulated-cohort/expression.ts';
import {makeClone, seeCell, translate} from '../../../pipeline/analysis/simulated-cohort/receptors.ts';
import {addSexGenes, sexGeneNames} from '../../../pipeline/analysis/simulated-cohort/sex-genes.ts';
import {readSex} from '../../../pipeline/analysis/sex-check.ts';
import {randomStream} from '../../../pipeline/base/random.ts';
import type {SparseMatrix} from '../../../pipeline/data/matrix.ts';
import type {Row} from '../../../pipeline/data/table.ts';

const timepoints = [{label: 'baseline', day: -7}, {label: 'month1', day: 30}, {label: 'month3', day: 90}];
const patients = Array.from({length: 7}, (_, i) => clinicalVisits({patient_id: `P${i}`, patientIndex: i, timepoints, responds: true, lymphocyteFactor: 1, hasBCells: (label) => label === 'baseline' || (label === 'month3' && i !== 6)}));
const number = (row: Row, name: string): number => Number(row[name]);
const sorted = (values: readonly number[]): number[] => [...values].sort((a, b) => a - b);

// Gladman et al. 2002: 8 x 8 + 6 x 4 + 7 x 2 + 3 x 1 = 105 points at most.
test('the weights of the 24 items add up to 105, and each recorded total is the sum of its items', () => {
  expect(sledaiItems.length).toBe(24);
  expect(sledaiItems.reduce((sum, item) => sum + sledaiWeight(item), 0)).toBe(105);
  for (const row of patients.flat()) expect(number(row, 'sledai_2k_total')).toBe(sledaiItems.reduce((sum, item) => sum + number(row, `sledai_${item}`) * sledaiWeight(item), 0));
});

test('SLEDAI-2K is 18 (10-22) at baseline and 0 (0-4) at the last visit', () => {
  const first = sorted(patients.map((visits) => number(visits[0], 'sledai_2k_total')));
  const last = sorted(patients.map((visits) => number(visits[visits.length - 1], 'sledai_2k_total')));
  expect([first[0], first[3], first[6], last[0], last[3], last[6]]).toEqual([10, 18, 22, 0, 0, 4]);
});

// DORIS: clinical SLEDAI (without low complement and DNA binding) 0, PGA < 0.5, prednisone <= 5 mg (van Vollenhoven 2021); 2017 complete also needs normal serology.
test('at the last visit 6 of 7 are in DORIS 2021 and 5 of 7 in DORIS 2017 complete remission', () => {
  const states = patients.map((visits) => {
    const row = visits[visits.length - 1];
    const serology = 2 * number(row, 'sledai_low_complement') + 2 * number(row, 'sledai_dna_binding');
    const doris2021 = number(row, 'sledai_2k_total') - serology === 0 && number(row, 'pga') < 0.5 && number(row, 'prednisone_mg_per_day') <= 5;
    const isNormal = number(row, 'c3_g_per_l') >= number(row, 'c3_lln') && number(row, 'c4_g_per_l') >= number(row, 'c4_lln') && number(row, 'anti_dsdna_iu_per_ml') <= number(row, 'anti_dsdna_uln');
    return {doris2021, complete2017: doris2021 && isNormal};
  });
  expect([states.filter((state) => state.doris2021).length, states.filter((state) => state.complete2017).length]).toEqual([6, 5]);
});

test('B cells are gone at month 1 in all and back at month 3 and the next visit in six', () => {
  expect(patients.filter((visits) => number(visits[1], 'cd19_per_ul') <= number(visits[1], 'cd19_lod_per_ul')).length).toBe(7);
  expect(patients.filter((visits) => number(visits[2], 'cd19_per_ul') > 10 && number(visits[3], 'cd19_per_ul') > 10).length).toBe(6);
});

test('junctions start with C, end with F or W, have no stop, and cells of a B clone stay within the threshold', () => {
  const random = randomStream(1, 'junctions');
  for (let i = 0; i < 200; i++) {
    const clone = makeClone('c', i % 2 === 0 ? 'TCR' : 'BCR', random);
    for (const chain of [clone.vdj, clone.vj]) expect(translate(chain.junction)).toMatch(/^C[^*]*[FW]$/);
    const seen = Array.from({length: 6}, () => seeCell(clone, random).find((contig) => contig.locus === clone.vdj.locus)).filter((contig) => contig !== undefined);
    for (const a of seen) {
      for (const b of seen) {
        const distance = [...a.junction].filter((base, k) => base !== b.junction[k]).length / a.junction.length;
        expect(distance).toBeLessThanOrEqual(clone.receptor === 'TCR' ? 0 : 0.1);
      }
    }
  }
});

test('a sampler draws each gene by its weight', () => {
  const random = randomStream(2, 'sampler');
  const sampler = makeSampler(Float64Array.of(1, 3, 0, 6));
  const counts = [0, 0, 0, 0];
  for (let i = 0; i < 100_000; i++) counts[sampler.draw(random)]++;
  // Three standard deviations of a share of 0.6 in 100,000 draws are 0.005.
  [0.1, 0.3, 0, 0.6].forEach((share, k) => expect(Math.abs(counts[k] / 100_000 - share)).toBeLessThan(0.005));
});

// 500 cells of 2,600 UMIs: XIST 4e-4 x 1.3e6 = 520, Y genes 7.1e-4 x 1.3e6 = 923; four Poisson standard deviations are 91 and 122.
test('cells have the genes of their sex and none of the other, beside unchanged counts', () => {
  const nRows = 500;
  const counts: SparseMatrix = {kind: 'sparse', nRows, nColumns: 2, indptr: Uint32Array.from({length: nRows + 1}, (_, row) => 2 * row), indices: Uint32Array.from({length: 2 * nRows}, (_, k) => k % 2), values: Float32Array.from({length: 2 * nRows}, (_, k) => (k % 2 === 0 ? 2000 : 600))};
  const seen = (['female', 'male'] as const).map((sex) => {
    const more = addSexGenes(counts, {seed: 1, sample: 'S1', sex});
    expect(addSexGenes(counts, {seed: 1, sample: 'S1', sex})).toEqual(more);
    const others = [...more.indices.keys()].filter((k) => more.indices[k] < 2);
    expect(others.map((k) => more.values[k])).toEqual([...counts.values]);
    return readSex(more, ['A', 'B', ...sexGeneNames]);
  });
  expect(seen).toMatchObject([{yUmis: 0, sex: 'female'}, {xistUmis: 0, sex: 'male', nYGenes: 6}]);
  expect(Math.abs((seen[0].xistUmis ?? 0) - 520)).toBeLessThan(91);
  expect(Math.abs((seen[1].yUmis ?? 0) - 923)).toBeLessThan(122);
});
