// Peak memory of a job as seen from outside: what its processes hold at once, looked at now and then. Linux only; it never decides a result.
import {readdirSync, readFileSync} from 'node:fs';

export interface MemoryWatch {
  /** GB; undefined where the job ended before it was looked at. */
  readonly end: () => number | undefined;
}

const pageBytes = 4096;
/** What ends sooner needs no forecast, and a look costs about a millisecond. */
const firstLookMilliseconds = 200;
const longestPauseMilliseconds = 2000;

/** `leader`: pid of the job's first process, which has a group of its own. */
export function watchMemory(leader: number): MemoryWatch {
  let peak = 0;
  let pause = firstLookMilliseconds;
  const look = (): void => {
    peak = Math.max(peak, bytesOf(leader));
    pause = Math.min(pause * 1.5, longestPauseMilliseconds);
    timer = setTimeout(look, pause);
    timer.unref();
  };
  let timer = setTimeout(look, pause);
  timer.unref();
  return {
    end() {
      clearTimeout(timer);
      return peak === 0 ? undefined : peak / 1e9;
    },
  };
}

/** The sum over the leader's group and all descendants, or the high-water mark of one of them where that is more. */
function bytesOf(leader: number): number {
  const own = new Set([leader]);
  let sum = 0;
  let most = 0;
  // Descendants have later numbers, except where the numbers have started anew: they are missed then.
  for (const pid of pidsFrom(leader)) {
    const stat = read(`/proc/${pid}/stat`);
    // proc(5): the second field may hold spaces; then state, ppid, pgrp, …, rss as the 24th of all.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    if (pid !== leader && Number(fields[2]) !== leader && !own.has(Number(fields[1]))) continue;
    own.add(pid);
    sum += Number(fields[21] ?? 0) * pageBytes;
    most = Math.max(most, Number(/^VmHWM:\s+(\d+) kB/m.exec(read(`/proc/${pid}/status`))?.[1] ?? 0) * 1024);
  }
  return Math.max(sum, most);
}

function pidsFrom(first: number): number[] {
  try {
    return readdirSync('/proc').map(Number).filter((pid) => pid >= first).sort((a, b) => a - b);
  } catch {
    return [];
  }
}

function read(path: string): string {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return '';
  }
}
