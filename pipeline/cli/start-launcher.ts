// The launcher of a profile, and what it may have under way at once.
import {mkdirSync} from 'node:fs';
import {localLauncher} from '../executors/local.ts';
import type {Launcher} from '../executors/launcher.ts';
import {slurmLauncher, type SlurmLauncher} from '../executors/slurm/launcher.ts';
import type {Environment} from '../executors/engine.ts';
import {askProcess} from '../executors/process.ts';
import {slurmDefaults, type Profile} from '../model/profile.ts';
import type {RunDirectory} from '../record/run-directory.ts';
import {createResourcePool, createSlotPool, type ResourcePool, type Resources} from '../schedule/resource-pool.ts';
import type {CommandContext} from './command.ts';
import {stepEnvironment} from './step-environment.ts';

export interface StartedLauncher {
  readonly launcher: Launcher;
  readonly slurm?: SlurmLauncher;
  /** What the container engine's client gets, and what a step gets. */
  readonly clientEnvironment: Environment;
  readonly environment: Environment;
}

export interface LauncherPlace {
  readonly directory: RunDirectory;
  /** Names the run in Slurm. */
  readonly label: string;
  readonly say: (text: string) => void;
}

export function startLauncher(context: CommandContext, profile: Profile, {directory, label, say}: LauncherPlace): StartedLauncher {
  const environment = stepEnvironment(context.environment);
  if (profile.launcher === 'local') return {launcher: localLauncher, clientEnvironment: context.environment, environment};
  mkdirSync(directory.ended, {recursive: true});
  const slurm = slurmLauncher({
    profile: profile.slurm ?? {}, setUp: profile.setup ?? [], environment: context.environment, uid: process.getuid?.() ?? 0, run: label,
    folder: directory.root, outputPath: directory.slurmLog, endedFolder: directory.ended, say,
  });
  // Temporary files lie where the node has them, unless the profile says where.
  const onNode = {TMPDIR: undefined};
  return {launcher: slurm, slurm, clientEnvironment: {...ofEngines(context.environment), ...onNode}, environment: {...environment, ...onNode}};
}

/** What may be under way at once. */
export const poolOf = (profile: Profile, machine: Resources): ResourcePool => (profile.launcher === 'local' ? createResourcePool(machine) : createSlotPool(maxJobs(profile)));

export const maxJobs = (profile: Profile): number => profile.slurm?.max_jobs ?? slurmDefaults.max_jobs;

/** What a container engine on another machine needs of our environment. */
const ofEngines = (environment: Environment): Environment =>
  Object.fromEntries(Object.entries(environment).filter(([name]) => /^(PATH|HOME|USER|LOGNAME|LD_LIBRARY_PATH|XDG_(DATA|CONFIG|CACHE)_HOME|(APPTAINER|SINGULARITY|CH)_.*)$/.test(name)));

/** Its version, or its own words where it does not answer. */
export async function askSlurm(environment: Environment): Promise<{version: string} | {words: string}> {
  const {exitCode, stdout, stderr} = await askProcess(['sbatch', '--version'], {environment});
  return exitCode === 0 ? {version: stdout.trim().replace(/^slurm\S* /, '')} : {words: stderr.trim().split('\n').at(-1) ?? ''};
}
