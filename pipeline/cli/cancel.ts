// lymphline cancel
import {hostname} from 'node:os';
import {setTimeout as wait} from 'node:timers/promises';
import {askQueue} from '../executors/slurm/ask-states.ts';
import {isAhead, readEngineJob, stateOfEngineJob} from '../executors/slurm/engine-job.ts';
import {slurmClient, type SlurmClient} from '../executors/slurm/slurm-client.ts';
import {takeBack, underWay} from '../executors/slurm/take-back.ts';
import {isLive} from '../executors/slurm/task.ts';
import {lockOwner} from '../record/lock.ts';
import {attemptsOf, jobFolders, type RunDirectory} from '../record/run-directory.ts';
import {exitCodes, type Command, type CommandContext} from './command.ts';
import {openRecordedRun} from './recorded-run.ts';

export const cancelCommand: Command = {
  help: `
lymphline cancel RUN

Ends what a run has in Slurm, from any node: the batch job that lymphline itself is (run --submit), and jobs that went on without it. What is done
stays done; run again to go on.

example: lymphline cancel cohort/runs/demo
`,
  options: {},
  takes: [1, 1],
  async run(context) {
    const {directory, name} = openRecordedRun(context, context.positionals[0]);
    const client = slurmClient(context.environment);
    const attempts = jobFolders(directory).flatMap(attemptsOf);
    const hasRecords = attempts.some((files) => underWay(files) !== undefined) || readEngineJob(directory.engineJob) !== undefined;
    const queue = hasRecords ? await askQueue(client, process.getuid?.() ?? 0) : undefined;
    if (queue !== undefined && 'words' in queue) {
      context.screen.write(`Slurm does not answer: ${queue.words}. Nothing was cancelled; try again.\n`);
      return exitCodes.failed;
    }
    const {jobId: engine, words: refusal} = await endEngineJob(context, directory, client);
    if (refusal !== undefined) {
      context.screen.write(`Slurm did not cancel lymphline's own job: ${refusal}.\n`);
      return exitCodes.failed;
    }
    const owner = lockOwner(directory.lock);
    if (engine === undefined && owner !== undefined) {
      context.screen.write(`${name} is run by process ${owner.pid} on ${owner.host} since ${owner.since}, which takes its jobs along when it is stopped there: ${owner.host === hostname() ? `kill ${owner.pid}` : `ssh ${owner.host} kill ${owner.pid}`}\n`);
      return exitCodes.busy;
    }
    const live = [...(queue?.byId.values() ?? [])].filter((state) => isLive({state}));
    const {jobs, words} = await takeBack(client, attempts);
    // Of one whose answer of sbatch was lost only the name is known.
    const ended = jobs.filter(({token, jobId, task}) => live.some((state) => state.name === token && (jobId === undefined || state.jobId === (task === undefined ? jobId : `${jobId}_${task}`))));
    if (engine !== undefined) context.out(`Slurm job ${engine}, lymphline itself, is cancelled, and with it the jobs that it followed.\n`);
    if (ended.length > 0) context.out(`${ended.length} jobs are cancelled: ${ended.slice(0, 5).map(({job}) => job).join(' ')}${ended.length > 5 ? ' …' : ''}\n`);
    if (words !== undefined) {
      context.screen.write(`Slurm did not take all jobs back: ${words}. Try again.\n`);
      return exitCodes.failed;
    }
    if (engine === undefined && ended.length === 0) context.out(`${name} has nothing in Slurm.\n`);
    return exitCodes.done;
  },
};

/** Once it is gone; it takes its jobs along. One that hands over meanwhile has a next one. */
async function endEngineJob({screen}: CommandContext, {engineJob}: RunDirectory, client: SlurmClient): Promise<{jobId?: string; words?: string}> {
  for (let jobId: string | undefined; ;) {
    const record = readEngineJob(engineJob);
    const state = record === undefined ? undefined : await stateOfEngineJob(client, record);
    if (state === undefined || !isAhead(state)) return jobId === undefined ? {} : {jobId};
    if (state.jobId !== jobId) {
      const {kind, words} = await client.ask('scancel', [`--name=${record?.token ?? ''}`, state.jobId]);
      if (kind !== 'answered') return {words};
      ({jobId} = state);
      if (state.state === 'RUNNING') screen.write(`Waiting for the end of Slurm job ${jobId}, lymphline itself.\n`);
    }
    await wait(500);
  }
}
