// Is there room for what a plan will write? Bytes and files against what the disks have, before anything starts.
import {existsSync, statfsSync, statSync} from 'node:fs';
import {dirname} from 'node:path';
import type {JobEstimate} from './estimate.ts';
import type {JobRequest} from './job-request.ts';

export interface SpaceNeed {
  readonly bytes: number;
  /** The part that earlier jobs of these steps wrote on such inputs. */
  readonly learntBytes: number;
  readonly files: number;
}

export interface SpaceTrouble {
  readonly folder: string;
  readonly what: 'bytes' | 'files';
  readonly needed: number;
  readonly free: number;
  /** Surely not enough: nothing is started. Else the estimate says so, which may be wrong. */
  readonly isSure: boolean;
}

/** Folders and records of an attempt, and those of its cache entry. */
const filesOfAttempt = 6;
const filesOfEntry = 3;

export function spaceNeeded(requests: readonly JobRequest[], estimates: ReadonlyMap<string, JobEstimate>, {offersToCache}: {readonly offersToCache: boolean}): SpaceNeed {
  let [bytes, learntBytes, files] = [0, 0, 0];
  for (const {planned} of requests) {
    const estimate = estimates.get(planned.id);
    if (estimate === undefined) continue;
    for (const [name, size] of Object.entries(estimate.outputs)) {
      // A published output is a copy.
      const both = planned.step.outputs[name]?.publish === undefined ? size : 2 * size;
      bytes += both;
      if (estimate.isLearnt) learntBytes += both;
    }
    files += filesOfAttempt + Object.keys(planned.step.outputs).length + (offersToCache ? filesOfEntry : 0);
  }
  return {bytes, learntBytes, files};
}

/** `run`, `cache`: folders, which need not be there yet. A cache on another disk takes the outputs once more. */
export function findSpaceTrouble(need: SpaceNeed, {run, cache, offersToCache}: {readonly run: string; readonly cache: string; readonly offersToCache: boolean}): SpaceTrouble[] {
  const isApart = offersToCache && statSync(existing(run)).dev !== statSync(existing(cache)).dev;
  return [run, ...(isApart ? [cache] : [])].flatMap((folder): SpaceTrouble[] => {
    const {bavail, blocks, bsize, ffree, files} = statfsSync(existing(folder));
    const free = bavail * bsize;
    const troubles: SpaceTrouble[] = [];
    // Half of what was measured before is a wide margin for an error of the estimate. Without a cache a run gives its results all the same.
    if (blocks > 0 && free < need.bytes) troubles.push({folder, what: 'bytes', needed: need.bytes, free, isSure: folder === run && free < need.learntBytes / 2});
    // Some file systems count neither blocks nor files.
    if (files > 0 && ffree < need.files) troubles.push({folder, what: 'files', needed: need.files, free: ffree, isSure: folder === run});
    return troubles;
  });
}

function existing(path: string): string {
  return existsSync(path) ? path : existing(dirname(path));
}
