// lymphline validate
import {exitCodes, type Command} from './command.ts';
import {printFailures} from './failures.ts';
import {prepareRun, runOptions} from './prepare-run.ts';
import {scratchText} from './scratch-text.ts';
import {printWarnings} from './warnings.ts';

export const validateCommand: Command = {
  help: `
lymphline validate CONFIG [--profile NAME|FILE] [--set PATH=VALUE]…

Checks the run file, its sheets, the profile and the step parameters: all problems at once, each with file:line:column. Starts nothing.

example: lymphline validate cohort/run.yaml
`,
  options: runOptions,
  takes: [1, 1],
  async run(context) {
    const prepared = await prepareRun(context, context.positionals[0]);
    if (!prepared.ok) return printFailures(context, prepared.error);
    const {loaded, requests} = prepared.value;
    printWarnings(context, loaded.warnings);
    const samples = new Set(loaded.rows.map((row) => row.sample_id)).size;
    const patients = new Set(loaded.rows.map((row) => row.patient_id)).size;
    context.out(`${loaded.config.name} is valid: ${patients} patients, ${samples} samples, ${loaded.rows.length} sheet rows, ${requests.length} jobs.\n${scratchText(loaded.profile)}`);
    return exitCodes.done;
  },
};
