// Families of genes that vary for reasons of their own, by their names in man and mouse: which clone a cell belongs to, how stressed it is.

/** `receptor`: V, D and J segments of both receptors (constant genes tell cell types and stay); `ribosomal`: proteins of the ribosome, not the kinases RPS6K. */
export const geneFamilies = {
  receptor: /^(TR[ABDG]V|IG[HKL]V|(TR[ABDG]|IG[HKL])[DJ][0-9])/i,
  ribosomal: /^RP(S(A|[0-9]+[AXYL]?[0-9]?)|L(P[012]|[0-9]+[AXL]?[0-9]?))$/i,
  mitochondrial: /^MT-/i,
} as const;

export type GeneFamily = keyof typeof geneFamilies;
export const geneFamilyNames = Object.keys(geneFamilies) as GeneFamily[];

/** Columns whose gene is of one of the families. */
export function columnsOfFamilies(symbols: readonly string[], families: readonly GeneFamily[]): number[] {
  return symbols.flatMap((symbol, column) => (families.some((family) => geneFamilies[family].test(symbol)) ? [column] : []));
}
