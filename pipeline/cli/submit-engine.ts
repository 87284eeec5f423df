// run --submit: this command again, as a batch job; and that job's successor.
import {existsSync, mkdirSync} from 'node:fs';
import {join, resolve} from 'node:path';
import {engineFlags} from '../base/node-flags.ts';
import {digestText} from '../base/digest.ts';
import {isAhead, readEngineJob, stateOfEngineJob, submitEngineJob, type EngineJobPlan} from '../executors/slurm/engine-job.ts';
import {slurmClient} from '../executors/slurm/slurm-client.ts';
import {lockOwner} from '../record/lock.ts';
import {exitCodes, textOption, textOptions, UsageError, type CommandContext} from './command.ts';
import type {PreparedRun} from './prepare-run.ts';

export async function submitEngine(context: CommandContext, prepared: PreparedRun, recordPlan: () => void): Promise<number> {
  const {directory, loaded: {profile}} = prepared;
  if (profile.launcher !== 'slurm') throw new UsageError('--submit puts lymphline into a batch job of Slurm; the profile starts jobs on this machine. Use a --profile with launcher: slurm.');
  const client = slurmClient(context.environment);
  const earlier = readEngineJob(directory.engineJob);
  const state = earlier === undefined ? undefined : await stateOfEngineJob(client, earlier);
  const owner = lockOwner(directory.lock);
  if ((state !== undefined && isAhead(state)) || owner !== undefined) {
    context.screen.write(`${directory.root} has its engine: ${owner === undefined ? '' : `process ${owner.pid} on ${owner.host} since ${owner.since}`}${owner !== undefined && state !== undefined ? ', ' : ''}${state === undefined ? '' : `Slurm job ${state.jobId} (${state.state})`}.\n    Look with \`lymphline status\`, end it with \`lymphline cancel\`, or choose another --run-dir.\n`);
    return exitCodes.busy;
  }
  mkdirSync(directory.root, {recursive: true});
  recordPlan();
  const answer = await submitEngineJob(client, planOf(context, prepared), 3);
  if ('words' in answer) {
    context.screen.write(`Slurm did not take the engine: ${answer.words}.\n    Change slurm or slurm.engine in the profile, or try again.\n`);
    return exitCodes.failed;
  }
  context.screen.write(`The run is Slurm job ${answer.jobId}; what it says goes to ${directory.engineOutput}.\n    lymphline status ${directory.root}\n`);
  context.out(`${answer.jobId}\n`);
  return exitCodes.done;
}

/** For as long as this job may still wait: nothing is lost without a next one, but then somebody has to run again. */
export async function submitSuccessor(context: CommandContext, prepared: PreparedRun): Promise<number> {
  const answer = await submitEngineJob(slurmClient(context.environment), planOf(context, prepared), 50);
  context.screen.write('words' in answer ? `Slurm did not take the next engine: ${answer.words}. Run again to go on.\n` : `This job ends: the run goes on as Slurm job ${answer.jobId}.\n`);
  return 'words' in answer ? exitCodes.failed : exitCodes.done;
}

function planOf(context: CommandContext, {loaded: {profile}, directory}: PreparedRun): EngineJobPlan {
  const main = ['ts', 'js'].map((end) => join(context.codeRoot, 'pipeline/cli', `main.${end}`)).find((path) => existsSync(path));
  const words = (name: string): string[] => [...textOptions(context, name), ...[textOption(context, name) ?? []].flat()].flatMap((value) => [`--${name}`, value]);
  return {
    profile: profile.slurm ?? {}, setUp: profile.setup ?? [], path: context.environment['PATH'],
    argv: [
      process.execPath, ...engineFlags, main ?? '', 'run', resolve(context.folder, context.positionals[0]),
      ...['run-dir', 'profile', 'set', 'only', 'until', 'cores', 'memory'].flatMap(words), ...(context.options['quiet'] === true ? ['--quiet'] : []),
    ],
    folder: context.folder, output: directory.engineOutput, run: digestText(directory.root).slice(0, 12), recordPath: directory.engineJob,
  };
}
