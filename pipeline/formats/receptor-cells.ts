// What the receptor formats share: missing words, booleans, locus from a gene name, cell_id.
import type {Locus} from '../data/rearrangement.ts';
import type {Cell} from '../data/table.ts';

const loci: readonly string[] = ['IGH', 'IGK', 'IGL', 'TRA', 'TRB', 'TRD', 'TRG'];

/** Empty where missing: 10x writes None, an empty cell or NA, by version. */
export const present = (cell: Cell | undefined): string =>
  cell === undefined || cell === null || ['None', 'NA', ''].includes(String(cell)) ? '' : String(cell);

export function readBoolean(cell: Cell | undefined): boolean | null {
  const word = present(cell).toLowerCase();
  return ['t', 'true', '1'].includes(word) ? true : ['f', 'false', '0'].includes(word) ? false : null;
}

export function readCount(cell: Cell | undefined): number | null {
  const text = present(cell);
  return text === '' || !Number.isFinite(Number(text)) ? null : Number(text);
}

/** From a locus or chain, else the first call that names one (`Homsap IGHV3-11*05 F` too); C and J before V, since TRAV29/DV5 serves TRA and TRD. */
export function locusOf(...names: string[]): Locus | null {
  for (const name of names) {
    const found = /(?:^|[^A-Z])(IG[HKL]|TR[ABDG])/.exec(name)?.[1];
    if (found !== undefined && loci.includes(found)) return found as Locus;
  }
  return null;
}

export const cellId = (sampleId: string, barcode: string): string => `${sampleId}_${barcode}`;
