// lymphline run
import type {Warning} from '../model/warning.ts';
import type {Command, CommandContext} from './command.ts';
import {printFailures} from './failures.ts';
import {prepareRun, runOptions, type PreparedRun} from './prepare-run.ts';
import {recordPlan} from './record-run.ts';
import {runPrepared} from './run-prepared.ts';
import {askSlurm} from './start-launcher.ts';
import {submitEngine} from './submit-engine.ts';
import {printWarnings} from './warnings.ts';

export const runCommand: Command = {
  help: `
lymphline run CONFIG [--run-dir DIR] [--profile NAME|FILE] [--set PATH=VALUE]… [--only STEP|JOB] [--until STEP] [--cores N] [--memory GB] [--quiet] [--submit]

Validates, plans, runs what is not done yet and publishes the results. Run it again after an interruption, a failure or a change: finished jobs
are kept, and only what depends on a change runs. The run directory defaults to runs/<name> beside CONFIG.

  --only STEP|JOB   this step or job, and what it still needs
  --until STEP      everything up to this step
  --submit          as a batch job of Slurm, which ends when the run does, however long that takes; slurm.engine in the profile says what it asks for
  --set PATH=VALUE  a key of the run file, e.g. steps.qc.min_genes=300

example: lymphline run cohort/run.yaml --cores 4
`,
  options: {...runOptions, quiet: {type: 'boolean'}, submit: {type: 'boolean'}},
  takes: [1, 1],
  async run(context) {
    const prepared = await prepareRun(context, context.positionals[0]);
    if (!prepared.ok) return printFailures(context, prepared.error);
    if (prepared.value.loaded.profile.launcher === 'slurm') {
      const answer = await askSlurm(context.environment);
      if ('words' in answer) return printFailures(context, [{reason: 'engine-missing', engine: 'Slurm', program: 'sbatch', words: answer.words}]);
    }
    printWarnings(context, [...prepared.value.loaded.warnings, ...withoutEffect(context, prepared.value)]);
    if (context.options['submit'] === true) return submitEngine(context, prepared.value, () => recordPlan(context, prepared.value));
    return runPrepared(context, prepared.value);
  },
};

/** What was asked for and does not count: never silently. */
function withoutEffect(context: CommandContext, {loaded: {profile}}: PreparedRun): Warning[] {
  const ofMachine = ['cores', 'memory'].filter((name) => context.options[name] !== undefined);
  if (profile.launcher !== 'slurm' || ofMachine.length === 0) return [];
  return [{text: `Without effect in Slurm: --${ofMachine.join(', --')}. slurm.max_jobs in the profile says how many jobs it has at once.`}];
}
