// A run directory as another command finds it: its plan and the state of each job.
import {readFileSync} from 'node:fs';
import {join, resolve} from 'node:path';
import {closestName} from '../base/closest-name.ts';
import {readEngineJob, type EngineJobRecord} from '../executors/slurm/engine-job.ts';
import {readSubmission, type SubmissionRecord} from '../executors/slurm/submission-record.ts';
import {readComplete, readFailure, type CompleteRecord} from '../record/job-record.ts';
import {lockOwner, type LockOwner} from '../record/lock.ts';
import {attemptsOf, runDirectory, type AttemptFolder, type RunDirectory} from '../record/run-directory.ts';
import type {Quarantine} from '../model/event.ts';
import type {PlannedJob} from '../model/plan.ts';
import type {RunFailure} from '../model/run-failure.ts';
import type {StepContract} from '../model/step-contract.ts';
import {UsageError, type CommandContext} from './command.ts';

export interface RecordedRun {
  readonly directory: RunDirectory;
  readonly name: string;
  readonly runFile: string;
  /** What the command line asked for besides the run file. */
  readonly asked: {readonly set: readonly string[]; readonly profile?: string};
  /** The part of the plan that it asked for. */
  readonly selection: {readonly only?: string; readonly until?: string};
  readonly jobIds: readonly string[];
  readonly owner: LockOwner | undefined;
  /** Samples that the last run left out because they failed. */
  readonly quarantined: readonly Quarantine[];
  /** The batch job that the engine was last put into. */
  readonly engineJob: EngineJobRecord | undefined;
  /** The cache that the last run used. */
  readonly cache: string | undefined;
  /** As plan.json has them. */
  readonly jobs: readonly RecordedJob[];
  /** Not only what --only or --until asked for. */
  readonly isWhole: boolean;
}

type RecordedJob = Pick<PlannedJob, 'id' | 'unit' | 'inputs'> & {readonly step: string};

export type RecordedState =
  | {readonly kind: 'complete'; readonly attempt: AttemptFolder; readonly record: CompleteRecord}
  | {readonly kind: 'failed'; readonly attempt: AttemptFolder; readonly failure: RunFailure}
  /** An attempt without an end: under way where the run has an owner, else left behind. */
  | {readonly kind: 'started'; readonly attempt: AttemptFolder}
  /** The same in Slurm, where it goes on without an owner. */
  | {readonly kind: 'handed over'; readonly attempt: AttemptFolder; readonly slurm: SubmissionRecord}
  | {readonly kind: 'waiting'};

export function openRecordedRun(context: CommandContext, argument: string): RecordedRun {
  const directory = runDirectory(resolve(context.folder, argument));
  try {
    const run = JSON.parse(readFileSync(directory.run, 'utf8')) as {name: string; run_file: string; asked?: {set: string[]; profile: string | null; only?: string | null; until?: string | null}; quarantined?: readonly Quarantine[]; cache?: string};
    const plan = JSON.parse(readFileSync(directory.plan, 'utf8')) as {isWhole?: boolean; jobs: RecordedJob[]};
    const asked = {set: run.asked?.set ?? [], ...(run.asked?.profile ? {profile: run.asked.profile} : {})};
    const selection = {...(run.asked?.only ? {only: run.asked.only} : {}), ...(run.asked?.until ? {until: run.asked.until} : {})};
    return {
      directory, name: run.name, runFile: run.run_file, asked, selection, jobIds: plan.jobs.map((job) => job.id), owner: lockOwner(directory.lock), quarantined: run.quarantined ?? [],
      engineJob: readEngineJob(directory.engineJob), cache: run.cache, jobs: plan.jobs, isWhole: plan.isWhole === true,
    };
  } catch (error) {
    throw new UsageError(`${argument} is no run directory (${(error as NodeJS.ErrnoException).code === 'ENOENT' ? `no ${join(argument, 'run.json')}` : (error as Error).message}). It is runs/<name> beside the run file, unless --run-dir said otherwise.`);
  }
}

/** The jobs of plan.json with the contracts of today; a step that is no more has none. */
export function plannedJobs(run: RecordedRun, contracts: readonly StepContract[]): PlannedJob[] {
  return run.jobs.flatMap(({step: name, ...job}) => {
    const step = contracts.find((contract) => contract.name === name);
    return step === undefined ? [] : [{...job, step}];
  });
}

export function stateOf(run: RecordedRun, jobId: string): RecordedState {
  const [attempt] = attemptsOf(run.directory.job(jobId));
  if (attempt === undefined) return {kind: 'waiting'};
  const record = readComplete(attempt);
  if (record !== undefined) return {kind: 'complete', attempt, record};
  const failure = readFailure(attempt);
  if (failure !== undefined) return {kind: 'failed', attempt, failure};
  const slurm = readSubmission(attempt.submitted);
  return slurm === undefined ? {kind: 'started', attempt} : {kind: 'handed over', attempt, slurm};
}

/** A job by its id, or a step that has one job. */
export function findJob(run: RecordedRun, wanted: string): string {
  if (run.jobIds.includes(wanted)) return wanted;
  const ofStep = run.jobIds.filter((id) => id.startsWith(`${wanted}/`));
  if (ofStep.length === 1) return ofStep[0];
  if (ofStep.length > 1) throw new UsageError(`${wanted} has ${ofStep.length} jobs; name one: ${ofStep.slice(0, 6).join(' ')}${ofStep.length > 6 ? ' …' : ''}`);
  const near = closestName(wanted, run.jobIds);
  throw new UsageError(`${run.name} has no job ${JSON.stringify(wanted)}.${near === undefined ? '' : ` Did you mean "${near}"?`}`);
}
