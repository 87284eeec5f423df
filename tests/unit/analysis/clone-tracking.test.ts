import {expect, test} from 'vitest';
import {trackClones} from '../../../pipeline/analysis/clone-tracking.ts';
import {compareRepertoires} from '../../../pipeline/analysis/repertoire-overlap.ts';

test.each([
  // before of 1000, after of 999, R 4.2.2 fisher.test, log2 fold change: fisher_pre_post_top60.csv
  [0, 100, 5.51884720387736e-32, 7.65249366535283],
  [0, 50, 4.61778659326422e-16, 6.6596534569257],
  [0, 30, 7.35459699986333e-10, 5.93217931173679],
  [0, 6, 0.0154612661996075, 3.701881692315],
  [6, 0, 0.031015859961788, -3.69899774396719],
  [5, 0, 0.0621875785163489, -3.45798964446339],
  [4, 0, 0.124624906344008, -3.16848302726841],
])('%i of 1000 against %i of 999 has the p value and fold change of R', (nBefore, nAfter, p, log2) => {
  const [row] = trackClones(new Map([['a', nBefore], ['z', 1000 - nBefore]]), new Map([['a', nAfter], ['z', 999 - nAfter]]));
  expect(Math.abs(row.p_value! / p - 1)).toBeLessThan(1e-9);
  expect(row.log2_fold_change).toBeCloseTo(log2, 10);
});

test('q values are Benjamini and Hochberg\'s over the clones of the call', () => {
  // fisher_pre_post_top60.csv: clone 3128 (0 of 1000, 100 of 999) among 1198 clones; here beside 1197 that have p = 1 (1 cell, either side).
  const before = new Map([...new Array<undefined>(1000)].map((_, index) => [`b${index}`, 1]));
  const after = new Map([['a', 100], ...[...new Array<undefined>(899)].map((_, index): [string, number] => [index < 197 ? `c${index}` : `b${index}`, 1])]);
  const rows = trackClones(before, after);
  expect(rows).toHaveLength(1198);
  expect(rows.find((row) => row.clone_id === 'a')!.q_value! / 6.61157895024508e-29).toBeCloseTo(1, 9);
});

test('the interval of the fold change is the log-normal one', () => {
  // a = b = 9.5 of 100 + 1: 1.959964 sqrt(2 / 9.5 - 2 / 101) / ln 2 on both sides of 0.
  const [row] = trackClones(new Map([['a', 9], ['z', 91]]), new Map([['a', 9], ['z', 91]]));
  const margin = (1.959963984540054 * Math.sqrt(2 / 9.5 - 2 / 101)) / Math.LN2;
  expect([row.log2_fold_change, row.verdict]).toEqual([0, 'not-distinguishable']);
  expect(row.log2_fold_change_lower).toBeCloseTo(-margin, 12);
  expect(row.log2_fold_change_upper).toBeCloseTo(margin, 12);
});

test('verdicts: new, not detected, expanded, contracted, not distinguishable', () => {
  const before = new Map([['gone', 60], ['grown', 10], ['shrunk', 100], ['same', 20], ['rest', 810]]);
  const after = new Map([['new', 60], ['grown', 100], ['shrunk', 10], ['same', 22], ['rest', 808]]);
  const verdicts = Object.fromEntries(trackClones(before, after).map((row) => [row.clone_id, row.verdict]));
  expect(verdicts).toEqual({
    gone: 'not-detected', grown: 'expanded', new: 'new', rest: 'not-distinguishable', same: 'not-distinguishable', shrunk: 'contracted',
  });
});

test('absence in a shallow sample is contraction, not absence', () => {
  // 10 of 12 cells, then 0 of 5: the limit 1 - 0.05^(1/5) = 0.451 is below the exact lower bound 0.516; with 0 of 4 it is 0.527.
  const verdictOf = (nAfter: number) => trackClones(new Map([['a', 10], ['b', 2]]), new Map([['b', nAfter]])).find((row) => row.clone_id === 'a')?.verdict;
  expect(verdictOf(5)).toBe('not-detected');
  expect(verdictOf(4)).toBe('contracted');
});

test('no cells on one side leave the verdict missing with the reason', () => {
  expect(trackClones(new Map([['a', 5]]), new Map())).toEqual([{
    clone_id: 'a', n_before: 5, n_cells_before: 5, n_after: 0, n_cells_after: 0, frequency_before: 1, frequency_after: null,
    log2_fold_change: null, log2_fold_change_lower: null, log2_fold_change_upper: null, p_value: null, q_value: null,
    // 1 - 0.05^(1 / 5).
    detection_limit_after: null, detection_limit_before: expect.closeTo(0.4507197283, 9), verdict: null, missing: 'no cells with a clone after',
  }]);
});

test('overlap of shared and unshared clones', () => {
  // a = (3, 1, 0), b = (1, 0, 1): MH = 2 * 3/8 / (10/16 + 2/4) = 2/3.
  const overlap = compareRepertoires(new Map([['x', 3], ['y', 1], ['z', 0]]), new Map([['x', 1], ['z', 1]]));
  expect(overlap).toMatchObject({n_shared: 1, jaccard: 1 / 3, overlap: 1 / 2, missing: ''});
  expect(overlap.morisita_horn).toBeCloseTo(2 / 3, 14);
  expect(compareRepertoires(new Map([['x', 0]]), new Map([['x', 1]]))).toEqual({
    n_shared: 0, jaccard: null, overlap: null, morisita_horn: null, missing: 'a sample without clones',
  });
});
