// The peak of memory of a job: what its own control group held, else what accounts sampled, else why it is not known.
import {expect, test} from 'vitest';
import {peakOf, startPeaks} from '../../../../pipeline/executors/slurm/peak.ts';
import type {SlurmClient} from '../../../../pipeline/executors/slurm/slurm-client.ts';
import {parseMaxRss} from '../../../../pipeline/executors/slurm/slurm-words.ts';
import type {SlurmTask} from '../../../../pipeline/executors/slurm/task.ts';

/** Printed by sacct 22.05.8 for two jobs that held 200 MiB in Python, and one without a sample. */
const printed = '1|\n1.batch|219764K\n2|\n2.batch|219808K\n3|\n3.batch|\n3.extern|0\n';
const noGroup = 'the job has no memory control group of its own on its node, and accounts did not tell';

test('accounts tell of the batch script with all that it started', () => {
  // 219764 x 1024 bytes.
  expect([...parseMaxRss(printed)]).toEqual([['1', 0.225038336], ['2', 0.225083392]]);
  expect([...parseMaxRss('70_1.batch|1.50G\n')]).toEqual([['70_1', 1.610612736]]);
});

test('a peak at the limit may be files that were read: it is no measure of what is needed', () => {
  expect(peakOf({peakBytes: 300e6}, 1)).toBe(0.3);
  expect(peakOf({peakBytes: 2 ** 30}, 1)).toBe('up to its limit of 1 GB, the files that it read included');
  expect(peakOf({}, 1)).toBe(noGroup);
});

test('accounts are asked once for all that ended without a group, seldom, and not where there are none', async () => {
  const asked: string[] = [];
  const client = {ask: (program: string, words: readonly string[]) => {
    asked.push([program, ...words].join(' '));
    return Promise.resolve({kind: 'answered', exitCode: 0, stdout: printed, stderr: '', words: ''});
  }} as unknown as SlurmClient;
  const task = (slurmJobId: string, more: object = {}): SlurmTask => ({launch: {limits: {cpus: 1, memory_gb: 1}}, exit: {slurmJobId, exitCode: 0, ...more}, state: 'unknown'}) as unknown as SlurmTask;
  const tasks = [task('1'), task('2', {peakBytes: 5e8}), task('3'), task('4', {exitCode: 1})];
  const peaksOf = startPeaks({client, facts: () => Promise.resolve({maxArraySize: 1001, hasAccounting: true})});
  expect([...(await peaksOf(tasks)).values()]).toEqual([0.225038336, 0.5, noGroup, noGroup]);
  expect([...(await peaksOf([task('1')])).values()]).toEqual([noGroup]);
  expect(asked).toEqual(['sacct --noheader --parsable2 --jobs=1,3 --format=JobID,MaxRSS']);
  const without = startPeaks({client, facts: () => Promise.resolve({maxArraySize: 1001, hasAccounting: false})});
  expect([...(await without([task('1')])).values()]).toEqual([noGroup]);
  expect(asked).toHaveLength(1);
});
