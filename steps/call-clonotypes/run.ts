import {assignReceptorChains} from '../../pipeline/analysis/receptor-chains.ts';
import {callClonotypes, type ClonotypeRule} from '../../pipeline/analysis/clonotype.ts';
import type {Row} from '../../pipeline/data/table.ts';
import {readAirr, writeAirr} from '../../pipeline/formats/airr.ts';
import {writeTable} from '../../pipeline/formats/delimited-text.ts';
import {runStep} from '../../pipeline/step-runtime/run-step.ts';

await runStep(async (job) => {
  const rows = new Map(job.design.rows.map((row) => [row['sample_id'], row]));
  const sampleOfLibrary = new Map(job.design.rows.map((row) => [row['library_id'], row['sample_id']]));
  const rearrangements = job.inputFiles('rearrangements').flatMap(({unit, path}) => readAirr(path, sampleOfLibrary.get(unit) ?? '').rearrangements);
  const assigned = assignReceptorChains(rearrangements);
  const called = callClonotypes(assigned.cells, new Map([...rows].map(([sample, row]) => [sample, row['patient_id']])), job.params as unknown as ClonotypeRule);
  const statusOf = new Map(assigned.cells.map((cell) => [cell.cell_id, cell]));
  const keys = (sample: string): Row => {
    const {sample_id, patient_id, timepoint, day} = rows.get(sample) ?? {};
    return {sample_id, patient_id, timepoint, day: day === '' ? null : day};
  };
  const withClone = assigned.cells.filter((cell) => called.cloneOfCell.has(cell.cell_id)).map((cell): Row => ({
    ...keys(cell.sample_id), cell_id: cell.cell_id, receptor: cell.receptor, chain_status: cell.chain_status, clone_id: called.cloneOfCell.get(cell.cell_id) ?? null,
  }));
  const without = [...assigned.excluded, ...called.excluded].map((cell): Row => ({
    ...keys(cell.sample_id), cell_id: cell.cell_id, receptor: cell.receptor ?? statusOf.get(cell.cell_id)?.receptor ?? null, chain_status: cell.chain_status, clone_id: null, missing: cell.reason,
  }));
  const firstSeen = firstTimepoints(withClone, job.design.timepoints ?? []);
  writeTable(job.output('clones'), {
    columns: ['patient_id', 'receptor', 'clone_id', 'rule', 'v_gene_1', 'j_gene_1', 'junction_1', 'junction_aa_1', 'v_gene_2', 'j_gene_2', 'junction_2', 'junction_aa_2', 'n_cells', 'n_samples', 'first_timepoint', 'missing'],
    rows: called.clones.map((clone) => ({...clone, first_timepoint: firstSeen.get(clone.clone_id) ?? null, missing: missingArm(clone)})),
  });
  writeTable(job.output('cells'), {
    columns: ['sample_id', 'patient_id', 'timepoint', 'day', 'cell_id', 'receptor', 'chain_status', 'clone_id', 'missing'],
    rows: [...withClone, ...without].sort((a, b) => (String(a['cell_id']) < String(b['cell_id']) ? -1 : 1)),
  });
  writeAirr(job.output('rearrangements'), rearrangements.sort((a, b) => order(a.sample_id, b.sample_id) || order(a.cell_id, b.cell_id) || order(a.sequence_id, b.sequence_id)), called.cloneOfCell);
});

function order(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function missingArm(clone: {readonly junction_1: string; readonly junction_2: string}): string | null {
  if (clone.junction_1 === '') return 'no TRB, TRD or IGH chain';
  return clone.junction_2 === '' ? 'no TRA, TRG or light chain' : null;
}

function firstTimepoints(cells: readonly Row[], timepoints: readonly string[]): Map<string, string> {
  const first = new Map<string, string>();
  for (const cell of cells) {
    const [clone, timepoint] = [String(cell['clone_id']), String(cell['timepoint'])];
    const known = first.get(clone);
    if (known === undefined || timepoints.indexOf(timepoint) < timepoints.indexOf(known)) first.set(clone, timepoint);
  }
  return first;
}
