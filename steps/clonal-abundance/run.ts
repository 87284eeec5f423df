import {readFileSync} from 'node:fs';
import {gzipSync} from 'node:zlib';
import {writeFileAtomic} from '../../pipeline/base/atomic-file.ts';
import type {Row} from '../../pipeline/data/table.ts';
import {readTable, readText, writeTable} from '../../pipeline/formats/delimited-text.ts';
import {refuse, runStep, type StepJob} from '../../pipeline/step-runtime/run-step.ts';
import {abundanceRows, type AbundanceSetting} from './abundance-tables.ts';
import {alarmRows} from './alarm-table.ts';
import {bcrFeatureRows} from './bcr-features-table.ts';
import {readCarCalls} from './car-calls.ts';
import {overlapRows, trackingRows} from './change-tables.ts';
import {cloneCarRows} from './clone-car-table.ts';
import {concentrations} from './concentrations.ts';
import {powerRows, trajectoryRows} from './course-tables.ts';
import {diversityRows} from './diversity-tables.ts';
import {phenotypeRows} from './phenotype-table.ts';
import {countRepertoires, type Repertoires} from './repertoires.ts';
import {sensitivityRows, type Alternatives} from './sensitivity-table.ts';

const sampleKeys = ['sample_id', 'patient_id', 'timepoint', 'day'];
const columnsOf: Readonly<Record<string, readonly string[]>> = {
  clones: ['patient_id', 'receptor', 'clone_id', 'rule', 'v_gene_1', 'j_gene_1', 'junction_1', 'junction_aa_1', 'v_gene_2', 'j_gene_2', 'junction_2', 'junction_aa_2', 'n_cells', 'n_samples', 'first_timepoint', 'missing'],
  clonal_abundance: [...sampleKeys, 'receptor', 'cell_type', 'level', 'clone_id', 'clone_size', 'n_cells', 'frequency', 'frequency_lower', 'frequency_upper', 'abundance', 'abundance_sd', 'rank', 'expansion_class', 'cells_per_ul', 'missing', 'cells_per_ul_lower', 'cells_per_ul_upper'],
  clonal_diversity: [...sampleKeys, 'receptor', 'cell_type', 'level', 'measure', 'q', 'method', 'depth', 'coverage', 'n_cells', 'n_clones', 'value', 'lower', 'upper', 'missing', 'note'],
  clone_tracking: ['patient_id', 'receptor', 'clone_id', 'contrast', 'n_before', 'n_cells_before', 'n_after', 'n_cells_after', 'frequency_before', 'frequency_after', 'log2_fold_change', 'log2_fold_change_lower', 'log2_fold_change_upper', 'p_value', 'q_value', 'detection_limit_after', 'verdict', 'missing', 'detection_limit_before'],
  repertoire_overlap: ['receptor', 'sample_id_a', 'sample_id_b', 'n_shared', 'jaccard', 'overlap', 'morisita_horn', 'same_patient', 'missing'],
  tracking_power: ['patient_id', 'receptor', 'contrast', 'n_cells_before', 'n_cells_after', 'n_clones', 'frequency_before', 'n_before', 'n_after_expanded', 'fold_expanded', 'n_after_contracted', 'fold_contracted', 'missing'],
  clone_trajectories: ['patient_id', 'receptor', 'clone_id', 'trajectory', 'first_seen', 'last_seen', 'n_timepoints', 'n_timepoints_seen', 'timepoints', 'counts', 'steps', 'missing'],
  clone_rule_sensitivity: ['patient_id', 'receptor', 'rule', 'linkage', 'threshold', 'n_clones', 'top_clone_fraction', 'n_shared_before_after', 'flag', 'missing'],
  clone_rules: ['patient_id', 'receptor', 'definition', 'threshold', 'threshold_source', 'linkage', 'n_nearest_distances', 'n_cells', 'n_clones', 'n_paired_cells', 'n_paired_clones', 'n_orphan_cells', 'n_orphans_rescued', 'note', 'missing'],
  clone_car: [...sampleKeys, 'receptor', 'clone_id', 'n_cells', 'n_assayed_pos', 'n_assayed_neg', 'n_not_assayed', 'fraction', 'fraction_lower', 'fraction_upper', 'missing'],
  clone_phenotypes: [...sampleKeys, 'receptor', 'clone_id', 'rank', 'n_clone_cells', 'cell_type', 'level', 'n_cells', 'fraction', 'missing'],
  repertoire_alarms: ['receptor', 'kind', 'junction_1', 'junction_2', 'patients', 'samples', 'libraries', 'n_cells', 'missing'],
  bcr_features: [...sampleKeys, 'feature', 'level', 'n', 'n_cells', 'value', 'lower', 'upper', 'missing'],
  barcode_match: [...sampleKeys, 'library_id', 'n_vdj_cells', 'n_matrix_barcodes', 'n_both', 'match_rate', 'rule', 'missing'],
  receptor_attrition: [...sampleKeys, 'receptor', 'stage', 'n_cells', 'n_removed', 'reason', 'missing'],
};

await runStep(async (job) => {
  const classCuts = checkCuts(job.param('class_cuts'));
  const read = (input: string): Row[] => filesByPatient(job, input).flatMap((path) => [...readTable(path).rows]);
  const [clones, cells, labels] = [read('clones'), read('cells'), read('labels')];
  const hasCarCalls = job.inputFiles('car').length > 0;
  checkDenominator(job, hasCarCalls);
  const carCalls = readCarCalls(read('car'));
  const repertoires = countRepertoires(job.design, {cells, qcCells: read('qc_cells'), labels, carCalls}, job.param('denominator'));
  const setting: AbundanceSetting = {
    minCells: job.param('min_cells'), expandedMinCells: job.param('expanded_min_cells'), classCuts, draws: job.param('draws'), bootstraps: job.param('bootstraps'), alakazam: job.param('alakazam'), seed: job.seed,
    concentration: concentrations(job.design, labels),
  };
  const write = (output: string, rows: readonly Row[]): void => writeTable(job.output(output), {columns: columnsOf[output], rows});
  write('clones', clones);
  write('clonal_abundance', abundanceRows(repertoires, setting));
  write('clonal_diversity', diversityRows(repertoires, setting));
  write('clone_tracking', trackingRows(repertoires, job.design));
  write('tracking_power', powerRows(repertoires, job.design));
  write('clone_trajectories', trajectoryRows(repertoires, job.design));
  const rules = read('rules');
  write('clone_rules', rules);
  write('clone_rule_sensitivity', sensitivityRows(repertoires, {design: job.design, alternatives: readAlternatives(job), rules, clones, minCells: setting.minCells}));
  if (hasCarCalls) write('clone_car', cloneCarRows(repertoires, carCalls));
  write('clone_phenotypes', phenotypeRows(repertoires, job.param('phenotype_clones')));
  write('repertoire_alarms', alarmRows(repertoires, clones, job.design));
  write('bcr_features', bcrFeatureRows(repertoires, repertoires.receptors.includes('BCR') ? read('rearrangements') : [], setting.minCells));
  // Genes are left out: they need not be part of the rule, and an equal junction of another gene call is the same alarm.
  write('repertoire_overlap', overlapRows(repertoires, setting.minCells, new Map(clones.map((clone) => [String(clone['clone_id']), `${clone['junction_1'] ?? ''} ${clone['junction_2'] ?? ''}`]))));
  write('barcode_match', read('barcode_match'));
  write('receptor_attrition', attritionRows(repertoires));
  joinTables(filesByPatient(job, 'rearrangements'), job.output('airr_rearrangements'));
});

function attritionRows({samples, receptors, counted}: Repertoires): Row[] {
  return samples.flatMap((sample) => receptors.flatMap((receptor) => counted(sample, receptor).attrition));
}

/** By patient, in the order of the sheet. */
function readAlternatives(job: StepJob): Alternatives[] {
  const files = job.inputFiles('alternatives');
  const order = filesByPatient(job, 'alternatives');
  return order.map((path) => ({patient_id: files.find((file) => file.path === path)!.unit, ...(JSON.parse(readFileSync(path, 'utf8')) as Omit<Alternatives, 'patient_id'>)}));
}

/** Files of one patient each in the order of the sheet, whatever order the job lists them in. */
function filesByPatient(job: StepJob, input: string): string[] {
  const order = [...new Set(job.design.rows.map((row) => row['patient_id']))];
  return [...job.inputFiles(input)].sort((a, b) => order.indexOf(a.unit) - order.indexOf(b.unit)).map(({path}) => path);
}

function checkDenominator(job: StepJob, hasCarCalls: boolean): void {
  if (job.param('denominator') !== 'car_negative' || hasCarCalls) return;
  refuse({
    input: 'denominator', found: 'car_negative, and no cell has a CAR call', expected: 'CAR calls: `car` in the run file, and samples with gene expression',
    advice: 'Name the transgene in car.features, or set steps.clonal-abundance.denominator to kept.',
  });
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
