// Inside a step's process: read job.json (its path is the last argument), run the step, refuse bad input as problem.json with exit 65.
import {existsSync, readFileSync, writeFileSync} from 'node:fs';
import {dirname, join} from 'node:path';
import {FormatProblem} from '../base/format-problem.ts';
import type {JobFile, JobInput, Problem} from '../model/job-file.ts';
import {ToolFailed, toolVersions} from './run-tool.ts';

export class InputProblem extends Error {
  readonly problem: Problem;
  constructor(problem: Problem) {
    super(`${problem.input}: ${problem.found}`);
    this.problem = problem;
  }
}

/** Ends the step as a refusal of its input: the user's problem, never retried. */
export function refuse(problem: Problem): never {
  throw new InputProblem(problem);
}

export interface StepJob extends JobFile {
  /** The one file of an input; throws where there is not exactly one. */
  input(name: string): string;
  /** The one file of an optional input, or undefined. */
  optionalInput(name: string): string | undefined;
  inputFiles(name: string): readonly JobInput[];
  /** Where to write an output. */
  output(name: string): string;
  param<T>(name: string): T;
  /** Version by name of the contract's tools; the step fails where one is absent or too old. */
  toolVersions(): Record<string, string>;
}

export async function runStep(step: (job: StepJob) => Promise<void>): Promise<void> {
  const jobPath = process.argv.at(-1) ?? '';
  const job = openJob(JSON.parse(readFileSync(jobPath, 'utf8')) as JobFile);
  endWithParent();
  try {
    await step(job);
    const missing = Object.entries(job.outputs).filter(([name, path]) => !job.optional_outputs?.includes(name) && !existsSync(path));
    if (missing.length > 0) throw new Error(`the step ended without writing ${missing.map(([name]) => name).join(', ')}`);
    // scran.js keeps worker threads alive; everything is on disk by now.
    process.exit(0);
  } catch (error) {
    const problem = problemOf(error);
    if (problem !== undefined) {
      writeFileSync(join(dirname(jobPath), 'problem.json'), `${JSON.stringify(problem, undefined, 2)}\n`);
      process.stderr.write(`${problem.input}: ${problem.found}\n`);
      process.exit(65);
    }
    if (error instanceof ToolFailed) {
      process.stderr.write(`${error.message}\n`);
      process.exit(69);
    }
    // An uncaught h5wasm exception would print its 900 kB source line: print the message and our own frames only.
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
    process.stderr.write(`${text.split('\n').slice(0, 9).map((line) => line.slice(0, 500)).join('\n')}\n`);
    process.exit(70);
  }
}

/** An engine that was killed outright leaves its steps behind; nobody would use what they still write. */
function endWithParent(): void {
  const parent = process.ppid;
  setInterval(() => {
    if (process.ppid !== parent) process.exit(70);
  }, 1000).unref();
}

function problemOf(error: unknown): Problem | undefined {
  if (error instanceof InputProblem) return error.problem;
  return error instanceof FormatProblem ? {input: error.path, ...error.detail} : undefined;
}

function openJob(job: JobFile): StepJob {
  const inputFiles = (name: string): readonly JobInput[] => {
    const files = job.inputs[name];
    if (files === undefined) throw new Error(`step ${job.step} has no input "${name}"`);
    return files;
  };
  const optionalInput = (name: string): string | undefined => {
    const files = inputFiles(name);
    if (files.length > 1) throw new Error(`input "${name}" of ${job.job} has ${files.length} files, expected one`);
    return files[0]?.path;
  };
  return {
    ...job,
    inputFiles,
    optionalInput,
    input: (name) => optionalInput(name) ?? fail(`input "${name}" of ${job.job} has no file`),
    output: (name) => job.outputs[name] ?? fail(`step ${job.step} has no output "${name}"`),
    param: <T>(name: string) => {
      if (!(name in job.params)) throw new Error(`step ${job.step} has no parameter "${name}"`);
      return job.params[name] as T;
    },
    toolVersions: () => toolVersions(job.tools),
  };
}

function fail(message: string): never {
  throw new Error(message);
}
