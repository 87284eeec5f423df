import {expect, test} from 'vitest';
import {testFisherExact} from '../../../pipeline/analysis/fisher.ts';

// Origin: R 4.2.2 fisher.test on clones of alakazam's ExampleDb, 1000 sequences at -1h against 999 at +7d.
test.each([
  ['3128', 0, 100, 5.51884720387736e-32],
  ['3100', 0, 50, 4.61778659326422e-16],
  ['3177', 0, 30, 7.35459699986333e-10],
  ['8365', 12, 0, 0.000472340697463594],
  ['6465', 8, 0, 0.00770348085108389],
  ['5060', 7, 0, 0.0154612661996074],
  ['1574', 5, 0, 0.0621875785163489],
] as const)('clone %s has the p value of R, however small', (_, withBefore, withAfter, p) => {
  const result = testFisherExact({withBefore, withoutBefore: 1000 - withBefore, withAfter, withoutAfter: 999 - withAfter});
  if ('missing' in result) throw new Error(result.missing);
  expect(Math.abs(result.p / p - 1)).toBeLessThan(1e-9);
});

// Fisher's tea, 3 of 4 right: (1 + 16 + 16 + 1) / 70. The table as likely as the one seen on the other side counts.
test('tables exactly as likely as the one seen count', () => {
  const result = testFisherExact({withBefore: 3, withoutBefore: 1, withAfter: 1, withoutAfter: 3});
  expect('p' in result && result.p).toBeCloseTo(34 / 70, 12);
});

test('an empty side and what is no count are missing with a reason', () => {
  expect(testFisherExact({withBefore: 0, withoutBefore: 0, withAfter: 2, withoutAfter: 3})).toEqual({missing: 'nothing counted before'});
  expect(testFisherExact({withBefore: -1, withoutBefore: 0, withAfter: 2, withoutAfter: 3})).toEqual({missing: 'withBefore is -1, a count is needed'});
});
