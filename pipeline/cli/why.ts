// lymphline why
import {decideJobs} from '../schedule/decide-jobs.ts';
import {retrySetting} from '../schedule/retry-policy.ts';
import {attemptsText} from './attempts-text.ts';
import {exitCodes, type Command} from './command.ts';
import {printFailures} from './failures.ts';
import {prepareRun, runOptions} from './prepare-run.ts';
import {findJob, openRecordedRun, stateOf} from './recorded-run.ts';

export const whyCommand: Command = {
  help: `
lymphline why RUN JOB

Why a job ran the last time, and what a run would do with it now: the difference of its fingerprints, field by field, in words.

example: lymphline why cohort/runs/demo qc/P01-baseline
`,
  options: runOptions,
  takes: [2, 2],
  async run(context) {
    const run = openRecordedRun(context, context.positionals[0]);
    const job = findJob(run, context.positionals[1]);
    const state = stateOf(run, job);
    const attempts = attemptsText(run.directory, job);
    context.out(`${job} ${lastTime(state)}\n${attempts === undefined ? '' : `Attempts: ${attempts}.\n`}`);
    const prepared = await prepareRun({...context, options: {...context.options, 'run-dir': run.directory.root}}, run.runFile);
    if (!prepared.ok) return printFailures(context, prepared.error);
    const decision = (await decideJobs(prepared.value.requests, {...prepared.value, retry: retrySetting(prepared.value.loaded.profile, prepared.value.memory_gb)})).find(({request}) => request.planned.id === job);
    if (decision === undefined) context.out('Now: the run file no longer plans it.\n');
    else context.out(`Now: ${decision.action === 'run' ? 'it would run' : 'it is kept'}: ${decision.why.join(' ')}\n`);
    return exitCodes.done;
  },
};

function lastTime(state: ReturnType<typeof stateOf>): string {
  switch (state.kind) {
    case 'waiting':
      return 'has not run here yet.';
    case 'started':
      return `was started (attempt ${state.attempt.number}) and has not ended.`;
    case 'handed over':
      return `was handed to Slurm (attempt ${state.attempt.number}) and has not ended.`;
    case 'failed':
      return `failed in attempt ${state.attempt.number} (${state.failure.reason}).`;
    case 'complete':
      return state.record.from === 'cache' ? `was taken from the cache (attempt ${state.attempt.number}).` : `ran in attempt ${state.attempt.number}: ${state.record.why.join(' ')}`;
  }
}
