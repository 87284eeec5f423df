import {expect, test} from 'vitest';
import {clopperPearson, detectionLimit} from '../../../pipeline/analysis/proportions.ts';

test('5 of 7 has the exact interval 29.0 to 96.3 %', () => {
  const interval = clopperPearson(5, 7);
  if ('missing' in interval) throw new Error(interval.missing);
  expect(interval.ciLower).toBeCloseTo(0.29, 3);
  expect(interval.ciUpper).toBeCloseTo(0.963, 3);
});

// Arithmetic: (1 - upper)^7 = 0.025, so upper = 1 - 0.025^(1/7) = 0.4096164.
test('none of 7 reaches down to 0 and all of 7 up to 1, mirrored', () => {
  const none = clopperPearson(0, 7);
  const all = clopperPearson(7, 7);
  if ('missing' in none || 'missing' in all) throw new Error('missing');
  expect(none.ciLower).toBe(0);
  expect(none.ciUpper).toBeCloseTo(1 - 0.025 ** (1 / 7), 9);
  expect(all.ciUpper).toBe(1);
  expect(all.ciLower).toBeCloseTo(0.025 ** (1 / 7), 9);
});

test('the share that would be missed in 5 % of draws of n cells', () => {
  const limit = detectionLimit(100);
  if ('missing' in limit) throw new Error(limit.missing);
  expect((1 - limit.share) ** 100).toBeCloseTo(0.05, 12);
});

test('no cells give no share, with the reason', () => {
  expect(clopperPearson(0, 0)).toEqual({missing: 'nothing counted'});
  expect(clopperPearson(8, 7)).toEqual({missing: '8 of 7 is not a count of a count'});
  expect(detectionLimit(0)).toEqual({missing: '0 cells, at least 1 needed'});
});
