// lymphline plan
import {decideJobs} from '../schedule/decide-jobs.ts';
import {retrySetting} from '../schedule/retry-policy.ts';
import {exitCodes, type Command} from './command.ts';
import {printFailures} from './failures.ts';
import {powerLines, powerOfContrasts} from './plan-power.ts';
import {outgrownLines, outgrownSteps} from './plan-scale.ts';
import {planJson, planTable} from './plan-text.ts';
import {prepareRun, runOptions} from './prepare-run.ts';
import {scratchText} from './scratch-text.ts';

export const planCommand: Command = {
  help: `
lymphline plan CONFIG [--run-dir DIR] [--profile NAME|FILE] [--set PATH=VALUE]… [--only STEP|JOB] [--until STEP] [--json]

Lists every job with \`run\` or \`cached\` and the reason, then cpu-hours, memory and the longest chain at most and as earlier runs took them, for each
contrast what so many patients can show, and which step was never measured with so large a cohort. Touches nothing.

example: lymphline plan cohort/run.yaml --set steps.qc.min_genes=300
`,
  options: {...runOptions, json: {type: 'boolean'}},
  takes: [1, 1],
  async run(context) {
    const prepared = await prepareRun(context, context.positionals[0]);
    if (!prepared.ok) return printFailures(context, prepared.error);
    const decisions = await decideJobs(prepared.value.requests, {...prepared.value, retry: retrySetting(prepared.value.loaded.profile, prepared.value.memory_gb)});
    const {estimates, loaded} = prepared.value;
    const power = powerOfContrasts(prepared.value.loaded.rows, prepared.value.loaded.config.contrasts);
    const outgrown = outgrownSteps(decisions.filter(({action}) => action === 'run').map(({request}) => request.planned.step), prepared.value.loaded.rows);
    context.out(context.options['json'] ? `${JSON.stringify({...planJson(decisions, estimates), contrasts: power, outgrown, ...(loaded.profile.scratch === undefined ? {} : {scratch: loaded.profile.scratch})}, undefined, 1)}\n` : `${planTable(decisions, estimates)}${powerLines(power)}${outgrownLines(outgrown)}${scratchText(loaded.profile)}`);
    return exitCodes.done;
  },
};
