// An input that the user of a container may not read. Asked when a step has failed, never before: an access list can allow what the mode does not.
import {readdirSync, statSync, type Stats} from 'node:fs';
import {join} from 'node:path';
import type {JobFile} from '../model/job-file.ts';

export interface Closed {
  readonly input: string;
  readonly path: string;
  /** Octal, as chmod takes it. */
  readonly mode: string;
  readonly owner: number;
}

interface User {
  readonly uid: number;
  readonly gid: number;
}

export function findClosed(inputs: JobFile['inputs'], user: User): Closed | undefined {
  for (const [input, files] of Object.entries(inputs)) {
    for (const {path} of files) {
      const closed = closedAt(path, user);
      if (closed !== undefined) return {input, path: closed.path, mode: (closed.stats.mode & 0o777).toString(8).padStart(3, '0'), owner: closed.stats.uid};
    }
  }
  return undefined;
}

function closedAt(path: string, user: User): {path: string; stats: Stats} | undefined {
  const stats = statSync(path, {throwIfNoEntry: false});
  if (stats === undefined) return undefined;
  const isFolder = stats.isDirectory();
  if (!allows(stats, user, isFolder ? 0o5 : 0o4)) return {path, stats};
  if (!isFolder) return undefined;
  for (const name of readdirSync(path)) {
    const closed = closedAt(join(path, name), user);
    if (closed !== undefined) return closed;
  }
  return undefined;
}

/** `bits` as for others: 4 read, 1 enter. */
function allows(stats: Stats, {uid, gid}: User, bits: number): boolean {
  const shift = stats.uid === uid ? 6 : stats.gid === gid ? 3 : 0;
  return (stats.mode & (bits << shift)) === bits << shift;
}
