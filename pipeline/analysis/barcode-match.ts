// Do the barcodes of a receptor library and of the count matrix of its sample name the same cells, and if not, what would make them?
export interface BarcodeMatch {
  readonly nVdj: number;
  readonly nMatrix: number;
  readonly nBoth: number;
  /** The larger of both shares: a matrix of selected cells holds few V(D)J cells, a V(D)J library few cells of the matrix. 0 where a side is empty. */
  readonly rate: number;
  /** What made them match, in words; null where they match as written or nothing helps. */
  readonly rule: string | null;
  /** Why a rule that would help was not applied. */
  readonly ambiguous: string | null;
  /** Any barcode of the receptor library as the matrix writes it; as it is where the matrix does not have it, and without a rule. */
  readonly rename: (barcode: string) => string;
}

/** Unrelated libraries of 5,000 cells share 0.7 % of a 737,000-barcode whitelist by chance. */
export const leastMatch = 0.1;

/** What is compared when a rule is in force; the first that helps is taken. */
const rules: readonly {readonly words: string; readonly keyOf: (barcode: string) => string}[] = [
  {words: 'without the number behind the barcode (-1)', keyOf: (barcode) => barcode.replace(/-\d+$/, '')},
  {words: 'the nucleotides and number alone, without what stands before or behind', keyOf: (barcode) => /[ACGT]{10,}-\d+/.exec(barcode)?.[0] ?? barcode},
  {words: 'the nucleotides of the barcode alone', keyOf: (barcode) => /[ACGT]{10,}/.exec(barcode)?.[0] ?? barcode},
];

/** Each barcode once on each side. */
export function matchBarcodes(vdj: readonly string[], matrix: readonly string[]): BarcodeMatch {
  const known = new Set(matrix);
  const asWritten = rated(vdj, matrix, vdj.filter((barcode) => known.has(barcode)).length);
  if (asWritten.rate >= leastMatch || vdj.length === 0 || matrix.length === 0) return {...asWritten, rule: null, ambiguous: null, rename: asItIs};
  let ambiguous: string | null = null;
  for (const {words, keyOf} of rules) {
    const byKey = Map.groupBy(matrix, keyOf);
    const found = vdj.flatMap((barcode): [string, readonly string[]][] => {
      const same = byKey.get(keyOf(barcode));
      return same === undefined ? [] : [[barcode, same]];
    });
    const tried = rated(vdj, matrix, found.length);
    if (tried.rate < leastMatch) continue;
    const twice = found.find(([, same]) => same.length > 1);
    const keys = new Set(found.map(([barcode]) => keyOf(barcode)));
    if (twice === undefined && keys.size === found.length) return {...tried, rule: words, ambiguous: null, rename: (barcode) => onlyOne(byKey.get(keyOf(barcode))) ?? barcode};
    ambiguous ??= twice === undefined ? `${words}: two receptor barcodes would be one cell` : `${words}: ${twice[0]} would be ${twice[1].slice(0, 3).join(' and ')}`;
  }
  return {...asWritten, rule: null, ambiguous, rename: asItIs};
}

const asItIs = (barcode: string): string => barcode;
const onlyOne = (barcodes: readonly string[] | undefined): string | undefined => (barcodes?.length === 1 ? barcodes[0] : undefined);

function rated(vdj: readonly string[], matrix: readonly string[], nBoth: number): Pick<BarcodeMatch, 'nVdj' | 'nMatrix' | 'nBoth' | 'rate'> {
  const share = (n: number): number => (n === 0 ? 0 : nBoth / n);
  return {nVdj: vdj.length, nMatrix: matrix.length, nBoth, rate: Math.max(share(vdj.length), share(matrix.length))};
}
