import {expect, test} from 'vitest';
import {detectableDz, pairedPower, powerSentence, smallestExactP, testsNeededOnFloor} from '../../../pipeline/analysis/paired-power.ts';
import {detectableChange, powerLines, powerOfContrasts} from '../../../pipeline/cli/plan-power.ts';
import {hasKang, readFixtures} from './kang-reference.ts';

// Origin: scipy 1.18.1, nct.sf + nct.cdf (beside sctrial's normal approximation of 0.964, 0.919, 0.907).
test('power is that of the non-central t, both tails', () => {
  for (const [n, dz, power] of [[5, 1.68, 0.799], [7, 1.27, 0.798], [8, 1.16, 0.803]]) expect(pairedPower(n, dz)).toBeCloseTo(power, 3);
  // Without a difference it is the level.
  expect(pairedPower(7, 0)).toBeCloseTo(0.05, 10);
});

// Origin: R 4.2.2 power.t.test(type = "paired"), n = 4..10; its root is found to 1e-4, on one tail.
test.runIf(hasKang)('the detectable dz is that of R', () => {
  const rows = readFixtures().paired_t_power;
  expect(rows.length).toBe(7);
  for (const {n, dz_80, dz_90} of rows) {
    expect(Math.abs((detectableDz(n) ?? NaN) - dz_80)).toBeLessThan(2e-4);
    expect(Math.abs((detectableDz(n, 0.9) ?? NaN) - dz_90)).toBeLessThan(2e-4);
  }
});

test('floors: five patients cannot reach 0.05, seven need a third of the tests there', () => {
  expect([4, 5, 6, 7].map(smallestExactP)).toEqual([0.125, 0.0625, 0.03125, 0.015625]);
  // n = 7, 25 tests: 25 x 0.015625 / 0.05 = 7.8; n = 5: 0.0625 / 0.05 > 1; one test of n = 6.
  expect([testsNeededOnFloor(7, 25), testsNeededOnFloor(5, 25), testsNeededOnFloor(6, 1)]).toEqual([8, null, 1]);
});

test('the sentence names what cannot be reached', () => {
  expect(powerSentence(7)).toBe("With 7 complete pairs a paired t test at 0.05 sees a mean change of 1.27 standard deviations of the patients' changes with 80 % power. The exact Wilcoxon and sign-flip tests cannot give a p below 0.0156.");
  expect(powerSentence(7, 25)).toContain("below 0.0156; of the family's 25 tests 8 must sit there before Benjamini and Hochberg call any.");
  expect(powerSentence(5, 25)).toContain('below 0.0625, so they cannot reach 0.05.');
  expect(powerSentence(5)).toContain('below 0.0625, so they cannot reach 0.05');
  expect(powerSentence(1)).toBe('With 1 complete pair no paired test can be made.');
});

test('the table of the plan is that of the science', () => {
  expect(detectableChange).toEqual(Array.from({length: 24}, (_, i) => Number(detectableDz(i + 2)?.toFixed(2))));
});

test('the plan counts patients with a sample on both sides, gaps and infusion products apart', () => {
  const row = (patient_id: string, timepoint: string, more: Readonly<Record<string, string>> = {}) => {
    const all = {sample_id: `${patient_id}-${timepoint}`, patient_id, timepoint, library: 'gex', library_id: '', path: 'x', excluded: '', tissue: 'blood', ...more};
    return {...all, columns: all};
  };
  const rows = [
    ...['P1', 'P2', 'P3', 'P4', 'P5'].flatMap((patient) => [row(patient, 'before'), row(patient, 'after')]),
    row('P6', 'before'), row('P6', 'after', {excluded: 'clotted'}), row('P7', 'before'), row('P7', 'after', {library: '', path: ''}), row('P8', 'before'), row('P8', 'after', {tissue: 'infusion product'}),
  ];
  const powers = powerOfContrasts(rows, [{name: 'c', by: 'timepoint', before: 'before', after: 'after', where: {}, primary: true}]);
  expect(powers).toEqual([{contrast: 'c', pairs: 5, detectable_dz_80: 1.68, smallest_exact_p: 0.0625}]);
  expect(powerLines(powers)).toBe("contrast c: 5 complete pairs; a paired t test sees a change of 1.68 standard deviations of the patients' changes with 80 % power; exact tests give no p below 0.063 and cannot reach 0.05.\n");
  expect(powerLines(powerOfContrasts([row('P1', 'before')], [{name: 'c', by: 'timepoint', before: 'before', after: 'after', where: {}, primary: true}]))).toBe('contrast c: 0 complete pairs, so no test over patients.\n');
});
