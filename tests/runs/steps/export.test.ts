// What archives and other pipelines are given, against their own rules: CELLxGENE's dataset schema 7 one by one, the airr package, nf-core's sheet schemas.
import {spawnSync} from 'node:child_process';
import {existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterAll, beforeAll, expect, test} from 'vitest';
import {parse} from 'yaml';
import {columnAsText, type AnnotatedMatrix, type Column} from '../../../pipeline/data/annotated-matrix.ts';
import type {SparseMatrix} from '../../../pipeline/data/matrix.ts';
import {readTable} from '../../../pipeline/formats/delimited-text.ts';
import {readH5ad, writeH5ad} from '../../../pipeline/formats/h5ad.ts';
import {projectRoot} from '../../rig/cli.ts';
import {engineEnvironment} from '../../rig/engines.ts';
import {runStepFolder, type StepRequest, type StepRun} from '../../rig/run-step.ts';

const folder = mkdtempSync(join(tmpdir(), 'lymphline-export-'));
afterAll(() => rmSync(folder, {recursive: true, force: true}));
const text = (...values: string[]): Column => ({kind: 'string', values});

// Five cells: c has nothing but the transgene, e has the counts of a once the transgene is away.
//            ENSG..1.4  ENSG..2  CAR  ENSG..1 (again)
const counts = {a: [1, 2, 0, 3], b: [0, 5, 1, 0], c: [0, 0, 4, 0], d: [0, 0, 0, 7], e: [4, 2, 2, 0]};
const cohort: AnnotatedMatrix = {
  obs: {index: Object.keys(counts), columns: new Map<string, Column>([
    ['sample_id', text('S1', 'S1', 'S1', 'S2', 'S2')], ['patient_id', text('P1', 'P1', 'P1', 'P2', 'P2')], ['lineage', text('T cell', 'B cell', 'T cell', 'unassigned', 'T cell')], ['cell_type', text('CD4 T cell', 'B cell', 'T cell', 'unassigned', 'T cell')],
    ['kept', {kind: 'boolean', values: [true, true, true, true, true]}], ['car_umi', {kind: 'integer', values: Float64Array.of(0, 1, 4, 0, 2)}],
  ])},
  var: {index: ['ONE', 'TWO', 'CAR_BCMA', 'ONE-1'], columns: new Map([['gene_id', text('ENSG00000000001.4', 'ENSG00000000002', 'CAR_BCMA', 'ENSG00000000001')], ['gene_symbol', text('ONE', 'TWO', 'CAR_BCMA', 'ONE')]])},
  X: sparse(Object.values(counts)),
  obsm: new Map([['X_umap', {kind: 'dense', nRows: 5, nColumns: 2, values: Float32Array.from({length: 10}, (_, i) => i)}], ['signature_scores', {kind: 'dense', nRows: 5, nColumns: 1, values: new Float32Array(5)}]]),
};

function sparse(rows: readonly (readonly number[])[]): SparseMatrix {
  const stored = rows.flatMap((row) => row.flatMap((value, column) => (value === 0 ? [] : [{column, value}])));
  const indptr = Uint32Array.from([0, ...rows.map((_, i) => rows.slice(0, i + 1).flat().filter((value) => value !== 0).length)]);
  return {kind: 'sparse', nRows: rows.length, nColumns: rows[0].length, indptr, indices: Uint32Array.from(stored, ({column}) => column), values: Float32Array.from(stored, ({value}) => value)};
}

const rows = [['S1', 'P1'], ['S2', 'P2']].map(([sample_id, patient_id]) => ({sample_id, patient_id, timepoint: 'baseline', day: '0', library: 'gex', library_id: `${sample_id}-gex`, chemistry: "5' v2"}));

async function exportCells(name: string, {data = cohort, params = {disease: 'MONDO:0005556'}, chemistry = "5' v2"}: {data?: AnnotatedMatrix; params?: Record<string, unknown>; chemistry?: string} = {}): Promise<StepRun> {
  const path = join(folder, `${name}.h5ad`);
  await writeH5ad(path, data);
  writeFileSync(join(folder, 'patients.tsv'), 'patient_id\tsex\tage_years\nP1\tfemale\t27\nP2\tM\t80\n');
  writeFileSync(join(folder, 'samples.tsv'), 'sample_id\nS1\nS2\n');
  return runStepFolder('export', join(folder, name), {
    inputs: {cohort: path, patients: join(folder, 'patients.tsv'), samples: join(folder, 'samples.tsv'), cell_types: join(projectRoot, 'configs/cell-types.yaml')}, params, config: {name: 'study', exports: ['cellxgene']},
    design: {timepoints: ['baseline'], contrasts: [], missing_pairs: 'error', visits: [], rows: rows.map((row) => ({...row, chemistry}))},
  } as StepRequest);
}

let exported: AnnotatedMatrix;
let table: readonly Record<string, unknown>[];
beforeAll(async () => {
  const run = await exportCells('study');
  expect(run).toMatchObject({status: 0, problem: undefined});
  exported = await readH5ad(join(run.outputs['exports'], 'cellxgene/cohort.h5ad'));
  table = readTable(run.outputs['exports_table']).rows;
});

// Each of these is a rule of the dataset schema 7; cellxgene-schema 7.1.2 (Python) found the export of a real cohort valid.
test('genes are Ensembl ids without version, once each, in X and in raw', () => {
  expect(exported.var.index).toEqual(['ENSG00000000001', 'ENSG00000000002']);
  expect(exported.raw?.var.index).toEqual(exported.var.index);
  expect(columnAsText(exported.var, 'feature_is_filtered')).toEqual(['false', 'false']);
  expect(exported.raw?.var.columns.has('feature_is_filtered')).toBe(false);
});

test('raw counts are whole numbers of every cell, none empty and none twice; X is their logarithm', () => {
  expect(exported.obs.index).toEqual(['a', 'b', 'd']);
  const raw = exported.raw!.X;
  // a: 1 + 3 of the id that stands twice, and 2.
  expect([[...raw.indptr], [...raw.indices], [...raw.values]]).toEqual([[0, 2, 3, 4], [0, 1, 1, 0], [4, 2, 5, 7]]);
  // log(1 + 4 / 6 * 10000), log(1 + 2 / 6 * 10000), log(10001) twice.
  [8.805025, 8.112028, 9.210440, 9.210440].forEach((value, i) => expect((exported.X as SparseMatrix).values[i]).toBeCloseTo(value, 5));
  expect(table).toEqual([{export: 'cellxgene', file: 'exports/cellxgene/cohort.h5ad', n_rows: '3', note: '1 feature without a current Ensembl id left out; 1 feature with an id that stands twice added up; 1 cell without a count left out; 1 cell with the counts of another left out', missing: null}]);
});

// HsapDv:0000121 is the 27-year-old stage, HsapDv:0000206 the 80-year-old stage.
test('donors and cells have their terms; the names that the portal fills in are free', () => {
  const of = (name: string): unknown => columnAsText(exported.obs, name);
  expect(Object.fromEntries(['donor_id', 'sex_ontology_term_id', 'development_stage_ontology_term_id', 'cell_type_ontology_term_id', 'author_cell_type'].map((name) => [name, of(name)]))).toEqual({
    donor_id: ['P1', 'P1', 'P2'], sex_ontology_term_id: ['PATO:0000383', 'PATO:0000383', 'PATO:0000384'], development_stage_ontology_term_id: ['HsapDv:0000121', 'HsapDv:0000121', 'HsapDv:0000206'],
    cell_type_ontology_term_id: ['CL:0000624', 'CL:0000236', 'unknown'], author_cell_type: ['CD4 T cell', 'B cell', 'unassigned'],
  });
  for (const [name, value] of [['assay_ontology_term_id', 'EFO:0009900'], ['disease_ontology_term_id', 'MONDO:0005556'], ['tissue_ontology_term_id', 'UBERON:0000178'], ['tissue_type', 'tissue'], ['suspension_type', 'cell'], ['self_reported_ethnicity_ontology_term_id', 'unknown'], ['is_primary_data', 'true']]) expect(of(name), name).toEqual([value, value, value]);
  for (const reserved of ['cell_type', 'assay', 'disease', 'sex', 'tissue', 'organism', 'self_reported_ethnicity', 'development_stage', 'observation_joinid']) expect(exported.obs.columns.has(reserved), reserved).toBe(false);
  // Ontology columns are categories, all of them used.
  for (const [name, column] of exported.obs.columns) if (column.kind === 'categorical') expect(new Set(column.codes).size, name).toBe(column.categories.length);
  expect([exported.uns, [...(exported.obsm?.keys() ?? [])]]).toEqual([{title: 'study', organism_ontology_term_id: 'NCBITaxon:9606', default_embedding: 'X_umap'}, ['X_umap']]);
  expect([...exported.obsm!.get('X_umap')!.values]).toEqual([0, 1, 2, 3, 6, 7]);
});

test('what an archive has to know and no sheet says is asked for by name', async () => {
  expect((await exportCells('no-disease', {params: {}})).problem).toEqual({input: 'the export for CELLxGENE', found: 'no disease is named', expected: 'a MONDO id', advice: 'Set steps.export.disease, such as MONDO:0005556 (lupus nephritis), or add disease_ontology_term_id to the patients sheet.'});
  expect((await exportCells('no-assay', {chemistry: 'in-house'})).problem).toMatchObject({found: 'sample S1 has the chemistry "in-house"', advice: expect.stringContaining('Set steps.export.assay')});
  const symbols = {...cohort, var: {...cohort.var, columns: new Map([['gene_id', text('ONE', 'TWO', 'CAR_BCMA', 'ONE-1')]])}};
  expect((await exportCells('symbols', {data: symbols})).problem).toMatchObject({found: 'no gene of 4 has an Ensembl id', advice: expect.stringContaining('leave cellxgene out of exports')});
  expect(await exportCells('retired', {params: {disease: 'MONDO:0005556', retired_genes: ['ENSG00000000001', 'ENSG00000000002']}})).toMatchObject({status: 65});
});

const example = join(projectRoot, 'steps/export/example');
const files = join(folder, 'files');
beforeAll(() => {
  const request = parse(readFileSync(join(example, 'example.yaml'), 'utf8')) as StepRequest;
  const inputs = Object.fromEntries(Object.entries(request.inputs ?? {}).map(([name, path]) => [name, join(example, path as string)]));
  expect(runStepFolder('export', files, {...request, inputs})).toMatchObject({status: 0, problem: undefined});
});

// required, enum and pattern of nf-core's assets/schema_input.json: scrnaseq 4.0, airrflow 4.x.
test('the nf-core sheets have the columns, words and file names that their schemas ask for', () => {
  expect(readFileSync(join(files, 'outputs/exports/nf-core/scrnaseq.csv'), 'utf8')).toBe('sample,fastq_1,fastq_2,feature_type\nS_1,a_L1_R1.fastq.gz,a_L1_R2.fastq.gz,gex\nS_1,a_L2_R1.fastq.gz,a_L2_R2.fastq.gz,gex\nS_1,t_R1.fastq.gz,t_R2.fastq.gz,vdj_t\n');
  const [row] = readTable(join(files, 'outputs/exports/nf-core/airrflow.tsv')).rows;
  expect(row).toEqual({filename: '../airr/S_1_TR.tsv', sample_id: 'S_1_TR', subject_id: 'P1', species: 'human', pcr_target_locus: 'TR', tissue: 'blood', sex: 'female', age: '27', biomaterial_provider: 'hospital', single_cell: 'TRUE'});
  expect(existsSync(join(files, 'outputs/exports/nf-core', String(row['filename'])))).toBe(true);
});

const validator = join(engineEnvironment()['LYMPHLINE_RIG'] ?? '', 'airr/bin/airr-tools');
if (!existsSync(validator)) console.log('AIRR files are not validated by the airr package (`tests/rig/machine.sh up airr`).');

// With CI=true what is not there is a failure.
test.skipIf(!existsSync(validator) && process.env['CI'] !== 'true')('the airr package finds every AIRR file valid, and a broken one not', () => {
  const airr = join(files, 'outputs/exports/airr');
  const names = readdirSync(airr);
  expect(names).toEqual(['S_1_TR.tsv']);
  const validate = (path: string): number | null => spawnSync(validator, ['validate', 'rearrangement', '-a', path]).status;
  expect(validate(join(airr, names[0]))).toBe(0);
  const {columns, rows: found} = readTable(join(airr, names[0]));
  expect(found.map((row) => row['repertoire_id'])).toEqual(['S 1', 'S 1']);
  const broken = join(folder, 'broken.tsv');
  writeFileSync(broken, [columns, ...found.map((row) => columns.map((column) => (column === 'productive' ? 'perhaps' : row[column] ?? '')))].map((cells) => cells.join('\t')).join('\n'));
  expect(validate(broken)).not.toBe(0);
});
