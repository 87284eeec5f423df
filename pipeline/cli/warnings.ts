// Prints what is legal but worth a second look before the run.
import type {Warning} from '../model/warning.ts';
import type {CommandContext} from './command.ts';

export function printWarnings(context: CommandContext, warnings: readonly Warning[]): void {
  for (const warning of warnings) context.screen.write(`warning: ${warning.text}\n`);
}
