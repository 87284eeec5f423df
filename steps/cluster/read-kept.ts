// The kept cells of every file over the genes that all files share, handed on file by file: the cohort is in memory once, where it is taken.
import {joinGenes} from '../../pipeline/analysis/cell-quality-cohort.ts';
import {compactCounts, releaseArrays, type CompactCounts} from '../../pipeline/analysis/compact-counts.ts';
import {columnAsText, type DataFrame} from '../../pipeline/data/annotated-matrix.ts';
import {readH5ad} from '../../pipeline/formats/h5ad.ts';
import {countStored, readH5adRows} from '../../pipeline/formats/h5ad-rows.ts';

export interface KeptCells {
  readonly genes: DataFrame;
  readonly cellIds: readonly string[];
  readonly sampleIds: readonly string[];
  /** Files with at least one cell. */
  readonly nFiles: number;
  /** Reads the counts; `take` gets those of each file in the order of `cellIds`, with the columns of `genes`; its arrays are empty afterwards. */
  readonly eachFile: (take: (counts: CompactCounts) => void) => Promise<void>;
}

export async function readKept(paths: readonly string[]): Promise<KeptCells> {
  const files: {path: string; genes: DataFrame; cellIds: readonly string[]; sampleIds: readonly string[]}[] = [];
  for (const path of paths) {
    const {obs, var: genes} = await readH5ad(path, {X: false, obsm: false, uns: false, layers: false});
    if (obs.index.length > 0) files.push({path, genes, cellIds: obs.index, sampleIds: columnAsText(obs, 'sample_id') as string[]});
  }
  const {genes, align} = joinGenes(files.map((file) => file.genes), 'shared');
  const nColumns = genes.index.length;
  return {
    genes, cellIds: files.flatMap((file) => file.cellIds), sampleIds: files.flatMap((file) => file.sampleIds), nFiles: files.length,
    async eachFile(take) {
      for (const file of files) {
        const built = compactCounts({nRows: file.cellIds.length, nColumns, nStored: await countStored(file.path)});
        for await (const {counts} of readH5adRows(file.path)) built.add(align(counts, file.genes));
        const counts = built.counts();
        take(counts);
        releaseArrays(counts);
      }
    },
  };
}
