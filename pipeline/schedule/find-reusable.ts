// Is there a result for this fingerprint already: in the run directory, else in the cache? If not, why not, in words.
import {join} from 'node:path';
import type {StepContract} from '../model/step-contract.ts';
import {differenceInWords, type Fingerprint} from '../plan/fingerprint.ts';
import {lookUpCache, type CacheEntry} from '../record/cache.ts';
import type {DigestMemo} from '../record/digest-memo.ts';
import {readComplete, readFailure, type CompleteRecord} from '../record/job-record.ts';
import type {AttemptFolder} from '../record/run-directory.ts';
import {outputPaths, type FinishedOutputs} from './job-request.ts';

export type Reusable =
  | {readonly kind: 'run'; readonly outputs: FinishedOutputs}
  | {readonly kind: 'cache'; readonly folder: string; readonly entry: CacheEntry['outputs']}
  | {readonly kind: 'none'; readonly why: readonly string[]; readonly corruptCacheFile?: string};

export interface ReuseQuestion {
  readonly step: StepContract;
  /** Latest first. */
  readonly attempts: readonly AttemptFolder[];
  readonly fingerprint: Fingerprint;
  readonly hash: string;
  readonly cacheRoot: string;
  readonly memo: DigestMemo;
  /** Another job reads its outputs now: a record without the files is not enough. */
  readonly needsFiles?: boolean;
}

/** Changes nothing on disk. */
export async function findReusable(question: ReuseQuestion): Promise<Reusable> {
  const {attempts, hash, cacheRoot, memo, fingerprint} = question;
  const done = attempts.map((attempt) => ({attempt, record: readComplete(attempt)})).filter(({record}) => record !== undefined);
  // With a sample in quarantine a job is done twice, with and without it.
  const complete = done.find(({record}) => record?.hash === hash) ?? done[0];
  let damaged: string | undefined;
  let isWanted = false;
  if (complete?.record?.hash === hash) {
    const checked = await checkOutputs(question.step, complete.attempt, complete.record, memo);
    const gone = Object.keys(checked.outputs).find((name) => checked.outputs[name].isRemoved);
    // A published output has to be there to be published.
    const isEnough = Object.entries(checked.outputs).every(([name, {isRemoved}]) => !isRemoved || (!question.needsFiles && question.step.outputs[name].publish === undefined));
    if (checked.damaged === undefined && isEnough) return {kind: 'run', outputs: checked.outputs};
    damaged = checked.damaged ?? gone;
    isWanted = checked.damaged === undefined;
  }
  const cached = await lookUpCache(cacheRoot, hash, memo);
  if (cached.kind === 'hit') return {kind: 'cache', folder: cached.folder, entry: cached.outputs};
  return {
    kind: 'none',
    why: damaged === undefined ? whyItRuns(attempts, complete?.record, fingerprint) : isWanted ? [`its output ${damaged} was removed and is needed again.`] : [`its output ${damaged} was changed or removed since it was made.`],
    corruptCacheFile: cached.kind === 'corrupt' ? cached.file : undefined,
  };
}

async function checkOutputs(step: StepContract, attempt: AttemptFolder, record: CompleteRecord, memo: DigestMemo): Promise<{outputs: FinishedOutputs; damaged?: string}> {
  const outputs: Record<string, FinishedOutputs[string]> = {};
  const paths = outputPaths(step, attempt.outputs);
  for (const [name, {digest, bytes}] of Object.entries(record.outputs)) {
    if (record.removed?.includes(name)) {
      outputs[name] = {path: paths[name], digest, bytes, isRemoved: true};
      continue;
    }
    const found = await memo.digest(paths[name]).catch(() => undefined);
    if (found?.digest !== digest) return {outputs, damaged: name};
    outputs[name] = {path: paths[name], digest, bytes};
  }
  return {outputs};
}

function whyItRuns(attempts: readonly AttemptFolder[], last: CompleteRecord | undefined, fingerprint: Fingerprint): string[] {
  if (last !== undefined) {
    const words = differenceInWords(last.fingerprint as Fingerprint, fingerprint);
    return words.length > 0 ? words : ['its result is no longer kept.'];
  }
  if (attempts.length === 0) return ['it has not run here yet.'];
  const failure = readFailure(attempts[0]);
  return [failure === undefined ? 'its last attempt did not end.' : `its last attempt failed (${failure.reason}).`];
}

/** Where the outputs of a cache entry lie. */
export function cachedFile(folder: string, file: string): string {
  return join(folder, file);
}
