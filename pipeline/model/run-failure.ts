// Why a job of a run has no result: facts only. The words are in console/failure-text.ts.
import type {Problem} from './job-file.ts';

interface OfJob {
  readonly job: string;
  readonly attempt: number;
  /** Absolute. */
  readonly log: string;
}

/** What became of a job in Slurm where neither its own end nor a limit explains it. */
export type SlurmCause = 'submit-refused' | 'node-failed' | 'preempted' | 'cancelled' | 'requeued' | 'launch-failed' | 'never-starts' | 'vanished';

export interface SlurmFacts {
  /** Empty where it never had one. */
  readonly jobId: string;
  /** Slurm's word, or `unknown`. */
  readonly state: string;
  /** Slurm's word, `None` without one. */
  readonly reason: string;
  readonly node?: string;
}

export type RunFailure =
  | (OfJob & {readonly reason: SlurmCause; readonly slurm: SlurmFacts})
  | (OfJob & {readonly reason: 'step-refused'; readonly problem: Problem})
  | (OfJob & {readonly reason: 'step-failed'; readonly exitCode: number; readonly lastLines: readonly string[]})
  | (OfJob & {readonly reason: 'step-killed'; readonly signal: string; readonly memory_gb: number})
  | (OfJob & {readonly reason: 'out-of-memory'; readonly memory_gb: number})
  | (OfJob & {readonly reason: 'engine-failed'; readonly engine: string; readonly message: string})
  | (OfJob & {readonly reason: 'step-timed-out'; readonly minutes: number})
  | (OfJob & {readonly reason: 'command-not-started'; readonly command: string; readonly code: string; /** Where it was looked for in a container. */ readonly image?: string})
  /** It failed, and an input is closed to the user that the engine runs steps as. */
  | (OfJob & {readonly reason: 'input-closed'; readonly engine: string; readonly input: string; readonly path: string; readonly mode: string; readonly owner: number; readonly uid: number})
  | (OfJob & {readonly reason: 'output-missing'; readonly output: string; readonly expectedPath: string})
  | (OfJob & {readonly reason: 'output-invalid'; readonly output: string; readonly path: string; readonly found: string; readonly expected: string})
  | {readonly reason: 'input-unreadable'; readonly job: string; readonly input: string; readonly path: string; readonly code: string}
  | {readonly reason: 'write-failed'; readonly job: string; readonly path: string; readonly code: string; /** Where the step met it, not the engine. */ readonly log?: string};

export type RetryRule = 'never' | 'same-again' | 'more-memory' | 'more-time';

/** Is another attempt worth it, and with what? Only for what a machine did, never for what the input or the step says. */
export function retryRule(failure: RunFailure): RetryRule {
  switch (failure.reason) {
    case 'step-killed':
      return failure.signal === 'SIGKILL' ? 'more-memory' : 'same-again';
    case 'engine-failed':
    case 'node-failed':
    case 'preempted':
    case 'requeued':
    case 'launch-failed':
    case 'vanished':
      return 'same-again';
    case 'out-of-memory':
      return 'more-memory';
    case 'step-timed-out':
      return 'more-time';
    case 'step-refused':
    case 'step-failed':
    case 'command-not-started':
    case 'output-missing':
    case 'output-invalid':
    case 'input-unreadable':
    case 'input-closed':
    case 'write-failed':
    // Somebody wanted it so, or would have to ask for less.
    case 'cancelled':
    case 'never-starts':
    case 'submit-refused':
      return 'never';
  }
}

/** Those that another attempt had better not meet. */
export function nodesToAvoid(failure: RunFailure): readonly string[] {
  return (failure.reason === 'node-failed' || failure.reason === 'launch-failed') && failure.slurm.node !== undefined ? [failure.slurm.node] : [];
}
