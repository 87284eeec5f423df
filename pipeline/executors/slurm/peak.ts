// The peak of memory of jobs of Slurm, from what their scripts read of their own control groups, else from accounts; or why it is not known.
import {askPeaks} from './ask-states.ts';
import type {FoundExit} from './exit-file.ts';
import type {HearScene} from './hear-states.ts';
import {idOf, type SlurmTask} from './task.ts';

/** GB, or the reason. */
export type Peak = number | string;

/** What is learnt of a step needs some of its jobs only. */
const leastMsBetweenQuestions = 10_000;

export function startPeaks({client, facts}: Pick<HearScene, 'client' | 'facts'>): (ended: readonly SlurmTask[]) => Promise<ReadonlyMap<SlurmTask, Peak>> {
  let askedAt = -Infinity;
  return async (ended) => {
    const own = new Map(ended.flatMap((task): [SlurmTask, Peak][] => (task.exit === undefined ? [] : [[task, peakOf(task.exit, task.launch.limits.memory_gb)]])));
    const untold = ended.filter((task) => task.exit?.exitCode === 0 && typeof own.get(task) === 'string' && task.state !== 'unreachable');
    if (untold.length === 0 || Date.now() - askedAt < leastMsBetweenQuestions || (await facts())?.hasAccounting !== true) return own;
    askedAt = Date.now();
    const told = await askPeaks(client, untold.flatMap((task) => idOf(task) ?? []));
    for (const task of untold) own.set(task, told.get(idOf(task) ?? '') ?? own.get(task) ?? '');
    return own;
  };
}

/**
 * The group counts the files that its processes read and wrote too, which the kernel keeps as long as there is room: what came near the limit says
 * that the limit was enough, and not how much was needed. Learnt from, it would grow with every run.
 */
export function peakOf({peakBytes}: Pick<FoundExit, 'peakBytes'>, limit_gb: number): Peak {
  if (peakBytes === undefined) return 'the job has no memory control group of its own on its node, and accounts did not tell';
  if (peakBytes > limit_gb * 2 ** 30 * nearLimit) return `up to its limit of ${limit_gb} GB, the files that it read included`;
  return peakBytes / 1e9;
}

const nearLimit = 0.95;
