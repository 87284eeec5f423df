// The kept cells of the whole cohort as one AnnData: counts over all genes, the columns of cells.tsv.gz, embedding and scores.
import {holdsCounts, noCounts} from '../../pipeline/analysis/recover-counts.ts';
import type {AnnotatedMatrix, Column} from '../../pipeline/data/annotated-matrix.ts';
import type {DenseMatrix} from '../../pipeline/data/matrix.ts';
import type {Row} from '../../pipeline/data/table.ts';
import type {CellTypes} from '../../pipeline/formats/cell-types.ts';
import {cellColumns} from './cell-rows.ts';
import type {CohortCounts} from './cohort-counts.ts';

export interface CohortParts {
  /** Of kept cells, in the order of the cohort. */
  readonly rows: readonly Row[];
  /** Without their counts. */
  readonly kept: readonly AnnotatedMatrix[];
  /** In the order of `rows`. */
  readonly counts: CohortCounts;
  readonly embedding: AnnotatedMatrix;
  /** Empty where nothing was scored. */
  readonly scores: readonly AnnotatedMatrix[];
  readonly timepoints: readonly string[];
  readonly cellTypes: CellTypes;
}

export function assembleCohort({rows, kept, counts, embedding, scores, timepoints, cellTypes}: CohortParts): AnnotatedMatrix {
  const index = rows.map((row) => String(row.cell_id));
  const labels = cellTypes.types.map((type) => type.label);
  const orders: Readonly<Record<string, readonly string[]>> = {timepoint: timepoints, lineage: labels, cell_type: labels, cell_subtype: labels};
  const columns = cellColumns.filter((name) => name !== 'cell_id').map((name): [string, Column] => [name, toColumn(name, rows.map((row) => row[name]), orders[name])]);
  const antibodies = rowsOf(kept, index, 'adt', 'adt_features');
  const signatures = rowsOf(scores, index, 'signature_scores', 'signatures');
  const layouts = ['X_pca', 'X_umap'].flatMap((name): [string, DenseMatrix][] => {
    const matrix = embedding.obsm?.get(name);
    return matrix === undefined ? [] : [[name, pickRows([embedding], index, name, matrix.nColumns)]];
  });
  return {
    obs: {index, columns: new Map(columns)},
    var: counts.genes,
    X: counts.X,
    obsm: new Map([...layouts, ...(signatures === null ? [] : [['signature_scores', signatures.matrix] as const]), ...(antibodies === null ? [] : [['adt', antibodies.matrix] as const])]),
    uns: {
      n_genes_not_in_every_sample: counts.nNotShared,
      ...(kept.every(holdsCounts) ? {} : {X_is: noCounts}),
      ...(signatures === null ? {} : {signatures: signatures.names}),
      ...(antibodies === null ? {} : {adt_features: antibodies.names}),
      // scanpy's name for the colours of a categorical column.
      ...Object.fromEntries(['lineage', 'cell_type', 'cell_subtype'].map((name) => [`${name}_colors`, coloursOf(new Map(columns).get(name), cellTypes)])),
    },
  };
}

/** An obsm element of several files; null where no file has it. Cells of files without it, or with other names, are NaN. */
function rowsOf(files: readonly AnnotatedMatrix[], index: readonly string[], element: string, namesKey: string): {matrix: DenseMatrix; names: string[]} | null {
  const named = files.filter((file) => file.obsm?.has(element) && Array.isArray(file.uns?.[namesKey]));
  if (named.length === 0) return null;
  const names = named[0].uns?.[namesKey] as string[];
  const same = named.filter((file) => JSON.stringify(file.uns?.[namesKey]) === JSON.stringify(names));
  return {matrix: pickRows(same, index, element, names.length), names};
}

function pickRows(files: readonly AnnotatedMatrix[], index: readonly string[], element: string, nColumns: number): DenseMatrix {
  const values = new Float32Array(index.length * nColumns).fill(NaN);
  const target = new Map(index.map((cellId, k) => [cellId, k]));
  for (const file of files) {
    const from = file.obsm?.get(element);
    for (const [row, cellId] of file.obs.index.entries()) {
      const to = target.get(cellId);
      if (from !== undefined && to !== undefined) values.set(from.values.subarray(row * nColumns, (row + 1) * nColumns), to * nColumns);
    }
  }
  return {kind: 'dense', nRows: index.length, nColumns, values};
}

const numbers: readonly string[] = ['day', 'n_counts', 'n_genes', 'percent_mito', 'umap_1', 'umap_2', 'car_umi', 'doublet_score', 'doublet_threshold', 'lineage_margin', 'type_margin', 'subtype_margin'];
const whole: readonly string[] = ['n_counts', 'n_genes', 'car_umi'];

function toColumn(name: string, values: readonly Row[string][], order: readonly string[] | undefined): Column {
  if (numbers.includes(name)) return {kind: whole.includes(name) ? 'integer' : 'float', values: Float64Array.from(values, (value) => (value === null ? NaN : Number(value)))};
  if (name === 'kept') return {kind: 'boolean', values: values.map((value) => value === true)};
  const present = new Set(values.filter((value) => value !== null).map(String));
  const categories = order === undefined ? [...present] : [...order.filter((value) => present.has(value)), ...[...present].filter((value) => !order.includes(value))];
  const code = new Map(categories.map((category, k) => [category, k]));
  return {kind: 'categorical', codes: Int32Array.from(values, (value) => (value === null ? -1 : (code.get(String(value)) ?? -1))), categories, ordered: name === 'timepoint'};
}

function coloursOf(column: Column | undefined, cellTypes: CellTypes): string[] {
  return column?.kind === 'categorical' ? column.categories.map((label) => cellTypes.types.find((type) => type.label === label)?.colour ?? '#BFBFBF') : [];
}
