// One blob of a registry into one file, checked by its digest. What a cut connection or a killed process left is kept and continued.
import {existsSync, renameSync, rmSync, statSync} from 'node:fs';
import {open} from 'node:fs/promises';
import {setTimeout as wait} from 'node:timers/promises';
import {digestFile} from '../../base/digest.ts';
import {failed, succeeded, type Result} from '../../base/result.ts';
import type {ImageFailure} from '../../model/image-failure.ts';
import {networkWords, type Registry} from './registry.ts';

export interface BlobRequest {
  readonly registry: Registry;
  /** `sha256:…` */
  readonly digest: string;
  readonly bytes: number;
  readonly path: string;
  readonly signal: AbortSignal;
  /** Bytes that are here now. */
  readonly onProgress: (bytes: number) => void;
}

/** Tries in a row that bring nothing new. */
const patience = 5;
/** A connection that is silent for this long is as good as cut. */
const silenceSeconds = 60;

export async function downloadBlob(request: BlobRequest): Promise<Result<string, ImageFailure>> {
  const {path, digest, bytes, signal, registry, onProgress} = request;
  if (existsSync(path)) return succeeded(path);
  const partial = `${path}.partial`;
  for (let idle = 0, words = ''; ; ) {
    const before = sizeOf(partial);
    onProgress(before);
    if (before === bytes) break;
    if (before > bytes) rmSync(partial);
    if (signal.aborted) return failed({reason: 'interrupted', kept: before});
    if (idle === patience) return failed({reason: 'registry-unreachable', registry: registry.reference.registry, words, kept: before});
    if (idle > 0) await wait(200 * 2 ** idle, undefined, {signal}).catch(() => {});
    const answer = await fetchRest(request, partial);
    if (!answer.ok && !isPassing(answer.error)) return answer;
    words = answer.ok ? answer.value : 'words' in answer.error ? answer.error.words : '';
    const after = sizeOf(partial);
    idle = after > before && after <= bytes ? 0 : idle + 1;
  }
  const found = `sha256:${await digestFile(partial)}`;
  if (found !== digest) {
    rmSync(partial);
    return failed({reason: 'digest-differs', what: `The blob from ${registry.reference.registry}`, expected: digest, found});
  }
  renameSync(partial, path);
  return succeeded(path);
}

/** Appends what is missing; the value says why it ended early, if it did. */
async function fetchRest({registry, digest, bytes, signal, onProgress}: BlobRequest, partial: string): Promise<Result<string, ImageFailure>> {
  const silence = new AbortController();
  const either = AbortSignal.any([signal, silence.signal]);
  let timer = setTimeout(() => silence.abort(), silenceSeconds * 1000);
  const have = sizeOf(partial);
  try {
    const answer = await registry.get(`blobs/${digest}`, {signal: either, headers: have === 0 ? {} : {range: `bytes=${have}-`}});
    if (!answer.ok) return answer;
    const {status, body} = answer.value;
    if (status === 416) {
      rmSync(partial, {force: true});
      return succeeded('it has less than was here already');
    }
    // A server that cannot continue sends everything again.
    const file = await open(partial, status === 206 ? 'a' : 'w');
    let written = status === 206 ? have : 0;
    try {
      for await (const chunk of body ?? []) {
        clearTimeout(timer);
        timer = setTimeout(() => silence.abort(), silenceSeconds * 1000);
        await file.write(chunk as Uint8Array);
        written += (chunk as Uint8Array).length;
        onProgress(written);
        if (written > bytes) break;
      }
      return succeeded(written < bytes ? `it closed the connection after ${written} of ${bytes} bytes` : '');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).syscall === 'write') throw error;
      return succeeded(silence.signal.aborted ? `it sent nothing for ${silenceSeconds} s` : networkWords(error));
    } finally {
      await file.close();
    }
  } finally {
    clearTimeout(timer);
  }
}

/** Worth another try: the network's doing, or a server that is overloaded. */
const isPassing = (failure: ImageFailure): boolean => failure.reason === 'registry-unreachable' || (failure.reason === 'registry-refused' && failure.status >= 500);

const sizeOf = (path: string): number => statSync(path, {throwIfNoEntry: false})?.size ?? 0;
