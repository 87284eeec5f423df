// trace.tsv: Nextflow's names and units, the wait in a queue apart from the job's own time.
import {mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterEach, beforeEach, expect, test} from 'vitest';
import type {RunEvent} from '../../../pipeline/model/event.ts';
import {runDirectory} from '../../../pipeline/record/run-directory.ts';
import {recordEvents} from '../../../pipeline/record/run-log.ts';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'lymphline-trace-'));
});
afterEach(() => rmSync(root, {recursive: true, force: true}));

const started: RunEvent = {kind: 'job-started', job: 'qc/S1', attempt: 1, why: [], cpus: 2, memory_gb: 4, minutes: 5};
const completed: RunEvent = {kind: 'job-completed', job: 'qc/S1', attempt: 1, hash: 'abcdef0123', seconds: 90, cpus: 2, memory_gb: 4, input_bytes: 1, outputs: {}, peak_memory_gb: 0.5};
const batch = {job_id: '70_1', node: 'n3', submitted: '2026-01-01T00:00:00.000Z', started: '2026-01-01T00:01:00.000Z', ended: '2026-01-01T00:01:20.250Z'};
const rows = (): Record<string, string>[] => {
  const [header, ...lines] = readFileSync(join(root, 'trace.tsv'), 'utf8').trimEnd().split('\n').map((line) => line.split('\t'));
  return lines.map((line) => Object.fromEntries(line.map((value, i) => [header[i] ?? 'too many', value])));
};
const record = (...events: RunEvent[]): void => events.forEach(recordEvents(runDirectory(root)));

test('realtime is the time of the job, duration the time since its submit; where nothing waits they are one', () => {
  record(started, {...completed, batch}, started, completed, {kind: 'job-failed', job: 'qc/S1', attempt: 2, seconds: 1, failure: {reason: 'step-killed', job: 'qc/S1', attempt: 2, log: '', signal: 'SIGKILL', memory_gb: 4}, willRetry: false, batch});
  const [inSlurm, here, failed] = rows();
  const at = Date.UTC(2026, 0, 1);
  expect(inSlurm).toMatchObject({task_id: '1', name: 'qc (S1)', status: 'COMPLETED', submit: String(at), start: String(at + 60_000), complete: String(at + 80_250), realtime: '20250', duration: '80250', native_id: '70_1', hostname: 'n3', peak_rss: '500000000', memory: '4000000000'});
  expect(here).toMatchObject({native_id: '-', hostname: '-', submit: here['start'], duration: here['realtime']});
  expect(failed).toMatchObject({task_id: '3', status: 'FAILED', exit: '-', realtime: '20250', hostname: 'n3', cpus: '-'});
});

test('a clock of a node that is behind makes no negative duration', () => {
  record(started, {...completed, batch: {...batch, submitted: '2026-01-01T00:05:00.000Z'}});
  expect(rows()[0]).toMatchObject({realtime: '20250', duration: '20250'});
});

test('a file that was begun with other columns goes on with those', () => {
  writeFileSync(join(root, 'trace.tsv'), 'task_id\tname\trealtime\n1\tqc (S0)\t5\n');
  record(started, {...completed, batch});
  expect(rows()).toEqual([{task_id: '1', name: 'qc (S0)', realtime: '5'}, {task_id: '1', name: 'qc (S1)', realtime: '20250'}]);
});
