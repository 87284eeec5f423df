// lymphline clean
import {rmSync} from 'node:fs';
import {bytesText} from '../console/bytes-text.ts';
import {readStepContracts} from '../config/read-step-contracts.ts';
import type {PlannedJob} from '../model/plan.ts';
import {sizeOf, sumSizes, supersededAttempts, type Size} from '../record/clean.ts';
import {readComplete} from '../record/job-record.ts';
import {takeLock} from '../record/lock.ts';
import {attemptsOf} from '../record/run-directory.ts';
import {outputPaths, type FinishedOutputs} from '../schedule/job-request.ts';
import {removableOutputs, removeOutputs} from '../schedule/remove-intermediates.ts';
import {cleanCache} from './clean-cache.ts';
import {exitCodes, UsageError, type Command, type CommandContext} from './command.ts';
import {printFailures} from './failures.ts';
import {openRecordedRun, plannedJobs, stateOf, type RecordedRun} from './recorded-run.ts';

export const cleanCommand: Command = {
  help: `
lymphline clean RUN [--intermediates] [--yes] [--json]
lymphline clean --cache [RUN] [--older-than DAYS] [--max-gb GB] [--yes] [--json]

Says what could be removed and how much that frees; removes it with --yes. Of a run: attempts before the one that counts, and with --intermediates
outputs that no job needs any more (their records stay: nothing runs again, and what needs one later has it made again). Of the cache (that of RUN,
else LYMPHLINE_CACHE, else .lymphline-cache here or in runs/): entries that no run directory holds a link to and that were not used in the last ten
minutes; with --older-than only those unused for so long, with --max-gb the longest unused until the cache is that small. Never a result.

example: lymphline clean cohort/runs/demo --intermediates --yes
`,
  options: {cache: {type: 'boolean'}, intermediates: {type: 'boolean'}, 'older-than': {type: 'string'}, 'max-gb': {type: 'string'}, yes: {type: 'boolean'}, json: {type: 'boolean'}},
  takes: [0, 1],
  async run(context) {
    const [argument] = context.positionals;
    if (context.options['cache']) return cleanCache(context, argument);
    if (argument === undefined) throw new UsageError('Which run? Give its folder, or --cache.');
    const run = openRecordedRun(context, argument);
    const lock = await takeLock(run.directory.lock);
    if (lock.kind === 'busy') {
      context.screen.write(`${run.directory.root} is in use by process ${lock.owner.pid} on ${lock.owner.host} since ${lock.owner.since}: nothing of it is removed.\n`);
      return exitCodes.busy;
    }
    try {
      return await cleanRun(context, run);
    } finally {
      lock.release();
    }
  },
};

interface Item {
  readonly what: 'attempt' | 'intermediate';
  readonly job: string;
  readonly path: string;
  readonly size: Size;
  readonly remove: () => void;
}

async function cleanRun(context: CommandContext, run: RecordedRun): Promise<number> {
  const contracts = await readStepContracts(context.codeRoot);
  if (!contracts.ok) return printFailures(context, contracts.error);
  const planned = plannedJobs(run, contracts.value);
  const items = [...attemptsToGo(run), ...intermediatesToGo(run, planned)];
  const chosen = items.filter(({what}) => what === 'attempt' || context.options['intermediates'] === true);
  if (context.options['yes']) for (const {remove} of chosen) remove();
  if (context.options['json']) {
    context.out(`${JSON.stringify({removed: context.options['yes'] === true, items: chosen.map(({what, job, path, size}) => ({what, job, path, ...size}))}, undefined, 1)}\n`);
    return exitCodes.done;
  }
  const did = context.options['yes'] === true;
  const line = (what: Item['what'], words: string): string => {
    const own = items.filter((item) => item.what === what);
    const {bytes, files, sharedBytes} = sumSizes(own.map(({size}) => size));
    const isChosen = chosen.some((item) => item.what === what);
    return `${own.length} ${words}: ${files} files, ${bytesText(bytes)}${sharedBytes > 0 ? `, and ${bytesText(sharedBytes)} that the cache holds too` : ''}${did && isChosen ? ' (removed)' : ''}\n`;
  };
  context.out(line('attempt', 'attempts before the one that counts') + line('intermediate', 'outputs that no job needs any more'));
  if (!did) context.out(items.length === 0 ? 'Nothing to remove.\n' : `Remove the attempts with --yes, the outputs too with --intermediates --yes.\n`);
  return exitCodes.done;
}

function attemptsToGo(run: RecordedRun): Item[] {
  return run.jobIds.flatMap((job) => supersededAttempts(run.directory.job(job)).map(({root}): Item => ({what: 'attempt', job, path: root, size: sizeOf(root), remove: () => rmSync(root, {recursive: true, force: true})})));
}

function intermediatesToGo(run: RecordedRun, planned: readonly PlannedJob[]): Item[] {
  // Of a part of the plan nobody knows what the rest still needs.
  if (!run.isWhole) return [];
  const done = new Set(planned.filter(({id}) => stateOf(run, id).kind === 'complete').map(({id}) => id));
  return removableOutputs(planned, (job) => done.has(job)).flatMap(({job, outputs}) => {
    const finished = finishedOf(run, planned.find(({id}) => id === job));
    return outputs.filter((output) => finished[output] !== undefined).map((output): Item => ({what: 'intermediate', job, path: finished[output].path, size: sizeOf(finished[output].path), remove: () => removeOutputs(run.directory, {job, outputs: [output]}, finished)}));
  });
}

function finishedOf(run: RecordedRun, planned: PlannedJob | undefined): FinishedOutputs {
  const attempt = attemptsOf(run.directory.job(planned?.id ?? '')).find((one) => readComplete(one) !== undefined);
  const record = attempt === undefined ? undefined : readComplete(attempt);
  if (attempt === undefined || record === undefined || planned === undefined) return {};
  const paths = outputPaths(planned.step, attempt.outputs);
  return Object.fromEntries(Object.entries(record.outputs).filter(([name]) => paths[name] !== undefined && !record.removed?.includes(name)).map(([name, {digest, bytes}]) => [name, {path: paths[name], digest, bytes}]));
}
