// Do the lengths of the reads fit the chemistry, and is read 1 the one with the barcode?
import {barcodeReadLength, endOf, type Chemistry} from '../../pipeline/data/chemistry.ts';
import type {FastqSummary} from '../../pipeline/formats/fastq.ts';
import {refuse} from '../../pipeline/step-runtime/run-step.ts';

export interface ReadPair {
  readonly path1: string;
  readonly path2: string;
  readonly read1: FastqSummary;
  readonly read2: FastqSummary;
}

export const swapAdvice = 'Swap fastq_1 and fastq_2 in the samples sheet: fastq_1 is the read with the barcode.';

export function refuseLengths({path1, path2, read1, read2}: ReadPair, {chemistry, name, minRead2}: {chemistry: Chemistry; name: string; minRead2: number}): void {
  const needed = Math.max(...[...chemistry.barcode, chemistry.umi].map(endOf));
  if (read1.minLength < needed) {
    refuse({
      input: path1, found: `read 1 of ${span(read1)} bases`, expected: `at least ${needed}: barcode and UMI of ${name || 'this chemistry'} end there`,
      advice: 'Check the column chemistry, that fastq_1 is the read with the barcode, and that it was not trimmed.',
    });
  }
  if (read2.maxLength < minRead2) refuse({input: path2, found: `read 2 of ${span(read2)} bases`, expected: `at least ${minRead2}, to be aligned`, advice: 'Check that this is read 2 and no index read (I1, I2).'});
}

/** Without a whitelist: by the lengths, and where they do not tell by what the reads say of themselves (`1:N:0:…`). */
export function refuseSwapped({path1, path2, read1, read2}: ReadPair, chemistry: Chemistry): void {
  const barcodeOnly = Math.max(barcodeReadLength(chemistry), 32);
  const looksSwapped = read2.maxLength <= barcodeOnly && read1.minLength > barcodeOnly;
  const looksRight = read1.maxLength <= barcodeOnly && read2.minLength > barcodeOnly;
  if (looksSwapped) refuse({input: path1, found: `read 1 of ${span(read1)} bases beside a read 2 of ${span(read2)}`, expected: 'the shorter read, with barcode and UMI, in fastq_1', advice: swapAdvice});
  if (!looksRight && mateOf(read1.firstName) === '2' && mateOf(read2.firstName) === '1') {
    refuse({input: path1, line: 1, found: `a read 2 ("${read1.firstName.slice(0, 80)}")`, expected: `read 1, which is in ${path2}`, advice: swapAdvice});
  }
}

const span = ({minLength, maxLength}: FastqSummary): string => (minLength === maxLength ? String(minLength) : `${minLength} to ${maxLength}`);
const mateOf = (name: string): string | undefined => /\s([12]):[YN]:/.exec(name)?.[1] ?? /\/([12])(\s|$)/.exec(name)?.[1];
