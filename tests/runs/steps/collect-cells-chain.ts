// Runs the cell-side steps one after the other, as a plan would tie them.
import {join} from 'node:path';
import type {DesignRow, JobInput} from '../../../pipeline/model/job-file.ts';
import {runStepFolder, type StepRequest, type StepRun} from '../../rig/run-step.ts';

export interface ChainSample {
  readonly row: DesignRow;
  readonly path: string;
}

export interface CellChain {
  readonly rows: readonly DesignRow[];
  readonly outputs: (step: string, output: string) => readonly JobInput[];
  readonly run: (step: string, request: StepRequest) => StepRun;
}

export const cellTypes = join(import.meta.dirname, '../../../configs/cell-types.yaml');

/** import-counts and qc of each sample, then cluster and annotate; throws with the problem where a step refuses. */
export function runCellChain(folder: string, samples: readonly ChainSample[], params: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {}): CellChain {
  const made = new Map<string, JobInput[]>();
  const rows = samples.map((sample) => sample.row);
  const outputs = (step: string, output: string): readonly JobInput[] => made.get(`${step}.${output}`) ?? [];
  const run = (step: string, request: StepRequest): StepRun => {
    const unit = request.unit?.id ?? 'cohort';
    const done = runStepFolder(step, join(folder, step, unit), {...request, params: params[step]});
    if (done.status !== 0) throw new Error(`${step}/${unit}: ${JSON.stringify(done.problem) ?? done.stderr}`);
    for (const [output, path] of Object.entries(done.outputs)) made.set(`${step}.${output}`, [...outputs(step, output), {unit, path}]);
    return done;
  };
  for (const {row, path} of samples) {
    const library = `${row.sample_id}-gex`;
    run('import-counts', {unit: {kind: 'library', id: library}, inputs: {counts: [{unit: library, path}]}, design: {rows: [row]}});
    run('qc', {
      unit: {kind: 'sample', id: row.sample_id},
      inputs: {counts: outputs('import-counts', 'counts').filter((file) => file.unit === library)},
      design: {rows: [row]},
    });
  }
  run('cluster', {inputs: {kept: outputs('qc', 'kept')}, design: {rows}});
  run('annotate', {inputs: {kept: outputs('qc', 'kept'), embedding: outputs('cluster', 'embedding'), cell_types: cellTypes}, design: {rows}});
  return {rows, outputs, run};
}

/** `collect-cells` over what the chain has made. */
export function collectCells(chain: CellChain, more: StepRequest = {}): StepRun {
  return chain.run('collect-cells', {
    ...more,
    inputs: {
      qc_cells: chain.outputs('qc', 'cells'), attrition: chain.outputs('qc', 'attrition'), kept: chain.outputs('qc', 'kept'),
      labels: chain.outputs('annotate', 'labels'), embedding: chain.outputs('cluster', 'embedding'), cell_types: cellTypes, ...more.inputs,
    },
    design: more.design ?? {rows: chain.rows},
  });
}
