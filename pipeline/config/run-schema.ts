// The JSON schema of the run file. Ajv fills in the defaults.
import type {ParamContract, StepContract} from '../model/step-contract.ts';
import {keys, oneOf, text, texts, whole, type Schema} from './schema-parts.ts';

const contrast = keys('A comparison of two samples of each patient.', {
  name: text('Name of the contrast in tables and figures.'),
  by: text('Sheet column whose values are the two sides, usually timepoint.'),
  before: text('Value of that column on the side that is subtracted.'),
  after: text('Value of that column on the other side.'),
  where: {type: 'object', additionalProperties: {type: 'string'}, description: 'Other sheet columns that must have this value; must leave one sample a patient and side.'},
  primary: {type: 'boolean', description: 'The contrast that the study claims something about. Without one it is the first.'},
}, ['name', 'by', 'before', 'after']);

const properties: Readonly<Record<string, Schema>> = {
  lymphline: {const: 1, description: 'Version of this format.'},
  name: text('Names the run directory, runs/<name>.', {pattern: '^[A-Za-z0-9][A-Za-z0-9._-]*$', 'x-expected': 'letters, digits and . _ -, the first a letter or a digit'}),
  samples: text('Samples sheet, one row a library. Paths are relative to this file; ~ and ${VAR} are replaced.'),
  visits: text('Clinical sheet, one row a patient visit.'),
  patients: text('Sheet with one row a patient.'),
  biopsies: text('Sheet with one row a biopsy.'),
  adverse_events: text('Sheet with one row an adverse event.'),
  timepoints: texts('Every timepoint used in the sheets, in order of time.', {minItems: 1, uniqueItems: true}),
  contrasts: {type: 'array', items: contrast, description: 'Comparisons within patients; without any they are absent from the tables, with the reason.'},
  missing_pairs: oneOf(['error', 'drop'], 'A patient without a row for one side of a contrast stops the run, or is left out of that contrast.', {default: 'error'}),
  on_sample_failure: oneOf(['stop', 'quarantine'], 'A sample that fails stops what depends on it, or is set aside while the others go on.', {default: 'stop'}),
  keep: oneOf(['all', 'results'], 'Keep the outputs of every job, or only the results.', {default: 'all'}),
  cells: keys('Start from analysed cells: import, QC, clustering and annotation are skipped.', {
    path: text('An h5ad of the whole cohort.'),
    sample_column: text('Column of obs that holds the sample_id.', {default: 'sample_id'}),
    barcode_column: text('Column of obs that holds the barcode; default: the index.'),
    cell_type_column: text('Column of obs that holds published cell types.'),
  }, ['path']),
  labels: keys('Cell types of your own, by sample_id and barcode; they win.', {
    path: text('TSV or CSV with the columns sample_id, barcode and the label.'),
    column: text('Column that holds the label.', {default: 'cell_type'}),
  }, ['path']),
  label_reference: keys('Labelled cells of another study, for steps.annotate.method: singler.', {
    path: text('An h5ad with counts, or with log-normalised values in X.'),
    column: text('Column of obs that holds the label.', {default: 'cell_type'}),
  }, ['path']),
  cell_type_map: {type: 'object', additionalProperties: {type: 'string', minLength: 1}, description: 'Label of yours, of the published cells or of the reference -> one of our lineages, types or subtypes.'},
  car: keys('The transgene of the infused cells.', {
    features: texts('Rows of the matrix that are the transgene.', {minItems: 1}),
    min_umi: whole(1, 'UMIs from which a cell is called positive.', {default: 1}),
  }, ['features']),
  signatures: keys('Gene sets that are scored.', {
    primary: texts('Sets that the study claims something about: one family of tests.'),
    exploratory: {anyOf: [{const: 'all', title: 'all'}, {type: 'array', items: {type: 'string', minLength: 1}, title: 'a list of names'}], description: 'Further sets, or all.'},
    files: texts('GMT files besides the shipped one.'),
  }),
  reference: keys('Only when starting from FASTQ.', {
    genome: text('FASTA of the genome.'),
    genes: text('GTF of the genes.'),
    extra: texts('Further FASTA files, such as the transgene.'),
    extra_genes: texts('GTF files of the further FASTA files; without, each of their sequences is one exon.'),
    receptor_genes: text('FASTA of receptor genes with their coordinates, as TRUST4 takes it with -f.'),
    receptor_alleles: text('FASTA of annotated receptor alleles, as TRUST4 takes it with --ref.'),
    germline_v: text('FASTA of the V germline alleles (without gaps), for IgBLAST.'),
    germline_d: text('FASTA of the D germline alleles.'),
    germline_j: text('FASTA of the J germline alleles.'),
    germline_auxiliary: text('IgBLAST auxiliary file (frame and CDR3 end of each J allele).'),
  }),
  differential_expression: {type: 'boolean', description: 'Test every gene and gene set between timepoints, per cell type (limma-voom, camera, fry; needs R).'},
  exports: {type: 'array', items: {enum: ['airr', 'cellxgene', 'nf-core']}, minItems: 1, uniqueItems: true, description: 'Results in the forms of archives and other pipelines too, in results/exports: AIRR tables, a CELLxGENE-ready h5ad, nf-core sheets.'},
  steps: {type: 'object', additionalProperties: {type: 'object'}, description: 'Parameters by step; `lymphline steps NAME` lists them.', default: {}},
  seed: whole(0, 'Seed of everything random.', {default: 1}),
  profile: text('Where and how it runs: a name in configs/profiles or a path; --profile overrides.', {default: 'laptop'}),
};

/** Parameters are checked by resolve-params.ts, against the contracts. */
export const runSchema = keys('A Lymphline run.', properties, ['lymphline', 'name', 'samples', 'timepoints']);

/** For editors: the parameters of every step too. */
export function runSchemaWithSteps(contracts: readonly StepContract[]): Schema {
  const steps = contracts.filter((step) => !step.tool).map((step) => [step.name, keys(step.summary, mapValues(step.params, paramSchema))] as const);
  const named = keys(String(properties['steps']['description']), Object.fromEntries(steps));
  return {...runSchema, properties: {...properties, steps: named}};
}

function paramSchema(param: ParamContract): Schema {
  const description = [param.summary, ...(param.unit === undefined ? [] : [`Unit: ${param.unit}.`]), ...usedWhen(param), ...onlyWith(param), ...needsKey(param)].join(' ');
  const common = {description, default: param.default};
  if (param.type === 'any') return common;
  const type = param.type === 'list' ? 'array' : param.type;
  const bounds = {...(param.minimum === undefined ? {} : {minimum: param.minimum}), ...(param.maximum === undefined ? {} : {maximum: param.maximum})};
  const isNullable = param.default === null || param.nullable === true;
  if (param.enum !== undefined) {
    return param.type === 'list' ? {...common, type, items: {enum: param.enum}} : {...common, enum: isNullable ? [...param.enum, null] : param.enum};
  }
  const value: Schema = {type: isNullable ? [type, 'null'] : type, ...bounds};
  return param.words === undefined ? {...common, ...value} : {...common, anyOf: [value, {enum: param.words}]};
}

function usedWhen({used_when}: ParamContract): string[] {
  return used_when === undefined ? [] : [`Used when ${Object.entries(used_when).map(([name, value]) => `${name} is ${String(value)}`).join(' and ')}.`];
}

function onlyWith({only_with}: ParamContract): string[] {
  return Object.entries(only_with ?? {}).map(([value, needs]) => `${value} needs ${Object.entries(needs).map(([name, needed]) => `${name}: ${[needed].flat().join(' or ')}`).join(' and ')}.`);
}

function needsKey({needs_key}: ParamContract): string[] {
  return Object.entries(needs_key ?? {}).map(([value, key]) => `${value} needs \`${key}\` in the run file.`);
}

function mapValues<T, U>(record: Readonly<Record<string, T>>, change: (value: T) => U): Record<string, U> {
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [name, change(value)]));
}
