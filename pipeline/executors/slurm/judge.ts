// Witnesses of a job -> whether it has ended, and how.
import type {ProcessEnd} from '../process.ts';
import type {SlurmState} from './slurm-words.ts';

export interface ExitFile {
  readonly attempt: string;
  readonly exitCode: number;
  readonly signal?: string;
  readonly stoppedBy?: string;
  readonly oomKills?: number;
  readonly slurmJobId: string;
  readonly node: string;
  readonly started: string;
  readonly ended: string;
}

export interface Witnesses {
  readonly exitFile: ExitFile | undefined;
  readonly secondsSinceExitFile: number;
  readonly state: SlurmState | 'unknown' | 'unreachable';
  readonly secondsWithoutAnswer: number;
  readonly graceSeconds: number;
  readonly pendingSeconds: number;
}

export type Judgement = {readonly kind: 'wait'; readonly why: string} | {readonly kind: 'ended'; readonly end: ProcessEnd; readonly inQueue: boolean};

export function judge({exitFile, secondsSinceExitFile, state, secondsWithoutAnswer, graceSeconds}: Witnesses): Judgement {
  const own = (): Judgement => ({kind: 'ended', inQueue: false, end: exitFile?.signal === undefined ? {kind: 'exit', exitCode: exitFile?.exitCode ?? 0} : {kind: 'signal', signal: exitFile.signal}});
  const waits = exitFile === undefined ? secondsWithoutAnswer < graceSeconds : secondsSinceExitFile < graceSeconds;
  if (state === 'unreachable') return exitFile !== undefined && !waits ? own() : {kind: 'wait', why: 'no answer'};
  const of = state === 'unknown' ? {jobId: '', state: 'unknown', reason: 'None'} : {jobId: state.jobId, state: state.state, reason: state.reason};
  if (/^(PENDING|RUNNING|COMPLETING|CONFIGURING|SUSPENDED|REQUEUED)$/.test(of.state)) return {kind: 'wait', why: of.state};
  if (of.state === 'OUT_OF_MEMORY') return {kind: 'ended', inQueue: false, end: {kind: 'out-of-memory'}};
  if (of.state === 'TIMEOUT') return {kind: 'ended', inQueue: false, end: {kind: 'timeout', timeoutSeconds: 0}};
  if (of.state === 'CANCELLED') return {kind: 'ended', inQueue: false, end: {kind: 'slurm-ended', cause: 'cancelled', ...of}};
  if (exitFile !== undefined) return own();
  return waits ? {kind: 'wait', why: 'no file'} : {kind: 'ended', inQueue: false, end: {kind: 'slurm-ended', cause: of.state === 'NODE_FAIL' ? 'node-failed' : 'vanished', ...of}};
}
