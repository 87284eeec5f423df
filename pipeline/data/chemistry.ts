// How a kit writes cell and molecule into read 1: where the barcode and the UMI stand. Knows no files and no aligner.

export interface Span {
  /** 1-based. */
  readonly start: number;
  readonly length: number;
}

export interface Chemistry {
  readonly summary: string;
  /** The parts of the cell barcode on read 1, in order. */
  readonly barcode: readonly Span[];
  readonly umi: Span;
  /** A sequence (N: any base) that stands at `start`, or up to `max_shift` bases later; all spans are shifted with it. */
  readonly anchor?: {readonly sequence: string; readonly start: number; readonly max_shift: number};
  /** Of read 2 against the RNA. */
  readonly strand: 'forward' | 'reverse';
  /** What the list of barcodes is called; the list itself is the user's. */
  readonly whitelist: string;
}

export const endOf = ({start, length}: Span): number => start + length - 1;

/** Bases of read 1 that hold barcode and UMI, at the largest shift. */
export function barcodeReadLength({barcode, umi, anchor}: Chemistry): number {
  return Math.max(...[...barcode, umi].map(endOf)) + (anchor?.max_shift ?? 0);
}

/** The parts of the barcode of a read; undefined where the anchor is not found or the read ends too early. */
export function barcodeParts(chemistry: Chemistry, read: string): string[] | undefined {
  const shift = anchorShift(chemistry, read);
  if (shift === undefined) return undefined;
  const parts = chemistry.barcode.map((span) => read.slice(span.start - 1 + shift, endOf(span) + shift));
  return parts.every((part, at) => part.length === chemistry.barcode[at].length) ? parts : undefined;
}

function anchorShift({anchor}: Chemistry, read: string): number | undefined {
  if (anchor === undefined) return 0;
  for (let shift = 0; shift <= anchor.max_shift; shift++) {
    const from = anchor.start - 1 + shift;
    if ([...anchor.sequence].every((base, at) => base === 'N' || base === read[from + at])) return shift;
  }
  return undefined;
}

const complements: Readonly<Record<string, string>> = {A: 'T', C: 'G', G: 'C', T: 'A'};

export function reverseComplement(sequence: string): string {
  return [...sequence].reverse().map((base) => complements[base] ?? 'N').join('');
}
