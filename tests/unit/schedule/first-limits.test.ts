import {mkdirSync, mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {expect, test} from 'vitest';
import type {RunFailure} from '../../../pipeline/model/run-failure.ts';
import {writeFailure} from '../../../pipeline/record/job-record.ts';
import {attemptFolder, attemptsOf} from '../../../pipeline/record/run-directory.ts';
import {firstLimits} from '../../../pipeline/schedule/first-limits.ts';

const of = {job: 'qc/S1', attempt: 1, log: '/log.txt'};
const memory: RunFailure = {...of, reason: 'out-of-memory', memory_gb: 0};
const time: RunFailure = {...of, reason: 'step-timed-out', minutes: 0};
const exit: RunFailure = {...of, reason: 'step-failed', exitCode: 1, lastLines: []};
const refused: RunFailure = {...of, reason: 'submit-refused', slurm: {jobId: '', state: 'unknown', reason: 'too much'}};

/** What is asked for where the plan says 4 GB and 30 minutes, after attempts with this much; no failure: it was interrupted, or ended well. */
function asked(earlier: readonly [memory_gb: number, minutes: number, failure?: RunFailure][], max = {memory_gb: 20, minutes: 60}, planned = {memory_gb: 4, minutes: 30}): string {
  const folder = mkdtempSync(join(tmpdir(), 'lymphline-limits-'));
  earlier.forEach(([memory_gb, minutes, failure], i) => {
    const attempt = attemptFolder(folder, i + 1);
    mkdirSync(attempt.root, {recursive: true});
    writeFileSync(attempt.job, JSON.stringify({limits: {cpus: 1, memory_gb, minutes}}));
    if (failure !== undefined) writeFailure(attempt, failure);
  });
  const {limits, why} = firstLimits({cpus: 2, ...planned}, attemptsOf(folder), {retries: 0, max});
  rmSync(folder, {recursive: true});
  expect(limits.cpus).toBe(2);
  return [`${limits.memory_gb} GB, ${limits.minutes} minutes`, ...why].join('; ');
}

test('the last attempt ran out of memory: twice as much, up to the cap', () => {
  expect(asked([[4, 30, memory]])).toBe('8 GB, 30 minutes; it is given 8 GB: attempt 1 ran out of memory with 4.');
  expect(asked([[4, 30, memory], [8, 30, memory], [16, 30, memory]])).toBe('20 GB, 30 minutes; it is given 20 GB: attempt 3 ran out of memory with 16.');
  expect(asked([[20, 30, memory]])).toBe('20 GB, 30 minutes; it is given 20 GB: attempt 1 ran out of memory with 20.');
});

test('it ran out of time: half as much again; of both, both', () => {
  expect(asked([[4, 30, time]])).toBe('4 GB, 45 minutes; it is given 45 minutes: attempt 1 ran out of time with 30.');
  expect(asked([[4, 30, time], [4, 45, memory]])).toBe('8 GB, 45 minutes; it is given 8 GB: attempt 2 ran out of memory with 4.; it is given 45 minutes: attempt 1 ran out of time with 30.');
});

test('an attempt after that had enough, or was interrupted: as much as it had', () => {
  expect(asked([[4, 30, memory], [8, 30]])).toBe('8 GB, 30 minutes; it is given 8 GB: attempt 1 ran out of memory with 4.');
  expect(asked([[4, 30, memory], [8, 30, exit]])).toBe('8 GB, 30 minutes; it is given 8 GB: attempt 1 ran out of memory with 4.');
});

test('what Slurm refused to give is not asked for again', () => {
  expect(asked([[4, 30, memory], [8, 30, memory], [16, 30, refused]])).toBe('8 GB, 30 minutes; it is given 8 GB: attempt 2 ran out of memory with 8.');
});

test('the plan says more, or nothing was too little: the plan', () => {
  expect(asked([[4, 30, memory]], undefined, {memory_gb: 12, minutes: 30})).toBe('12 GB, 30 minutes');
  expect(asked([[4, 30, exit], [4, 30]])).toBe('4 GB, 30 minutes');
  expect(asked([[64, 90, exit]])).toBe('4 GB, 30 minutes');
  expect(asked([[4, 30, memory]], {memory_gb: 2, minutes: 60})).toBe('4 GB, 30 minutes');
});
