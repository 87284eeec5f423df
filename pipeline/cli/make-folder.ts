// A step that the command line starts by itself to make one folder: simulate, init.
import {existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync} from 'node:fs';
import {dirname, resolve} from 'node:path';
import type {StepContract} from '../model/step-contract.ts';
import {exitCodes, UsageError, type CommandContext} from './command.ts';
import {runToolStep} from './tool-job.ts';

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
  const run = await runToolStep(context, {step, params, seed, folder});
  if (run.code !== exitCodes.done) return run.code;
  const [made] = Object.values(run.outputs);
  if (existsSync(target)) rmSync(target, {recursive: true});
  renameSync(made, target);
  return exitCodes.done;
}
