// What happens in a run, one value a change. Listeners: the terminal, events.jsonl, trace.tsv.
import type {RunFailure} from './run-failure.ts';

export type RunEvent =
  | {readonly kind: 'run-started'; readonly run: string; readonly nJobs: number; readonly cores: number; readonly memory_gb: number; readonly version: string; /** Jobs handed to Slurm at once, where Slurm starts them. */ readonly slurmJobs?: number}
  | {readonly kind: 'job-started'; readonly job: string; readonly attempt: number; readonly why: readonly string[]; readonly cpus: number; readonly memory_gb: number}
  | {readonly kind: 'job-reused'; readonly job: string; readonly from: 'run' | 'cache'; readonly hash: string}
  | {readonly kind: 'job-completed'; readonly job: string; readonly attempt: number; readonly hash: string; readonly seconds: number; readonly cpus: number; readonly memory_gb: number}
  | {readonly kind: 'job-failed'; readonly job: string; readonly attempt: number; readonly seconds: number; readonly failure: RunFailure; readonly willRetry: boolean}
  | {readonly kind: 'job-skipped'; readonly job: string; readonly upstream: string}
  | {readonly kind: 'cache-repaired'; readonly job: string; readonly file: string}
  /** Something outside keeps the run waiting. */
  | {readonly kind: 'launcher-said'; readonly text: string}
  | {readonly kind: 'run-ended'; readonly run: string; readonly nCompleted: number; readonly nReused: number; readonly nFailed: number; readonly nSkipped: number; readonly seconds: number; readonly interrupted: boolean; /** Interrupted, and its jobs in Slurm go on. */ readonly handedOver?: boolean; /** How often each program of Slurm was called. */ readonly slurmCalls?: Readonly<Record<string, number>>};

export type Listener = (event: RunEvent) => void;
