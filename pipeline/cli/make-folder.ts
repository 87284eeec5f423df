// A step that the command line starts by itself to make one folder: simulate, init.
import {existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync} from 'node:fs';
import {dirname, join, resolve} from 'node:path';
import {runProcess} from '../executors/process.ts';
import type {Problem} from '../model/job-file.ts';
import type {StepContract} from '../model/step-contract.ts';
import {exitCodes, UsageError, type CommandContext} from './command.ts';
import {commandOf} from './prepare-run.ts';
import {stepEnvironment} from './step-environment.ts';
import {toolJob} from './tool-job.ts';

export interface FolderRequest {
  readonly step: StepContract;
  readonly params: Readonly<Record<string, unknown>>;
  readonly seed: number;
  /** As the user named it: new or empty. */
  readonly name: string;
}

/** Made beside its place and renamed when it is whole. */
export async function makeFolder(context: CommandContext, request: FolderRequest): Promise<number> {
  const target = resolve(context.folder, request.name);
  if (existsSync(target) && readdirSync(target).length > 0) throw new UsageError(`${request.name} exists and is not empty. Name a new folder, or empty it first.`);
  mkdirSync(dirname(target), {recursive: true});
  const folder = mkdtempSync(`${target}.`);
  try {
    return await runIn(folder, target, context, request);
  } finally {
    rmSync(folder, {recursive: true, force: true});
  }
}

async function runIn(folder: string, target: string, context: CommandContext, {step, params, seed}: FolderRequest): Promise<number> {
  const job = toolJob(context, {step, params, seed, folder});
  const jobPath = join(folder, 'job.json');
  writeFileSync(jobPath, JSON.stringify(job));
  const logPath = join(folder, 'log.txt');
  const end = await runProcess({
    argv: [...commandOf(context.codeRoot, step), jobPath], folder, environment: stepEnvironment(context.environment), logPath,
    timeoutSeconds: step.resources.minutes * 60, graceSeconds: 2, signal: context.signal,
  });
  if (end.kind === 'interrupted') return exitCodes.failed;
  if (end.kind === 'exit' && end.exitCode === 65) {
    const problem = JSON.parse(readFileSync(join(folder, 'problem.json'), 'utf8')) as Problem;
    context.screen.write(`${step.name} refused ${problem.input}: found ${problem.found}; expected ${problem.expected}. ${problem.advice}\n`);
    return exitCodes.invalid;
  }
  if (end.kind !== 'exit' || end.exitCode !== 0) throw new Error(`the ${step.name} step ended with ${JSON.stringify(end)}:\n${readFileSync(logPath, 'utf8')}`);
  const [made] = Object.values(job.outputs);
  if (existsSync(target)) rmSync(target, {recursive: true});
  renameSync(made, target);
  return exitCodes.done;
}
