// Shell scripts as jobs of a test's cluster, through the launcher that a run uses: each in an attempt folder of its own.
import {existsSync, mkdirSync, readFileSync, writeFileSync} from 'node:fs';
import {dirname, join} from 'node:path';
import {slurmLauncher, type SlurmLauncher} from '../../pipeline/executors/slurm/launcher.ts';
import {readSubmission} from '../../pipeline/executors/slurm/submission-record.ts';
import type {ProcessEnd} from '../../pipeline/executors/process.ts';
import type {SlurmProfile} from '../../pipeline/model/profile.ts';
import {attemptFolder, runDirectory, type AttemptFolder} from '../../pipeline/record/run-directory.ts';
import type {Cluster} from './slurm.ts';
import {until} from './until.ts';

export interface SlurmJob {
  readonly folder: AttemptFolder;
  readonly end: Promise<ProcessEnd>;
  /** Once sbatch has told it; `88213_4` in an array. */
  readonly id: () => Promise<string>;
  /** Once Slurm says so. */
  readonly reaches: (state: string) => Promise<void>;
  /** Of its folder, once it is there. */
  readonly wrote: (file: string) => Promise<void>;
  /** An empty file into its folder, for a script that waits for one. */
  readonly write: (file: string) => void;
}

export interface JobWish {
  /** Of `sh -c`; it runs in the attempt's folder. */
  readonly script: string;
  readonly cpus?: number;
  readonly memory_gb?: number;
  readonly minutes?: number;
  /** Where the engine looks for the job's files, if not where the job writes them: as through a file system that lags. */
  readonly view?: string;
  readonly avoidNodes?: readonly string[];
  readonly signal?: AbortSignal;
  /** An earlier engine has handed it over. */
  readonly isUnderWay?: boolean;
}

export interface SlurmEngine {
  readonly launcher: SlurmLauncher;
  /** `step/unit`. Several of one step at the same moment become an array. */
  readonly start: (job: string, wish: JobWish) => SlurmJob;
}

/** Low, so that a test waits seconds; a site's grace is a minute. */
export const graceSeconds = 6;

/** One engine on a run folder; `said` collects what it would print. */
export function slurmEngine(cluster: Cluster, root: string, more: {readonly profile?: SlurmProfile; readonly setUp?: readonly string[]; readonly outputPath?: string; readonly said?: string[]} = {}): SlurmEngine {
  const directory = runDirectory(root);
  mkdirSync(directory.ended, {recursive: true});
  const launcher = slurmLauncher({
    profile: {poll_seconds: 2, grace_seconds: graceSeconds, ...more.profile}, setUp: more.setUp ?? [], environment: cluster.environment, uid: process.getuid?.() ?? 0, run: 'faults',
    folder: root, outputPath: more.outputPath ?? directory.slurmLog, endedFolder: directory.ended, say: (text) => more.said?.push(text),
  });
  return {launcher, start: (job, wish) => startJob(cluster, launcher, {root, job}, wish)};
}

function startJob(cluster: Cluster, launcher: SlurmLauncher, {root, job}: {root: string; job: string}, wish: JobWish): SlurmJob {
  const folder = attemptFolder(runDirectory(root).job(job), 1);
  mkdirSync(folder.outputs, {recursive: true});
  const seen = wish.view ?? folder.root;
  const seenAs = (path: string): string => (path === folder.submitted ? path : join(seen, path.slice(dirname(path).length + 1)));
  const minutes = wish.minutes ?? 5;
  const limits = {cpus: wish.cpus ?? 1, memory_gb: wish.memory_gb ?? 0.1, minutes};
  const end = launcher.launch({
    job, hash: job, argv: ['/bin/sh', '-c', wish.script], folder: folder.root, environment: {PATH: process.env['PATH']}, logPath: folder.log, timeoutSeconds: minutes * 60, graceSeconds: 5, limits,
    files: {submitted: folder.submitted, started: seenAs(folder.started), exit: seenAs(folder.exit), closing: folder.closing.map(seenAs)},
    ...(wish.avoidNodes === undefined ? {} : {avoidNodes: wish.avoidNodes}),
    ...(wish.signal === undefined ? {} : {signal: wish.signal}), ...(wish.isUnderWay === undefined ? {} : {isUnderWay: wish.isUnderWay}),
  });
  const id = async (): Promise<string> => {
    const {jobId, task} = await until(`sbatch of ${job}`, () => {
      const record = readSubmission(folder.submitted);
      return record?.jobId === undefined ? undefined : record;
    });
    return task === undefined ? `${jobId}` : `${jobId}_${task}`;
  };
  return {
    folder, end, id,
    reaches: async (state) => {
      const number = await id();
      await until(`${job} to be ${state}`, () => stateOf(cluster, number) === state);
    },
    wrote: async (file) => void (await until(`${file} of ${job}`, () => existsSync(join(folder.root, file)))),
    write: (file) => writeFileSync(join(folder.root, file), ''),
  };
}

/** Slurm's word now; empty where it does not know the job. */
export function stateOf(cluster: Cluster, id: string): string {
  try {
    return / JobState=(\S+)/.exec(cluster.ask('scontrol', 'show', 'job', '--oneliner', id))?.[1] ?? '';
  } catch {
    return '';
  }
}

/** How often the program of a job has begun: it appends a line to `starts`. */
export const startsOf = ({folder}: SlurmJob): number => (existsSync(join(folder.root, 'starts')) ? readFileSync(join(folder.root, 'starts'), 'utf8').split('\n').length - 1 : 0);

/** In one word, so that a table can hold it: the exit code, the signal, the cause, or the kind. */
export function verdictOf(end: ProcessEnd): string {
  switch (end.kind) {
    case 'exit':
      return `exit ${end.exitCode}`;
    case 'signal':
      return end.signal;
    case 'slurm-ended':
      return `${end.cause} (${end.state} ${end.reason})`;
    default:
      return end.kind;
  }
}
