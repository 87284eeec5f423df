// The kept cells of all samples in the order of the embedding, their counts a piece at a time, and what a way of labelling gives back.
import {joinGenes} from '../../pipeline/analysis/cell-quality-cohort.ts';
import type {Annotation} from '../../pipeline/analysis/cell-annotation.ts';
import {columnAsText, type AnnotatedMatrix, type DataFrame} from '../../pipeline/data/annotated-matrix.ts';
import type {SparseMatrix} from '../../pipeline/data/matrix.ts';
import {readH5ad} from '../../pipeline/formats/h5ad.ts';
import {readH5adRows} from '../../pipeline/formats/h5ad-rows.ts';
import type {StepJob} from '../../pipeline/step-runtime/run-step.ts';

export interface Cohort {
  /** Of each file of kept cells. */
  readonly keptObs: readonly DataFrame[];
  readonly embedding: AnnotatedMatrix;
  readonly cellIds: readonly string[];
  readonly sampleIds: readonly string[];
  readonly clusters: readonly string[];
  /** Of the genes that every sample has. */
  readonly symbols: readonly string[];
  /** Every kept cell once, a piece of the cohort at a time. */
  readonly pieces: () => AsyncGenerator<CohortPiece, void>;
}

export interface CohortPiece {
  /** Cells x the genes of `symbols`. */
  readonly counts: SparseMatrix;
  /** Their places in the embedding. */
  readonly cells: Int32Array;
}

export interface Labelling extends Pick<Annotation, 'lineage' | 'cell_type' | 'cell_subtype' | 'evidence' | 'notes'> {
  readonly source: 'markers' | 'reference';
  /** Lineage -> its score in each cell, which the table of clusters shows. */
  readonly lineageScores: ReadonlyMap<string, Float64Array>;
  /** Lineage -> why no cell can bear it. */
  readonly notCompared: ReadonlyMap<string, string>;
  /** Why no cell can have a type. */
  readonly missing: string | null;
}

export async function readCohort(job: StepJob): Promise<Cohort> {
  const files: {path: string; obs: DataFrame; genes: DataFrame}[] = [];
  for (const {path} of job.inputFiles('kept')) {
    const {obs, var: genes} = await readH5ad(path, {X: false, obsm: false, uns: false, layers: false});
    files.push({path, obs, genes});
  }
  const embedding = await readH5ad(job.input('embedding'), {uns: false});
  const withCells = files.filter((file) => file.obs.index.length > 0);
  const {genes, align} = joinGenes(withCells.map((file) => file.genes), 'shared');
  const place = new Map(embedding.obs.index.map((cellId, k) => [cellId, k]));
  refuseUnkept(place, withCells.map((file) => file.obs));
  const text = (column: string): string[] => columnAsText(embedding.obs, column) as string[];
  return {
    keptObs: files.map((file) => file.obs),
    embedding,
    cellIds: embedding.obs.index,
    sampleIds: text('sample_id'),
    clusters: text('cluster'),
    symbols: (columnAsText(genes, 'gene_symbol') ?? genes.index) as readonly string[],
    async* pieces() {
      for (const file of withCells) {
        const embedded = ({obs}: {obs: DataFrame}): number[] => [...obs.index.keys()].filter((row) => place.has(obs.index[row]));
        for await (const {rows, counts} of readH5adRows(file.path, embedded)) {
          yield {counts: align(counts, file.genes), cells: Int32Array.from(rows, (row) => place.get(file.obs.index[row]) as number)};
        }
      }
    },
  };
}

function refuseUnkept(place: ReadonlyMap<string, number>, kept: readonly DataFrame[]): void {
  const known = new Set(kept.flatMap((obs) => obs.index));
  for (const cellId of place.keys()) if (!known.has(cellId)) throw new Error(`the embedding holds ${cellId}, which is not among the kept cells`);
}
