// Why a job of a run has no result: facts only. The words are in console/failure-text.ts.
import type {Problem} from './job-file.ts';

interface OfJob {
  readonly job: string;
  readonly attempt: number;
  /** Absolute. */
  readonly log: string;
}

export type RunFailure =
  | (OfJob & {readonly reason: 'step-refused'; readonly problem: Problem})
  | (OfJob & {readonly reason: 'step-failed'; readonly exitCode: number; readonly lastLines: readonly string[]})
  | (OfJob & {readonly reason: 'step-killed'; readonly signal: string; readonly memory_gb: number})
  | (OfJob & {readonly reason: 'out-of-memory'; readonly memory_gb: number})
  | (OfJob & {readonly reason: 'engine-failed'; readonly engine: string; readonly message: string})
  /** Slurm ended it, or lost it; `state` and `stateReason` are Slurm's words. */
  | (OfJob & {readonly reason: 'slurm-ended'; readonly cause: 'node-failed' | 'preempted' | 'cancelled' | 'vanished' | 'never-starts' | 'launch-failed' | 'requeued'; readonly jobId: string; readonly state: string; readonly stateReason: string; readonly node?: string})
  | (OfJob & {readonly reason: 'step-timed-out'; readonly minutes: number})
  | (OfJob & {readonly reason: 'command-not-started'; readonly command: string; readonly code: string; /** Where it was looked for in a container. */ readonly image?: string})
  /** It failed, and an input is closed to the user that the engine runs steps as. */
  | (OfJob & {readonly reason: 'input-closed'; readonly engine: string; readonly input: string; readonly path: string; readonly mode: string; readonly owner: number; readonly uid: number})
  | (OfJob & {readonly reason: 'output-missing'; readonly output: string; readonly expectedPath: string})
  | (OfJob & {readonly reason: 'output-invalid'; readonly output: string; readonly path: string; readonly found: string; readonly expected: string})
  | {readonly reason: 'input-unreadable'; readonly job: string; readonly input: string; readonly path: string; readonly code: string}
  | {readonly reason: 'write-failed'; readonly job: string; readonly path: string; readonly code: string};

/** Is another attempt worth it? Only for what a machine did, never for what the input or the step says. */
export function isTransient(failure: RunFailure): boolean {
  switch (failure.reason) {
    case 'step-killed':
    case 'engine-failed':
      return true;
    case 'slurm-ended':
      return failure.cause !== 'cancelled' && failure.cause !== 'never-starts' && failure.cause !== 'launch-failed';
    // The same limit would be met again.
    case 'out-of-memory':
    case 'step-refused':
    case 'step-failed':
    case 'step-timed-out':
    case 'command-not-started':
    case 'output-missing':
    case 'output-invalid':
    case 'input-unreadable':
    case 'input-closed':
    case 'write-failed':
      return false;
  }
}
