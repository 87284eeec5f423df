// What a run would do with each job, and why, without doing it.
import {digestFingerprint} from '../plan/fingerprint.ts';
import type {DigestMemo} from '../record/digest-memo.ts';
import {attemptsOf, type RunDirectory} from '../record/run-directory.ts';
import {cachedFile, findReusable} from './find-reusable.ts';
import {fingerprintOf, gatherInputs, type FinishedOutputs, type JobRequest} from './job-request.ts';

export interface Decision {
  readonly request: JobRequest;
  readonly action: 'run' | 'cached';
  readonly why: readonly string[];
}

/** In plan order; touches nothing. */
export async function decideJobs(requests: readonly JobRequest[], ask: {directory: RunDirectory; cacheRoot: string; memo: DigestMemo}): Promise<Decision[]> {
  const finished = new Map<string, FinishedOutputs>();
  const decisions: Decision[] = [];
  for (const request of requests) {
    const gathered = await gatherInputs(request, finished, ask.memo);
    if (gathered.kind === 'waiting') {
      decisions.push({request, action: 'run', why: [`its input ${gathered.input} comes from ${gathered.job}, which runs.`]});
      continue;
    }
    if (gathered.kind === 'unreadable') {
      decisions.push({request, action: 'run', why: [`its input ${gathered.input} cannot be read: ${gathered.path} (${gathered.code}).`]});
      continue;
    }
    const fingerprint = fingerprintOf(request, gathered.inputs);
    const found = await findReusable({
      step: request.planned.step, attempts: attemptsOf(ask.directory.job(request.planned.id)), fingerprint, hash: digestFingerprint(fingerprint),
      cacheRoot: ask.cacheRoot, memo: ask.memo,
    });
    if (found.kind === 'none') {
      decisions.push({request, action: 'run', why: found.corruptCacheFile === undefined ? found.why : [...found.why, `its cached ${found.corruptCacheFile} is corrupt.`]});
      continue;
    }
    const outputs = found.kind === 'run' ? found.outputs
      : Object.fromEntries(Object.entries(found.entry).map(([name, {file, digest}]) => [name, {path: cachedFile(found.folder, file), digest}]));
    finished.set(request.planned.id, outputs);
    decisions.push({request, action: 'cached', why: [found.kind === 'run' ? 'done in this run directory.' : 'found in the cache.']});
  }
  return decisions;
}
