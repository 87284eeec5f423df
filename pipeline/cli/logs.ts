// lymphline logs
import {closeSync, existsSync, openSync, readFileSync, readSync} from 'node:fs';
import {setTimeout as wait} from 'node:timers/promises';
import {shellWord} from '../base/shell-word.ts';
import type {JobFile} from '../model/job-file.ts';
import type {AttemptFolder} from '../record/run-directory.ts';
import {exitCodes, UsageError, type Command, type CommandContext} from './command.ts';
import {findJob, openRecordedRun, stateOf, type RecordedRun} from './recorded-run.ts';

export const logsCommand: Command = {
  help: `
lymphline logs RUN JOB [--follow] [--command]

The output of a job's latest attempt. With --follow, until the job ends; with --command, the line that runs it again by hand.

example: lymphline logs cohort/runs/demo cluster --follow
`,
  options: {follow: {type: 'boolean'}, command: {type: 'boolean'}},
  takes: [2, 2],
  async run(context) {
    const run = openRecordedRun(context, context.positionals[0]);
    const job = findJob(run, context.positionals[1]);
    const state = stateOf(run, job);
    if (state.kind === 'waiting') throw new UsageError(`${job} has not started yet.`);
    if (context.options['command']) return printCommand(context, job, state.attempt);
    if (!existsSync(state.attempt.log)) {
      context.screen.write(`${job} has no log: ${state.kind === 'complete' && state.record.from === 'cache' ? 'its outputs came from the cache' : 'it wrote none'}.\n`);
      return exitCodes.done;
    }
    if (context.options['follow']) await follow(context, run, {job, log: state.attempt.log});
    else context.out(readFileSync(state.attempt.log, 'utf8'));
    return exitCodes.done;
  },
};

function printCommand(context: CommandContext, job: string, attempt: AttemptFolder): number {
  if (!existsSync(attempt.job)) throw new UsageError(`${job} has no job file: its outputs came from the cache.`);
  const {command = []} = JSON.parse(readFileSync(attempt.job, 'utf8')) as JobFile;
  context.out(`cd ${shellWord(attempt.root)} && ${command.map(shellWord).join(' ')}\n`);
  return exitCodes.done;
}

async function follow(context: CommandContext, run: RecordedRun, ask: {job: string; log: string}): Promise<void> {
  const handle = openSync(ask.log, 'r');
  const buffer = Buffer.alloc(1 << 16);
  try {
    for (let offset = 0; !context.signal.aborted;) {
      const {kind} = stateOf(run, ask.job);
      const isOver = kind !== 'started' && kind !== 'handed over';
      const n = readSync(handle, buffer, 0, buffer.length, offset);
      if (n > 0) {
        context.out(buffer.toString('utf8', 0, n));
        offset += n;
      } else if (isOver) return;
      else await wait(300, undefined, {signal: context.signal}).catch(() => {});
    }
  } finally {
    closeSync(handle);
  }
}
