// An analysed h5ad and the sheet -> the cells of each sample of the sheet, in the words of the sheet.
import {chooseCounts, countsPlaces, geneNames, isMitochondrial, makeUnique, type FoundCounts} from '../../pipeline/analysis/cell-quality-input.ts';
import {selectColumns} from '../../pipeline/analysis/cell-quality-cohort.ts';
import {rankable, recoverFrom} from '../../pipeline/analysis/recover-counts.ts';
import {closestName} from '../../pipeline/base/closest-name.ts';
import {FormatProblem} from '../../pipeline/base/format-problem.ts';
import {columnAsText, type AnnotatedMatrix, type Column, type DataFrame} from '../../pipeline/data/annotated-matrix.ts';
import {selectRows, type SparseMatrix} from '../../pipeline/data/matrix.ts';
import {readCellsOfAny} from '../../pipeline/formats/mudata.ts';

export interface CellsConfig {
  readonly sample_column?: string;
  readonly barcode_column?: string;
  readonly cell_type_column?: string;
}

export interface ImportedCells {
  /** Rows of the file that belong to a sample of the sheet, in its order. */
  readonly rows: readonly number[];
  readonly cellIds: readonly string[];
  readonly sampleIds: readonly string[];
  readonly barcodes: readonly string[];
  readonly counts: SparseMatrix;
  readonly genes: DataFrame;
  /** Where in the file the raw counts were, as `layers/counts`. */
  readonly countsFrom: string;
  /** False: `counts` are normalised values, of which the ranks within a cell mean something. */
  readonly hasCounts: boolean;
  /** One entry a cell; null where the file has none. */
  readonly labels: readonly (string | null)[] | null;
  readonly clusters: readonly (string | null)[] | null;
  readonly obsm: AnnotatedMatrix['obsm'];
}

/** `samples`: sample_id -> is it excluded by the sheet. */
export async function readCells(path: string, config: CellsConfig, samples: ReadonlyMap<string, boolean>): Promise<ImportedCells> {
  const data = await readCellsOfAny(path, {uns: false});
  const {hasCounts, ...chosen} = countsOf(path, data);
  const sampleOf = column(path, data.obs, config.sample_column ?? 'sample_id', 'sample_column');
  checkSamples(path, sampleOf, samples);
  const rows = [...data.obs.index.keys()].filter((cell) => samples.get(sampleOf[cell] ?? '') === false);
  const pick = <T>(values: readonly T[]): T[] => rows.map((row) => values[row]);
  const barcodes = config.barcode_column === undefined ? data.obs.index : column(path, data.obs, config.barcode_column, 'barcode_column');
  const sampleIds = pick(sampleOf) as string[];
  const cellIds = pick(barcodes).map((barcode, cell) => `${sampleIds[cell]}_${barcode}`);
  checkUnique(path, cellIds);
  const {names, columns} = genesOf(chosen.genes);
  const clusterColumn = ['cluster', 'leiden', 'louvain', 'seurat_clusters'].find((name) => data.obs.columns.has(name));
  return {
    rows, cellIds, sampleIds,
    barcodes: pick(barcodes) as string[],
    counts: selectRows(columns.length === chosen.genes.index.length ? chosen.counts : selectColumns(chosen.counts, columns), rows),
    genes: names,
    countsFrom: chosen.where,
    hasCounts,
    labels: config.cell_type_column === undefined ? null : pick(column(path, data.obs, config.cell_type_column, 'cell_type_column')),
    clusters: clusterColumn === undefined ? null : pick(columnAsText(data.obs, clusterColumn) as (string | null)[]),
    obsm: data.obsm,
  };
}

function countsOf(path: string, data: AnnotatedMatrix): FoundCounts & {readonly hasCounts: boolean} {
  const chosen = chooseCounts(data);
  if (!('found' in chosen)) return {...chosen, hasCounts: true};
  const recovered = recoverFrom(data);
  if (recovered !== undefined) return {...recovered, hasCounts: true};
  const ranked = rankable(data);
  if (ranked !== undefined) return {...ranked, hasCounts: false};
  throw new FormatProblem(path, {
    found: chosen.found,
    expected: `raw counts (whole numbers, none negative) in ${countsPlaces}, or normalised values of which none is negative`,
    advice: 'Save the raw counts in layers["counts"]: scaled values do not tell which genes a cell has.',
  });
}

function column(path: string, obs: DataFrame, name: string, key: string): (string | null)[] {
  const values = columnAsText(obs, name);
  if (values !== undefined) return values;
  const near = closestName(name, [...obs.columns.keys()]);
  throw new FormatProblem(path, {
    found: `obs without the column "${name}" (it has ${[...obs.columns.keys()].join(', ') || 'none'})`,
    expected: `the column that cells.${key} names`,
    advice: near === undefined ? `Set cells.${key} in the run file.` : `Did you mean "${near}"?`,
  });
}

function checkSamples(path: string, sampleOf: readonly (string | null)[], samples: ReadonlyMap<string, boolean>): void {
  const inFile = [...new Set(sampleOf.filter((sample) => sample !== null))];
  const strangers = inFile.filter((sample) => !samples.has(sample));
  const absent = [...samples].filter(([sample, isExcluded]) => !isExcluded && !inFile.includes(sample)).map(([sample]) => sample);
  const refuse = (found: string, expected: string, advice: string): never => {
    throw new FormatProblem(path, {found, expected, advice});
  };
  if (sampleOf.includes(null)) refuse(`${sampleOf.filter((sample) => sample === null).length} cells without a sample`, 'a sample for each cell', 'Fill the column that cells.sample_column names.');
  if (strangers.length > 0) refuse(`the samples ${strangers.join(', ')}, which the samples sheet does not name`, `${[...samples.keys()].join(', ')}`, 'Add a gex row for each, with a reason in `excluded` to leave it out.');
  if (absent.length > 0) refuse(`no cell of ${absent.join(', ')} (the file has ${inFile.join(', ')})`, 'cells of every gex row of the samples sheet', 'Check cells.sample_column and the sample_id of the sheet.');
}

function checkUnique(path: string, cellIds: readonly string[]): void {
  const seen = new Set<string>();
  const twice = cellIds.find((cellId) => seen.size === seen.add(cellId).size);
  if (twice !== undefined) {
    throw new FormatProblem(path, {found: `cell ${twice} twice`, expected: 'each barcode once in a sample', advice: 'Set cells.barcode_column to a column that is unique within samples.'});
  }
}

function genesOf(table: DataFrame): {names: DataFrame; columns: number[]} {
  const {ids, symbols, types} = geneNames(table);
  const columns = types.flatMap((type, k) => (type === 'Gene Expression' ? [k] : []));
  const pick = (values: readonly string[]): string[] => columns.map((k) => values[k]);
  const text = (values: readonly string[]): Column => ({kind: 'string', values: pick(values)});
  return {
    columns,
    names: {
      index: makeUnique(pick(symbols)).unique,
      columns: new Map<string, Column>([
        ['gene_id', text(ids)],
        ['gene_symbol', text(symbols)],
        ['feature_type', text(types)],
        ['is_mitochondrial', {kind: 'boolean', values: pick(symbols).map(isMitochondrial)}],
      ]),
    },
  };
}
