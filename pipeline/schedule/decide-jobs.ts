// What a run would do with each job, and why, without doing it.
import {digestFingerprint} from '../plan/fingerprint.ts';
import type {DigestMemo} from '../record/digest-memo.ts';
import {attemptsOf, type RunDirectory} from '../record/run-directory.ts';
import {cachedFile, findReusable} from './find-reusable.ts';
import {firstLimits} from './first-limits.ts';
import {fingerprintOf, gatherInputs, type FinishedOutputs, type JobRequest} from './job-request.ts';
import type {RetrySetting} from './retry-policy.ts';

export interface Decision {
  readonly request: JobRequest;
  readonly action: 'run' | 'cached';
  readonly why: readonly string[];
  /** It is done, but another job needs a file of it that was removed. */
  readonly isRestored?: boolean;
}

export interface DecisionAsk {
  readonly directory: RunDirectory;
  readonly cacheRoot: string;
  readonly memo: DigestMemo;
  /** With it what runs is given what it would be given. */
  readonly retry?: RetrySetting;
}

/** In plan order; touches nothing. */
export async function decideJobs(requests: readonly JobRequest[], ask: DecisionAsk): Promise<Decision[]> {
  const finished = new Map<string, FinishedOutputs>();
  return withRestored(await decideAlone(requests, ask, finished), finished);
}

/** From the last job to the first: what runs needs the files of its inputs, so that what made a removed one runs too. */
function withRestored(decisions: readonly Decision[], finished: ReadonlyMap<string, FinishedOutputs>): Decision[] {
  const wanted = new Map<string, {output: string; by: string}>();
  return decisions.toReversed().map((decision): Decision => {
    const {id, inputs} = decision.request.planned;
    const want = wanted.get(id);
    const changed: Decision = want === undefined || decision.action === 'run' ? decision : {...decision, action: 'run', isRestored: true, why: [`its output ${want.output} was removed and ${want.by} needs it.`]};
    if (changed.action === 'run') {
      for (const source of Object.values(inputs).flat()) {
        if (source.kind === 'job' && finished.get(source.job)?.[source.output]?.isRemoved && !wanted.has(source.job)) wanted.set(source.job, {output: source.output, by: id});
      }
    }
    return changed;
  }).reverse();
}

async function decideAlone(requests: readonly JobRequest[], ask: DecisionAsk, finished: Map<string, FinishedOutputs>): Promise<Decision[]> {
  const decisions: Decision[] = [];
  const willRun = (request: JobRequest, why: readonly string[], attempts = attemptsOf(ask.directory.job(request.planned.id))): void => {
    const first = ask.retry === undefined || attempts.length === 0 ? {limits: request.limits, why: []} : firstLimits(request.limits, attempts, ask.retry);
    decisions.push({request: first.why.length === 0 ? request : {...request, limits: first.limits}, action: 'run', why: [...why, ...first.why]});
  };
  for (const request of requests) {
    const gathered = await gatherInputs(request, finished, ask.memo);
    if (gathered.kind === 'waiting') {
      willRun(request, [`its input ${gathered.input} comes from ${gathered.job}, which runs.`]);
      continue;
    }
    if (gathered.kind === 'unreadable') {
      willRun(request, [`its input ${gathered.input} cannot be read: ${gathered.path} (${gathered.code}).`]);
      continue;
    }
    const fingerprint = fingerprintOf(request, gathered.inputs);
    const attempts = attemptsOf(ask.directory.job(request.planned.id));
    const found = await findReusable({
      step: request.planned.step, attempts, fingerprint, hash: digestFingerprint(fingerprint),
      cacheRoot: ask.cacheRoot, memo: ask.memo,
    });
    if (found.kind === 'none') {
      willRun(request, found.corruptCacheFile === undefined ? found.why : [...found.why, `its cached ${found.corruptCacheFile} is corrupt.`], attempts);
      continue;
    }
    const outputs = found.kind === 'run' ? found.outputs
      : Object.fromEntries(Object.entries(found.entry).map(([name, {file, digest, bytes}]) => [name, {path: cachedFile(found.folder, file), digest, bytes}]));
    finished.set(request.planned.id, outputs);
    decisions.push({request, action: 'cached', why: [found.kind === 'run' ? 'done in this run directory.' : 'found in the cache.']});
  }
  return decisions;
}
