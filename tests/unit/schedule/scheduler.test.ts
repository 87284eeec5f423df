import {expect, test} from 'vitest';
import {addInOrder} from '../../../pipeline/schedule/ready-jobs.ts';
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

test('jobs start in plan order, and a small one does not wait behind a large one', async () => {
  const started: string[] = [];
  const noted = (id: string, upstream: string[], cpus: number): SchedulableJob<boolean> => job(id, upstream, async () => {
    started.push(id);
    await pause(5);
    return true;
  }, cpus);
  const jobs = [noted('first', [], 1), noted('large', [], 2), noted('small', [], 1), noted('after', ['first'], 1), noted('last', [], 1)];
  await runSchedule({jobs, pool: createResourcePool({cpus: 2, memory_gb: 99}), isSuccess});
  // As long as one of the two cpus is lent, the large one does not fit.
  expect(started).toEqual(['first', 'small', 'after', 'last', 'large']);
});

test('what waits for several failures names the first of its own that has no result', async () => {
  const states = await runSchedule({
    jobs: [job('a', [], async () => false), job('b', ['a'], async () => true), job('c', ['a'], async () => true), job('d', ['c', 'b'], async () => true), job('e', ['d'], async () => true)],
    pool: createResourcePool({cpus: 1, memory_gb: 1}),
    isSuccess,
  });
  expect([...states].map(([id, state]) => [id, state.kind === 'upstream-failed' ? state.upstream : state.kind])).toEqual([['a', 'ended'], ['b', 'a'], ['c', 'a'], ['d', 'c'], ['e', 'd']]);
});

test('a job that stops the run by its failure leaves the others interrupted, not failed', async () => {
  const stop = new AbortController();
  const jobs = [job('full', [], async () => { stop.abort(); return false; }), job('beside', [], async () => true), job('after', ['full'], async () => true)];
  const states = await runSchedule({jobs, pool: createResourcePool({cpus: 9, memory_gb: 9}), isSuccess, signal: stop.signal});
  expect([...states].map(([id, {kind}]) => [id, kind])).toEqual([['full', 'ended'], ['beside', 'interrupted'], ['after', 'interrupted']]);
});

test('the pool is asked no more than twice a job, however many jobs there are', async () => {
  for (const n of [100, 4000]) {
    const pool = createResourcePool({cpus: 2, memory_gb: 9});
    let nAsked = 0;
    const jobs = Array.from({length: n}, (_, k) => job(`j${k}`, [], async () => true));
    const states = await runSchedule({jobs, pool: {tryTake: (wanted) => (nAsked++, pool.tryTake(wanted))}, isSuccess});
    expect(states.size).toBe(n);
    expect(nAsked).toBeLessThanOrEqual(2 * n);
  }
});

test('a place is put where it belongs', () => {
  const places: number[] = [];
  for (const place of [5, 1, 9, 3, 3, 0, 7]) addInOrder(places, place);
  expect(places).toEqual([0, 1, 3, 3, 5, 7, 9]);
});
