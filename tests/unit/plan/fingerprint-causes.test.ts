import {expect, test} from 'vitest';
import {causesOf, type CauseQuestion, type SourceFiles} from '../../../pipeline/plan/fingerprint-causes.ts';
import type {Fingerprint} from '../../../pipeline/plan/fingerprint.ts';

const published: Fingerprint = {
  kind: 'lymphline-job-1', contract: 'c', source: 's', image: 'host: R 4.2.2, limma 3.54.0', inputs: {counts: ['a'.repeat(64)], labels: ['l'.repeat(64)]}, params: {min_genes: 200, mad: null}, config: {},
  design: {rows: [{library_id: 'S1-gex', batch: 'A'}], contrasts: [{name: 'x', after: 'm1'}]}, seed: 1,
};
const inputs: CauseQuestion['inputs'] = {counts: [{kind: 'file', root: 'run', unit: '', path: '/somewhere/study/inputs/0123456789ab/S1.h5'}], labels: [{kind: 'job', job: 'annotate/cohort', unit: 'cohort', output: 'labels'}]};
const causes = (change: Partial<Fingerprint>, sources: CauseQuestion['sources'] = {}): string[] => causesOf({step: 'qc', published, here: {...published, ...change}, inputs, sources});

test('an equal fingerprint has no cause', () => {
  expect(causes({})).toEqual([]);
});

test('parameter, sheet cell, contrast, input file, program and seed are named with both values', () => {
  expect(causes({params: {min_genes: 300, mad: null}})).toEqual(['parameter of qc: min_genes: 200 was published, 300 here']);
  expect(causes({design: {rows: [{library_id: 'S1-gex', batch: 'B'}], contrasts: [{name: 'x', after: 'm1'}]}})).toEqual(['samples sheet, S1-gex: batch: "A" was published, "B" here']);
  expect(causes({design: {rows: [{library_id: 'S1-gex', batch: 'A'}], contrasts: [{name: 'x', after: 'm3'}]}})).toEqual(['design: contrasts[0].after: "m1" was published, "m3" here']);
  expect(causes({inputs: {...published.inputs, counts: ['b'.repeat(64)]}})).toEqual(['input S1.h5 (sha256 aaaaaaaaaaaa… was published, bbbbbbbbbbbb… here)']);
  expect(causes({image: 'host: R 4.2.2, limma 3.56.2'})).toEqual(['programs of qc: host: R 4.2.2, limma 3.54.0 was published, host: R 4.2.2, limma 3.56.2 here']);
  expect(causes({seed: 2})).toEqual(['seed: 1 was published, 2 here']);
});

test('what a job is told of another step is that step\'s change, not a second one', () => {
  const settings = (min_genes: number, changed: string[]) => ({steps: {qc: {params: {min_genes}, changed}}, name: 'study'});
  const words = causesOf({step: 'report', published: {...published, config: settings(200, [])}, here: {...published, config: {...settings(300, ['min_genes']), name: 'other'}}, inputs, sources: {}});
  expect(words).toEqual(['key of the run file: name: "study" was published, "other" here', 'parameter of qc: min_genes: 200 was published, 300 here']);
});

test('the samples sheet of a bundle has other paths, which is no cause', () => {
  const sheet: CauseQuestion['inputs'] = {counts: [{kind: 'file', root: 'run', unit: '', path: 'samples.tsv'}]};
  const here = {...published, inputs: {...published.inputs, counts: ['b'.repeat(64)]}};
  expect(causesOf({step: 'export', published, here, inputs: sheet, sources: {}, samplesSheet: 'samples.tsv'})).toEqual([]);
  expect(causesOf({step: 'export', published, here, inputs: sheet, sources: {}})).toHaveLength(1);
});

test('what comes from an upstream job is a consequence, not a cause', () => {
  expect(causes({inputs: {...published.inputs, labels: ['m'.repeat(64)]}})).toEqual([]);
});

test('another source is told as version, library and file', () => {
  const before: SourceFiles = {version: '0.1.0', dependencies: {h5wasm: '0.10.3'}, files: [['steps/qc/run.ts', '1'], ['pipeline/analysis/a.ts', '2']]};
  const after: SourceFiles = {version: '0.2.0', dependencies: {h5wasm: '0.11.0'}, files: [['steps/qc/run.ts', '9'], ['pipeline/analysis/b.ts', '3']]};
  expect(causes({source: 't'}, {published: before, here: after})).toEqual([
    'Lymphline 0.1.0 was published, 0.2.0 here', 'library h5wasm: "0.10.3" was published, "0.11.0" here',
    'source pipeline/analysis/a.ts is gone', 'source pipeline/analysis/b.ts is new', 'source steps/qc/run.ts is changed',
  ]);
});
