// Attempts of a job, until one ends well or the policy says stop.
import {existsSync, readdirSync, rmSync, writeFileSync} from 'node:fs';
import {dirname} from 'node:path';
import {setTimeout as pause} from 'node:timers/promises';
import {failed, succeeded} from '../base/result.ts';
import {makeFolders} from '../base/system-error.ts';
import type {EngineRequest} from '../executors/engine.ts';
import {runContained} from '../executors/run-contained.ts';
import {placeScratch} from '../executors/scratch.ts';
import type {BatchRun} from '../model/event.ts';
import {nodesToAvoid} from '../model/run-failure.ts';
import {digestOutputs, offerToCache} from '../record/cache.ts';
import {completeAttempt, writeFailure} from '../record/job-record.ts';
import {attemptFolder, removeRemains, type RunDirectory} from '../record/run-directory.ts';
import {failureOf, failureOfOutputs, troubleOf, type Attempt} from './attempt-failure.ts';
import {jobFileOf, outputPaths, type GatheredInputs, type JobRequest} from './job-request.ts';
import type {JobEnd, JobSetting} from './job-setting.ts';
import {nextAttempt} from './retry-policy.ts';

export async function runAttempts(first: Attempt, jobFolder: string, setting: JobSetting): Promise<JobEnd> {
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
