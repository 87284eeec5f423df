import {gzipSync} from 'node:zlib';
import {writeFileAtomic} from '../../pipeline/base/atomic-file.ts';
import type {Row} from '../../pipeline/data/table.ts';
import {readTable, readText, writeTable} from '../../pipeline/formats/delimited-text.ts';
import {refuse, runStep, type StepJob} from '../../pipeline/step-runtime/run-step.ts';
import {abundanceRows, diversityRows, type AbundanceSetting} from './abundance-tables.ts';
import {overlapRows, trackingRows} from './change-tables.ts';
import {concentrations} from './concentrations.ts';
import {countRepertoires, type Repertoires} from './repertoires.ts';

const sampleKeys = ['sample_id', 'patient_id', 'timepoint', 'day'];
const columnsOf: Readonly<Record<string, readonly string[]>> = {
  clones: ['patient_id', 'receptor', 'clone_id', 'rule', 'v_gene_1', 'j_gene_1', 'junction_1', 'junction_aa_1', 'v_gene_2', 'j_gene_2', 'junction_2', 'junction_aa_2', 'n_cells', 'n_samples', 'first_timepoint', 'missing'],
  clonal_abundance: [...sampleKeys, 'receptor', 'cell_type', 'level', 'clone_id', 'clone_size', 'n_cells', 'frequency', 'frequency_lower', 'frequency_upper', 'abundance', 'abundance_sd', 'rank', 'expansion_class', 'cells_per_ul', 'missing'],
  clonal_diversity: [...sampleKeys, 'receptor', 'cell_type', 'level', 'measure', 'q', 'method', 'depth', 'coverage', 'n_cells', 'n_clones', 'value', 'lower', 'upper', 'missing'],
  clone_tracking: ['patient_id', 'receptor', 'clone_id', 'contrast', 'n_before', 'n_cells_before', 'n_after', 'n_cells_after', 'frequency_before', 'frequency_after', 'log2_fold_change', 'log2_fold_change_lower', 'log2_fold_change_upper', 'p_value', 'q_value', 'detection_limit_after', 'verdict', 'missing'],
  repertoire_overlap: ['receptor', 'sample_id_a', 'sample_id_b', 'n_shared', 'jaccard', 'overlap', 'morisita_horn', 'same_patient', 'missing'],
  receptor_attrition: [...sampleKeys, 'receptor', 'stage', 'n_cells', 'n_removed', 'reason', 'missing'],
};

await runStep(async (job) => {
  const classCuts = checkCuts(job.param('class_cuts'));
  const read = (input: string): Row[] => filesByPatient(job, input).flatMap((path) => [...readTable(path).rows]);
  const [clones, cells, labels] = [read('clones'), read('cells'), read('labels')];
  const repertoires = countRepertoires(job.design, {cells, qcCells: read('qc_cells'), labels}, job.param('denominator'));
  const setting: AbundanceSetting = {
    minCells: job.param('min_cells'), expandedMinCells: job.param('expanded_min_cells'), classCuts, draws: job.param('draws'), seed: job.seed,
    concentration: concentrations(job.design, labels),
  };
  const write = (output: string, rows: readonly Row[]): void => writeTable(job.output(output), {columns: columnsOf[output], rows});
  write('clones', clones);
  write('clonal_abundance', abundanceRows(repertoires, setting));
  write('clonal_diversity', diversityRows(repertoires, setting));
  write('clone_tracking', trackingRows(repertoires, job.design));
  // Genes are left out: they need not be part of the rule, and an equal junction of another gene call is the same alarm.
  write('repertoire_overlap', overlapRows(repertoires, new Map(clones.map((clone) => [String(clone['clone_id']), `${clone['junction_1'] ?? ''} ${clone['junction_2'] ?? ''}`]))));
  write('receptor_attrition', attritionRows(repertoires));
  joinTables(filesByPatient(job, 'rearrangements'), job.output('airr_rearrangements'));
});

function attritionRows({samples, receptors, counted}: Repertoires): Row[] {
  return samples.flatMap((sample) => receptors.flatMap((receptor) => counted(sample, receptor).attrition));
}

/** Files of one patient each in the order of the sheet, whatever order the job lists them in. */
function filesByPatient(job: StepJob, input: string): string[] {
  const order = [...new Set(job.design.rows.map((row) => row['patient_id']))];
  return [...job.inputFiles(input)].sort((a, b) => order.indexOf(a.unit) - order.indexOf(b.unit)).map(({path}) => path);
}

function checkCuts(cuts: unknown): readonly number[] {
  const isAscending = Array.isArray(cuts) && cuts.length > 0 && cuts.every((cut, k) => Number.isInteger(cut) && cut > (k === 0 ? 0 : cuts[k - 1]));
  if (!isAscending) refuse({input: 'class_cuts', found: JSON.stringify(cuts), expected: 'whole numbers of cells, each larger than the one before, such as [1, 2, 9, 99]', advice: 'Correct steps.clonal-abundance.class_cuts in the run file.'});
  return cuts as number[];
}

/** Tables with one header each, as one: parsing millions of contigs again would say nothing new. */
function joinTables(paths: readonly string[], target: string): void {
  const texts = paths.map(readText);
  const [header = ''] = texts[0]?.split('\n', 1) ?? [];
  writeFileAtomic(target, gzipSync(`${header}\n${texts.map((text) => text.slice(text.indexOf('\n') + 1)).join('')}`));
}
