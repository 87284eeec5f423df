// One attempt of a job on its way through Slurm.
import type {Launch} from '../launcher.ts';
import type {ProcessEnd} from '../process.ts';
import type {FoundExit} from './exit-file.ts';
import {isLeftToGoOn} from './hand-over.ts';
import type {SlurmState} from './slurm-words.ts';
import type {SubmissionRecord} from './submission-record.ts';

/** Fields that are not readonly change as it goes on; times are ms since the epoch. */
export interface SlurmTask {
  readonly launch: Launch;
  /** Of the first submission: what the job's own files carry. */
  readonly attempt: string;
  readonly settle: (end: ProcessEnd) => void;
  /** Something of ours went wrong: a bug. */
  readonly fail: (error: unknown) => void;
  record?: SubmissionRecord;
  exit?: FoundExit;
  exitSeenAt?: number;
  state?: SlurmState | 'unknown' | 'unreachable';
  /** Since the first answer of Slurm that no longer showed it waiting or running. */
  goneSince?: number;
  pendingSince?: number;
  cancelledAt?: number;
}

/** `12_3` in an array, else `12`; undefined where sbatch's answer was lost. */
export function idOf({record, exit}: SlurmTask): string | undefined {
  if (exit !== undefined) return exit.slurmJobId;
  if (record?.jobId === undefined) return undefined;
  return record.task === undefined ? record.jobId : `${record.jobId}_${record.task}`;
}

export const isHandedOver = ({launch}: SlurmTask): boolean => launch.signal !== undefined && isLeftToGoOn(launch.signal);

const liveStates = ['PENDING', 'RUNNING', 'COMPLETING', 'CONFIGURING', 'SUSPENDED', 'STOPPED', 'RESIZING', 'REQUEUED', 'REQUEUE_HOLD', 'REQUEUE_FED', 'RESV_DEL_HOLD', 'SPECIAL_EXIT', 'SIGNALING', 'STAGE_OUT'];

/** Does Slurm still have it? */
export const isLive = ({state}: Pick<SlurmTask, 'state'>): boolean => typeof state === 'object' && liveStates.includes(state.state);
