import {readFileSync} from 'node:fs';
import {gunzipSync, gzipSync} from 'node:zlib';
import {writeFileAtomic} from '../../pipeline/base/atomic-file.ts';
import type {Row} from '../../pipeline/data/table.ts';
import {readTable, writeTable} from '../../pipeline/formats/delimited-text.ts';
import {runStep, type StepJob} from '../../pipeline/step-runtime/run-step.ts';
import {abundanceRows, diversityRows, type AbundanceSetting} from './abundance-tables.ts';
import {overlapRows, trackingRows} from './change-tables.ts';
import {countRepertoires} from './repertoires.ts';

const lymphoid = ['T cell', 'NK cell', 'B cell', 'plasma cell'];

const sequenceOf = (clone: Row): string => ['v_gene_1', 'j_gene_1', 'junction_1', 'v_gene_2', 'j_gene_2', 'junction_2'].map((name) => clone[name] ?? '').join(' ');

const sampleKeys = ['sample_id', 'patient_id', 'timepoint', 'day'];
const columnsOf: Readonly<Record<string, readonly string[]>> = {
  clones: ['patient_id', 'receptor', 'clone_id', 'rule', 'v_gene_1', 'j_gene_1', 'junction_1', 'junction_aa_1', 'v_gene_2', 'j_gene_2', 'junction_2', 'junction_aa_2', 'n_cells', 'n_samples', 'first_timepoint', 'missing'],
  clonal_abundance: [...sampleKeys, 'receptor', 'cell_type', 'level', 'clone_id', 'clone_size', 'n_cells', 'frequency', 'frequency_lower', 'frequency_upper', 'abundance', 'abundance_sd', 'rank', 'expansion_class', 'cells_per_ul', 'missing'],
  clonal_diversity: [...sampleKeys, 'receptor', 'cell_type', 'level', 'measure', 'q', 'method', 'depth', 'coverage', 'n_cells', 'n_clones', 'value', 'lower', 'upper', 'missing'],
  clone_tracking: ['patient_id', 'receptor', 'clone_id', 'contrast', 'n_before', 'n_cells_before', 'n_after', 'n_cells_after', 'frequency_before', 'frequency_after', 'log2_fold_change', 'log2_fold_change_lower', 'log2_fold_change_upper', 'p_value', 'q_value', 'detection_limit_after', 'verdict', 'missing'],
  repertoire_overlap: ['receptor', 'sample_id_a', 'sample_id_b', 'n_shared', 'jaccard', 'overlap', 'morisita_horn', 'same_patient', 'missing'],
};

await runStep(async (job) => {
  const read = (input: string): Row[] => job.inputFiles(input).flatMap(({path}) => [...readTable(path).rows]);
  const [clones, cells, labels] = [read('clones'), read('cells'), read('labels')];
  const repertoires = countRepertoires(job.design, {cells, qcCells: read('qc_cells'), labels}, job.param('denominator'));
  const setting: AbundanceSetting = {
    minCells: job.param('min_cells'), expandedMinCells: job.param('expanded_min_cells'), classCuts: job.param('class_cuts'), draws: job.param('draws'), seed: job.seed,
    concentration: concentrations(job.design, labels),
  };
  const write = (output: string, rows: readonly Row[]): void => writeTable(job.output(output), {columns: columnsOf[output], rows});
  write('clones', clones);
  write('clonal_abundance', abundanceRows(repertoires, setting));
  write('clonal_diversity', diversityRows(repertoires, setting));
  write('clone_tracking', trackingRows(repertoires, job.design));
  write('repertoire_overlap', overlapRows(repertoires, new Map(clones.map((clone) => [String(clone['clone_id']), sequenceOf(clone)]))));
  joinTables(job.inputFiles('rearrangements').map(({path}) => path), job.output('airr_rearrangements'));
});

/** lymphocytes_per_ul of the samples sheet, else of the patient's visit at that timepoint; the denominator is the lymphoid cells that were kept. */
function concentrations(design: StepJob['design'], labels: readonly Row[]): AbundanceSetting['concentration'] {
  const nLymphoid = new Map<string, number>();
  for (const label of labels) if (lymphoid.includes(String(label['lineage']))) nLymphoid.set(String(label['sample_id']), (nLymphoid.get(String(label['sample_id'])) ?? 0) + 1);
  return (sample) => {
    const rows = design.rows.filter((row) => row['sample_id'] === sample);
    const visit = design.visits?.find((one) => one['patient_id'] === rows[0]['patient_id'] && one['timepoint'] === rows[0]['timepoint'] && one['lymphocytes_per_ul']);
    const text = rows.map((row) => row['lymphocytes_per_ul']).find((value) => value) ?? visit?.['lymphocytes_per_ul'];
    const n = nLymphoid.get(sample) ?? 0;
    if (text === undefined || !Number.isFinite(Number(text))) return {missing: 'no lymphocytes_per_ul for this sample'};
    return n === 0 ? {missing: 'no lymphoid cells kept'} : {perUl: Number(text), nLymphoid: n};
  };
}

/** Tables with one header each, as one: parsing millions of contigs again would say nothing new. */
function joinTables(paths: readonly string[], target: string): void {
  const texts = paths.map((path) => gunzipSync(readFileSync(path)).toString('utf8'));
  const [header = ''] = texts[0]?.split('\n', 1) ?? [];
  writeFileAtomic(target, gzipSync(`${header}\n${texts.map((text) => text.slice(text.indexOf('\n') + 1)).join('')}`));
}
