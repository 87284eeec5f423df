import {expect, test} from 'vitest';
import {numpyGenerator, rGenerator} from '../../../pipeline/base/mersenne-twister.ts';

// Origin: R 4.2.2, numpy 1.24.2 and pandas 1.5.3, as printed by them.
test('R: uniforms after set.seed', () => {
  const one = rGenerator(1);
  expect([one.uniform(), one.uniform(), one.uniform(), one.uniform()]).toEqual([0.26550866314209998, 0.37212389963679016, 0.57285336335189641, 0.90820778999477625]);
  const zero = rGenerator(0);
  expect([zero.uniform(), zero.uniform()]).toEqual([0.8966972001362592, 0.26550866314209998]);
});

test('R: normal deviates by inversion', () => {
  const stream = rGenerator(1);
  for (const value of [-0.62645381074233242, 0.18364332422208224, -0.83562861241004716]) expect(stream.normal()).toBeCloseTo(value, 13);
});

test('R: sample without replacement, of less and of more than 65,536, and after normal deviates', () => {
  const places = (seed: number, n: number, size: number): number[] => rGenerator(seed).sample(n, size).map((place) => place + 1);
  expect(places(1, 376, 6)).toEqual([324, 167, 129, 299, 270, 187]);
  expect(places(1, 70000, 4)).toEqual([24388, 59521, 43307, 69586]);
  const after = rGenerator(1);
  for (let i = 0; i < 9015; i++) after.normal();
  expect(after.sample(376, 5).map((place) => place + 1)).toEqual([345, 355, 276, 116, 29]);
});

test('NumPy: words, a permutation, and what pandas samples from one stream', () => {
  const words = numpyGenerator(0);
  expect([words.word(), words.word(), words.word(), words.word()].map((word) => word.toString(16))).toEqual(['8c7f0aac', '97c4aa2f', 'b716a675', 'd821ccc0']);
  expect([...numpyGenerator(0).permutation(10)]).toEqual([2, 8, 4, 9, 1, 6, 7, 3, 0, 5]);
  const stream = numpyGenerator(0);
  expect([...stream.permutation(376).slice(0, 5)]).toEqual([122, 297, 313, 366, 204]);
  expect([...stream.permutation(375).slice(0, 5)]).toEqual([196, 187, 14, 31, 154]);
});

test('a draw of everything is a permutation, of one of one that one', () => {
  expect(rGenerator(7).sample(100, 100).sort((a, b) => a - b)).toEqual(Array.from({length: 100}, (_, i) => i));
  expect(rGenerator(7).sample(1, 1)).toEqual([0]);
  expect([...numpyGenerator(7).permutation(1)]).toEqual([0]);
});

test('a fork draws what its origin would have drawn next, and leaves it alone', () => {
  const [origin, expected] = [numpyGenerator(7), numpyGenerator(7)];
  origin.permutation(700);
  expected.permutation(700);
  const next = [...expected.permutation(700)];
  const fork = origin.fork();
  expect([...fork.permutation(700)]).toEqual(next);
  expect([...origin.permutation(700)]).toEqual(next);
});
