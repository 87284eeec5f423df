// What the receptor formats share: missing words, booleans, locus from a gene name, cell_id.
import type {Locus, Rearrangement} from '../data/rearrangement.ts';
import type {Cell, Row} from '../data/table.ts';

export interface ReadReceptors {
  readonly rearrangements: readonly Rearrangement[];
  /** Chains left out, each under one reason. */
  readonly dropped: ReadonlyMap<string, number>;
}

const loci: readonly string[] = ['IGH', 'IGK', 'IGL', 'TRA', 'TRB', 'TRD', 'TRG'];

/** Empty where missing: 10x writes None, an empty cell or NA, by version. */
export const present = (cell: Cell | undefined): string =>
  cell === undefined || cell === null || cell === 'None' || cell === 'NA' ? '' : String(cell);

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
    if (loci.includes(name)) return name as Locus;
    const found = /(?:^|[^A-Z])(IG[HKL]|TR[ABDG])/.exec(name)?.[1];
    if (found !== undefined && loci.includes(found)) return found as Locus;
  }
  return null;
}

export const cellId = (sampleId: string, barcode: string): string => `${sampleId}_${barcode}`;

/** Why Cell Ranger itself does not trust a contig; undefined where the columns are absent or it does. */
export function distrustOf({is_cell, high_confidence}: Row): string | undefined {
  if (readBoolean(is_cell) === false) return 'not a called cell';
  return readBoolean(high_confidence) === false ? 'low confidence' : undefined;
}

/** Counts what is left out, by reason. */
export function dropCounter(): {readonly dropped: Map<string, number>; readonly drop: (reason: string) => []} {
  const dropped = new Map<string, number>();
  const drop = (reason: string): [] => {
    dropped.set(reason, (dropped.get(reason) ?? 0) + 1);
    return [];
  };
  return {dropped, drop};
}
