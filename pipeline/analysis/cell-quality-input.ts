// What is put right or refused before cells are judged: names of genes, and whether numbers are counts. Knows no files.
import {columnAsText, type AnnotatedMatrix, type DataFrame} from '../data/annotated-matrix.ts';
import type {Matrix, SparseMatrix} from '../data/matrix.ts';

export interface NotACount {
  readonly row: number;
  readonly column: number;
  readonly value: number;
}

/** The first stored value that is negative or no whole number. */
export function findNonCount(counts: SparseMatrix): NotACount | undefined {
  for (let row = 0; row < counts.nRows; row++) {
    for (let k = counts.indptr[row]; k < counts.indptr[row + 1]; k++) {
      const value = counts.values[k];
      if (value < 0 || !Number.isInteger(value)) return {row, column: counts.indices[k], value};
    }
  }
  return undefined;
}

/** Human `MT-CO1` and mouse `mt-Co1`; the hyphen keeps MTOR out. */
export const isMitochondrial = (symbol: string): boolean => /^(MT|mt)-/.test(symbol);

/** The second `MATR3` becomes `MATR3-1`, the third `MATR3-2`, skipping names that are taken (as anndata's var_names_make_unique). */
export function makeUnique(names: readonly string[]): {readonly unique: readonly string[]; readonly duplicates: readonly string[]} {
  const taken = new Set(names);
  const seen = new Map<string, number>();
  const duplicates = new Set<string>();
  const unique = names.map((name) => {
    const before = seen.get(name);
    if (before === undefined) {
      seen.set(name, 0);
      return name;
    }
    duplicates.add(name);
    let n = before + 1;
    while (taken.has(`${name}-${n}`)) n++;
    seen.set(name, n);
    taken.add(`${name}-${n}`);
    return `${name}-${n}`;
  });
  return {unique, duplicates: [...duplicates]};
}

export interface GeneNames {
  readonly ids: readonly string[];
  readonly symbols: readonly string[];
  /** 10x words; `Gene Expression` where the table does not say. */
  readonly types: readonly string[];
}

/** The names of an AnnData's genes: the index holds symbols or ids, and columns of many names hold the other. */
export function geneNames(genes: DataFrame): GeneNames {
  const column = (names: readonly string[]): readonly string[] | undefined => {
    const found = names.map((name) => columnAsText(genes, name)).find((values) => values !== undefined);
    return found?.map((value, k) => (value === null || value === '' ? genes.index[k] : value));
  };
  const isId = genes.index.filter((name) => /^ENS[A-Z]*G\d{6,}/.test(name)).length > genes.index.length / 2;
  const symbols = isId ? column(['gene_symbol', 'gene_symbols', 'feature_name', 'gene_name', 'gene_names', 'symbol', 'name']) : genes.index;
  return {
    symbols: symbols ?? genes.index,
    ids: isId ? genes.index : (column(['gene_id', 'gene_ids', 'ensembl', 'ensembl_id', 'feature_id']) ?? genes.index),
    types: (columnAsText(genes, 'feature_type') ?? columnAsText(genes, 'feature_types') ?? genes.index.map(() => null)).map((type) => type ?? 'Gene Expression'),
  };
}

export interface FoundCounts {
  readonly counts: SparseMatrix;
  /** Those of the counts: raw/X has its own. */
  readonly genes: DataFrame;
  /** `X`, `layers/counts`, … */
  readonly where: string;
}

/** Layers that hold raw counts by their name, lower case, in the order they are looked at. */
const countsLayers = ['counts', 'raw_counts', 'raw', 'count', 'counts_raw', 'umi', 'umis', 'umi_counts', 'unnormalized'];

/** For messages. */
export const countsPlaces = 'X, layers/counts, layers/raw_counts, layers/raw or raw/X';

/** The first of X, the usual layers and raw/X that holds counts (whole numbers, none negative, one above 0 at least), or what is wrong with each. */
export function chooseCounts(data: AnnotatedMatrix): FoundCounts | {readonly found: string} {
  const faults: string[] = [];
  let empty: FoundCounts | undefined;
  for (const candidate of countPlaces(data)) {
    const {counts, where, genes} = candidate;
    const fault = findNonCount(counts);
    if (fault === undefined && counts.values.length > 0) return candidate;
    if (fault === undefined) empty ??= candidate;
    else faults.push(`${Number(fault.value.toPrecision(6))} in ${where} (${data.obs.index[fault.row]}, ${genes.index[fault.column]})`);
  }
  // Nothing but zeros is a matrix of counts only where nothing else was found.
  if (empty !== undefined && faults.length === 0) return empty;
  return {found: faults.length === 0 ? 'no matrix' : faults.join(', ')};
}

function countPlaces(data: AnnotatedMatrix): FoundCounts[] {
  const named = [...(data.layers ?? [])].map(([name, matrix]): [number, string, Matrix] => [countsLayers.indexOf(name.toLowerCase()), name, matrix]).filter(([rank]) => rank >= 0).sort(([a], [b]) => a - b);
  const places: [string, Matrix | null | undefined, DataFrame][] = [['X', data.X, data.var], ...named.map(([, name, matrix]): [string, Matrix, DataFrame] => [`layers/${name}`, matrix, data.var]), ['raw/X', data.raw?.X, data.raw?.var ?? data.var]];
  // Readers give sparse matrices whatever the file held.
  return places.flatMap(([where, counts, genes]) => (counts === null || counts === undefined || counts.kind !== 'sparse' ? [] : [{counts, where, genes}]));
}
