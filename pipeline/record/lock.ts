// One engine a run directory. The lock names its owner and expires with it: a dead process on this host, or one elsewhere that is seen to be silent.
import {randomUUID} from 'node:crypto';
import {linkSync, readFileSync, renameSync, rmSync, statSync, utimesSync, writeFileSync} from 'node:fs';
import {hostname} from 'node:os';
import {setTimeout as wait} from 'node:timers/promises';

export interface LockOwner {
  readonly host: string;
  readonly pid: number;
  /** Of the machine's start: two machines can have one name. */
  readonly boot: string;
  /** Start time of the process in clock ticks since boot, so that a reused pid is told apart. */
  readonly processStart: string;
  readonly since: string;
}

export type LockAnswer =
  | {readonly kind: 'taken'; readonly release: () => void}
  /** `silentSeconds`: since the owner's last sign of life, by this machine's clock. */
  | {readonly kind: 'busy'; readonly owner: LockOwner; readonly silentSeconds: number};

export interface LockSetting {
  readonly heartbeatSeconds: number;
  /** A heartbeat older than this is doubted. */
  readonly expirySeconds: number;
  /** A doubted owner on another host is watched for so long: its clock, or ours, may be wrong. */
  readonly onWatch?: (owner: LockOwner, seconds: number) => void;
  /** Another engine took the lock over, since this one was silent for so long (a suspended machine). */
  readonly onLost?: () => void;
}

const usual: LockSetting = {heartbeatSeconds: 15, expirySeconds: 180};

export async function takeLock(path: string, given: Partial<LockSetting> = {}): Promise<LockAnswer> {
  const setting = {...usual, ...given};
  const mine = JSON.stringify({host: hostname(), boot: bootId(), pid: process.pid, processStart: processStart(process.pid) ?? '', since: new Date().toISOString()} satisfies LockOwner);
  for (;;) {
    if (linkNew(path, mine)) return {kind: 'taken', release: keepAlive(path, mine, setting)};
    const judged = readText(path);
    const owner = judged === undefined ? undefined : parseOwner(judged);
    if (owner !== undefined && (await isAliveWhenWatched(path, owner, setting))) return {kind: 'busy', owner, silentSeconds: Math.max(0, Math.round((Date.now() - beatOf(path)) / 1000))};
    if (judged !== undefined) putAside(path, judged);
  }
}

async function isAliveWhenWatched(path: string, owner: LockOwner, {heartbeatSeconds, expirySeconds, onWatch}: LockSetting): Promise<boolean> {
  if (isAlive(path, owner, expirySeconds)) return true;
  if (isHere(owner)) return false;
  const seconds = 2.5 * heartbeatSeconds;
  onWatch?.(owner, seconds);
  const seen = beatOf(path);
  for (const end = performance.now() + seconds * 1000; performance.now() < end;) {
    await wait(Math.min(1000, heartbeatSeconds * 200));
    if (beatOf(path) !== seen) return true;
  }
  return false;
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
  return owner !== undefined && isAlive(path, owner, usual.expirySeconds) ? owner : undefined;
}

function keepAlive(path: string, mine: string, {heartbeatSeconds, onLost}: LockSetting): () => void {
  const timer = setInterval(() => {
    const now = readText(path);
    if (now !== undefined && now !== mine) {
      clearInterval(timer);
      onLost?.();
      return;
    }
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
      if (readText(path) === mine) rmSync(path, {force: true});
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

function isAlive(path: string, owner: LockOwner, expirySeconds: number): boolean {
  if (isHere(owner)) return processStart(owner.pid) === owner.processStart;
  // Far in the future is as doubtful as far in the past.
  return Math.abs(Date.now() - beatOf(path)) < expirySeconds * 1000;
}

const isHere = (owner: LockOwner): boolean => owner.host === hostname() && owner.boot === bootId();

/** Empty where the system has none. */
function bootId(): string {
  return (readText('/proc/sys/kernel/random/boot_id') ?? '').trim();
}

/** Epoch milliseconds of the last sign of life; 0 where the lock is gone. */
function beatOf(path: string): number {
  return statSync(path, {throwIfNoEntry: false})?.mtimeMs ?? 0;
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
