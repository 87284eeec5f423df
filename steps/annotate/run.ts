// Kept cells, their clusters and neighbours -> lineage and type of each; labels of the user win.
import {joinCells} from '../../pipeline/analysis/cell-quality-cohort.ts';
import {scoreMarkers, type AnnotationRules} from '../../pipeline/analysis/cell-annotation-scores.ts';
import {annotateCells, unassigned, type Annotation} from '../../pipeline/analysis/cell-annotation.ts';
import {columnAsText, type AnnotatedMatrix} from '../../pipeline/data/annotated-matrix.ts';
import {selectRows, type SparseMatrix} from '../../pipeline/data/matrix.ts';
import {readCellTypes, type CellTypes} from '../../pipeline/formats/cell-types.ts';
import {writeTable} from '../../pipeline/formats/delimited-text.ts';
import {readH5ad} from '../../pipeline/formats/h5ad.ts';
import {runStep, type StepJob} from '../../pipeline/step-runtime/run-step.ts';
import {readUserLabels} from './user-labels.ts';

await runStep(async (job) => {
  const cellTypes = readCellTypes(job.input('cell_types'));
  const files: AnnotatedMatrix[] = [];
  for (const {path} of job.inputFiles('kept')) files.push(await readH5ad(path, {obsm: false, uns: false, layers: false}));
  const embedding = await readH5ad(job.input('embedding'), {uns: false});
  const {index} = embedding.obs;
  const clusters = columnAsText(embedding.obs, 'cluster') as string[];
  const sampleIds = columnAsText(embedding.obs, 'sample_id') as string[];

  const annotation = annotateByMarkers(job, {files, embedding, clusters, cellTypes});
  const labels = job.optionalInput('labels');
  const own = labels === undefined ? new Map() : readUserLabels(labels, {
    files, cellTypes,
    column: (job.config['labels'] as {column?: string} | null)?.column ?? 'cell_type',
    map: (job.config['cell_type_map'] ?? {}) as Record<string, string>,
  });
  const umap = embedding.obsm?.get('X_umap');
  writeTable(job.output('labels'), {
    columns: ['cell_id', 'sample_id', 'cluster', 'lineage', 'cell_type', 'umap_1', 'umap_2', 'missing'],
    rows: index.map((cell_id, cell) => {
      const named = own.get(cell_id);
      const {lineage, cell_type} = named ?? {lineage: annotation.lineage[cell], cell_type: annotation.cell_type[cell]};
      const missing = [...(named === undefined ? annotation.missing : []), ...(umap === undefined ? ['umap: too few cells for an embedding'] : [])];
      return {
        cell_id, sample_id: sampleIds[cell], cluster: clusters[cell], lineage, cell_type,
        umap_1: umap === undefined ? null : umap.values[2 * cell],
        umap_2: umap === undefined ? null : umap.values[2 * cell + 1],
        missing: missing.length === 0 ? null : missing.join('; '),
      };
    }),
  });
});

interface Cohort {
  readonly files: readonly AnnotatedMatrix[];
  readonly embedding: AnnotatedMatrix;
  readonly clusters: readonly string[];
  readonly cellTypes: CellTypes;
}

/** `missing`: why no cell can have a type. */
function annotateByMarkers(job: StepJob, {files, embedding, clusters, cellTypes}: Cohort): Annotation & {missing: readonly string[]} {
  const withCells = files.filter((file) => file.obs.index.length > 0);
  const joined = joinCells(withCells.map((file) => ({counts: file.X as SparseMatrix, genes: file.var})), 'shared');
  const row = new Map(withCells.flatMap((file) => file.obs.index).map((cellId, k) => [cellId, k]));
  const rows = embedding.obs.index.map((cellId) => row.get(cellId) ?? notKept(cellId));
  const counts = selectRows(joined.counts, rows);
  const symbols = columnAsText(joined.genes, 'gene_symbol') ?? joined.genes.index;
  const scores = scoreMarkers(counts, symbols as readonly string[], rulesOf(cellTypes), {maxRank: job.param('max_rank'), minMarkers: job.param('min_markers')});
  const names = [...new Set(clusters)];
  const code = new Map(names.map((name, k) => [name, k]));
  const neighbors = embedding.obsm?.get('neighbors');
  const annotation = annotateCells({
    ...scores,
    clusters: Int32Array.from(clusters, (name) => code.get(name) ?? 0),
    nClusters: names.length,
    neighbors: Int32Array.from(neighbors?.values ?? []),
    nNeighbors: neighbors?.nColumns ?? 0,
    margin: job.param('margin'),
  });
  // Unassigned for want of genes is not unassigned for want of a lead.
  const missing = scores.lineageScores.size > 0 ? [] : [`lineage, cell_type: no lineage has ${job.param<number>('min_markers')} of its marker genes in the matrix`];
  return {...annotation, missing};
}

function rulesOf({types, contests, singleCellLineages}: CellTypes): AnnotationRules {
  return {
    lists: types.filter(({label}) => label !== unassigned).map(({label, level, markers, core}) => ({label, level, markers: [...markers.keys()], core})),
    contests,
    singleCellLineages,
  };
}

function notKept(cellId: string): never {
  throw new Error(`the embedding holds ${cellId}, which is not among the kept cells`);
}
