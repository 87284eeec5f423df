// The job file of a step that the command line starts by itself, outside of any run.
import {join} from 'node:path';
import type {JobFile} from '../model/job-file.ts';
import {outputFileName, type StepContract} from '../model/step-contract.ts';
import type {CommandContext} from './command.ts';

export interface ToolRequest {
  readonly step: StepContract;
  readonly params: Readonly<Record<string, unknown>>;
  readonly seed: number;
  /** Where its outputs are to lie. */
  readonly folder: string;
}

/** Its inputs are files of the project alone. */
export function toolJob({projectRoot, version}: CommandContext, {step, params, seed, folder}: ToolRequest): JobFile {
  const {cpus, memory_gb, minutes} = step.resources;
  return {
    job: `${step.name}/cohort`, step: step.name, unit: {kind: 'cohort', id: 'cohort'},
    inputs: Object.fromEntries(Object.entries(step.inputs).map(([name, input]) => [name, [input.from].flat().map((from) => ({unit: '', path: join(projectRoot, from.slice('shipped.'.length))}))])),
    params, config: {}, design: {rows: []}, seed, outputs: Object.fromEntries(Object.entries(step.outputs).map(([name, output]) => [name, join(folder, outputFileName(name, output))])),
    limits: {cpus, memory_gb, minutes}, version,
  };
}
