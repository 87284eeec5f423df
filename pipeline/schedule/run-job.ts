// One job from its inputs to complete.json: reuse what is there, else run attempts until one ends well or the policy says stop.
import {existsSync, readdirSync, rmSync, writeFileSync} from 'node:fs';
import {basename, dirname, join} from 'node:path';
import {setTimeout as pause} from 'node:timers/promises';
import {failed, succeeded, type Result} from '../base/result.ts';
import {makeFolders, systemErrorOf} from '../base/system-error.ts';
import type {EngineRequest} from '../executors/engine.ts';
import type {Launcher} from '../executors/launcher.ts';
import {runContained, type Executor} from '../executors/run-contained.ts';
import {placeScratch} from '../executors/scratch.ts';
import type {BatchRun, Listener} from '../model/event.ts';
import type {Scratch} from '../model/profile.ts';
import {nodesToAvoid, type RunFailure} from '../model/run-failure.ts';
import {digestFingerprint} from '../plan/fingerprint.ts';
import {digestOutputs, dropFromCache, linkTree, offerToCache} from '../record/cache.ts';
import type {DigestMemo} from '../record/digest-memo.ts';
import {completeAttempt, writeFailure} from '../record/job-record.ts';
import {attemptFolder, attemptsOf, removeRemains, type AttemptFolder, type RunDirectory} from '../record/run-directory.ts';
import {failureOf, failureOfOutputs, troubleOf, type Attempt} from './attempt-failure.ts';
import {cachedFile, findReusable, type Reusable} from './find-reusable.ts';
import {firstLimits, limitsOf} from './first-limits.ts';
import {fingerprintOf, gatherInputs, jobFileOf, outputPaths, type FinishedOutputs, type GatheredInputs, type JobRequest} from './job-request.ts';
import type {Lease} from './resource-pool.ts';
import {nextAttempt, type RetrySetting} from './retry-policy.ts';

export interface JobSetting {
  readonly directory: RunDirectory;
  readonly cacheRoot: string;
  readonly memo: DigestMemo;
  readonly executor: Executor;
  /** Names this run among the containers of the machine. */
  readonly runLabel: string;
  /** Holds a folder for each attempt; without it temporary files go where TMPDIR says. */
  readonly scratch?: Scratch;
  /** What every step's process gets. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly retry: RetrySetting;
  /** What the job was lent; another attempt may need more. */
  readonly lease: Lease;
  /** Are its outputs kept for other runs? */
  readonly offersToCache: boolean;
  /** Jobs whose outputs are read again, so that a record without the files is not enough. */
  readonly restored: ReadonlySet<string>;
  readonly listener: Listener;
  readonly signal: AbortSignal;
}

/** `inputs-removed`: they have to be made again first. */
export type JobEnd = Result<FinishedOutputs, RunFailure | {readonly reason: 'interrupted'} | {readonly reason: 'inputs-removed'}>;

export async function runJob(request: JobRequest, finished: ReadonlyMap<string, FinishedOutputs>, setting: JobSetting): Promise<JobEnd> {
  const job = request.planned.id;
  try {
    const gathered = await gatherInputs(request, finished, setting.memo);
    if (gathered.kind === 'waiting') throw new Error(`${job} started before ${gathered.job} ended`);
    if (gathered.kind === 'unreadable') return report(setting, {reason: 'input-unreadable', job, input: gathered.input, path: gathered.path, code: gathered.code});
    const fingerprint = fingerprintOf(request, gathered.inputs);
    const hash = digestFingerprint(fingerprint);
    const jobFolder = setting.directory.job(job);
    const attempts = attemptsOf(jobFolder);
    const found = await findReusable({step: request.planned.step, attempts, fingerprint, hash, cacheRoot: setting.cacheRoot, memo: setting.memo, needsFiles: setting.restored.has(job)});
    const underWay = await findUnderWay(attempts, found.kind === 'none' ? hash : '', setting.executor.launcher);
    if (found.kind === 'run') {
      setting.listener({kind: 'job-reused', job, from: 'run', hash});
      return succeeded(found.outputs);
    }
    const number = (attempts[0]?.number ?? 0) + 1;
    const attempt = {request, inputs: gathered.inputs, fingerprint, hash, folder: attemptFolder(jobFolder, number), isUnderWay: false};
    if (underWay !== undefined) return await runAttempts({...attempt, request: {...request, limits: limitsOf(underWay) ?? request.limits}, folder: underWay, why: [`its attempt ${underWay.number} was handed over by an earlier run, and is taken over.`], isUnderWay: true}, jobFolder, setting);
    if (found.kind === 'cache') return succeeded(await takeFromCache({...attempt, why: []}, found, setting));
    if (found.corruptCacheFile !== undefined) {
      const trouble = dropFromCache(setting.cacheRoot, hash);
      setting.listener(trouble === undefined ? {kind: 'cache-repaired', job, file: found.corruptCacheFile} : {kind: 'cache-unwritable', ...trouble});
    }
    if (gathered.inputs.removed.length > 0) return failed({reason: 'inputs-removed'});
    const first = firstLimits(request.limits, attempts, setting.retry);
    // It was lent what the plan said.
    if (first.why.length > 0) await setting.lease.exchange(first.limits);
    return await runAttempts({...attempt, request: {...request, limits: first.limits}, why: [...found.why, ...first.why]}, jobFolder, setting);
  } catch (error) {
    const trouble = systemErrorOf(error);
    if (trouble === undefined) throw error;
    return report(setting, {reason: 'write-failed', job, path: trouble.path ?? setting.directory.root, code: trouble.code});
  }
}

/** The latest attempt, where it is of the same fingerprint and may still run; all others that may are ended. */
async function findUnderWay(attempts: readonly AttemptFolder[], hash: string, launcher: Launcher): Promise<AttemptFolder | undefined> {
  let found: AttemptFolder | undefined;
  for (const attempt of attempts) {
    const underWay = launcher.findUnderWay?.(attempt);
    if (underWay === undefined) continue;
    if (underWay === hash && attempt === attempts[0]) found = attempt;
    else await launcher.takeBack?.(attempt);
  }
  return found;
}

function report(setting: JobSetting, failure: RunFailure): JobEnd {
  setting.listener({kind: 'job-failed', job: failure.job, attempt: 0, seconds: 0, failure, willRetry: false});
  return failed(failure);
}

async function takeFromCache(attempt: Attempt, found: Extract<Reusable, {kind: 'cache'}>, setting: JobSetting): Promise<FinishedOutputs> {
  const {folder, request, hash, fingerprint} = attempt;
  makeFolders(folder.outputs);
  const outputs: Record<string, FinishedOutputs[string]> = {};
  for (const [name, {file, digest, bytes}] of Object.entries(found.entry)) {
    const path = join(folder.outputs, basename(file));
    linkTree(cachedFile(found.folder, file), path);
    outputs[name] = {path, digest, bytes};
  }
  const digests = Object.fromEntries(Object.entries(found.entry).map(([name, {digest, bytes}]) => [name, {digest, bytes}]));
  await completeAttempt(folder, {job: request.planned.id, hash, fingerprint, why: [], from: 'cache', outputs: digests, started: new Date().toISOString(), seconds: 0});
  setting.listener({kind: 'job-reused', job: request.planned.id, from: 'cache', hash});
  return outputs;
}

async function runAttempts(first: Attempt, jobFolder: string, setting: JobSetting): Promise<JobEnd> {
  const job = first.request.planned.id;
  const avoidNodes: string[] = [];
  let {limits} = first.request;
  for (let retry = 0; ; retry++) {
    const attempt = {...first, avoidNodes, request: {...first.request, limits}, folder: attemptFolder(jobFolder, first.folder.number + retry), isUnderWay: first.isUnderWay && retry === 0};
    const started = performance.now();
    const {cpus, memory_gb} = limits;
    setting.listener({kind: 'job-started', job, attempt: attempt.folder.number, why: attempt.why, ...limits});
    const use: Use = {};
    const end = await runAttempt(attempt, setting, use);
    const seconds = (performance.now() - started) / 1000;
    if (end.ok) {
      setting.listener({kind: 'job-completed', job, attempt: attempt.folder.number, hash: attempt.hash, seconds, cpus, memory_gb, input_bytes: attempt.inputs.bytes, outputs: Object.fromEntries(Object.entries(end.value).map(([name, {bytes}]) => [name, bytes])), ...use});
      return end;
    }
    if (end.error.reason === 'interrupted' || end.error.reason === 'inputs-removed') return end;
    avoidNodes.push(...nodesToAvoid(end.error));
    const next = setting.signal.aborted ? undefined : nextAttempt(end.error, limits, retry, setting.retry);
    setting.listener({kind: 'job-failed', job, attempt: attempt.folder.number, seconds, failure: end.error, willRetry: next !== undefined, ...(next === undefined ? {} : {next}), ...(use.batch === undefined ? {} : {batch: use.batch})});
    if (next === undefined) return end;
    // An interruption ends the pause; the attempt then ends before it starts.
    await pause(next.waitSeconds * 1000, undefined, {signal: setting.signal}).catch(() => {});
    ({limits} = next);
    await setting.lease.exchange(limits);
  }
}

/** What is known of an attempt once it has ended. */
interface Use {
  peak_memory_gb?: number;
  peak_missing?: string;
  batch?: BatchRun;
}

async function runAttempt(attempt: Attempt, setting: JobSetting, use: Use): Promise<JobEnd> {
  const {request, folder, inputs} = attempt;
  const started = new Date();
  const clock = performance.now();
  const onPeak = (memory_gb: number): void => {
    use.peak_memory_gb = memory_gb;
  };
  const onNoPeak = (why: string): void => {
    use.peak_missing = why;
  };
  const onRan = (batch: BatchRun): void => {
    use.batch = batch;
  };
  if (!attempt.isUnderWay) {
    // An earlier engine may have died between making this folder and anything else in it.
    rmSync(folder.root, {recursive: true, force: true});
    makeFolders(folder.outputs);
  }
  const outputs = outputPaths(request.planned.step, folder.outputs);
  const contained = containedRequest(attempt, setting);
  const {engine} = setting.executor;
  const argv = engine.wrap(contained);
  // By hand it is run without scratch, which is gone by then.
  const {scratch, ...without} = contained;
  if (!attempt.isUnderWay) writeFileSync(folder.job, `${JSON.stringify(jobFileOf(request, inputs, {outputs, command: scratch === undefined ? argv : engine.wrap(without)}))}\n`);
  let trouble: ReturnType<typeof troubleOf>;
  const end = await runContained(setting.executor, contained, {
    argv, job: request.planned.id, hash: attempt.hash, isUnderWay: attempt.isUnderWay, files: folder, avoidNodes: [...(attempt.avoidNodes ?? [])],
    logPath: folder.log, timeoutSeconds: request.limits.minutes * 60, graceSeconds: 5, signal: setting.signal, onPeak, onNoPeak, onRan,
    onEnd: (ended) => {
      trouble = troubleOf(ended, contained, folder.log);
    },
  });
  if (end.kind === 'interrupted') return failed({reason: 'interrupted'});
  const wasRefused = end.kind === 'exit' && end.exitCode === 65;
  await waitForFiles(() => (wasRefused ? existsSync(folder.problem) : end.kind !== 'exit' || end.exitCode !== 0 || failureOfOutputs(attempt, outputs) === undefined), folder.outputs, setting);
  const failure = failureOf(end, attempt, {engine, trouble}) ?? failureOfOutputs(attempt, outputs);
  if (failure !== undefined) {
    // What is half written on a full disk keeps everything else from being written.
    if (failure.reason === 'write-failed') removeRemains(folder);
    writeFailure(folder, failure);
    rmSync(folder.submitted, {force: true});
    return failed(failure);
  }
  const written = Object.fromEntries(Object.entries(outputs).filter(([, path]) => existsSync(path)));
  const {outputs: kept, trouble: cacheTrouble} = setting.offersToCache ? await offerToCache(setting.cacheRoot, attempt.hash, written, setting.memo) : {outputs: await digestOutputs(written, setting.memo)};
  if (cacheTrouble !== undefined) setting.listener({kind: 'cache-unwritable', ...cacheTrouble});
  await completeAttempt(folder, {
    job: request.planned.id, hash: attempt.hash, fingerprint: attempt.fingerprint, why: attempt.why, from: 'run',
    outputs: Object.fromEntries(Object.entries(kept).map(([name, {digest, bytes}]) => [name, {digest, bytes}])),
    started: started.toISOString(), seconds: (performance.now() - clock) / 1000, limits: request.limits, input_bytes: inputs.bytes, ...use,
  });
  rmSync(folder.submitted, {force: true});
  return succeeded(Object.fromEntries(Object.entries(kept).map(([name, {digest, bytes}]) => [name, {path: written[name], digest, bytes}])));
}

/** What another machine wrote may be seen late here; listing the folder makes a network file system ask again. */
async function waitForFiles(areThere: () => boolean, folder: string, {executor, signal}: JobSetting): Promise<void> {
  const {fileGraceSeconds = 0} = executor.launcher;
  for (let waited = 0; waited < fileGraceSeconds && !areThere() && !signal.aborted; waited += 0.5) {
    await pause(500);
    listAgain(folder);
  }
}

function listAgain(folder: string): void {
  for (const path of [dirname(folder), folder]) {
    try {
      readdirSync(path);
    } catch {
      // A link of before its outputs were copied out.
    }
  }
}

function containedRequest({request, folder, inputs, hash}: Attempt, setting: JobSetting): EngineRequest {
  const name = `lymphline-${setting.runLabel}-${hash.slice(0, 12)}-${folder.number}`;
  const scratch = placeScratch(setting.scratch, setting.executor.launcher.scratchWord, {name, outputs: folder.outputs});
  return {
    argv: [...request.argv, folder.job], image: request.imagePlace, folder: folder.root, readable: readableOf(request, inputs, setting.directory),
    writable: [folder.root], ...(scratch === undefined ? {} : {scratch}), environment: setting.environment, limits: request.limits, name, run: setting.runLabel,
  };
}

/** Inputs, and the code that reads them. What other jobs wrote is one mount, however many there are. */
function readableOf(request: JobRequest, inputs: GatheredInputs, directory: RunDirectory): string[] {
  const jobs = directory.jobs;
  const paths = Object.values(inputs.files).flat().map((file) => (file.path.startsWith(`${jobs}/`) ? jobs : file.path));
  return [...new Set([...paths, ...request.code])];
}
