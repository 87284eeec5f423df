// The kept cells of all samples in the order of the embedding, and what a way of labelling gives back.
import {joinCells} from '../../pipeline/analysis/cell-quality-cohort.ts';
import type {Annotation} from '../../pipeline/analysis/cell-annotation.ts';
import {columnAsText, type AnnotatedMatrix} from '../../pipeline/data/annotated-matrix.ts';
import {selectRows, type SparseMatrix} from '../../pipeline/data/matrix.ts';
import {readH5ad} from '../../pipeline/formats/h5ad.ts';
import type {StepJob} from '../../pipeline/step-runtime/run-step.ts';

export interface Cohort {
  readonly files: readonly AnnotatedMatrix[];
  readonly embedding: AnnotatedMatrix;
  readonly cellIds: readonly string[];
  readonly sampleIds: readonly string[];
  readonly clusters: readonly string[];
  /** Cells x the genes that every sample has. */
  readonly counts: SparseMatrix;
  readonly symbols: readonly string[];
}

export interface Labelling extends Pick<Annotation, 'lineage' | 'cell_type' | 'cell_subtype' | 'evidence' | 'notes'> {
  readonly source: 'markers' | 'reference';
  /** Lineage -> its score in each cell, which the table of clusters shows. */
  readonly lineageScores: ReadonlyMap<string, Float64Array>;
  /** Why no cell can have a type. */
  readonly missing: string | null;
}

export async function readCohort(job: StepJob): Promise<Cohort> {
  const files: AnnotatedMatrix[] = [];
  for (const {path} of job.inputFiles('kept')) files.push(await readH5ad(path, {obsm: false, uns: false, layers: false}));
  const embedding = await readH5ad(job.input('embedding'), {uns: false});
  const withCells = files.filter((file) => file.obs.index.length > 0);
  const joined = joinCells(withCells.map((file) => ({counts: file.X as SparseMatrix, genes: file.var})), 'shared');
  const row = new Map(withCells.flatMap((file) => file.obs.index).map((cellId, k) => [cellId, k]));
  const text = (column: string): string[] => columnAsText(embedding.obs, column) as string[];
  return {
    files,
    embedding,
    cellIds: embedding.obs.index,
    sampleIds: text('sample_id'),
    clusters: text('cluster'),
    counts: selectRows(joined.counts, embedding.obs.index.map((cellId) => row.get(cellId) ?? notKept(cellId))),
    symbols: (columnAsText(joined.genes, 'gene_symbol') ?? joined.genes.index) as readonly string[],
  };
}

function notKept(cellId: string): never {
  throw new Error(`the embedding holds ${cellId}, which is not among the kept cells`);
}
