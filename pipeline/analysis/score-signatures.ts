// The cohort's decision on genes and sets, as signature-universe writes it, and the scores of cells by it.
import {tidyRows, type SparseMatrix} from '../data/matrix.ts';
import {aucellTopRank, scoreAucell} from './aucell.ts';
import {scoreUcell, type ScoredSet} from './ucell.ts';

export type ScoreMethod = 'ucell' | 'aucell';

export interface SignatureUniverse {
  /** Columns of the counts that are scored, sorted. */
  readonly genes: readonly string[];
  /** Columns that take no rank. */
  readonly excluded: readonly number[];
  /** null without cells. */
  readonly max_rank: number | null;
  readonly sets: readonly UniverseSet[];
}

export interface UniverseSet extends ScoredSet {
  readonly role: 'primary' | 'exploratory';
  /** Why the set is not scored; '' where it is. */
  readonly refused: string;
}

/** The columns of `counts` (named by `genes`) in the order of the universe; the others are dropped. Throws where a gene of it is not there. */
export function orderGenes(counts: SparseMatrix, genes: readonly string[], wanted: readonly string[]): SparseMatrix {
  const at = new Map(wanted.map((gene, k) => [gene, k]));
  const columnOf = Int32Array.from(genes, (gene) => at.get(gene) ?? -1);
  const known = new Set(genes);
  const absent = wanted.find((gene) => !known.has(gene));
  if (absent !== undefined) throw new Error(`the gene ${absent} of the universe is not in the counts`);
  const indptr = new Uint32Array(counts.nRows + 1);
  const indices = new Uint32Array(counts.indices.length);
  const values = new Float32Array(counts.values.length);
  let stored = 0;
  for (let row = 0; row < counts.nRows; row++) {
    for (let k = counts.indptr[row]; k < counts.indptr[row + 1]; k++) {
      const column = columnOf[counts.indices[k]];
      if (column < 0) continue;
      indices[stored] = column;
      values[stored++] = counts.values[k];
    }
    indptr[row + 1] = stored;
  }
  return tidyRows({kind: 'sparse', nRows: counts.nRows, nColumns: wanted.length, indptr, indices: indices.slice(0, stored), values: values.slice(0, stored)});
}

/** One array a set, in the order of the universe; null for a refused set. `counts`: in the gene order of the universe. */
export function scoreSignatures(counts: SparseMatrix, universe: SignatureUniverse, method: ScoreMethod): (Float64Array | null)[] {
  const used = universe.sets.filter((set) => set.refused === '');
  const excluded = new Uint8Array(universe.genes.length);
  for (const column of universe.excluded) excluded[column] = 1;
  const scores = used.length === 0 ? []
    : method === 'ucell' ? scoreUcell(counts, used, {maxRank: universe.max_rank ?? 1, excluded})
    : scoreAucell(counts, used, {topRank: aucellTopRank(universe.genes.length - universe.excluded.length), excluded});
  const byName = new Map(used.map((set, i) => [set.name, scores[i]]));
  return universe.sets.map((set) => byName.get(set.name) ?? null);
}
