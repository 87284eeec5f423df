// Profile and limits of a job -> options of sbatch.
import type {SlurmProfile} from '../../model/profile.ts';

export interface JobLimits {
  readonly cpus: number;
  readonly memory_gb: number;
  readonly minutes: number;
}

export interface BatchJob {
  readonly name: string;
  readonly comment: string;
  readonly output: string;
  readonly folder: string;
}

/** Of the jobs of steps. Retrying is ours, so Slurm must not requeue; a name, so that nothing of the caller's environment goes along but what the script says. */
export const stepOptions = ['--no-requeue', '--export=HOME'];

/** A dependency that cannot come true must not wait for ever. */
export function sbatchOptions(profile: SlurmProfile, limits: JobLimits, job: BatchJob): string[] {
  const minutes = Math.max(1, Math.ceil(Math.min(limits.minutes, profile.time_limit_minutes ?? Infinity)));
  const named = Object.entries({partition: profile.partition, account: profile.account, qos: profile.qos, constraint: profile.constraint}).flatMap(([key, value]) => (value === undefined ? [] : [`--${key}=${value}`]));
  return [
    '--parsable', '--kill-on-invalid-dep=yes', '--open-mode=append',
    `--job-name=${job.name}`, `--comment=${job.comment}`, `--output=${escaped(job.output)}`, `--chdir=${job.folder}`,
    '--nodes=1', '--ntasks=1', `--cpus-per-task=${Math.ceil(limits.cpus)}`, `--mem=${Math.ceil(limits.memory_gb * 1024)}M`, `--time=${minutes}`,
    ...named,
    ...(profile.extra ?? []),
  ];
}

/** sbatch heeds the last --exclude alone, so that the profile's own is part of it. */
export function withoutNodes(profile: SlurmProfile, nodes: readonly string[]): SlurmProfile {
  if (nodes.length === 0) return profile;
  const extra = profile.extra ?? [];
  const own = extra.flatMap((option) => /^--exclude=(.+)$/.exec(option)?.[1] ?? []);
  return {...profile, extra: [...extra, `--exclude=${[...own.slice(-1), ...nodes].join(',')}`]};
}

/** A per cent sign in the name of a file stands for something else (sbatch(1), FILENAME PATTERN). */
const escaped = (path: string): string => path.replaceAll('%', '%%');
