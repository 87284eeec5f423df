import {writeFileAtomic} from '../../pipeline/base/atomic-file.ts';
import {assignReceptorChains} from '../../pipeline/analysis/receptor-chains.ts';
import {callAlternatives} from '../../pipeline/analysis/clone-rule-alternatives.ts';
import {callClonotypes} from '../../pipeline/analysis/clonotype.ts';
import type {ClonotypeRule} from '../../pipeline/analysis/clonotype-rule.ts';
import type {Row} from '../../pipeline/data/table.ts';
import {readAirr, writeAirr} from '../../pipeline/formats/airr.ts';
import {readTable, writeTable} from '../../pipeline/formats/delimited-text.ts';
import {runStep, type StepJob} from '../../pipeline/step-runtime/run-step.ts';
import {alternativesFile, ruleColumns, ruleRows} from './rule-files.ts';
import {ascending, cellRows, cloneRows, type CalledPatient} from './clone-rows.ts';
import {matchColumns, matchLibraries, type ReceptorLibrary} from './match-libraries.ts';

await runStep(async (job) => {
  const rows = new Map(job.design.rows.map((row) => [row['sample_id'], row]));
  const keysOf = (sample: string): Row => {
    const {sample_id, patient_id, timepoint, day} = rows.get(sample)!;
    return {sample_id, patient_id, timepoint, day: day || null};
  };
  const matched = matchLibraries(job, readPatient(job), keysOf);
  const rearrangements = matched.rearrangements.sort((a, b) => ascending(a.cell_id, b.cell_id) || ascending(a.sequence_id, b.sequence_id));
  const assigned = assignReceptorChains(rearrangements);
  const rule = job.params as unknown as ClonotypeRule;
  const called = callClonotypes(assigned.cells, new Map([...rows].map(([sample, row]) => [sample, row['patient_id']])), rule);
  const patient: CalledPatient = {rearrangements, assigned, called, keysOf, timepoints: job.design.timepoints ?? []};
  writeTable(job.output('clones'), {
    columns: ['patient_id', 'receptor', 'clone_id', 'rule', 'v_gene_1', 'j_gene_1', 'junction_1', 'junction_aa_1', 'v_gene_2', 'j_gene_2', 'junction_2', 'junction_aa_2', 'n_cells', 'n_samples', 'first_timepoint', 'missing'],
    rows: cloneRows(patient),
  });
  writeTable(job.output('cells'), {columns: ['sample_id', 'patient_id', 'timepoint', 'day', 'cell_id', 'receptor', 'chain_status', 'clone_id', 'missing'], rows: cellRows(patient)});
  writeWithClones(job.output('rearrangements'), patient);
  writeTable(job.output('barcode_match'), {columns: matchColumns, rows: matched.rows});
  writeTable(job.output('rules'), {columns: ruleColumns, rows: ruleRows(called.summaries, rule)});
  writeFileAtomic(job.output('alternatives'), JSON.stringify(alternativesFile(assigned.cells.map((cell) => cell.cell_id), callAlternatives(assigned.cells, rule))));
});

/** A contig of the other receptor in the cell (unproductive, else the cell has no clone) does not belong to the clone. */
function writeWithClones(path: string, {rearrangements, called}: CalledPatient): void {
  writeAirr(path, rearrangements);
  const {columns, rows} = readTable(path);
  const receptorOf = new Map(called.clones.map((clone) => [clone.clone_id, clone.receptor]));
  const cloneOf = (row: Row): string | null => {
    const clone = called.cloneOfCell.get(String(row['cell_id'])) ?? '';
    return receptorOf.get(clone) === (String(row['locus']).startsWith('TR') ? 'TCR' : 'BCR') ? clone : null;
  };
  writeTable(path, {columns: [...columns, 'clone_id'], rows: rows.map((row) => ({...row, clone_id: cloneOf(row)}))});
}

/** Every receptor library of the patient; where a sample has several wells, the well is part of cell_id, since libraries of one well share barcodes and wells do not. */
function readPatient(job: StepJob): ReceptorLibrary[] {
  const present = job.design.rows.filter((row) => !row['excluded'] && row['library']);
  const wellsOf = Map.groupBy(present, (row) => row['sample_id']);
  return job.inputFiles('rearrangements').map(({unit, path}) => {
    const row = present.find((one) => one['library_id'] === unit);
    if (row === undefined) throw new Error(`${job.job} has no row of the samples sheet for library ${unit}`);
    const {sample_id} = row;
    const wellOf = (one: typeof row): string => one['gem_well'] || sample_id;
    const hasWells = new Set(wellsOf.get(sample_id)?.map(wellOf)).size > 1;
    return {row, path, chains: readAirr(path, sample_id).rearrangements, prefix: hasWells ? `${sample_id}_${wellOf(row)}_` : `${sample_id}_`};
  });
}
