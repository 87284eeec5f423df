// The kept cells of every file as one matrix over the genes that all files share, read by pieces: nothing of the cohort is in memory twice.
import {joinCells, mapColumns} from '../../pipeline/analysis/cell-quality-cohort.ts';
import {compactCounts, type CompactCounts} from '../../pipeline/analysis/compact-counts.ts';
import {columnAsText, type DataFrame} from '../../pipeline/data/annotated-matrix.ts';
import {readH5ad} from '../../pipeline/formats/h5ad.ts';
import {countStored, readH5adRows} from '../../pipeline/formats/h5ad-rows.ts';

export interface KeptCells {
  readonly counts: CompactCounts;
  readonly genes: DataFrame;
  readonly cellIds: readonly string[];
  readonly sampleIds: readonly string[];
  /** Files with at least one cell. */
  readonly nFiles: number;
}

export async function readKept(paths: readonly string[]): Promise<KeptCells> {
  const files: {path: string; genes: DataFrame; cellIds: readonly string[]; sampleIds: readonly string[]; nStored: number}[] = [];
  for (const path of paths) {
    const {obs, var: genes} = await readH5ad(path, {X: false, obsm: false, uns: false, layers: false});
    if (obs.index.length > 0) files.push({path, genes, cellIds: obs.index, sampleIds: columnAsText(obs, 'sample_id') as string[], nStored: await countStored(path)});
  }
  const none = {indptr: new Uint32Array(1), indices: new Uint32Array(), values: new Float32Array()};
  const {genes} = joinCells(files.map((file) => ({counts: {kind: 'sparse', nRows: 0, nColumns: file.genes.index.length, ...none}, genes: file.genes})), 'shared');
  const place = new Map(genes.index.map((gene, k) => [gene, k]));
  const cellIds = files.flatMap((file) => file.cellIds);
  const built = compactCounts({nRows: cellIds.length, nColumns: genes.index.length, nStored: files.reduce((sum, {nStored}) => sum + nStored, 0)});
  for (const file of files) {
    const target = Int32Array.from(file.genes.index, (gene) => place.get(gene) ?? -1);
    const isSame = target.length === genes.index.length && target.every((column, k) => column === k);
    for await (const {counts} of readH5adRows(file.path)) built.add(isSame ? counts : mapColumns(counts, target, genes.index.length));
  }
  return {counts: built.counts(), genes, cellIds, sampleIds: files.flatMap((file) => file.sampleIds), nFiles: files.length};
}
