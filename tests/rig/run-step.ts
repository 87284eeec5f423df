// Runs one step as the engine does, in its own process and through a job file, without an engine around it.
import {spawnSync} from 'node:child_process';
import {existsSync, mkdirSync, readFileSync, writeFileSync} from 'node:fs';
import {join, resolve} from 'node:path';
import {parse} from 'yaml';
import {nodeFlags} from '../../pipeline/base/node-flags.ts';
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

/** `folder` is made; the job file and `outputs/` lie in it. */
export function runStepFolder(step: string, folder: string, request: StepRequest): StepRun {
  const {contract, jobPath, read} = writeJob(step, folder, request);
  const [program, ...args] = contract.command;
  const done = spawnSync(program === 'node' ? process.execPath : program, [...(program === 'node' ? nodeFlags : []), ...args, jobPath], {cwd: join(root, 'steps', step), encoding: 'utf8', timeout: 600_000, env: {...process.env, ...request.environment}});
  return read(done.status, done.stderr);
}

export interface WrittenJob {
  /** As the parameters make it. */
  readonly contract: StepContract;
  readonly jobPath: string;
  readonly job: JobFile;
  /** What the step's process left. */
  readonly read: (status: number | null, stderr: string) => StepRun;
}

export function writeJob(step: string, folder: string, request: StepRequest): WrittenJob {
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
  const jobPath = join(folder, 'job.json');
  writeFileSync(jobPath, JSON.stringify(job));
  const problem = join(folder, 'problem.json');
  const read = (status: number | null, stderr: string): StepRun => ({
    status, stderr, outputs: Object.fromEntries(named), problem: existsSync(problem) ? (JSON.parse(readFileSync(problem, 'utf8')) as Problem) : undefined,
  });
  return {contract, jobPath, job, read};
}
