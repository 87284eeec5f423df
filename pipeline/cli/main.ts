// argv -> one command -> an exit code. The only file of the engine that reads the environment or ends the process.
import {readFileSync} from 'node:fs';
import {dirname, join, resolve} from 'node:path';
import {parseArgs} from 'node:util';
import {closestName} from '../base/closest-name.ts';
import {engineJobVariable, handOver} from '../executors/slurm/hand-over.ts';
import {exitCodes, UsageError, type Command, type CommandContext} from './command.ts';

const codeRoot = resolve(import.meta.dirname, '../..');
const projectRoot = codeRoot.endsWith('/dist') ? dirname(codeRoot) : codeRoot;

/** In the order of the help; loaded when called. */
const commands: Readonly<Record<string, {summary: string; load: () => Promise<Command>}>> = {
  run: {summary: 'validate, plan, run and publish; picks up an interrupted run', load: async () => (await import('./run.ts')).runCommand},
  plan: {summary: 'every job with run or cached, and why; touches nothing', load: async () => (await import('./plan.ts')).planCommand},
  validate: {summary: 'all problems of a run file and its sheets at once', load: async () => (await import('./validate.ts')).validateCommand},
  status: {summary: 'the state of a finished, running or dead run', load: async () => (await import('./status.ts')).statusCommand},
  cancel: {summary: 'end what a run has in Slurm, from any node', load: async () => (await import('./cancel.ts')).cancelCommand},
  why: {summary: 'why a job ran, or would run now', load: async () => (await import('./why.ts')).whyCommand},
  logs: {summary: 'the output of a job, or the command that runs it by hand', load: async () => (await import('./logs.ts')).logsCommand},
  verify: {summary: 'compare every result with the manifest', load: async () => (await import('./verify.ts')).verifyCommand},
  bundle: {summary: 'one file for a reviewer: study, results, provenance', load: async () => (await import('./bundle.ts')).bundleCommand},
  reproduce: {summary: 'make the results of a bundle again and compare every one', load: async () => (await import('./reproduce.ts')).reproduceCommand},
  clean: {summary: 'what of a run or of the cache could be removed, and how much that frees', load: async () => (await import('./clean.ts')).cleanCommand},
  init: {summary: 'a run file and sheets to start from, filled in from folders of Cell Ranger', load: async () => (await import('./init.ts')).initCommand},
  simulate: {summary: 'write a runnable cohort with known truth', load: async () => (await import('./simulate.ts')).simulateCommand},
  steps: {summary: 'the steps; the inputs, parameters and outputs of one', load: async () => (await import('./steps.ts')).stepsCommand},
  images: {summary: 'the container images of the steps: list, pull, build, convert', load: async () => (await import('./images.ts')).imagesCommand},
  doctor: {summary: 'can this machine run it; runs one small job through a profile', load: async () => (await import('./doctor.ts')).doctorCommand},
};

process.exitCode = await main(process.argv.slice(2));

async function main(argv: readonly string[]): Promise<number> {
  const [name = '--help', ...rest] = argv;
  const version = (JSON.parse(readFileSync(join(projectRoot, 'package.json'), 'utf8')) as {version: string}).version;
  if (name === '--version' || name === '-V') {
    process.stdout.write(`${version}\n`);
    return exitCodes.done;
  }
  if (name === '--help' || name === '-h' || name === 'help') {
    process.stdout.write(overview(version));
    return exitCodes.done;
  }
  if (!Object.hasOwn(commands, name)) {
    const near = closestName(name, Object.keys(commands));
    process.stderr.write(`lymphline has no command ${JSON.stringify(name)}.${near === undefined ? '' : ` Did you mean "${near}"?`} Its commands: ${Object.keys(commands).join(' ')}.\n`);
    return exitCodes.invalid;
  }
  const command = await commands[name].load();
  if (rest.includes('--help') || rest.includes('-h')) {
    process.stdout.write(`${command.help.trim()}\n`);
    return exitCodes.done;
  }
  const controller = new AbortController();
  let interruptedBy: 'SIGINT' | 'SIGTERM' | undefined;
  const interrupt = (signal: 'SIGINT' | 'SIGTERM') => () => {
    // A second signal does not wait for the children.
    if (interruptedBy !== undefined) process.exit(signal === 'SIGINT' ? 130 : 143);
    interruptedBy = signal;
    controller.abort();
  };
  process.on('SIGINT', interrupt('SIGINT'));
  process.on('SIGTERM', process.env[engineJobVariable] === undefined ? interrupt('SIGTERM') : endOfBatchJob(controller, () => (interruptedBy = 'SIGTERM')));
  // Of the batch system, before the time of this job is up: what runs elsewhere goes on.
  process.on('SIGUSR2', () => controller.abort(handOver));
  // `lymphline plan … | head` closes our stdout: nothing is left to say.
  process.stdout.on('error', () => process.exit(0));
  try {
    const code = await command.run(contextOf({command, argv: rest, version, signal: controller.signal}));
    return interruptedBy === undefined ? code : interruptedBy === 'SIGINT' ? 130 : 143;
  } catch (error) {
    if (error instanceof UsageError || isParseError(error)) {
      process.stderr.write(`${(error as Error).message}\nusage: ${command.help.trim().split('\n', 1)[0]}\n`);
      return exitCodes.invalid;
    }
    process.stderr.write(`This is a bug in lymphline ${version}; please report it with these lines.\ncommand: lymphline ${argv.join(' ')}\n${bugText(error)}\n`);
    return exitCodes.bug;
  }
}

/** Slurm repeats its signal, and kills by itself: neither may keep the batch job from leaving its own jobs in order. */
function endOfBatchJob(controller: AbortController, onInterruption: () => void): () => void {
  let isAsking = false;
  return () => {
    if (isAsking || controller.signal.aborted) return;
    isAsking = true;
    void import('../executors/slurm/end-notice.ts').then(({reasonOfEnd}) => reasonOfEnd(process.env)).then((reason) => {
      if (reason === undefined) onInterruption();
      controller.abort(reason);
    });
  };
}

function contextOf(call: {command: Command; argv: readonly string[]; version: string; signal: AbortSignal}): CommandContext {
  const {values, positionals} = parsedArguments(call.command, call.argv);
  const [least, most] = call.command.takes;
  if (positionals.length < least) throw new UsageError(`An argument is missing: ${positionals.length} given, ${least} needed.`);
  if (positionals.length > most) throw new UsageError(`One argument too many: ${JSON.stringify(positionals[most])}.`);
  return {
    positionals,
    options: values,
    environment: process.env,
    folder: process.cwd(),
    projectRoot,
    codeRoot,
    version: call.version,
    out: (text) => process.stdout.write(text),
    screen: {
      write: (text) => process.stderr.write(text),
      isTerminal: process.stderr.isTTY === true && process.env['TERM'] !== 'dumb',
      columns: process.stderr.columns ?? 80,
    },
    signal: call.signal,
  };
}

/** Node's own words for an unknown option speak of positional arguments. */
function parsedArguments({options}: Command, argv: readonly string[]): Pick<CommandContext, 'positionals'> & {values: CommandContext['options']} {
  try {
    return parseArgs({args: [...argv], options, allowPositionals: true, strict: true});
  } catch (error) {
    const [, written] = /^Unknown option '(-[^']+)'/.exec((error as Error).message) ?? [];
    if (written === undefined) throw error;
    const near = closestName(written.replace(/^-+/, ''), Object.keys(options));
    throw new UsageError(`There is no option "${written}".${near === undefined ? '' : ` Did you mean "--${near}"?`}`);
  }
}

function isParseError(error: unknown): boolean {
  return error instanceof Error && ((error as NodeJS.ErrnoException).code ?? '').startsWith('ERR_PARSE_ARGS');
}

function bugText(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

function overview(version: string): string {
  const width = Math.max(...Object.keys(commands).map((name) => name.length));
  const lines = Object.entries(commands).map(([name, {summary}]) => `  ${name.padEnd(width)}  ${summary}`);
  return `lymphline ${version}: clonal abundance and inflammatory signature scores before and after an infusion.

usage: lymphline COMMAND …        lymphline COMMAND --help for one command

${lines.join('\n')}

example: lymphline simulate cohort && lymphline run cohort/run.yaml
`;
}
