import {expect, test} from 'vitest';
import {verdictRows} from '../../../pipeline/analysis/verdict.ts';
import type {Row} from '../../../pipeline/data/table.ts';

const main: Row = {
  contrast: 'c', family: 'primary-signatures', outcome: 'SET', cell_type: 'T cell', level: 'lineage', variant: 'main', n_pairs: 7, mean_difference: -0.0123, ci_lower: -0.018, ci_upper: -0.0066,
  n_up: 0, n_down: 7, p_t: 0.0004, p_wilcoxon: 0.015625, p_sign_flip: 0.015625, p_floor: 0.015625, q_t: 0.002, missing: null,
};
const check = (variant: string, more: Row = {}): Row => ({...main, variant, q_t: null, ...more});
const sentenceOf = (rows: readonly Row[]): unknown => verdictRows(rows, new Map([['c', 'month3']]))[0]?.['sentence'];

test('a claim names its numbers, what it holds by and what it does not', () => {
  const rows = [main, check('method:aucell'), check('method:tirosh', {p_t: 0.2}), check('as-counted', {mean_difference: 0.01}), check('without P1'), check('without P2'), {...main, outcome: 'SET_NO_IFN', q_t: 0.4, p_t: 0.3}];
  expect(sentenceOf(rows)).toBe(
    'Lower at month3 in 7 of 7 patients (difference -0.012, 95 % CI -0.018 to -0.0066, p 4.0e-4, q 0.002); holds by aucell, whichever patient is left out, by the exact Wilcoxon test and by the exact sign-flip test; '
    + 'does not hold without its interferon genes, by tirosh and without matching depth.');
  expect(verdictRows(rows, new Map())).toMatchObject([{outcome: 'SET', verdict: 'lower', n_checks: 7}, {outcome: 'SET_NO_IFN', verdict: 'no change seen'}]);
});

test('what rests on one patient is said with that patient', () => {
  expect(sentenceOf([main, check('without P1', {p_t: 0.08}), check('without P2')])).toContain('does not hold without P1.');
});

test('no change comes with what could have been seen, and with what only a check sees', () => {
  // 80 % power with 7 pairs: dz 1.27 (R power.t.test).
  expect(sentenceOf([{...main, p_t: 0.09, q_t: 0.2, p_wilcoxon: 0.1, p_sign_flip: 0.1}, check('method:aucell', {p_t: 0.01})])).toBe(
    'No change seen at month3 (difference -0.012, 95 % CI -0.018 to -0.0066, p 0.09, q 0.2). With 7 patients a change of 1.27 standard deviations would be seen with 80 % power. Seen only by aucell, which is not the declared analysis.');
});

test('an exact test that cannot reach the level is no check, and what was not tested says why', () => {
  // Five patients: the floor is 2 / 2^5 = 0.0625.
  expect(sentenceOf([{...main, n_pairs: 5, n_down: 5, p_wilcoxon: 0.0625, p_sign_flip: 0.0625, p_floor: 0.0625}])).not.toContain('Wilcoxon');
  expect(sentenceOf([{...main, mean_difference: null, q_t: null, missing: '2 complete pairs, 3 needed'}])).toBe('Not tested: 2 complete pairs, 3 needed.');
});

test('exploratory sets, types below the lineages and unassigned cells get no verdict', () => {
  expect(verdictRows([{...main, family: 'exploratory-signatures'}, {...main, level: 'type'}, {...main, cell_type: 'unassigned'}], new Map())).toEqual([]);
});
