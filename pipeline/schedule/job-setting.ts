// What a job runs with, and how it may end.
import type {Result} from '../base/result.ts';
import type {Executor} from '../executors/run-contained.ts';
import type {Listener} from '../model/event.ts';
import type {Scratch} from '../model/profile.ts';
import type {RunFailure} from '../model/run-failure.ts';
import type {DigestMemo} from '../record/digest-memo.ts';
import type {RunDirectory} from '../record/run-directory.ts';
import type {FinishedOutputs} from './job-request.ts';
import type {Lease} from './resource-pool.ts';
import type {RetrySetting} from './retry-policy.ts';

export interface JobSetting {
  readonly directory: RunDirectory;
  readonly cacheRoot: string;
  readonly memo: DigestMemo;
  readonly executor: Executor;
  /** Names this run among the containers of the machine. */
  readonly runLabel: string;
  /** Holds a folder for each attempt; without it temporary files go where TMPDIR says. */
  readonly scratch?: Scratch;
  /** What every step's process gets. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly retry: RetrySetting;
  /** What the job was lent; another attempt may need more. */
  readonly lease: Lease;
  /** Are its outputs kept for other runs? */
  readonly offersToCache: boolean;
  /** Jobs whose outputs are read again, so that a record without the files is not enough. */
  readonly restored: ReadonlySet<string>;
  readonly listener: Listener;
  readonly signal: AbortSignal;
}

/** `inputs-removed`: they have to be made again first. */
export type JobEnd = Result<FinishedOutputs, RunFailure | {readonly reason: 'interrupted'} | {readonly reason: 'inputs-removed'}>;
