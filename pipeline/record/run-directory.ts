// The only file that spells a path inside a run.
import {existsSync, readdirSync, rmSync} from 'node:fs';
import {join} from 'node:path';

export interface RunDirectory {
  readonly root: string;
  readonly run: string;
  readonly plan: string;
  readonly events: string;
  readonly trace: string;
  readonly roCrate: string;
  readonly engineLog: string;
  readonly lock: string;
  /** What Slurm itself says of the jobs. */
  readonly slurmLog: string;
  /** Names of attempts that have ended, until the engine has seen it. */
  readonly ended: string;
  /** The batch job that the engine itself runs in. */
  readonly engineJob: string;
  readonly engineOutput: string;
  /** One line a removal of intermediates; absent where there was none. */
  readonly removals: string;
  readonly results: string;
  readonly manifest: string;
  /** Of a reproduction: the bundle laid out, a cache of its own, what was compared, and the page. */
  readonly study: string;
  readonly ownCache: string;
  readonly comparison: string;
  readonly reproduction: string;
  /** Holds the folders of all jobs. */
  readonly jobs: string;
  /** Holds the attempts of one job. */
  readonly job: (jobId: string) => string;
}

export interface AttemptFolder {
  readonly number: number;
  readonly root: string;
  readonly job: string;
  readonly log: string;
  readonly outputs: string;
  readonly complete: string;
  readonly failure: string;
  readonly problem: string;
  /** What a batch system was given, and what its job says of its start and end. */
  readonly submitted: string;
  readonly started: string;
  readonly exit: string;
  /** Where one of them is there, the attempt is over. */
  readonly closing: readonly string[];
}

export function runDirectory(root: string): RunDirectory {
  return {
    root,
    run: join(root, 'run.json'),
    plan: join(root, 'plan.json'),
    events: join(root, 'events.jsonl'),
    trace: join(root, 'trace.tsv'),
    roCrate: join(root, 'ro-crate-metadata.json'),
    engineLog: join(root, 'engine.log'),
    lock: join(root, 'lock.json'),
    slurmLog: join(root, 'slurm.log'),
    ended: join(root, 'ended'),
    engineJob: join(root, 'engine-job.json'),
    engineOutput: join(root, 'engine-job.log'),
    removals: join(root, 'removed.jsonl'),
    results: join(root, 'results'),
    manifest: join(root, 'results', 'manifest.json'),
    study: join(root, 'study'),
    ownCache: join(root, 'cache'),
    comparison: join(root, 'comparison'),
    reproduction: join(root, 'reproduction.html'),
    jobs: join(root, 'jobs'),
    job: (jobId) => {
      const slash = jobId.indexOf('/');
      return join(root, 'jobs', jobId.slice(0, slash), folderName(jobId.slice(slash + 1)));
    },
  };
}

/** A unit id as one folder name: what could leave the folder or trouble a file system is percent-encoded. */
export function folderName(unit: string): string {
  return encodeURIComponent(unit).replace(/^\.+/, (dots) => dots.replaceAll('.', '%2E'));
}

export function attemptFolder(jobFolder: string, number: number): AttemptFolder {
  const root = join(jobFolder, `attempt-${number}`);
  return {
    number,
    root,
    job: join(root, 'job.json'),
    log: join(root, 'log.txt'),
    outputs: join(root, 'outputs'),
    complete: join(root, 'complete.json'),
    failure: join(root, 'failure.json'),
    problem: join(root, 'problem.json'),
    submitted: join(root, 'submitted.json'),
    started: join(root, 'started'),
    exit: join(root, 'exit.json'),
    closing: [join(root, 'complete.json'), join(root, 'failure.json')],
  };
}

/** What an attempt that came to nothing leaves but its job file and its log. */
export function removeRemains(attempt: AttemptFolder): void {
  const kept = [attempt.job, attempt.log, attempt.failure, attempt.complete];
  for (const name of readdirSync(attempt.root)) {
    const path = join(attempt.root, name);
    if (!kept.includes(path)) rmSync(path, {recursive: true, force: true});
  }
}

/** Of all jobs that ever had an attempt here, also those of an earlier plan. */
export function jobFolders({jobs}: RunDirectory): string[] {
  const inside = (folder: string): string[] => readdirSync(folder, {withFileTypes: true}).filter((entry) => entry.isDirectory()).map(({name}) => join(folder, name));
  return existsSync(jobs) ? inside(jobs).flatMap(inside) : [];
}

/** The attempts that are on disk, latest first. */
export function attemptsOf(jobFolder: string): AttemptFolder[] {
  let names: string[];
  try {
    names = readdirSync(jobFolder);
  } catch {
    return [];
  }
  return names
    .flatMap((name) => /^attempt-(\d+)$/.exec(name)?.[1] ?? [])
    .map(Number)
    .sort((a, b) => b - a)
    .map((number) => attemptFolder(jobFolder, number));
}
