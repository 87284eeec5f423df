// A launcher starts an argv somewhere and reports how it ended; it does not know about containers.
import type {EngineRequest} from './engine.ts';
import type {BatchRun} from '../model/event.ts';
import type {Command, ProcessEnd} from './process.ts';
import type {Scratch} from './scratch.ts';

export interface Launch extends Command {
  /** `count/S1`. */
  readonly job: string;
  /** Of its fingerprint. */
  readonly hash: string;
  readonly limits: EngineRequest['limits'];
  readonly files: LaunchFiles;
  /** Where an earlier attempt was lost: rather not there again. */
  readonly avoidNodes?: readonly string[];
  /** An earlier engine handed it over: its end is waited for, it is not started. */
  readonly isUnderWay?: boolean;
  /** Made, filled and removed on the machine that runs it. `isLinked`: the folder of outputs becomes a link to the one in scratch. */
  readonly scratch?: Scratch & {readonly name: string; readonly isLinked: boolean};
  /** Before the end is told, where it may have waited to be started. */
  readonly onRan?: (ran: BatchRun) => void;
  /** Why its peak of memory is not known, where it might have been. */
  readonly onNoPeak?: (why: string) => void;
}

/** What of an attempt is kept so that another engine finds it again; absolute. A launcher whose jobs end with this process leaves it alone. */
export interface LaunchFiles {
  readonly submitted: string;
  readonly started: string;
  readonly exit: string;
  /** Where one of them is there, the attempt is over: a job that starts late does not run. */
  readonly closing: readonly string[];
}

export interface Launcher {
  readonly name: string;
  /** Where only the machine that runs a job knows the folder of its scratch: the word that stands for it in an argv. */
  readonly scratchWord?: string;
  readonly launch: (launch: Launch) => Promise<ProcessEnd>;
  /** The hash of what an earlier engine handed over and did not see end. Absent where nothing outlives the engine. */
  readonly findUnderWay?: (files: LaunchFiles) => string | undefined;
  /** Ends what is no longer wanted. */
  readonly takeBack?: (files: LaunchFiles) => Promise<void>;
  /** How long files that another machine wrote may stay unseen here. */
  readonly fileGraceSeconds?: number;
}
