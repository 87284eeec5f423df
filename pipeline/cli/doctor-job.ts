// One small real job through a profile: started, contained and ended as a run's are, and compared with the same job without a container.
import {existsSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {canonicalJson, digestFile, digestText} from '../base/digest.ts';
import {lastLines} from '../base/file-end.ts';
import {locate} from '../base/located-text.ts';
import {resolveParams} from '../config/resolve-params.ts';
import {noEngine} from '../executors/none.ts';
import type {ProcessEnd} from '../executors/process.ts';
import {runContained} from '../executors/run-contained.ts';
import {placeScratch} from '../executors/scratch.ts';
import {startWatchdog} from '../executors/watchdog.ts';
import type {FoundImage} from '../model/image.ts';
import type {Profile} from '../model/profile.ts';
import type {StepContract} from '../model/step-contract.ts';
import {filesIn} from '../record/digest-memo.ts';
import {attemptFolder, runDirectory} from '../record/run-directory.ts';
import type {CommandContext} from './command.ts';
import {engineOf} from './find-programs.ts';
import {codeOf, commandOf, nodeOf} from './prepare-run.ts';
import {startLauncher} from './start-launcher.ts';
import {toolJob} from './tool-job.ts';

export interface JobCheck {
  readonly ok: boolean;
  readonly seconds: number;
  readonly words: string;
}

export interface JobQuestion {
  readonly context: CommandContext;
  readonly profile: Profile;
  readonly step: StepContract;
  /** Absent without containers. */
  readonly image?: FoundImage;
}

/** One sample of twenty cells: half a second of work. */
const size = {patients: 1, timepoints: ['baseline'], cells: 20};

export async function runSmallJob(ask: JobQuestion): Promise<JobCheck> {
  // Another machine sees what lies beside the user's own files, and not a temporary folder.
  const near = ask.profile.launcher === 'slurm' ? ask.context.folder : ask.context.environment['TMPDIR'] || tmpdir();
  const root = realpathSync(mkdtempSync(join(near, 'lymphline-doctor-')));
  const started = performance.now();
  const answer = (ok: boolean, words: string, seconds: number): JobCheck => ({ok, seconds, words});
  try {
    const contained = await runOne(ask, join(root, 'contained'), ask.image);
    const seconds = (performance.now() - started) / 1000;
    if (!contained.ok) return answer(false, contained.words, seconds);
    if (ask.image === undefined) return answer(true, 'its output is there', seconds);
    const plain = await runOne({...ask, profile: plainProfile(ask.profile)}, join(root, 'plain'), undefined);
    if (!plain.ok) return answer(false, `without a container: ${plain.words}`, seconds);
    return contained.digest === plain.digest ? answer(true, 'the same bytes as without a container', seconds) : answer(false, 'its output differs from that of the same job without a container', seconds);
  } finally {
    rmSync(root, {recursive: true, force: true});
  }
}

/** Here and without scratch: what a node has may not be there. */
function plainProfile({scratch: _, ...profile}: Profile): Profile {
  return {...profile, launcher: 'local'};
}

/** Longer than a queue is worth waiting for. */
const longestMs = 900_000;

async function runOne({context, profile, step}: JobQuestion, root: string, image: FoundImage | undefined): Promise<{ok: true; digest: string} | {ok: false; words: string}> {
  const folder = attemptFolder(root, 1);
  mkdirSync(folder.outputs, {recursive: true});
  const params = resolveParams(step, size, (name) => locate('doctor', name, 0, name.length));
  if (!params.ok) throw new Error(`the small job does not fit the contract of ${step.name}`);
  const job = toolJob(context, {step, params: params.value, seed: 1, folder: folder.outputs});
  writeFileSync(folder.job, JSON.stringify(job));
  const watchdog = startWatchdog(context.environment);
  const {cpus, memory_gb, minutes} = {...step.resources, ...profile.resources?.[step.name]};
  const name = `lymphline-doctor-${process.pid}`;
  const engine = image === undefined ? noEngine : engineOf(profile);
  const said: string[] = [];
  const {launcher, clientEnvironment, environment} = startLauncher(context, profile, {directory: runDirectory(root), label: name, say: (text) => said.push(text)});
  const scratch = placeScratch(profile.scratch, launcher.scratchWord, {name, outputs: folder.outputs});
  const contained = {
    ...(scratch === undefined ? {} : {scratch}),
    argv: [...commandOf(context.codeRoot, step, nodeOf(image)), folder.job], image: image?.place ?? '', folder: folder.root, writable: [folder.root],
    readable: [...Object.values(job.inputs).flat().map(({path}) => path), ...codeOf(context, image)],
    environment, limits: {cpus, memory_gb}, name, run: name,
  };
  const signal = AbortSignal.any([context.signal, AbortSignal.timeout(longestMs)]);
  const end = await runContained({launcher, engine, clientEnvironment, watchdog}, contained, {argv: engine.wrap(contained), job: 'doctor/small-job', files: folder, logPath: folder.log, timeoutSeconds: minutes * 60, graceSeconds: 2, signal});
  watchdog.end();
  if (end.kind === 'interrupted' && said.length > 0) return {ok: false, words: said[said.length - 1]};
  if (end.kind !== 'exit' || end.exitCode !== 0) return {ok: false, words: `${endWords(end)}${lastLine(folder.log)}`};
  const [made = ''] = Object.values(job.outputs);
  if (!existsSync(made)) return {ok: false, words: 'it ended well, but its output is not there'};
  const files: [string, string][] = [];
  for (const file of filesIn(made)) files.push([file, await digestFile(join(made, file))]);
  return {ok: true, digest: digestText(canonicalJson(files))};
}

function endWords(end: ProcessEnd): string {
  switch (end.kind) {
    case 'exit':
      return `exit code ${end.exitCode}`;
    case 'signal':
      return `killed by ${end.signal}`;
    case 'timeout':
      return `not done after ${end.timeoutSeconds} s`;
    case 'engine-failed':
      return `${end.engine} could not start it: ${end.message}`;
    case 'not-started':
      return `${end.command} could not be started (${end.code})`;
    case 'interrupted':
      return `interrupted, or not done after ${longestMs / 60_000} minutes`;
    case 'out-of-memory':
      return 'out of memory';
    case 'not-copied-out':
      return `its outputs could not be copied from scratch to ${end.path} (${end.code})`;
    case 'slurm-ended':
      return end.jobId === '' ? `sbatch: ${end.reason}` : `Slurm job ${end.jobId}: ${end.state}${end.reason === 'None' ? '' : ` (${end.reason})`}`;
  }
}

function lastLine(log: string): string {
  const line = existsSync(log) ? lastLines(log, 1)[0] : '';
  return line === undefined || line === '' ? '' : `; last line: ${line}`;
}
