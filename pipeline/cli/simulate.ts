// lymphline simulate: the simulate step, started through a job file like any other.
import {join} from 'node:path';
import {locate} from '../base/located-text.ts';
import {readStepContracts} from '../config/read-step-contracts.ts';
import {resolveParams} from '../config/resolve-params.ts';
import {failureText} from '../console/failure-text.ts';
import type {ParamContract, StepContract} from '../model/step-contract.ts';
import {exitCodes, numberOption, textOption, textOptions, UsageError, type Command, type CommandContext} from './command.ts';
import {printFailures} from './failures.ts';
import {makeFolder} from './make-folder.ts';

export const simulateCommand: Command = {
  help: `
lymphline simulate DIR [--patients 7] [--timepoints baseline,month1,month3] [--cells 300] [--effects default|none] [--seed 1] [--set PARAM=VALUE]…

Writes a whole runnable cohort with known truth: run.yaml, samples.tsv, visits.tsv, patients.tsv, biopsies.tsv, aes.tsv, a 10x H5 and contig CSVs per sample, and truth/.
\`lymphline steps simulate\` lists every parameter that --set takes.

example: lymphline simulate cohort --patients 5 && lymphline run cohort/run.yaml
`,
  options: {
    patients: {type: 'string'}, timepoints: {type: 'string'}, cells: {type: 'string'}, effects: {type: 'string'}, seed: {type: 'string'}, set: {type: 'string', multiple: true},
  },
  takes: [1, 1],
  async run(context) {
    const contracts = await readStepContracts(context.codeRoot);
    if (!contracts.ok) return printFailures(context, contracts.error);
    const step = contracts.value.find((one) => one.name === 'simulate');
    if (step === undefined) throw new Error('the simulate step is not there');
    const params = resolveParams(step, overridesOf(context, step), (name) => locate('command line', `--${name}`, 0, name.length + 2));
    if (!params.ok) {
      for (const failure of params.error) context.screen.write(`${failureText(failure)}\n`);
      return exitCodes.invalid;
    }
    const seed = numberOption(context, 'seed') ?? 1;
    if (!Number.isInteger(seed)) throw new UsageError(`--seed is ${seed}; expected a whole number.`);
    const [name] = context.positionals;
    const code = await makeFolder(context, {step, params: params.value, seed, name});
    if (code === exitCodes.done) context.screen.write(`${name} holds ${String(params.value['patients'])} ${params.value['patients'] === 1 ? 'patient' : 'patients'} with their truth. Next: lymphline run ${join(name, 'run.yaml')}\n`);
    return code;
  },
};

function overridesOf(context: CommandContext, step: StepContract): Record<string, unknown> {
  const given: [string, string][] = ['patients', 'timepoints', 'cells', 'effects'].flatMap((name) => {
    const text = textOption(context, name);
    return text === undefined ? [] : [[name, text] as [string, string]];
  });
  for (const text of textOptions(context, 'set')) {
    const at = text.indexOf('=');
    if (at < 1) throw new UsageError(`--set ${JSON.stringify(text)}; expected PARAM=VALUE.`);
    given.push([text.slice(0, at), text.slice(at + 1)]);
  }
  return Object.fromEntries(given.map(([name, text]) => [name, valueOf(step.params[name], text)]));
}

function valueOf(param: ParamContract | undefined, text: string): unknown {
  switch (param?.type) {
    case 'number':
    case 'integer':
      return text.trim() === '' || Number.isNaN(Number(text)) ? text : Number(text);
    case 'boolean':
      return text === 'true' ? true : text === 'false' ? false : text;
    case 'list':
      return text.split(',').map((part) => part.trim());
    default:
      return text;
  }
}
