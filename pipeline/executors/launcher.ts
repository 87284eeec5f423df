// A launcher starts an argv somewhere and reports how it ended; it does not know about containers.
import type {Command, ProcessEnd} from './process.ts';

export interface Launcher {
  readonly name: string;
  readonly launch: (command: Command) => Promise<ProcessEnd>;
}
