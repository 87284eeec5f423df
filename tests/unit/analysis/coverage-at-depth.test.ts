import {expect, test} from 'vitest';
import {sampleCoverage} from '../../../pipeline/analysis/clonal-abundance.ts';
import {coverageAtSize} from '../../../pipeline/analysis/hill-at-size.ts';

// ExampleDb of alakazam (AGPL-3), as [clone size, number of clones]: countClones.csv of alakazam 1.2.1 in R 4.2.2.
const spread = (sizes: readonly (readonly [number, number])[]): number[] => sizes.flatMap(([size, nClones]) => new Array<number>(nClones).fill(size));
const before = spread([[1, 759], [2, 70], [3, 12], [4, 3], [5, 4], [6, 1], [7, 1], [8, 1], [12, 1]]);
const after = spread([
  [1, 258], [2, 30], [3, 23], [4, 7], [5, 3], [6, 3], [7, 1], [9, 3], [10, 1], [11, 1], [12, 1], [14, 1], [15, 2], [16, 2], [19, 1], [20, 2], [21, 1],
  [23, 1], [26, 1], [27, 1], [28, 1], [30, 1], [44, 1], [50, 1], [100, 1],
]);

// iNEXT 3.0.2, column SC of inext_size_based.csv.
test.each([
  ['-1h', before, 1, 0.000588588588088745], ['-1h', before, 100, 0.0492134025845827], ['-1h', before, 500, 0.159010572454263],
  ['+7d', after, 10, 0.166198698289031], ['+7d', after, 100, 0.527627319355848], ['+7d', after, 500, 0.689396269659718],
] as const)('the coverage of %s at a smaller depth equals iNEXT', (_name, counts, depth, coverage) => {
  expect(Math.abs(coverageAtSize(counts, depth)! - coverage)).toBeLessThan(1e-11);
});

test('at every cell it is the observed coverage, and without cells there is none', () => {
  expect(coverageAtSize(after, 999)).toBe(sampleCoverage(after));
  expect(coverageAtSize([], 1)).toBeNull();
  // Four cells in clones of 1, 1, 2; two drawn: 1 - (2 x 1/4 x C(3,2)/C(3,2) + 2/4 x C(2,2)/C(3,2)) = 1 - (1/2 + 1/6) = 1/3.
  expect(coverageAtSize([1, 1, 2], 2)).toBeCloseTo(1 / 3, 12);
});
