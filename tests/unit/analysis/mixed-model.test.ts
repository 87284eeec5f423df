import {expect, test} from 'vitest';
import {fitMixedModel, testContrast, type MixedModel} from '../../../pipeline/analysis/mixed-model.ts';
import {summarisePairs} from '../../../pipeline/analysis/exact-paired-tests.ts';
import {hasKang, readFixtures, readReference} from './kang-reference.ts';

/** Rows of (patient, timepoint 1.., value); timepoints as treatment contrasts against the first. */
function fit(rows: readonly (readonly [number | string, number, number])[]): MixedModel {
  const nTimes = Math.max(...rows.map(([, time]) => time));
  const model = fitMixedModel({
    values: rows.map(([, , value]) => value), patients: rows.map(([patient]) => String(patient)),
    design: rows.map(([, time]) => Array.from({length: nTimes}, (_, k) => (k === 0 || time === k + 1 ? 1 : 0))),
  });
  if ('missing' in model) throw new Error(model.missing);
  return model;
}

const three = [
  [1, 1, 5.1], [1, 2, 3.9], [1, 3, 4.0], [2, 1, 6.2], [2, 2, 5.5], [3, 1, 4.8], [3, 2, 4.1], [3, 3, 3.2], [4, 1, 7.0], [4, 2, 5.2], [4, 3, 5.9],
  [5, 1, 5.5], [5, 3, 4.9], [6, 1, 6.6], [6, 2, 4.4], [6, 3, 4.9], [7, 1, 5.9],
] as const;
const twoWithGaps = [[1, 1, 0.52], [1, 2, 0.31], [2, 1, 0.61], [2, 2, 0.40], [3, 1, 0.47], [3, 2, 0.35], [4, 1, 0.58], [5, 1, 0.66], [5, 2, 0.51], [6, 1, 0.49], [6, 2, 0.42], [7, 2, 0.37]] as const;
const against = [[1, 1, 1], [1, 2, 9], [2, 1, 8], [2, 2, 2], [3, 1, 2], [3, 2, 8.5], [4, 1, 7], [4, 2, 3], [5, 1, 3], [5, 2, 7], [6, 1, 6], [6, 2, 4.2], [7, 1, 5.5], [8, 2, 4]] as const;

// Origin: lme4 1.1-31 with lmerTest 3.1-3 (R 4.2.2), lmer(y ~ timepoint + (1 | patient)), tolerances of its optimiser set to 1e-12. Three timepoints with
// gaps, two timepoints with gaps, and one whose patient variance is 0.
test.each([
  ['three timepoints: second', three, [0, 1, 0], -1.26044937152, 0.259171622153, 8.83354957211, 0.000940872537369],
  ['three timepoints: third', three, [0, 0, 1], -1.18572977769, 0.259171622153, 8.83354957188, 0.00140338077619],
  ['three timepoints: third against second', three, [0, -1, 1], 0.0747195938307, 0.279910865874, 8.75016223718, 0.795699174798],
  ['two timepoints, gaps', twoWithGaps, [0, 1], -0.155823089603, 0.0251179402416, 5.03904018265, 0.00154531205803],
  ['singular, gaps', against, [0, 1], 0.742857142857, 1.44918461709, 12, 0.617532776001],
] as const)('%s', (_, rows, contrast, estimate, standardError, df, p) => {
  const answer = testContrast(fit(rows), contrast);
  expect(Math.abs(answer.estimate - estimate)).toBeLessThan(1e-7);
  expect(Math.abs(answer.standardError - standardError)).toBeLessThan(1e-7);
  expect(Math.abs(answer.df - df)).toBeLessThan(1e-5);
  expect(Math.abs(answer.p - p)).toBeLessThan(1e-7);
});

test('the variances are those of lme4, and a patient variance of 0 is told', () => {
  const free = fit(three);
  expect(free.patientVariance).toBeCloseTo(0.452602548229, 6);
  expect(free.residualVariance).toBeCloseTo(0.179529551725, 6);
  expect(free.isSingular).toBe(false);
  expect(fit(against)).toMatchObject({isSingular: true, patientVariance: 0});
});

test('with complete pairs it is the paired t test', () => {
  const pairs = [[0.52, 0.31], [0.61, 0.4], [0.47, 0.35], [0.58, 0.33], [0.66, 0.51], [0.49, 0.42]];
  const answer = testContrast(fit(pairs.flatMap(([a, b], i) => [[i, 1, a], [i, 2, b]] as const)), [0, 1]);
  const paired = summarisePairs(pairs.map(([a, b]) => b - a));
  if ('missing' in paired) throw new Error(paired.missing);
  expect(answer.p).toBeCloseTo(paired.pT ?? Number.NaN, 10);
  expect(answer.df).toBeCloseTo(5, 8);
  expect(answer.ciLower).toBeCloseTo(paired.ciLower ?? Number.NaN, 10);
});

test('what cannot be fitted says why', () => {
  const design = [[1, 0], [1, 1], [1, 0], [1, 1]];
  expect(fitMixedModel({values: [1, 2, 3, 4], patients: ['a', 'b', 'c', 'd'], design})).toEqual({missing: 'no patient has two values'});
  expect(fitMixedModel({values: [1, 2], patients: ['a', 'a'], design: design.slice(0, 2)})).toEqual({missing: '2 values for 2 coefficients'});
  expect(fitMixedModel({values: [1, 2, 3, 4], patients: ['a', 'a', 'b', 'b'], design: [[1, 1], [1, 1], [1, 1], [1, 1]]})).toEqual({missing: 'the fixed effects cannot be told apart'});
  expect(fitMixedModel({values: [1, 1, 1, 1], patients: ['a', 'a', 'b', 'b'], design})).toEqual({missing: 'the values do not vary'});
});

test('the order of patients changes nothing', () => {
  const turned = [...three].reverse();
  expect(testContrast(fit(turned), [0, 1, 0]).p).toBeCloseTo(testContrast(fit(three), [0, 1, 0]).p, 10);
});

// Origin: R 4.2.2 with lmerTest 3.1-3 on the seven hand-sized fixtures, one of them singular.
test.runIf(hasKang)('p and df of the fixtures within 1e-6', () => {
  const fixtures = readFixtures().paired;
  expect(fixtures.length).toBe(7);
  for (const {name, pre, post, lmm_p, lmm_df, lmm_singular} of fixtures) {
    const model = fit(pre.flatMap((value, i) => [[i, 1, value], [i, 2, post[i]]] as const));
    const answer = testContrast(model, [0, 1]);
    expect(model.isSingular, name).toBe(lmm_singular);
    expect(Math.abs(answer.p - lmm_p), name).toBeLessThan(1e-6);
    expect(Math.abs(answer.df - lmm_df), name).toBeLessThan(1e-6);
  }
});

// Origin: the same on 252 sample means of Kang 2018; 59 of the fits are singular.
test.runIf(hasKang)('252 fits of Kang: singular where lme4 is, else the paired t', () => {
  const [header, ...rows] = readReference('paired_tests.csv');
  const [meansHeader, ...means] = readReference('sample_celltype_means.csv');
  const at = (name: string): number => header.indexOf(name);
  const of = (row: string[], name: string): string => row[meansHeader.indexOf(name)];
  const valueOf = new Map(means.map((row) => [['method', 'set', 'group', 'condition', 'patient'].map((name) => of(row, name)).join(' '), Number(of(row, 'mean'))]));
  let nSingular = 0;
  for (const row of rows) {
    const key = `${row[at('method')]} ${row[at('set')]} ${row[at('group')]}`;
    const model = fit(row[at('patients')].split(' ').flatMap((patient) => [[patient, 1, valueOf.get(`${key} ctrl ${patient}`) ?? NaN], [patient, 2, valueOf.get(`${key} stim ${patient}`) ?? NaN]] as const));
    const answer = testContrast(model, [0, 1]);
    if (model.isSingular) nSingular++;
    expect(model.isSingular, key).toBe(row[at('lmm_singular')] === 'TRUE');
    // With complete pairs and a patient variance the answer is the paired t; lme4's optimiser stops up to 5e-6 (p) and 0.011 (df) short of it.
    if (!model.isSingular) {
      expect(Math.abs(answer.p - Number(row[at('p_t')])), key).toBeLessThan(1e-8);
      expect(Math.abs(answer.df - (Number(row[at('n_pairs')]) - 1)), key).toBeLessThan(1e-6);
    }
    expect(Math.abs(answer.p - Number(row[at('lmm_p_satt')])), key).toBeLessThan(model.isSingular ? 1e-6 : 1e-5);
    expect(Math.abs(answer.df - Number(row[at('lmm_df')])), key).toBeLessThan(0.02);
  }
  expect([rows.length, nSingular]).toEqual([252, 59]);
});
