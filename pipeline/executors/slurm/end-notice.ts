// What SIGTERM means to the engine's own batch job. Slurm sends the same signal whoever ends a job and however; only its words about the job tell why,
// and that decides whether the jobs of the run end too.
import {setTimeout as wait} from 'node:timers/promises';
import {unreachable} from '../../base/result.ts';
import type {Environment} from '../engine.ts';
import {handOver, leaveJobs} from './hand-over.ts';
import {slurmClient} from './slurm-client.ts';

/** `interrupted`: somebody wants it to end. `starts-again`: Slurm itself will. `over`: its time, or a job with more priority. */
export type EndNotice = 'interrupted' | 'starts-again' | 'over' | 'untold';

/** For `squeue --noheader --Format=`. */
export const noticeFields = 'State:|,Reason:|,RestartCnt:|,PreemptTime:|';

/** `nStarts`: how often Slurm had started it again when this engine began. Seen with Slurm 22.05: tests/unit/executors/slurm/end-notice.test.ts. */
export function noticeIn(squeue: string, nStarts: number): EndNotice {
  const [state = '', reason = '', restarts = '', preempted = ''] = squeue.trim().split('|').map((field) => field.trim());
  if (state === '') return 'untold';
  // Counted at once, while the old processes still end.
  if (Number(restarts) > nStarts) return 'starts-again';
  // In a period of grace it still runs: an engine that ends by itself is not started again.
  if (/^\d/.test(preempted) || reason === 'TimeLimit') return 'over';
  return 'interrupted';
}

/** Less than the 30 s that Slurm leaves by default before it kills (KillWait). */
const patienceSeconds = 10;

/** Of the batch job that this process is. */
export async function askEndNotice(environment: Environment): Promise<EndNotice> {
  const asked = slurmClient(environment).ask('squeue', ['--noheader', '--states=all', `--jobs=${environment['SLURM_JOB_ID'] ?? ''}`, `--Format=${noticeFields}`]);
  const answer = await Promise.race([asked, wait(patienceSeconds * 1000, undefined, {ref: false})]);
  return answer?.kind === 'answered' ? noticeIn(answer.stdout, Number(environment['SLURM_RESTART_COUNT'] ?? 0)) : 'untold';
}

/** Reason for the abort at SIGTERM; undefined where the jobs end with their engine. */
export async function reasonOfEnd(environment: Environment): Promise<string | undefined> {
  const notice = await askEndNotice(environment);
  switch (notice) {
    case 'interrupted':
      return undefined;
    case 'over':
      return handOver;
    // Where nobody answers, nothing could be taken back either.
    case 'starts-again':
    case 'untold':
      return leaveJobs;
    default:
      return unreachable(notice);
  }
}
