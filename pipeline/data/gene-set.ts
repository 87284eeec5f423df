// A signature: a named set of genes, optionally signed (UCell's `GENE+` / `GENE-` suffixes).

import {digestText} from '../base/digest.ts';

export interface GeneSet {
  readonly name: string;
  readonly source: string;
  /** Genes that count upwards, in file order, no duplicates. */
  readonly genes: readonly string[];
  /** Genes that count downwards; empty for an unsigned set. */
  readonly negativeGenes: readonly string[];
}

/** sha256 of the genes, sorted, one a line, a negative one with `-`: two sets with one digest are the same set, whatever their names and order. */
export function geneSetDigest({genes, negativeGenes}: GeneSet): string {
  return digestText([...genes, ...negativeGenes.map((gene) => `${gene}-`)].sort().map((gene) => `${gene}\n`).join(''));
}
