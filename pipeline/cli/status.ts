// lymphline status
import {dirname, join} from 'node:path';
import {shellWord} from '../base/shell-word.ts';
import {runFailureText} from '../console/run-failure-text.ts';
import {attemptsText} from './attempts-text.ts';
import {isAhead, stateOfEngineJob} from '../executors/slurm/engine-job.ts';
import {slurmClient} from '../executors/slurm/slurm-client.ts';
import {exitCodes, type Command} from './command.ts';
import {openRecordedRun, stateOf, type RecordedRun} from './recorded-run.ts';

export const statusCommand: Command = {
  help: `
lymphline status RUN [--json]

The state of a run directory: finished, running (and by whom) or left behind; jobs by state; what failed and where its log is.

example: lymphline status cohort/runs/demo
`,
  options: {json: {type: 'boolean'}},
  takes: [1, 1],
  async run(context) {
    const run = openRecordedRun(context, context.positionals[0]);
    const jobs = run.jobIds.map((id) => ({id, state: stateOf(run, id)}));
    const of = (kind: string): typeof jobs => jobs.filter(({state}) => state.kind === kind);
    const failed = jobs.flatMap(({state}) => (state.kind === 'failed' ? [state.failure] : []));
    const engineJob = run.engineJob === undefined ? undefined : await stateOfEngineJob(slurmClient(context.environment), run.engineJob);
    const isAwaited = engineJob !== undefined && isAhead(engineJob);
    const state = run.owner !== undefined ? 'running' : isAwaited ? 'queued' : of('complete').length === jobs.length ? 'finished' : failed.length > 0 ? 'failed' : 'stopped';
    const counts = {complete: of('complete').length, running: run.owner === undefined ? 0 : of('started').length, 'handed over': of('handed over').length, unfinished: run.owner === undefined ? of('started').length : 0, failed: failed.length, waiting: of('waiting').length};
    if (context.options['json']) {
      context.out(`${JSON.stringify({name: run.name, state, selection: {only: run.selection.only ?? null, until: run.selection.until ?? null}, owner: run.owner ?? null, engine_job: engineJob ?? null, counts, failures: failed, quarantined: run.quarantined, jobs: jobs.map(({id, state: one}) => ({id, state: one.kind}))}, undefined, 1)}\n`);
      return exitCodes.done;
    }
    const owner = run.owner === undefined ? '' : ` (process ${run.owner.pid} on ${run.owner.host} since ${run.owner.since})`;
    const part = Object.entries(run.selection).map(([option, value]) => ` --${option} ${value}`).join('');
    context.out(`${run.name}: ${state}${owner}\n${part === '' ? '' : `  part of the plan:${part}\n`}`);
    if (isAwaited) context.out(`  engine: Slurm job ${engineJob.jobId}, ${engineJob.state}${engineJob.node === '' ? ` (${engineJob.reason})` : ` on ${engineJob.node}`}\n`);
    for (const [name, n] of Object.entries(counts)) if (n > 0) context.out(`  ${String(n).padStart(5)} ${name}\n`);
    for (const {id} of jobs) {
      const attempts = attemptsText(run.directory, id, {onlyGrown: true});
      if (attempts !== undefined) context.out(`${id}: ${attempts}\n`);
    }
    for (const {sample_id, reason} of run.quarantined) context.out(`sample ${sample_id} is ${reason}.\n`);
    for (const failure of failed) context.out(`${runFailureText(failure)}\n`);
    if (state === 'stopped' || state === 'failed') context.out(`To go on: ${commandOf(run, run.selection)}\n`);
    if (state === 'finished' && part !== '' && !run.isWhole) context.out(`For the rest: ${commandOf(run)}\n`);
    // Without a process that would take them along.
    if (isAwaited || (run.owner === undefined && counts['handed over'] > 0)) context.out(`To end what is in Slurm: lymphline cancel ${shellWord(run.directory.root)}\n`);
    return exitCodes.done;
  },
};

/** Asks for what was asked for: without the profile of its jobs in Slurm a run starts none, and with other settings it makes other results. */
function commandOf({runFile, name, directory: {root}, asked: {profile, set}}: RecordedRun, selection: RecordedRun['selection'] = {}): string {
  const words = [
    runFile, ...(root === join(dirname(runFile), 'runs', name) ? [] : ['--run-dir', root]), ...(profile === undefined ? [] : ['--profile', profile]), ...set.flatMap((one) => ['--set', one]),
    ...Object.entries(selection).flatMap(([option, value]) => [`--${option}`, value]),
  ];
  return `lymphline run ${words.map(shellWord).join(' ')}`;
}
