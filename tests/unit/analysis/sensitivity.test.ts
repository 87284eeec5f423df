import {expect, test} from 'vitest';
import {leaveOneOut, mixedModelOf, moderatedIncompleteTs, moderatedTs} from '../../../pipeline/analysis/sensitivity.ts';
import {comparisonRows, type Comparison} from '../../../pipeline/analysis/timepoint-comparison.ts';

/** Patient -> values at visits 1, 2, 3; null where there is no sample. */
function comparison(values: Readonly<Record<string, readonly (number | null)[]>>, outcome = 'S'): Comparison {
  const patients = Object.keys(values);
  const complete = patients.filter((patient) => values[patient][0] !== null && values[patient][1] !== null);
  return {
    keys: {contrast: 'c', family: 'primary-signatures', outcome, variant: 'main'}, isInFamily: true, minPairs: 3,
    pairs: {pairs: complete.map((patient_id) => ({patient_id, before: `${patient_id}/0`, after: `${patient_id}/1`})), dropped: patients.filter((patient) => !complete.includes(patient)).map((patient_id) => ({patient_id, reason: 'no sample'}))},
    valueOf: (sample) => {
      const [patient, visit] = sample.split('/');
      const value = values[patient][Number(visit)];
      return value === null || value === undefined ? {missing: 'no sample'} : {value};
    },
  };
}
const visitsOf = (values: Readonly<Record<string, readonly (number | null)[]>>, nVisits: number) => ({
  before: '0', after: '1', samples: Object.keys(values).flatMap((patient_id) => Array.from({length: nVisits}, (_, k) => ({sample_id: `${patient_id}/${k}`, patient_id, side: String(k)}))),
});
const three = {a: [5.1, 3.9, 4.0], b: [6.2, 5.5, null], c: [4.8, 4.1, 3.2], d: [7.0, 5.2, 5.9], e: [5.5, null, 4.9], f: [6.6, 4.4, 4.9], g: [5.9, null, null]};

// Origin: lme4 1.1-31, lmerTest 3.1-3: see mixed-model.test.ts.
test('three visits with gaps: the contrast of the mixed model, with its degrees of freedom in the note', () => {
  const model = mixedModelOf(comparison(three), visitsOf(three, 3));
  const [row] = comparisonRows(model === null ? [] : [model]);
  expect(row).toMatchObject({variant: 'mixed model', n_pairs: 5, p_wilcoxon: null, note: expect.stringContaining('17 samples of 7 patients, REML, Satterthwaite df 8.83')});
  expect(row['mean_difference']).toBeCloseTo(-1.26044937152, 7);
  expect(row['p_t']).toBeCloseTo(0.000940872537369, 8);
});

test('complete pairs at two visits need no model', () => {
  const two = {a: [1, 2], b: [2, 4], c: [3, 3.5]};
  expect(mixedModelOf(comparison(two), visitsOf(two, 2))).toBeNull();
});

test('a patient variance of 0 gives the paired t, and says so', () => {
  const against = {a: [1, 9], b: [8, 2], c: [2, 8.5], d: [7, 3], e: [3, 7], f: [6, 4.2], g: [5.5, null], h: [null, 4]};
  const main = comparison(against);
  const model = mixedModelOf(main, visitsOf(against, 2));
  const [row, paired] = comparisonRows(model === null ? [] : [model, main]);
  expect(row['note']).toContain('patient variance 0, so the paired t on complete pairs instead');
  expect([row['p_t'], row['mean_difference'], row['ci_lower']]).toEqual([paired['p_t'], paired['mean_difference'], paired['ci_lower']]);
});

test('every complete pair is left out once, and counts as dropped', () => {
  const rows = comparisonRows(leaveOneOut(comparison(three)));
  expect(rows.map((row) => [row['variant'], row['n_pairs'], row['patients_dropped'], row['q_t']])).toEqual(['a', 'b', 'c', 'd', 'f'].map((patient) => [`without ${patient}`, 4, ['e', 'g', patient].sort().join(','), null]));
});

// Origin: limma 3.54.1: see moderated-t.test.ts (rows a and d of it have all pairs).
test('the moderated t stands on complete pairs, names a weak prior, and its interval fits its p', () => {
  const of = (before: readonly number[], after: readonly number[]): Record<string, number[]> => Object.fromEntries(before.map((value, i) => [`p${i}`, [value, after[i]]]));
  const sets = [comparison(of([0.52, 0.61, 0.47, 0.58, 0.66, 0.49], [0.31, 0.4, 0.35, 0.33, 0.51, 0.42]), 'A'), comparison(of([2, 2.5, 2.2, 2.9, 3.1, 2.4], [1.1, 2.6, 2.5, 2.2, 2.3, 2.9]), 'B')];
  const rows = comparisonRows(moderatedTs(sets));
  expect(rows.map((row) => [row['outcome'], row['variant']])).toEqual([['A', 'moderated t'], ['B', 'moderated t']]);
  expect(rows[0]['note']).toMatch(/^prior df .*; 2 outcomes make a weak prior$/);
  for (const row of rows) expect(Number(row['p_t']) < 0.05).toBe(Number(row['ci_lower']) > 0 || Number(row['ci_upper']) < 0);
  expect(moderatedTs(sets.slice(0, 1))).toEqual([]);
});

// Origin: limma 3.54.1 with statmod 1.5.0: the four rows of moderated-t.test.ts, of which b and c lack one value each.
test('a patient with one side alone counts in the moderated t by correlation, and complete outcomes have no such row', () => {
  const rows = [
    [0.52, 0.61, 0.47, 0.58, 0.66, 0.49, 0.31, 0.4, 0.35, 0.33, 0.51, 0.42],
    [1.1, 1.4, 1.2, null, 1.6, 1.3, 1.0, 1.5, 1.1, 1.2, 1.9, 1.2],
    [0.2, 0.25, 0.22, 0.3, 0.31, 0.27, 0.21, 0.33, 0.25, null, 0.3, 0.36],
    [2, 2.5, 2.2, 2.9, 3.1, 2.4, 1.1, 2.6, 2.5, 2.2, 2.3, 2.9],
  ];
  const byPatient = rows.map((row) => Object.fromEntries(Array.from({length: 6}, (_, i) => [`p${i}`, [row[i], row[i + 6]]])));
  const mains = byPatient.map((values, k) => comparison(values, 'abcd'[k]));
  const found = comparisonRows(moderatedIncompleteTs(mains, visitsOf(byPatient[0], 2)));
  expect(found.map((row) => [row['outcome'], row['variant'], row['n_pairs']])).toEqual([['b', 'moderated t, incomplete pairs', 5], ['c', 'moderated t, incomplete pairs', 5]]);
  expect(found[0]['note']).toMatch(/^11 samples of 6 patients, correlation within patients 0.61, prior df 1.01; 4 outcomes make a weak prior/);
  [[0.9091557346636, 0.01087118830621], [0.118909881218, 0.03673971010936]].forEach(([p, difference], i) => {
    expect(Number(found[i]['p_t'])).toBeCloseTo(p, 5);
    expect(Number(found[i]['mean_difference'])).toBeCloseTo(difference, 5);
  });
  expect(moderatedIncompleteTs([mains[0], mains[3]], visitsOf(byPatient[0], 2))).toEqual([]);
  expect(moderatedIncompleteTs(mains.slice(1, 2), visitsOf(byPatient[0], 2))).toEqual([]);
});
