import {expect, test} from 'vitest';
import type {StepContract} from '../../../pipeline/model/step-contract.ts';
import type {JobRequest} from '../../../pipeline/schedule/job-request.ts';
import {estimateJob, learntLimits} from '../../../pipeline/schedule/estimate.ts';

const step = {name: 'qc', outputs: {cells: {format: 'h5ad'}, table: {format: 'tsv'}}} as unknown as StepContract;
const request = {planned: {id: 'qc/S1', step, unit: {kind: 'sample', id: 'S1'}, inputs: {}}, limits: {cpus: 2, memory_gb: 8, minutes: 30}} as unknown as JobRequest;
const earlier = (input_bytes: number, seconds: number, peak_memory_gb?: number) => ({step: 'qc', input_bytes, seconds, outputs: {cells: input_bytes * 2, table: 100}, ...(peak_memory_gb === undefined ? {} : {peak_memory_gb})});

test('without an earlier job the contract counts, and outputs are taken to be as large as the inputs', () => {
  expect(estimateJob(request, 1000, [])).toEqual({input_bytes: 1000, seconds: 1800, memory_gb: 8, outputs: {cells: 500, table: 500}, isLearnt: false, isMemoryLearnt: false});
});

test('the most that the eight nearest in size took counts, whatever far smaller and larger ones took', () => {
  const near = Array.from({length: 8}, (_, k) => earlier(1000 + k, 10 + k, 0.5 + k / 10));
  // 1007 bytes is the largest of the near ones, so nothing grows: 17 s, 1.2 GB, 2 x 1007 bytes.
  expect(estimateJob(request, 1000, [earlier(10, 999, 99), ...near, earlier(1e9, 9999, 999)])).toEqual({input_bytes: 1000, seconds: 17, memory_gb: 1.2, outputs: {cells: 2014, table: 100}, isLearnt: true, isMemoryLearnt: true});
});

test('above the largest that was seen it grows in proportion; below the smallest it stays', () => {
  // (1999 + 1) / (999 + 1) = 2.
  expect(estimateJob(request, 1999, [earlier(999, 10, 0.5)])).toMatchObject({seconds: 20, memory_gb: 1, outputs: {cells: 3996, table: 200}});
  expect(estimateJob(request, 9, [earlier(999, 10, 0.5)])).toMatchObject({seconds: 10, memory_gb: 0.5});
});

test('first requests have a margin; the profile wins; memory that was never seen stays that of the contract', () => {
  const seen = estimateJob(request, 1000, [earlier(1000, 90, 2)]);
  // 2 GB x 1.25 = 2.5, and a tenth; 90 s x 2 = 3 min, and one.
  expect(learntLimits(request, seen)).toEqual({cpus: 2, memory_gb: 2.6, minutes: 4});
  expect(learntLimits(request, seen, {memory_gb: 12})).toEqual({cpus: 2, memory_gb: 12, minutes: 4});
  expect(learntLimits(request, estimateJob(request, 1000, [earlier(1000, 90)]))).toEqual({cpus: 2, memory_gb: 8, minutes: 4});
  expect(learntLimits(request, estimateJob(request, 1000, []))).toEqual(request.limits);
});
