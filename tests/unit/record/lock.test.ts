import {mkdtempSync, readFileSync, utimesSync, writeFileSync} from 'node:fs';
import {hostname, tmpdir} from 'node:os';
import {join} from 'node:path';
import {beforeEach, expect, test} from 'vitest';
import {lockOwner, takeLock, type LockOwner} from '../../../pipeline/record/lock.ts';
import {until} from '../../rig/until.ts';

let path: string;
beforeEach(() => {
  path = join(mkdtempSync(join(tmpdir(), 'lymphline-lock-')), 'lock.json');
});

const quick = {heartbeatSeconds: 0.1, expirySeconds: 60};
const elsewhere: LockOwner = {host: 'node17', boot: 'other', pid: 4711, processStart: '99', since: '2026-11-24T08:00:00.000Z'};

function lockOf(owner: LockOwner, secondsAgo: number): void {
  writeFileSync(path, JSON.stringify(owner));
  const beat = new Date(Date.now() - secondsAgo * 1000);
  utimesSync(path, beat, beat);
}

test('a lock whose owner on another host gave a sign of life lately is not taken, and says how lately', async () => {
  lockOf(elsewhere, 20);
  const began = Date.now();
  const answer = await takeLock(path, quick);
  expect(answer).toEqual({kind: 'busy', owner: elsewhere, silentSeconds: expect.any(Number) as number});
  const {silentSeconds} = answer as {silentSeconds: number};
  expect(silentSeconds).toBeGreaterThanOrEqual(20);
  expect(silentSeconds).toBeLessThanOrEqual(20.5 + (Date.now() - began) / 1000);
  expect(lockOwner(path)).toEqual(elsewhere);
});

test('a silent owner on another host is watched, then its lock is taken over', async () => {
  lockOf(elsewhere, 600);
  const watched: number[] = [];
  const lock = await takeLock(path, {...quick, onWatch: (_owner, seconds) => watched.push(seconds)});
  expect(watched).toEqual([0.25]);
  expect(lock.kind).toBe('taken');
  expect(lockOwner(path)).toMatchObject({host: hostname(), pid: process.pid});
  if (lock.kind === 'taken') lock.release();
  expect(lockOwner(path)).toBeUndefined();
});

test.each([['slow', 7200], ['fast', -7200]])('an owner whose clock is two hours %s but beats is alive', async (_how, secondsAgo) => {
  lockOf(elsewhere, secondsAgo);
  const heart = setInterval(() => lockOf(elsewhere, secondsAgo), 50);
  // Watched for a second: on a busy machine a beat may come late.
  const answer = await takeLock(path, {...quick, heartbeatSeconds: 0.4});
  clearInterval(heart);
  expect(answer).toMatchObject({kind: 'busy', owner: elsewhere});
});

test('a dead owner on this machine is not waited for; another machine of the same name is', async () => {
  const here = await takeLock(path, quick);
  if (here.kind !== 'taken') throw new Error(here.kind);
  const own = JSON.parse(readFileSync(path, 'utf8')) as LockOwner;
  here.release();
  // Its pid is alive (ours), but it was started at another tick: the number was given again.
  lockOf({...own, processStart: '1'}, 1);
  const again = await takeLock(path, quick);
  expect(again.kind).toBe('taken');
  if (again.kind === 'taken') again.release();
  lockOf({...own, processStart: '1', boot: 'another start'}, 1);
  expect((await takeLock(path, quick)).kind).toBe('busy');
});

test('an engine that was silent for too long notices that it lost the lock, and leaves it to the other', async () => {
  let isLost = false;
  const lock = await takeLock(path, {...quick, onLost: () => (isLost = true)});
  lockOf(elsewhere, 0);
  await until('the loss to be noticed', () => isLost);
  if (lock.kind === 'taken') lock.release();
  expect(JSON.parse(readFileSync(path, 'utf8'))).toEqual(elsewhere);
});
