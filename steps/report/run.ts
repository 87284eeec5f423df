import {createHash} from 'node:crypto';
import {mkdirSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {digestFile} from '../../pipeline/base/digest.ts';
import {randomStream} from '../../pipeline/base/random.ts';
import type {Row} from '../../pipeline/data/table.ts';
import {drawAttrition} from '../../pipeline/figures/attrition.ts';
import {drawClinicalCourse} from '../../pipeline/figures/clinical-course.ts';
import {clinicalFindings, clinicalLine} from '../../pipeline/figures/clinical-findings.ts';
import {drawClonalAbundance} from '../../pipeline/figures/clonal-abundance.ts';
import {drawCloneDiversity} from '../../pipeline/figures/clone-diversity.ts';
import {drawCloneSensitivity} from '../../pipeline/figures/clone-sensitivity.ts';
import {drawCloneTracking} from '../../pipeline/figures/clone-tracking.ts';
import {drawComposition} from '../../pipeline/figures/composition.ts';
import {drawEndpoints} from '../../pipeline/figures/endpoints.ts';
import type {FigureData} from '../../pipeline/figures/figure.ts';
import {pageScript, pageStyle} from '../../pipeline/figures/page-style.ts';
import {reportPage} from '../../pipeline/figures/page.ts';
import {drawRepertoireOverlap} from '../../pipeline/figures/repertoire-overlap.ts';
import {drawDepthCheck} from '../../pipeline/figures/depth-check.ts';
import {drawSignatureByCellType} from '../../pipeline/figures/signature-by-cell-type.ts';
import {drawSignatureChange} from '../../pipeline/figures/signature-change.ts';
import {drawSignatureRobustness} from '../../pipeline/figures/signature-robustness.ts';
import {drawUmap} from '../../pipeline/figures/umap.ts';
import {drawVolcano} from '../../pipeline/figures/volcano.ts';
import {clonalFinding, findingsText, inflammationFinding, testedLineages} from '../../pipeline/figures/verdicts.ts';
import {readCellTypes} from '../../pipeline/formats/cell-types.ts';
import {readTable, writeTable} from '../../pipeline/formats/delimited-text.ts';
import {runStep} from '../../pipeline/step-runtime/run-step.ts';

const tableNames = ['clonal_abundance', 'clonal_diversity', 'clone_tracking', 'clone_rule_sensitivity', 'clone_rules', 'repertoire_overlap', 'repertoire_alarms', 'tracking_power', 'barcode_match', 'signature_summary', 'timepoint_comparisons', 'verdicts', 'depth_check', 'signature_sets', 'cells', 'attrition', 'composition', 'subtype_composition', 'receptor_check', 'annotation_evidence', 'car_calls', 'reference_contigs', 'differential_expression', 'gene_set_tests', 'differential_expression_tests', 'clinical_visits', 'clinical_summary', 'clinical_patients', 'clinical_rules', 'clinical_conflicts', 'b_cell_times'];

await runStep(async (job) => {
  const tables: Record<string, readonly Row[]> = {};
  const sources: {table: string; sha256: string}[] = [];
  for (const name of tableNames) {
    const path = job.optionalInput(name);
    tables[name] = path === undefined ? [] : readTable(path).rows;
    if (path !== undefined) sources.push({table: name, sha256: await digestFile(path)});
  }
  const data: FigureData = {
    tables,
    timepoints: job.design.timepoints ?? [],
    contrasts: job.design.contrasts ?? [],
    patients: [...new Set(job.design.rows.map((row) => row['patient_id']))],
    lineageColours: new Map(readCellTypes(job.input('cell_types')).types.filter((type) => type.level === 'lineage').map((type) => [type.label, type.colour])),
  };
  const figures = [drawClonalAbundance(data), drawCloneTracking(data), drawCloneDiversity(data), drawCloneSensitivity(data), drawRepertoireOverlap(data), drawSignatureChange(data), drawSignatureRobustness(data), drawSignatureByCellType(data), drawDepthCheck(data), drawComposition(data), drawUmap(data, randomStream(job.seed, 'umap figure')), drawAttrition(data), ...(tables['differential_expression_tests'].length > 0 ? [drawVolcano(data)] : []), ...(tables['clinical_summary'].length > 0 ? [drawClinicalCourse(data), drawEndpoints(data)] : [])];
  const folder = job.output('figures');
  mkdirSync(folder, {recursive: true});
  for (const {id, title, caption, svg, values, parameters} of figures) {
    writeFileSync(join(folder, `${id}.svg`), svg);
    writeTable(join(folder, `${id}.tsv`), values);
    writeFileSync(join(folder, `${id}.json`), `${JSON.stringify({id, title, caption, parameters, seed: job.seed, version: job.version, tables: sources}, undefined, 1)}\n`);
  }
  const receptors = ['BCR', 'TCR'].filter((receptor) => tables['clonal_diversity'].some((row) => row['receptor'] === receptor));
  const findings = [...receptors.map((receptor) => clonalFinding(data, receptor)), ...testedLineages(data).map((lineage) => inflammationFinding(data, lineage)), ...clinicalFindings(data)];
  const page = reportPage({name: String(job.config['name']), version: job.version, seed: job.seed, data, figures, findings, asksForGenes: job.config['differential_expression'] === true, sheet: job.design.rows, sources}, {style: hash(pageStyle), script: hash(pageScript)});
  writeFileSync(job.output('report'), page);
  writeFileSync(job.output('findings'), findingsText(data, clinicalLine(data)));
});

function hash(content: string): string {
  return createHash('sha256').update(content).digest('base64');
}
