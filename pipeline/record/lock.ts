// One engine a run directory. The lock names its owner and expires with it: a dead process on this host, or a silent one elsewhere.
import {randomUUID} from 'node:crypto';
import {linkSync, readFileSync, renameSync, rmSync, statSync, utimesSync, writeFileSync} from 'node:fs';
import {hostname} from 'node:os';

export interface LockOwner {
  readonly host: string;
  readonly pid: number;
  /** Start time of the process in clock ticks since boot, so that a reused pid is told apart. */
  readonly processStart: string;
  readonly since: string;
}

export type LockAnswer = {readonly kind: 'taken'; readonly release: () => void} | {readonly kind: 'busy'; readonly owner: LockOwner};

const heartbeatSeconds = 15;
/** Another host's clock may be off, and its heartbeat late. */
const expirySeconds = 180;

export function takeLock(path: string): LockAnswer {
  const mine: LockOwner = {host: hostname(), pid: process.pid, processStart: processStart(process.pid) ?? '', since: new Date().toISOString()};
  for (;;) {
    if (linkNew(path, JSON.stringify(mine))) return {kind: 'taken', release: keepAlive(path)};
    const judged = readText(path);
    const owner = judged === undefined ? undefined : parseOwner(judged);
    if (owner !== undefined && isAlive(path, owner)) return {kind: 'busy', owner};
    if (judged !== undefined) putAside(path, judged);
  }
}

/** A lock appears with its content or not at all: link(2) fails where the name exists. */
function linkNew(path: string, content: string): boolean {
  const own = `${path}.${randomUUID()}.new`;
  writeFileSync(own, content);
  try {
    linkSync(own, path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    return false;
  } finally {
    rmSync(own, {force: true});
  }
}

/** Removes a stale lock; gives it back where another engine has taken it over since it was judged. */
function putAside(path: string, judged: string): void {
  const aside = `${path}.${randomUUID()}.stale`;
  try {
    renameSync(path, aside);
    if (readText(aside) !== judged) linkSync(aside, path);
  } catch {
    // Another engine was faster; the next round judges what is there now.
  }
  rmSync(aside, {force: true});
}

/** Undefined where nobody holds the lock. */
export function lockOwner(path: string): LockOwner | undefined {
  const owner = parseOwner(readText(path) ?? '');
  return owner !== undefined && isAlive(path, owner) ? owner : undefined;
}

function keepAlive(path: string): () => void {
  const timer = setInterval(() => {
    try {
      utimesSync(path, new Date(), new Date());
    } catch {
      // The run directory was removed under us; the next write says so.
    }
  }, heartbeatSeconds * 1000);
  timer.unref();
  return () => {
    clearInterval(timer);
    try {
      rmSync(path, {force: true});
    } catch {
      // Where nothing may be removed any more, it expires with its owner.
    }
  };
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

function parseOwner(text: string): LockOwner | undefined {
  try {
    return JSON.parse(text) as LockOwner;
  } catch {
    return undefined;
  }
}

function isAlive(path: string, owner: LockOwner): boolean {
  if (owner.host === hostname()) return processStart(owner.pid) === owner.processStart;
  try {
    return Date.now() - statSync(path).mtimeMs < expirySeconds * 1000;
  } catch {
    return false;
  }
}

/** Field 22 of /proc/PID/stat (proc(5)); the second field may hold spaces, so count from its closing bracket. Empty where there is no /proc. */
function processStart(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
  } catch {
    try {
      process.kill(pid, 0);
      return '';
    } catch {
      return undefined;
    }
  }
}
