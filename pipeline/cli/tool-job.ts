// A step that the command line starts by itself, outside of any run: its job file and its process.
import {readFileSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {runProcess} from '../executors/process.ts';
import type {JobFile, Problem} from '../model/job-file.ts';
import {outputFileName, type StepContract} from '../model/step-contract.ts';
import {exitCodes, type CommandContext} from './command.ts';
import {commandOf} from './prepare-run.ts';
import {stepEnvironment} from './step-environment.ts';

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

/** A refusal is told on the screen (exit code 2); anything else that goes wrong is a bug. */
export async function runToolStep(context: CommandContext, request: ToolRequest): Promise<{readonly code: number; readonly outputs: JobFile['outputs']}> {
  const {step, folder} = request;
  const job = toolJob(context, request);
  const jobPath = join(folder, 'job.json');
  writeFileSync(jobPath, JSON.stringify(job));
  const logPath = join(folder, 'log.txt');
  const end = await runProcess({
    argv: [...commandOf(context.codeRoot, step), jobPath], folder, environment: stepEnvironment(context.environment), logPath,
    timeoutSeconds: step.resources.minutes * 60, graceSeconds: 2, signal: context.signal,
  });
  if (end.kind === 'interrupted') return {code: exitCodes.failed, outputs: job.outputs};
  if (end.kind === 'exit' && end.exitCode === 65) {
    const problem = JSON.parse(readFileSync(join(folder, 'problem.json'), 'utf8')) as Problem;
    context.screen.write(`${step.name} refused ${problem.input}: found ${problem.found}; expected ${problem.expected}. ${problem.advice}\n`);
    return {code: exitCodes.invalid, outputs: job.outputs};
  }
  if (end.kind !== 'exit' || end.exitCode !== 0) throw new Error(`the ${step.name} step ended with ${JSON.stringify(end)}:\n${readFileSync(logPath, 'utf8')}`);
  return {code: exitCodes.done, outputs: job.outputs};
}
