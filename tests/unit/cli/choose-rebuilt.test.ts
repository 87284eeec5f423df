import {expect, test} from 'vitest';
import {chooseRebuilt} from '../../../pipeline/cli/choose-rebuilt.ts';
import type {InputSource, PlannedJob} from '../../../pipeline/model/plan.ts';
import type {BundledJob} from '../../../pipeline/record/bundle.ts';

const file = (path: string): InputSource => ({kind: 'file', root: 'run', unit: '', path});
const from = (job: string, output = 'table'): InputSource => ({kind: 'job', job, unit: '', output});
const job = (id: string, ...sources: InputSource[]): PlannedJob => ({id, step: {name: id} as PlannedJob['step'], unit: {kind: 'cohort', id: 'cohort'}, inputs: {in: sources}});
/** `files`: outputs that the bundle holds. */
const record = (id: string, outputs: readonly string[], files: readonly string[]): BundledJob => ({
  id, step: id, unit: {kind: 'cohort', id: 'cohort'}, inputs: {}, hash: '', fingerprint: {}, outputs: Object.fromEntries(outputs.map((name) => [name, {digest: '', bytes: 1, ...(files.includes(name) ? {file: name} : {})}])),
});

// reads -> align (matrix) -> count (table) -> test (table) -> report; align also gives an optional output that was never written.
const plan = [job('align', file('reads.fastq')), job('count', from('align', 'matrix')), job('test', from('count'), from('align', 'never')), job('report', from('test'))];
const published = (matrixIsThere: boolean): BundledJob[] => [record('align', ['matrix'], matrixIsThere ? ['matrix'] : []), record('count', ['table'], ['table']), record('test', ['table'], ['table']), record('report', ['page'], ['page'])];
const choose = (isThere: boolean, matrixIsThere: boolean, jobs = plan, records = published(matrixIsThere)) => {
  const {jobs: run, taken, left} = chooseRebuilt(jobs, {published: records, isThere: () => isThere, shortName: (path) => path});
  return {run: run.map(({id}) => id), taken: Object.fromEntries(taken), left: Object.fromEntries(left)};
};

test('with the reads everything runs, and nothing is taken from the bundle', () => {
  expect(choose(true, true)).toEqual({run: ['align', 'count', 'test', 'report'], taken: {}, left: {}});
});

test('without the reads it begins at the matrix, if the bundle has it', () => {
  expect(choose(false, true)).toEqual({run: ['count', 'test', 'report'], taken: {align: ['matrix']}, left: {align: 'reads.fastq is not at hand'}});
});

test('without reads and matrix it begins at the tables; an output that was never written is not missed', () => {
  expect(choose(false, false)).toEqual({run: ['test', 'report'], taken: {count: ['table']}, left: {align: 'reads.fastq is not at hand', count: 'reads.fastq is not at hand'}});
});

test('what leads from a missing file to a job that the bundle does not know is left', () => {
  expect(choose(false, false, [job('align', file('reads.fastq')), job('new', from('align', 'matrix')), job('report', from('new'))])).toMatchObject({run: [], left: {new: 'reads.fastq is not at hand', report: 'reads.fastq is not at hand'}});
});
