import {expect, test} from 'vitest';
import {matchBarcodes} from '../../../pipeline/analysis/barcode-match.ts';

/** Barcodes of 16 nucleotides, n from `first`. */
const cores = (n: number, first = 0): string[] => Array.from({length: n}, (_, k) => (first + k).toString(4).padStart(16, '0').replace(/[0-3]/g, (digit) => 'ACGT'[Number(digit)]));
const written = (barcodes: readonly string[], before: string, behind: string): string[] => barcodes.map((barcode) => `${before}${barcode}${behind}`);

test('barcodes that match as written are left alone, even where most V(D)J cells are not in the matrix', () => {
  // 42 of 2,000 V(D)J cells, which are 42 of the 52 cells of the matrix: the larger share counts.
  const match = matchBarcodes(written(cores(2000), '', '-1'), written([...cores(42), ...cores(10, 5000)], '', '-1'));
  expect(match).toMatchObject({nVdj: 2000, nMatrix: 52, nBoth: 42, rule: null, ambiguous: null});
  expect(match.rate).toBeCloseTo(42 / 52, 12);
});

test.each([
  ['a number that only the matrix has', ['', ''], ['', '-1'], 'without the number behind the barcode (-1)'],
  ['a number that only the receptors have', ['', '-1'], ['', ''], 'without the number behind the barcode (-1)'],
  ['another number after aggregation', ['', '-1'], ['', '-3'], 'without the number behind the barcode (-1)'],
  ['a prefix', ['', '-1'], ['Pt17_', '-1'], 'the nucleotides and number alone, without what stands before or behind'],
  ['a sample behind', ['', '-1'], ['', '-1_dLN-66'], 'the nucleotides and number alone, without what stands before or behind'],
  ['a prefix instead of a number', ['', '-1'], ['S1#', ''], 'the nucleotides of the barcode alone'],
])('%s is seen, named and put right', (_, [vdjBefore, vdjBehind], [matrixBefore, matrixBehind], rule) => {
  const vdj = written(cores(30), vdjBefore, vdjBehind);
  const match = matchBarcodes(vdj, written(cores(50), matrixBefore, matrixBehind));
  expect(match).toMatchObject({nBoth: 30, rate: 1, rule});
  expect(match.rename(vdj[7])).toBe(`${matrixBefore}${cores(1, 7)[0]}${matrixBehind}`);
});

test('a rule under which a barcode could be two cells is named and not applied', () => {
  const match = matchBarcodes(cores(30), [...written(cores(30), '', '-1'), ...written(cores(30), '', '-2')]);
  expect(match).toMatchObject({nBoth: 0, rate: 0, rule: null, ambiguous: 'without the number behind the barcode (-1): AAAAAAAAAAAAAAAA would be AAAAAAAAAAAAAAAA-1 and AAAAAAAAAAAAAAAA-2'});
  expect(match.rename('AAAAAAAAAAAAAAAA')).toBe('AAAAAAAAAAAAAAAA');
});

test('libraries of other cells match by no rule', () => {
  expect(matchBarcodes(written(cores(100), '', '-1'), written(cores(100, 1000), '', '-1'))).toMatchObject({nBoth: 0, rate: 0, rule: null, ambiguous: null});
  expect(matchBarcodes([], cores(3))).toMatchObject({rate: 0, rule: null});
});
