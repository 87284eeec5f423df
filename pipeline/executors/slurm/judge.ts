// How a job of Slurm ended, from three witnesses: the file that it wrote at its end, Slurm's state, and how long that has been so. Pure.
//
// The file is the truth about the job's own end; Slurm's state explains why there is none. Two things only Slurm knows and a file cannot gainsay:
// the memory limit that killed a child of a program that ended well, and the time limit. What is not known is neither success nor, before the grace
// period, failure. The third witness, the outputs, is heard after an exit code 0, as everywhere.
import type {SlurmCause} from '../../model/run-failure.ts';
import {signalOf} from '../engine.ts';
import type {ProcessEnd} from '../process.ts';
import type {SlurmState} from './slurm-words.ts';

/** What the job's script writes when its program has ended, under another name first and then renamed. */
export interface ExitFile {
  readonly attempt: string;
  readonly exitCode: number;
  readonly signal?: string;
  /** A signal (SIGTERM) that the script itself got: somebody ended the job, whatever code its program then chose. */
  readonly stoppedBy?: string;
  /** Processes of the job that its memory group says were killed for memory. */
  readonly oomKills?: number;
  /** The folder of its temporary files, where it failed and no space was left there. */
  readonly full?: string;
  readonly slurmJobId: string;
  readonly node: string;
  readonly started: string;
  readonly ended: string;
}

export interface Witnesses {
  readonly jobId: string;
  /** Of this attempt: a file of another is no witness. */
  readonly exitFile: ExitFile | undefined;
  /** Since it was first seen; 0 without a file. */
  readonly secondsSinceExitFile: number;
  /** Of this attempt a file of its start or its end is there; not looked for while Slurm has it. */
  readonly hasBegun: boolean;
  /** 'unknown': Slurm answered and does not know the job. 'unreachable': nobody answered. */
  readonly state: SlurmState | 'unknown' | 'unreachable';
  /** Since the first of Slurm's answers that no longer showed it waiting or running; 0 while it does, and while nobody answers. */
  readonly secondsWithoutAnswer: number;
  readonly graceSeconds: number;
  readonly pendingSeconds: number;
}

export type Judgement =
  | {readonly kind: 'wait'; readonly why: string}
  /** `inQueue`: Slurm still has it, and would start it or leave it there: cancel it before anything else. */
  | {readonly kind: 'ended'; readonly end: ProcessEnd; readonly inQueue: boolean};

/** What scontrol said just before the job started and ended may still read PENDING; by then it would not. */
const settledSeconds = 5;
/** Slurm's own signal number for "could not be started". */
const launchSignal = 53;
const politeSignal = 15;
/** What the controller writes down for a program that the node refused to start, as one whose number it has just been told to end. */
const refusedByNode = 1;
/** What the script itself ends with, without a file: it could not write one (74), or would not start a program a second time (75). */
const ofScript = new Set([74, 75]);

export function judge(witnesses: Witnesses): Judgement {
  const {exitFile, state, graceSeconds, secondsSinceExitFile} = witnesses;
  const inQueue = typeof state === 'object' && isAlive(state);
  if ((exitFile?.oomKills ?? 0) > 0) return ended({kind: 'out-of-memory'}, inQueue);
  if (state === 'unreachable') return exitFile !== undefined && secondsSinceExitFile >= graceSeconds ? ended(ownEnd(exitFile)) : wait('Slurm does not answer');
  if (state === 'unknown') {
    if (exitFile !== undefined) return ended(ownEnd(exitFile));
    return afterGrace(witnesses, 'Slurm no longer knows it', {kind: 'slurm-ended', cause: 'vanished', jobId: witnesses.jobId, state: 'unknown', reason: 'None'});
  }
  if (waiting.has(state.state)) return judgeWaiting(witnesses, state);
  if (isAlive(state)) return judgeRunning(witnesses, state);
  return exitFile === undefined ? judgeWithoutFile(witnesses, state) : ended(endOf(exitFile, state));
}

const waiting = new Set(['PENDING', 'REQUEUED', 'REQUEUE_FED', 'REQUEUE_HOLD', 'SPECIAL_EXIT', 'RESV_DEL_HOLD']);
const running = new Set(['RUNNING', 'COMPLETING', 'CONFIGURING', 'SUSPENDED', 'STOPPED', 'SIGNALING', 'RESIZING', 'STAGE_OUT', 'POWER_UP_NODE']);
const isAlive = ({state}: SlurmState): boolean => waiting.has(state) || running.has(state);

function judgeWaiting({exitFile, secondsSinceExitFile, pendingSeconds, graceSeconds}: Witnesses, state: SlurmState): Judgement {
  const startsAgain = (state.restarts ?? 0) > 0;
  if (exitFile !== undefined) {
    // A controller that lost its last seconds does not know that the job has run, and would run it again.
    if (secondsSinceExitFile < Math.min(settledSeconds, graceSeconds)) return wait('it has ended; Slurm has yet to say so');
    return ended(startsAgain && wasStopped(exitFile) ? because('requeued', state) : ownEnd(exitFile), true);
  }
  if (startsAgain) return ended(because('requeued', state), true);
  if (neverStarts(state.reason) && pendingSeconds >= graceSeconds) return ended(because('never-starts', state), true);
  return wait(`waiting in the queue: ${state.reason}`);
}

/** Reasons that no other job's end removes: the request itself does not fit. The rest (Resources, Priority, a hold, a node that is down) may pass. */
const neverStarts = (reason: string): boolean =>
  /^(PartitionConfig|PartitionTimeLimit|PartitionMaxNodes|BadConstraints|DependencyNeverSatisfied|DeadLine|InvalidAccount|InvalidQOS|AccountNotAllowed|QOSNotAllowed|QOSTimeLimit|AssociationTimeLimit)$/.test(reason) ||
  /^(Assoc|QOS)(Max|Min)\w*(PerJob|PerJobLimit|PerNode|NotSatisfied)$/.test(reason);

function judgeRunning({exitFile, secondsSinceExitFile, graceSeconds}: Witnesses, state: SlurmState): Judgement {
  // While it completes, processes of its first start may still run.
  if (exitFile === undefined) return (state.restarts ?? 0) > 0 && state.state !== 'COMPLETING' ? ended(because('requeued', state), true) : wait('running');
  return secondsSinceExitFile < graceSeconds ? wait('it has ended; Slurm has yet to say how') : ended(ownEnd(exitFile), true);
}

/** Slurm says that it is over. */
function endOf(file: ExitFile, state: SlurmState): ProcessEnd {
  switch (state.state) {
    case 'OUT_OF_MEMORY':
      return {kind: 'out-of-memory'};
    case 'TIMEOUT':
    case 'DEADLINE':
      return {kind: 'timeout', timeoutSeconds: state.timeLimitSeconds};
    case 'CANCELLED':
    case 'REVOKED':
      return wasStopped(file) ? because('cancelled', state) : ownEnd(file);
    case 'PREEMPTED':
      return wasStopped(file) ? because('preempted', state) : ownEnd(file);
    case 'NODE_FAIL':
      return wasStopped(file) ? because('node-failed', state) : ownEnd(file);
    // What Slurm calls failed may be the second start of a job whose controller was killed: its first has ended as the file says.
    default:
      return ownEnd(file);
  }
}

function judgeWithoutFile(witnesses: Witnesses, state: SlurmState): Judgement {
  const late = `${state.state}; its exit file may be late`;
  switch (state.state) {
    case 'OUT_OF_MEMORY':
      return ended({kind: 'out-of-memory'});
    case 'TIMEOUT':
    case 'DEADLINE':
      return ended({kind: 'timeout', timeoutSeconds: state.timeLimitSeconds});
    case 'CANCELLED':
    case 'REVOKED':
      // What never had a node never wrote a file.
      if (state.node === undefined) return ended(because(neverStarts(state.reason) ? 'never-starts' : 'cancelled', state));
      return afterGrace(witnesses, late, because(isNobodys(state, witnesses) ? 'vanished' : 'cancelled', state));
    case 'PREEMPTED':
      return afterGrace(witnesses, late, because('preempted', state));
    case 'NODE_FAIL':
      return afterGrace(witnesses, late, because('node-failed', state));
    case 'BOOT_FAIL':
    case 'LAUNCH_FAILED':
    case 'RECONFIG_FAIL':
      return ended(because('launch-failed', state));
    case 'FAILED':
      if (state.node === undefined) return ended(because(neverStarts(state.reason) ? 'never-starts' : 'launch-failed', state));
      return state.signal === launchSignal ? ended(because('launch-failed', state)) : afterGrace(witnesses, late, slurmsEnd(state, witnesses));
    // COMPLETED, and any word that Slurm may yet learn.
    default:
      return afterGrace(witnesses, late, because('vanished', state));
  }
}

/**
 * Whoever cancels sends a signal, by which a script that left no file was killed. A controller that was killed, and then finds running what it
 * has forgotten, calls it cancelled too, but without a signal: nobody wanted that. Nor what a node did not start since it still holds another job
 * of that number: the end is then that one's, which heeds SIGTERM with an exit code of its own or is killed after it. (sacct tells no signal, but
 * who it was; slurmd is root.)
 */
const isNobodys = ({exitCode, signal, cancelledBy = 0}: SlurmState, {hasBegun}: Witnesses): boolean => cancelledBy === 0 && (hasBegun ? exitCode === 0 && signal === 0 : signal !== politeSignal);

/** What the file alone says. A program that was told to end may call that success; nobody else does. */
function ownEnd({exitCode, signal, stoppedBy, full, node}: ExitFile): ProcessEnd {
  if (signal !== undefined) return {kind: 'signal', signal};
  if (stoppedBy !== undefined) return {kind: 'signal', signal: stoppedBy};
  return signalOf(exitCode) ?? {kind: 'exit', exitCode, ...(full === undefined ? {} : {full: `${full} on ${node}`})};
}

const wasStopped = (file: ExitFile): boolean => ownEnd(file).kind === 'signal';

function slurmsEnd(state: SlurmState, {hasBegun}: Witnesses): ProcessEnd {
  if (!hasBegun && state.exitCode === refusedByNode) return because('vanished', state);
  const bySignal = signalOf(state.signal === 0 ? state.exitCode : 128 + state.signal);
  if (bySignal !== undefined) return bySignal;
  return state.exitCode === 0 || ofScript.has(state.exitCode) ? because('vanished', state) : {kind: 'exit', exitCode: state.exitCode};
}

const because = (cause: SlurmCause, {jobId, state, reason, node}: SlurmState): ProcessEnd => ({kind: 'slurm-ended', cause, jobId, state, reason, ...(node === undefined ? {} : {node})});
const wait = (why: string): Judgement => ({kind: 'wait', why});
const ended = (end: ProcessEnd, inQueue = false): Judgement => ({kind: 'ended', end, inQueue});
const afterGrace = ({secondsWithoutAnswer, graceSeconds}: Witnesses, why: string, end: ProcessEnd): Judgement => (secondsWithoutAnswer < graceSeconds ? wait(why) : ended(end));
