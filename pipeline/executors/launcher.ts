// A launcher starts an argv somewhere and reports how it ended; it does not know about containers.
import type {EngineRequest} from './engine.ts';
import type {Command, ProcessEnd} from './process.ts';

export interface Launch extends Command {
  /** `count/S1`. */
  readonly job: string;
  /** Of its fingerprint. */
  readonly hash: string;
  readonly limits: EngineRequest['limits'];
  /** An earlier engine handed it over: its end is waited for, it is not started. */
  readonly isUnderWay?: boolean;
}

export interface Launcher {
  readonly name: string;
  readonly launch: (launch: Launch) => Promise<ProcessEnd>;
  /** How long files that another machine wrote may stay unseen here. */
  readonly fileGraceSeconds?: number;
}
