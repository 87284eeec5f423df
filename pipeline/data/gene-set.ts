// A signature: a named set of genes, optionally signed (UCell's `GENE+` / `GENE-` suffixes).

export interface GeneSet {
  readonly name: string;
  readonly source: string;
  /** Genes that count upwards, in file order, no duplicates. */
  readonly genes: readonly string[];
  /** Genes that count downwards; empty for an unsigned set. */
  readonly negativeGenes: readonly string[];
}
