// Runs one step as the engine does, in its own process and through a job file, without an engine around it.
import {spawnSync} from 'node:child_process';
import {existsSync, mkdirSync, readFileSync, writeFileSync} from 'node:fs';
import {join, resolve} from 'node:path';
import {parse} from 'yaml';
import type {Design, JobFile, JobInput, Problem} from '../../pipeline/model/job-file.ts';
import {chosenVariant, outputFileName, type StepContract} from '../../pipeline/model/step-contract.ts';

const root = resolve(import.meta.dirname, '../..');

export interface StepRun {
  readonly status: number | null;
  readonly stderr: string;
  /** Absolute path of each output. */
  readonly outputs: Readonly<Record<string, string>>;
  readonly problem: Problem | undefined;
}

export interface StepRequest {
  readonly unit?: {readonly kind: string; readonly id: string};
  /** A path alone has the unit ''. */
  readonly inputs?: Readonly<Record<string, string | readonly JobInput[]>>;
  /** Over the defaults of step.yaml. */
  readonly params?: Readonly<Record<string, unknown>>;
  readonly config?: Readonly<Record<string, unknown>>;
  readonly design?: Design;
  readonly seed?: number;
  readonly cpus?: number;
  /** Over that of the step's process. */
  readonly environment?: Readonly<Record<string, string>>;
}

export function readContract(step: string): StepContract {
  return parse(readFileSync(join(root, 'steps', step, 'step.yaml'), 'utf8')) as StepContract;
}

export interface PreparedStep {
  readonly contract: StepContract;
  readonly job: JobFile;
  /** Program, arguments and the job file, for the step's own folder. */
  readonly argv: readonly string[];
  /** The step's own folder. */
  readonly home: string;
}

/** Writes the job file: `folder` is made; the job file and `outputs/` lie in it. */
export function prepareStep(step: string, folder: string, request: StepRequest): PreparedStep {
  const general = readContract(step);
  const params = {...Object.fromEntries(Object.entries(general.params).map(([name, param]) => [name, param.default])), ...request.params};
  const contract = chosenVariant(general, params);
  const named = Object.entries(contract.outputs).map(([name, output]) => [name, join(folder, 'outputs', outputFileName(name, output))] as const);
  mkdirSync(join(folder, 'outputs'), {recursive: true});
  const job: JobFile = {
    job: `${step}/${request.unit?.id ?? 'cohort'}`,
    step,
    unit: request.unit ?? {kind: contract.per, id: 'cohort'},
    inputs: Object.fromEntries(Object.keys(contract.inputs).map((name) => {
      const given = request.inputs?.[name] ?? [];
      return [name, typeof given === 'string' ? [{unit: '', path: given}] : given];
    })),
    params,
    config: {...Object.fromEntries((contract.config ?? []).map((key) => [key, null])), ...request.config},
    design: request.design ?? {rows: []},
    seed: request.seed ?? 1,
    outputs: Object.fromEntries(named),
    optional_outputs: Object.entries(contract.outputs).filter(([, output]) => output.optional).map(([name]) => name),
    ...(contract.tools === undefined || contract.tools.length === 0 ? {} : {tools: contract.tools}),
    limits: {cpus: request.cpus ?? 1, memory_gb: 4, minutes: 10},
    version: '0.0.0',
  };
  const path = join(folder, 'job.json');
  writeFileSync(path, JSON.stringify(job));
  const [program, ...args] = contract.command;
  return {contract, job, argv: [program === 'node' ? process.execPath : program, ...args, path], home: join(root, 'steps', step)};
}

export function runStepFolder(step: string, folder: string, request: StepRequest): StepRun {
  const {job, argv: [program, ...args], home} = prepareStep(step, folder, request);
  const done = spawnSync(program, args, {cwd: home, encoding: 'utf8', timeout: 600_000, env: {...process.env, ...request.environment}});
  return {status: done.status, stderr: done.stderr, outputs: job.outputs, problem: problemIn(folder)};
}

export function problemIn(folder: string): Problem | undefined {
  const problem = join(folder, 'problem.json');
  return existsSync(problem) ? (JSON.parse(readFileSync(problem, 'utf8')) as Problem) : undefined;
}
