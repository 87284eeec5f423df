// How many of a sample of reads have a barcode of the whitelist; where too few have, what would explain it.
import {barcodeParts, reverseComplement, type Chemistry} from '../../pipeline/data/chemistry.ts';
import {findBarcodes} from '../../pipeline/formats/barcode-list.ts';
import {refuse} from '../../pipeline/step-runtime/run-step.ts';
import {swapAdvice, type ReadPair} from './check-lengths.ts';

export interface BarcodeCheck {
  /** Of the sampled reads. */
  readonly share: number;
  readonly nBarcodes: number;
}

interface BarcodeRules {
  readonly chemistry: Chemistry;
  /** One, or one a part of the barcode. */
  readonly whitelists: readonly string[];
  readonly least: number;
}

type Barcodes = readonly (readonly string[] | undefined)[];

export async function checkBarcodes({path1, path2, read1, read2}: ReadPair, {chemistry, whitelists, least}: BarcodeRules): Promise<BarcodeCheck> {
  const asWritten: Barcodes = read1.starts.map((start) => barcodeParts(chemistry, start));
  const candidates: Record<'right' | 'swapped' | 'reversed', Barcodes> = {
    right: asWritten,
    swapped: read2.starts.map((start) => barcodeParts(chemistry, start)),
    reversed: asWritten.map((parts) => parts?.map(reverseComplement)),
  };
  const lists = await Promise.all(chemistry.barcode.map(({length}, part) => {
    const wanted = new Set(Object.values(candidates).flatMap((barcodes) => barcodes.flatMap((parts) => (parts === undefined ? [] : [parts[part]]))));
    return findBarcodes(whitelists[whitelists.length === 1 ? 0 : part], length, wanted);
  }));
  const shareOf = (barcodes: Barcodes): number => barcodes.filter((parts) => parts?.every((part, at) => lists[at].found.has(part))).length / barcodes.length;
  const share = shareOf(candidates.right);
  if (share >= least) return {share, nBarcodes: Math.max(...lists.map(({nBarcodes}) => nBarcodes))};
  const found = `${percent(share)} of ${asWritten.length} sampled reads with a barcode of the whitelist`;
  const expected = `at least ${percent(least)}`;
  const swapped = shareOf(candidates.swapped);
  if (swapped >= least) refuse({input: path1, found: `${found}; of ${path2} ${percent(swapped)} have one`, expected, advice: swapAdvice});
  const reversed = shareOf(candidates.reversed);
  if (reversed >= least) refuse({input: path1, found: `${found}; ${percent(reversed)} have one read backwards`, expected, advice: 'Give the list with reverse-complemented barcodes, or turn read 1 round.'});
  return refuse({
    input: path1, found, expected,
    advice: `Check the columns chemistry and whitelist (${chemistry.whitelist}); where the library really is that poor, lower steps.check-reads.min_whitelist_match.`,
  });
}

const percent = (share: number): string => `${Number((100 * share).toPrecision(3))} %`;
