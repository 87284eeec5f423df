// What happens in a run, one value a change. Listeners: the terminal, events.jsonl, trace.tsv.
import type {JobFile} from './job-file.ts';
import type {RunFailure} from './run-failure.ts';

export interface NextAttempt {
  readonly limits: JobFile['limits'];
  readonly waitSeconds: number;
}

/** A job as a batch system ran it: its times are its own, by the clock of its node; the wait in the queue lies before them. ISO 8601. */
export interface BatchRun {
  readonly job_id: string;
  readonly node: string;
  /** By the engine's clock. */
  readonly submitted: string;
  readonly started: string;
  readonly ended: string;
}

export interface Quarantine {
  readonly sample_id: string;
  readonly job: string;
  /** Enters the design of the other jobs as the sheet's `excluded` does: the same for the same failure, without paths and times. */
  readonly reason: string;
}

export type RunEvent =
  | {readonly kind: 'run-started'; readonly run: string; readonly nJobs: number; readonly cores: number; readonly memory_gb: number; readonly version: string; /** Jobs handed to Slurm at once, where Slurm starts them. */ readonly slurmJobs?: number}
  | {readonly kind: 'job-started'; readonly job: string; readonly attempt: number; readonly why: readonly string[]; readonly cpus: number; readonly memory_gb: number; readonly minutes: number}
  | {readonly kind: 'job-reused'; readonly job: string; readonly from: 'run' | 'cache'; readonly hash: string}
  | {readonly kind: 'job-completed'; readonly job: string; readonly attempt: number; readonly hash: string; readonly seconds: number; readonly cpus: number; readonly memory_gb: number; readonly input_bytes: number; /** Bytes by output. */ readonly outputs: Readonly<Record<string, number>>; readonly peak_memory_gb?: number; /** Why there is no peak, where there might be one. */ readonly peak_missing?: string; /** Where it may have waited for its start. */ readonly batch?: BatchRun}
  | {readonly kind: 'job-failed'; readonly job: string; readonly attempt: number; readonly seconds: number; readonly failure: RunFailure; readonly willRetry: boolean; /** What the next attempt is given, and the pause before it. */ readonly next?: NextAttempt; readonly batch?: BatchRun}
  | {readonly kind: 'job-skipped'; readonly job: string; readonly upstream: string}
  /** Its first failed job, and why it is left out; the jobs of several samples go on without it. */
  | ({readonly kind: 'sample-quarantined'} & Quarantine)
  | {readonly kind: 'cache-repaired'; readonly job: string; readonly file: string}
  /** The run goes on without keeping anything for others. */
  | {readonly kind: 'cache-unwritable'; readonly path: string; readonly code: string}
  | {readonly kind: 'intermediates-removed'; readonly job: string; readonly outputs: readonly string[]; readonly bytes: number}
  /** Something outside keeps the run waiting. */
  | {readonly kind: 'launcher-said'; readonly text: string}
  | {readonly kind: 'run-ended'; readonly run: string; readonly nCompleted: number; readonly nReused: number; readonly nFailed: number; readonly nSkipped: number; readonly seconds: number; readonly interrupted: boolean; /** Interrupted, and its jobs in Slurm go on. */ readonly handedOver?: boolean; /** How often each program of Slurm was called. */ readonly slurmCalls?: Readonly<Record<string, number>>};

export type Listener = (event: RunEvent) => void;
