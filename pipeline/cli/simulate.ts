// lymphline simulate: the simulate step, started through a job file like any other.
import {existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync} from 'node:fs';
import {dirname, join, resolve} from 'node:path';
import {locate} from '../base/located-text.ts';
import {readStepContracts} from '../config/read-step-contracts.ts';
import {resolveParams} from '../config/resolve-params.ts';
import {failureText} from '../console/failure-text.ts';
import {runProcess} from '../executors/process.ts';
import type {Problem} from '../model/job-file.ts';
import type {ParamContract, StepContract} from '../model/step-contract.ts';
import {exitCodes, numberOption, textOption, textOptions, UsageError, type Command, type CommandContext} from './command.ts';
import {printFailures} from './failures.ts';
import {commandOf} from './prepare-run.ts';
import {stepEnvironment} from './step-environment.ts';
import {toolJob} from './tool-job.ts';

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
    const target = resolve(context.folder, context.positionals[0]);
    if (existsSync(target) && readdirSync(target).length > 0) throw new UsageError(`${context.positionals[0]} exists and is not empty. Name a new folder, or empty it first.`);
    const params = resolveParams(step, overridesOf(context, step), (name) => locate('command line', `--${name}`, 0, name.length + 2));
    if (!params.ok) {
      for (const failure of params.error) context.screen.write(`${failureText(failure)}\n`);
      return exitCodes.invalid;
    }
    mkdirSync(dirname(target), {recursive: true});
    const folder = mkdtempSync(`${target}.`);
    try {
      return await runSimulation({context, step, params: params.value, folder, target});
    } finally {
      rmSync(folder, {recursive: true, force: true});
    }
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

async function runSimulation(ask: {context: CommandContext; step: StepContract; params: Record<string, unknown>; folder: string; target: string}): Promise<number> {
  const {context, step, params, folder, target} = ask;
  const seed = numberOption(context, 'seed') ?? 1;
  if (!Number.isInteger(seed)) throw new UsageError(`--seed is ${seed}; expected a whole number.`);
  const job = toolJob(context, {step, params, seed, folder});
  const {outputs} = job;
  const jobPath = join(folder, 'job.json');
  writeFileSync(jobPath, JSON.stringify(job));
  const logPath = join(folder, 'log.txt');
  const end = await runProcess({
    argv: [...commandOf(context.codeRoot, step), jobPath], folder, environment: stepEnvironment(context.environment), logPath,
    timeoutSeconds: step.resources.minutes * 60, graceSeconds: 2, signal: context.signal,
  });
  if (end.kind === 'interrupted') return exitCodes.failed;
  if (end.kind === 'exit' && end.exitCode === 65) {
    const problem = JSON.parse(readFileSync(join(folder, 'problem.json'), 'utf8')) as Problem;
    context.screen.write(`simulate refused ${problem.input}: found ${problem.found}; expected ${problem.expected}. ${problem.advice}\n`);
    return exitCodes.invalid;
  }
  if (end.kind !== 'exit' || end.exitCode !== 0) throw new Error(`the simulate step ended with ${JSON.stringify(end)}:\n${readFileSync(logPath, 'utf8')}`);
  const [made] = Object.values(outputs);
  if (existsSync(target)) rmSync(target, {recursive: true});
  renameSync(made, target);
  context.screen.write(`${context.positionals[0]} holds ${String(params['patients'])} patients with their truth. Next: lymphline run ${join(context.positionals[0], 'run.yaml')}\n`);
  return exitCodes.done;
}
