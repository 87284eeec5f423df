// Prints what keeps a run from starting: every problem, then how many there are.
import {failureText} from '../console/failure-text.ts';
import type {Failure} from '../model/failure.ts';
import {exitCodes, type CommandContext} from './command.ts';

export function printFailures(context: CommandContext, failures: readonly Failure[]): number {
  for (const failure of failures) context.screen.write(`${failureText(failure)}\n`);
  context.screen.write(`${failures.length} ${failures.length === 1 ? 'problem' : 'problems'}; nothing was started.\n`);
  return exitCodes.invalid;
}
