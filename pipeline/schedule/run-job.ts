// One job from its inputs to complete.json: reuse what is there, take over what an earlier run left under way, else run attempts.
import {basename, join} from 'node:path';
import {failed, succeeded} from '../base/result.ts';
import {makeFolders, systemErrorOf} from '../base/system-error.ts';
import type {Launcher} from '../executors/launcher.ts';
import type {RunFailure} from '../model/run-failure.ts';
import {digestFingerprint} from '../plan/fingerprint.ts';
import {dropFromCache, linkTree} from '../record/cache.ts';
import {completeAttempt} from '../record/job-record.ts';
import {attemptFolder, attemptsOf, type AttemptFolder} from '../record/run-directory.ts';
import type {Attempt} from './attempt-failure.ts';
import {cachedFile, findReusable, type Reusable} from './find-reusable.ts';
import {firstLimits, limitsOf} from './first-limits.ts';
import {fingerprintOf, gatherInputs, type FinishedOutputs, type JobRequest} from './job-request.ts';
import type {JobEnd, JobSetting} from './job-setting.ts';
import {runAttempts} from './run-attempts.ts';

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
