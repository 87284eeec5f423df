import {expect, test} from 'vitest';
import {createResourcePool} from '../../../pipeline/schedule/resource-pool.ts';
import {runSchedule, type SchedulableJob} from '../../../pipeline/schedule/scheduler.ts';

const pause = (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds));
const job = (id: string, upstream: string[], run: () => Promise<boolean>, cpus = 1): SchedulableJob<boolean> => ({id, upstream, run, cpus, memory_gb: 1});
const isSuccess = (outcome: boolean): boolean => outcome;

test('a failure stops only what depends on it', async () => {
  const states = await runSchedule({
    jobs: [job('a', [], async () => false), job('b', ['a'], async () => true), job('c', ['b'], async () => true), job('d', [], async () => true)],
    pool: createResourcePool({cpus: 2, memory_gb: 4}),
    isSuccess,
  });
  expect(Object.fromEntries(states)).toEqual({
    a: {kind: 'ended', outcome: false},
    b: {kind: 'upstream-failed', upstream: 'a'},
    c: {kind: 'upstream-failed', upstream: 'b'},
    d: {kind: 'ended', outcome: true},
  });
});

test('no more cpus are in use than the pool has', async () => {
  let used = 0;
  let peak = 0;
  const work = (cpus: number) => async (): Promise<boolean> => {
    used += cpus;
    peak = Math.max(peak, used);
    await pause(5);
    used -= cpus;
    return true;
  };
  const jobs = Array.from({length: 12}, (_, k) => job(`j${k}`, [], work(1 + (k % 2)), 1 + (k % 2)));
  expect((await runSchedule({jobs, pool: createResourcePool({cpus: 3, memory_gb: 99}), isSuccess})).size).toBe(12);
  expect(peak).toBe(3);
});

test('after an interruption nothing new starts', async () => {
  const interruption = new AbortController();
  const states = await runSchedule({
    jobs: [job('a', [], async () => { interruption.abort(); return true; }), job('b', ['a'], async () => true)],
    pool: createResourcePool({cpus: 1, memory_gb: 1}),
    isSuccess,
    signal: interruption.signal,
  });
  expect(states.get('b')).toEqual({kind: 'interrupted'});
});

test('a job that throws surfaces only after the jobs under way have ended', async () => {
  let hasEnded = false;
  const schedule = runSchedule({
    jobs: [job('bug', [], async () => { throw new Error('bug'); }), job('slow', [], async () => { await pause(30); hasEnded = true; return true; })],
    pool: createResourcePool({cpus: 2, memory_gb: 2}),
    isSuccess,
  });
  await expect(schedule).rejects.toThrow('bug');
  expect(hasEnded).toBe(true);
});
