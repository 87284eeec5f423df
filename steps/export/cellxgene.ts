// The cohort as CELLxGENE takes it (dataset schema 7): Ensembl ids alone, raw counts beside normalised ones, ontology terms for donors and cells. What the
// schema forbids is renamed or left out, and the note says how much.
import type {AnnotatedMatrix, Column, DataFrame} from '../../pipeline/data/annotated-matrix.ts';
import {selectRows, type SparseMatrix} from '../../pipeline/data/matrix.ts';
import type {CellType} from '../../pipeline/formats/cell-types.ts';
import {distinctCells, ensemblGenes, logNormalised, onlyGenes} from './cellxgene-counts.ts';
import {sexTerm, stageTerm, type Sample} from './donors.ts';
import {frameRows, pick} from './frame-rows.ts';

export interface CellxgeneSetting {
  readonly donors: ReadonlyMap<string, Sample>;
  readonly title: string;
  readonly disease: string | null;
  readonly assay: string | null;
  readonly tissue: string;
  readonly ethnicity: string;
  readonly isPrimary: boolean;
  /** Ensembl ids to leave out. */
  readonly retired: readonly string[];
  readonly cellTypes: readonly CellType[];
  /** By sample, as the sheet has it. */
  readonly chemistries: ReadonlyMap<string, string>;
}

/** What the user has to add before it can be exported. */
export class NotExportable extends Error {
  readonly detail: {readonly found: string; readonly expected: string; readonly advice: string};
  constructor(detail: {readonly found: string; readonly expected: string; readonly advice: string}) {
    super(detail.found);
    this.detail = detail;
  }
}

/** EFO terms of the chemistries that Lymphline knows. */
const assays: readonly (readonly [RegExp, string])[] = [
  [/5.*v1/, 'EFO:0011025'], [/5.*v2/, 'EFO:0009900'], [/5.*v3/, 'EFO:0022605'], [/3.*v2/, 'EFO:0009899'], [/3.*v3/, 'EFO:0009922'], [/3.*v4/, 'EFO:0022604'], [/rhapsody/i, 'EFO:0700003'], [/gexscope/i, 'EFO:0700011'],
];

export function forCellxgene(cohort: AnnotatedMatrix, setting: CellxgeneSetting): {data: AnnotatedMatrix; note: string} {
  const genes = ensemblGenes(cohort.var, new Set(setting.retired));
  if (genes.ids.length === 0) throw new NotExportable({found: `no gene of ${cohort.var.index.length} has an Ensembl id`, expected: 'ENSG ids in gene_id', advice: 'CELLxGENE takes Ensembl ids alone: import matrices that have them (10x H5 or features.tsv), or leave cellxgene out of exports.'});
  const counts = onlyGenes(cohort.X as SparseMatrix, genes.target, genes.ids.length);
  const cells = distinctCells(counts);
  const raw = selectRows(counts, cells.kept);
  const rows = frameRows(cohort.obs, cells.kept);
  const variables: DataFrame = {index: genes.ids, columns: new Map([['feature_is_filtered', {kind: 'boolean', values: genes.ids.map(() => false)} as Column], ['gene_symbol', {kind: 'string', values: genes.symbols} as Column]])};
  const rawVariables: DataFrame = {index: genes.ids, columns: new Map([['gene_symbol', {kind: 'string', values: genes.symbols} as Column]])};
  const obsm = new Map([...(cohort.obsm ?? [])].filter(([name]) => name === 'X_umap' || name === 'X_pca').map(([name, matrix]) => [name, {...matrix, nRows: cells.kept.length, values: pick(matrix.values, matrix.nColumns, cells.kept)}]));
  const said = [
    genes.nOther === 0 ? '' : `${some(genes.nOther, 'feature')} without a current Ensembl id left out`, genes.nMerged === 0 ? '' : `${some(genes.nMerged, 'feature')} with an id that stands twice added up`,
    cells.nEmpty === 0 ? '' : `${some(cells.nEmpty, 'cell')} without a count left out`, cells.nTwice === 0 ? '' : `${some(cells.nTwice, 'cell')} with the counts of another left out`,
  ].filter((part) => part !== '');
  return {
    data: {obs: {index: rows.index, columns: new Map([...ownColumns(rows), ...termColumns(rows, setting)])}, var: variables, X: logNormalised(raw), raw: {var: rawVariables, X: raw}, obsm, uns: {title: setting.title, organism_ontology_term_id: 'NCBITaxon:9606', ...(obsm.has('X_umap') ? {default_embedding: 'X_umap'} : {})}},
    note: said.join('; ') || 'every cell and gene',
  };
}

/** Names that the portal fills in itself are renamed; what is said by a term, or is empty, goes. */
function ownColumns(rows: DataFrame): [string, Column][] {
  const dropped = ['kept', 'removed_because', 'missing', 'umap_1', 'umap_2', 'patient_id'];
  return [...rows.columns].filter(([name]) => !dropped.includes(name)).map(([name, column]) => [name === 'cell_type' ? 'author_cell_type' : name, column]);
}

function termColumns(rows: DataFrame, setting: CellxgeneSetting): [string, Column][] {
  const text = (name: string): string[] => {
    const column = rows.columns.get(name);
    if (column?.kind === 'categorical') return Array.from(column.codes, (code) => column.categories[code] ?? '');
    return column?.kind === 'string' ? column.values.map((value) => value ?? '') : rows.index.map(() => '');
  };
  const samples = text('sample_id').map((id) => setting.donors.get(id));
  const donors = samples.map((sample) => sample?.donor);
  const ontology = new Map(setting.cellTypes.map(({label, ontology: term}) => [label, term]));
  const [types, lineages] = [text('cell_type'), text('lineage')];
  const disease = donors.map((donor) => donor?.disease ?? setting.disease ?? needed('no disease is named', 'a MONDO id', 'Set steps.export.disease, such as MONDO:0005556 (lupus nephritis), or add disease_ontology_term_id to the patients sheet.'));
  const assay = text('sample_id').map((id) => setting.assay ?? assayOf(setting.chemistries.get(id) ?? '') ?? needed(`sample ${id} has the chemistry "${setting.chemistries.get(id) ?? ''}"`, 'a chemistry with an EFO term', 'Set steps.export.assay, such as EFO:0009900 (10x 5\' v2), or fill in the column chemistry of the samples sheet.'));
  const terms: readonly (readonly [string, readonly string[]])[] = [
    ['donor_id', donors.map((donor) => donor?.patient_id ?? 'unknown')],
    ['assay_ontology_term_id', assay], ['cell_type_ontology_term_id', types.map((type, i) => ontology.get(type) ?? ontology.get(lineages[i]) ?? 'unknown')],
    ['development_stage_ontology_term_id', donors.map((donor) => (donor === undefined ? 'unknown' : stageTerm(donor)))], ['disease_ontology_term_id', disease],
    ['self_reported_ethnicity_ontology_term_id', donors.map((donor) => donor?.ethnicity ?? setting.ethnicity)], ['sex_ontology_term_id', donors.map((donor) => (donor === undefined ? 'unknown' : sexTerm(donor)))],
    ['suspension_type', rows.index.map(() => 'cell')], ['tissue_ontology_term_id', rows.index.map(() => setting.tissue)], ['tissue_type', rows.index.map(() => 'tissue')],
  ];
  return [...terms.map(([name, values]): [string, Column] => [name, categorical(values)]), ['is_primary_data', {kind: 'boolean', values: rows.index.map(() => setting.isPrimary)}]];
}

const some = (n: number, word: string): string => `${n} ${word}${n === 1 ? '' : 's'}`;

function assayOf(chemistry: string): string | undefined {
  return assays.find(([pattern]) => pattern.test(chemistry))?.[1];
}

function needed(found: string, expected: string, advice: string): never {
  throw new NotExportable({found, expected, advice});
}

function categorical(values: readonly string[]): Column {
  const categories = [...new Set(values)].sort();
  const code = new Map(categories.map((category, i) => [category, i]));
  return {kind: 'categorical', codes: Int32Array.from(values, (value) => code.get(value)!), categories, ordered: false};
}
