import {createHash} from 'node:crypto';
import {mkdirSync, readFileSync, writeFileSync} from 'node:fs';
import {digestFile} from '../../pipeline/base/digest.ts';
import {randomStream} from '../../pipeline/base/random.ts';
import type {Row} from '../../pipeline/data/table.ts';
import {drawFigures} from '../../pipeline/figures/all-figures.ts';
import {clinicalFindings, clinicalLine} from '../../pipeline/figures/clinical-findings.ts';
import type {FigureData} from '../../pipeline/figures/figure.ts';
import type {StepSettings} from '../../pipeline/figures/page-content.ts';
import {pageScript} from '../../pipeline/figures/page-script.ts';
import {pageStyle} from '../../pipeline/figures/page-style.ts';
import {reportPage, type PagePart} from '../../pipeline/figures/page.ts';
import {clonalFinding, countCells, findingsText, inflammationFinding, primarySignatures, testedLineages} from '../../pipeline/figures/verdicts.ts';
import {readCellTypes} from '../../pipeline/formats/cell-types.ts';
import {readTable} from '../../pipeline/formats/delimited-text.ts';
import {readSheetLines} from '../../pipeline/formats/sheet-rows.ts';
import {runStep, type StepJob} from '../../pipeline/step-runtime/run-step.ts';
import {readCellScores} from './cell-scores.ts';
import {writeFigure} from './figure-files.ts';
import {readFonts} from './font-files.ts';

const tableNames = [
  'clonal_abundance', 'clonal_diversity', 'clone_tracking', 'clone_rule_sensitivity', 'clone_rules', 'repertoire_overlap', 'repertoire_alarms', 'tracking_power', 'barcode_match', 'bcr_features', 'clone_car', 'receptor_attrition',
  'signature_summary', 'timepoint_comparisons', 'verdicts', 'depth_check', 'signature_sets',
  'cells', 'attrition', 'sample_quality', 'sex_check', 'composition', 'subtype_composition', 'receptor_check', 'annotation_evidence', 'cluster_stability', 'markers', 'car_calls', 'reference_contigs',
  'differential_expression', 'gene_set_tests', 'differential_expression_tests',
  'clinical_visits', 'clinical_summary', 'clinical_patients', 'clinical_rules', 'clinical_conflicts', 'b_cell_times',
];
/** Sheets that the user wrote. */
const sheetNames = ['biopsies', 'adverse_events'];

await runStep(async (job) => {
  const {tables, sources} = await readTables(job);
  const {types} = readCellTypes(job.input('cell_types'));
  const data: FigureData = {
    tables,
    timepoints: job.design.timepoints ?? [],
    contrasts: job.design.contrasts ?? [],
    patients: [...new Set(job.design.rows.map((row) => row['patient_id']))],
    lineageColours: new Map(types.filter((type) => type.level === 'lineage').map((type) => [type.label, type.colour])),
    cellTypes: types.filter((type) => type.level === 'type').map(({label, parent, colour}) => ({label, parent, colour})),
  };
  const figures = drawFigures(data, randomStream(job.seed, 'umap figure'));
  const folder = job.output('figures');
  mkdirSync(folder, {recursive: true});
  const fonts = readFonts(job);
  for (const figure of figures) await writeFigure(figure, {folder, fonts, formats: job.param('formats'), provenance: {n_patients: data.patients.length, n_cells: countCells(data).analysed, seed: job.seed, version: job.version, tables: sources}});
  const receptors = ['BCR', 'TCR'].filter((receptor) => tables['clonal_diversity'].some((row) => row['receptor'] === receptor));
  const page = reportPage({
    name: String(job.config['name']), version: job.version, seed: job.seed, data, figures,
    findings: [...receptors.map((receptor) => clonalFinding(data, receptor)), ...testedLineages(data).map((lineage) => inflammationFinding(data, lineage)), ...clinicalFindings(data)],
    scores: await readCellScores(job.inputFiles('scores').map(({path}) => path), tables['cells'], primarySignatures(data)),
    steps: (job.config['steps'] ?? {}) as StepSettings,
    libraries: (JSON.parse(readFileSync(job.input('package'), 'utf8')) as {dependencies: Record<string, string>}).dependencies,
    asksForGenes: job.config['differential_expression'] === true, sheet: job.design.rows, sources,
  }, {style: partOf(fonts.css + pageStyle), script: partOf(pageScript)});
  writeFileSync(job.output('report'), page);
  writeFileSync(job.output('findings'), findingsText(data, clinicalLine(data)));
});

interface ReadTables {
  readonly tables: Record<string, readonly Row[]>;
  readonly sources: readonly {readonly table: string; readonly sha256: string}[];
}

async function readTables(job: StepJob): Promise<ReadTables> {
  const tables: Record<string, readonly Row[]> = {sheet: job.design.rows};
  const sources: {table: string; sha256: string}[] = [];
  for (const name of [...tableNames, ...sheetNames]) {
    const path = job.optionalInput(name);
    tables[name] = path === undefined ? [] : sheetNames.includes(name) ? readSheetLines(path).map(({row}) => row) : readTable(path).rows;
    if (path !== undefined) sources.push({table: name, sha256: await digestFile(path)});
  }
  return {tables, sources};
}

function partOf(text: string): PagePart {
  return {text, hash: createHash('sha256').update(text).digest('base64')};
}
