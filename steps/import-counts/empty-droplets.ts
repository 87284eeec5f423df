// The droplets without a cell, where a raw matrix is at hand: from the aligner, or beside the filtered one in a folder of Cell Ranger or STARsolo.
import {statSync} from 'node:fs';
import {join} from 'node:path';
import {emptyDropletsOf} from '../../pipeline/analysis/ambient-rna.ts';
import {selectColumns} from '../../pipeline/analysis/cell-quality-cohort.ts';
import {readMatrixMarketFolder} from '../../pipeline/formats/matrix-market.ts';
import {readTenxH5} from '../../pipeline/formats/tenx-h5.ts';
import {isFolder, rawMatrixIn} from '../../pipeline/formats/tool-folders.ts';
import {isGene} from './read-counts.ts';

export interface EmptyDroplets {
  readonly nDroplets: number;
  /** UMIs by gene id. */
  readonly umisOf: ReadonlyMap<string, number>;
}

/** With fewer UMIs they say nothing of the soup. */
const leastUmis = 1000;
/** Compressed; larger ones would need more memory than the cells do. */
const mostBytes = 200e6;

/** `counts`: the path of the sheet, or the aligner's matrix. `raw`: the aligner's. Null where there is none, or too little or too much in it. */
export async function findEmptyDroplets(counts: string, raw: string | undefined): Promise<EmptyDroplets | null> {
  const path = raw ?? (isFolder(counts) ? rawMatrixIn(counts) : undefined);
  if (path === undefined || bytesOf(path) > mostBytes) return null;
  const {counts: matrix, features} = isFolder(path) ? await readMatrixMarketFolder(path) : await readTenxH5(path);
  const genes = features.types.flatMap((type, k) => (isGene(type) ? [k] : []));
  const {counts: umis, nDroplets} = emptyDropletsOf(genes.length === matrix.nColumns ? matrix : selectColumns(matrix, genes));
  if (umis.reduce((sum, value) => sum + value, 0) < leastUmis) return null;
  return {nDroplets, umisOf: new Map(genes.map((gene, k) => [features.ids[gene] || features.symbols[gene], umis[k]]))};
}

/** As it would be compressed, for which text is about four times as long. */
function bytesOf(path: string): number {
  if (!isFolder(path)) return statSync(path).size;
  const size = (name: string): number => statSync(join(path, name), {throwIfNoEntry: false})?.size ?? 0;
  return size('matrix.mtx.gz') || size('matrix.mtx') / 4;
}
