// The peak of memory of a job of Slurm, from what its script read of its own control group; else why it is not known.
import type {FoundExit} from './exit-file.ts';
import type {Launch} from '../launcher.ts';

/**
 * GB. The group counts the files that its processes read and wrote too, which the kernel keeps as long as there is room: what came near the limit says
 * that the limit was enough, and not how much was needed. Learnt from, it would grow with every run.
 */
export function peakOf({peakBytes}: Pick<FoundExit, 'peakBytes'>, {memory_gb}: Pick<Launch['limits'], 'memory_gb'>): number | string {
  if (peakBytes === undefined) return 'the job has no memory control group of its own on its node';
  if (peakBytes > memory_gb * 2 ** 30 * nearLimit) return `up to its limit of ${memory_gb} GB, files that it read included`;
  return peakBytes / 1e9;
}

const nearLimit = 0.95;
