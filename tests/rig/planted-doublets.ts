// Real cells (Kang 2018) with pairs of them added as doublets, and how well a score finds these.
import {chooseCounts, type FoundCounts} from '../../pipeline/analysis/cell-quality-input.ts';
import {randomStream, type Random} from '../../pipeline/base/random.ts';
import {columnAsText} from '../../pipeline/data/annotated-matrix.ts';
import {selectRows, stackRows, type SparseMatrix} from '../../pipeline/data/matrix.ts';
import {readH5ad} from '../../pipeline/formats/h5ad.ts';
import {dataFile} from './shared-data.ts';

export interface PlantedWell {
  /** The real cells, then the pairs. */
  readonly counts: SparseMatrix;
  readonly nCells: number;
  /** One a pair: are its cells of two lineages? */
  readonly isAcross: readonly boolean[];
}

const lineageOf: Readonly<Record<string, string>> = {'CD4 T cells': 'T', 'CD8 T cells': 'T', 'CD14+ Monocytes': 'myeloid', 'FCGR3A+ Monocytes': 'myeloid', 'Dendritic cells': 'myeloid'};

/** 10 % pairs of random cells, each count of their sum kept with probability `thin`; in one piece or by `column`, without pieces of fewer than 100 cells. */
export async function plantDoublets(thin: number, column?: 'condition' | 'sample'): Promise<PlantedWell[]> {
  const data = await readH5ad(dataFile('kang/kang2k.h5ad'), {obsm: false, uns: false});
  const {counts} = chooseCounts(data) as FoundCounts;
  const types = columnAsText(data.obs, 'cell_type') as string[];
  const wells = column === undefined ? [[...types.keys()]] : [...Map.groupBy(types.keys(), (cell) => (columnAsText(data.obs, column) as string[])[cell]).values()];
  return wells.filter((cells) => cells.length >= 100).map((cells) => {
    const random = randomStream(1, 'pairs');
    const pairs = Array.from({length: Math.round(cells.length / 10)}, (): [number, number] => {
      const [first, second] = [random.integer(cells.length), random.integer(cells.length - 1)];
      return [first, second < first ? second : second + 1];
    });
    const isAcross = pairs.map((pair) => new Set(pair.map((cell) => lineageOf[types[cells[cell]]] ?? types[cells[cell]])).size === 2);
    return {counts: addPairs(selectRows(counts, cells), pairs, thin, random), nCells: cells.length, isAcross};
  });
}

function addPairs(counts: SparseMatrix, pairs: readonly (readonly [number, number])[], thin: number, random: Random): SparseMatrix {
  const rows = pairs.map((pair) => {
    const sum = new Map<number, number>();
    for (const cell of pair) for (let k = counts.indptr[cell]; k < counts.indptr[cell + 1]; k++) sum.set(counts.indices[k], (sum.get(counts.indices[k]) ?? 0) + counts.values[k]);
    const kept = (value: number): number => (thin === 1 ? value : Array.from({length: value}, () => random.uniform()).filter((chance) => chance < thin).length);
    return [...sum].sort(([a], [b]) => a - b).map(([gene, value]): [number, number] => [gene, kept(value)]).filter(([, value]) => value > 0);
  });
  const indptr = new Uint32Array(rows.length + 1);
  for (const [k, row] of rows.entries()) indptr[k + 1] = indptr[k] + row.length;
  const entries = rows.flat();
  return stackRows([counts, {kind: 'sparse', nRows: rows.length, nColumns: counts.nColumns, indptr, indices: Uint32Array.from(entries, ([gene]) => gene), values: Float32Array.from(entries, ([, value]) => value)}], counts.nColumns);
}

export interface Found {
  readonly across: number;
  readonly all: number;
}

/** Areas under the ROC curve, the real cells against pairs of two lineages and against all pairs. `scores`: one a row of the well. */
export function foundIn({nCells, isAcross}: PlantedWell, scores: ArrayLike<number>): Found {
  const all = Array.from(scores);
  const [cells, planted] = [all.slice(0, nCells), all.slice(nCells)];
  return {across: auroc(planted.filter((_score, k) => isAcross[k]), cells), all: auroc(planted, cells)};
}

/** Area under the ROC curve, ties counted half. */
export function auroc(positive: readonly number[], negative: readonly number[]): number {
  const below = (value: number): number => negative.reduce((sum, other) => sum + (other < value ? 1 : other === value ? 0.5 : 0), 0);
  return positive.reduce((sum, value) => sum + below(value), 0) / (positive.length * negative.length);
}

export function meanFound(wells: readonly Found[]): Found {
  const mean = (key: keyof Found): number => wells.reduce((sum, well) => sum + well[key], 0) / wells.length;
  return {across: mean('across'), all: mean('all')};
}
