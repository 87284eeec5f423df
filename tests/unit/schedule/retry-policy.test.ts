import {expect, test} from 'vitest';
import type {RunFailure} from '../../../pipeline/model/run-failure.ts';
import {createResourcePool} from '../../../pipeline/schedule/resource-pool.ts';
import {nextAttempt, retrySetting} from '../../../pipeline/schedule/retry-policy.ts';

const of = {job: 'qc/S1', attempt: 1, log: '/log.txt'};
const limits = {cpus: 2, memory_gb: 8, minutes: 30};
const setting = {retries: 9, max: {memory_gb: 24, minutes: 60}};
/** What each attempt after the first is given, until the failure stands. */
function growth(failure: RunFailure): {memory_gb: number; minutes: number; waitSeconds: number}[] {
  const given = [];
  for (let now = limits, n = 0; ; n++) {
    const next = nextAttempt(failure, now, n, setting);
    if (next === undefined || n === 4) return given;
    now = next.limits;
    given.push({memory_gb: now.memory_gb, minutes: now.minutes, waitSeconds: next.waitSeconds});
  }
}

test('memory doubles up to the cap, and a limit that was met at the cap stands', () => {
  expect(growth({...of, reason: 'out-of-memory', memory_gb: 8})).toEqual([{memory_gb: 16, minutes: 30, waitSeconds: 0}, {memory_gb: 24, minutes: 30, waitSeconds: 0}]);
});

test('time grows by a half up to the cap', () => {
  expect(growth({...of, reason: 'step-timed-out', minutes: 30}).map(({minutes}) => minutes)).toEqual([45, 60]);
});

test('what a machine did is tried again the same, after longer and longer pauses', () => {
  expect(growth({...of, reason: 'engine-failed', engine: 'podman', message: ''})).toEqual([1, 4, 16, 60].map((waitSeconds) => ({memory_gb: 8, minutes: 30, waitSeconds})));
});

test('SIGKILL is taken for memory until there is no more of it', () => {
  expect(growth({...of, reason: 'step-killed', signal: 'SIGKILL', memory_gb: 8}).map(({memory_gb}) => memory_gb)).toEqual([16, 24, 24, 24]);
});

test('what the input or the step says is never tried again', () => {
  expect(growth({...of, reason: 'step-refused', problem: {input: 'a', found: 'b', expected: 'c', advice: 'd'}})).toEqual([]);
  expect(growth({...of, reason: 'output-invalid', output: 'a', path: 'p', found: 'b', expected: 'c'})).toEqual([]);
  expect(growth({reason: 'input-unreadable', job: 'qc/S1', input: 'a', path: 'p', code: 'EIO'})).toEqual([]);
});

test('the caps are those of the profile, else of the machine and the batch system', () => {
  expect(retrySetting({launcher: 'local', engine: 'none', retries: 2}, 24)).toEqual({retries: 2, max: {memory_gb: 24, minutes: Infinity}});
  expect(retrySetting({launcher: 'local', engine: 'none', max: {memory_gb: 12, minutes: 90}}, 24)).toEqual({retries: 0, max: {memory_gb: 12, minutes: 90}});
  expect(retrySetting({launcher: 'slurm', engine: 'none', slurm: {time_limit_minutes: 2880}}, 24)).toEqual({retries: 0, max: {memory_gb: Infinity, minutes: 2880}});
});

test('a job that needs more waits for it without keeping what it had; new jobs wait behind it', async () => {
  const pool = createResourcePool({cpus: 2, memory_gb: 4});
  const [a, b] = [pool.tryTake({cpus: 1, memory_gb: 2}), pool.tryTake({cpus: 1, memory_gb: 2})];
  const got: string[] = [];
  const both = [a?.exchange({cpus: 1, memory_gb: 4}).then(() => got.push('a')), b?.exchange({cpus: 1, memory_gb: 99}).then(() => got.push('b'))];
  await Promise.resolve();
  // Each held what the other wanted: a has it now, b waits, and nobody new is let in before b.
  await both[0];
  expect(got).toEqual(['a']);
  expect(pool.tryTake({cpus: 1, memory_gb: 1})).toBeUndefined();
  a?.giveBack();
  a?.giveBack();
  await both[1];
  b?.giveBack();
  expect(pool.tryTake({cpus: 2, memory_gb: 4})).toBeDefined();
});
