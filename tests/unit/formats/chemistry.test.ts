import {mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {expect, test} from 'vitest';
import {barcodeParts, barcodeReadLength, reverseComplement, type Chemistry} from '../../../pipeline/data/chemistry.ts';
import {readChemistry} from '../../../pipeline/formats/chemistry.ts';
import {readStarsoloSummary} from '../../../pipeline/formats/starsolo-summary.ts';

function withFile<T>(content: string, read: (path: string) => T): T {
  const folder = mkdtempSync(join(tmpdir(), 'lymphline-chemistry-'));
  try {
    writeFileSync(join(folder, 'file'), content);
    return read(join(folder, 'file'));
  } finally {
    rmSync(folder, {recursive: true});
  }
}

const enhanced: Chemistry = {
  summary: '', strand: 'forward', whitelist: '', umi: {start: 36, length: 8}, anchor: {sequence: 'GTGANNNNNNNNNGACA', start: 10, max_shift: 3},
  barcode: [{start: 1, length: 9}, {start: 14, length: 9}, {start: 27, length: 9}],
};

test('the parts of a barcode are found behind an insert; without the anchor there are none', () => {
  const [a, b, c] = ['AAACCCGGG', 'TTTGGGAAA', 'CCCAAATTT'];
  for (const insert of ['', 'A', 'GT', 'TCA']) expect(barcodeParts(enhanced, `${insert}${a}GTGA${b}GACA${c}ACGTACGT`)).toEqual([a, b, c]);
  expect(barcodeParts(enhanced, `${a}GTCA${b}GACA${c}ACGTACGT`)).toBeUndefined();
  // The UMI ends at base 43, up to three bases later with an insert.
  expect(barcodeReadLength(enhanced)).toBe(46);
  expect(reverseComplement('AACGTN')).toBe('NACGTT');
});

test('a read that ends within the barcode has none', () => {
  const simple: Chemistry = {summary: '', strand: 'forward', whitelist: '', barcode: [{start: 1, length: 16}], umi: {start: 17, length: 12}};
  expect(barcodeParts(simple, 'ACGT'.repeat(3))).toBeUndefined();
});

test.each([
  ['barcode: [{start: 1, length: 16}]\numi: {start: 16, length: 12}\nstrand: forward\n', 'the UMI (16 to 27) lies in part 1 of the barcode, (1 to 16)', 2],
  ['umi: {start: 40, length: 8}\nstrand: forward\nbarcode:\n  - {start: 1, length: 9}\n  - {start: 9, length: 9}\n', 'part 2 of the barcode (9 to 17) begins before part 1 ends, (1 to 9)', 5],
  ['barcode: [{start: 1}]\numi: {start: 17, length: 12}\nstrand: forward\n', 'barcode {"start":1}', 1],
  ['barcode: [{start: 1, length: 16}]\numi: {start: 17, length: 12}\nstrand: both\n', 'strand both', 3],
])('what contradicts itself is told at its line: %#', (content, found, line) => {
  expect(() => withFile(content, readChemistry)).toThrow(expect.objectContaining({detail: expect.objectContaining({found, line})}));
});

test('a value that STAR could not compute is no number', () => {
  const summary = withFile('Number of Reads,200000\nQ30 Bases in CB+UMI,-nan\nReads Mapped to Gene: Unique+Multiple Gene,NoMulti\nReads Mapped to Gene: Unique Gene,0.4\n', readStarsoloSummary);
  expect([...summary]).toEqual([['Number of Reads', 200_000], ['Q30 Bases in CB+UMI', null], ['Reads Mapped to Gene: Unique+Multiple Gene', null], ['Reads Mapped to Gene: Unique Gene', 0.4]]);
});
