import {expect, test} from 'vitest';
import type {LibraryRow, RunConfig} from '../../../pipeline/model/run-config.ts';
import {chosenVariant, type StepContract} from '../../../pipeline/model/step-contract.ts';
import {differenceInWords, makeFingerprint} from '../../../pipeline/plan/fingerprint.ts';
import {planJobs} from '../../../pipeline/plan/plan-jobs.ts';

const step = (name: string, from?: string, per: StepContract['per'] = 'sample'): StepContract => ({
  name, summary: '', per, inputs: from === undefined ? {} : {cells: {format: 'h5ad', from}}, outputs: {cells: {format: 'h5ad'}},
  params: {method: {type: 'string', default: 'a', summary: ''}, ties: {type: 'string', default: 'x', summary: '', used_when: {method: 'b'}}},
  design: 'keys', resources: {cpus: 1, memory_gb: 1, minutes: 1}, container: 'lymphline', command: ['node', 'run.ts'], determinism: 'exact',
});
const config: RunConfig = {name: 'r', file: '/r.yaml', timepoints: ['a'], contrasts: [], missing_pairs: 'error', seed: 1, steps: {}, values: {}};
const row = (sample_id: string): LibraryRow => ({sample_id, patient_id: 'P1', timepoint: 'a', library: 'gex', library_id: `${sample_id}-gex`, path: `${sample_id}.h5`, excluded: '', columns: {}});

test('a plan does not depend on the order of the contracts', () => {
  const steps = [step('import', 'sheet.path', 'library'), step('qc', 'import'), step('all', 'qc', 'cohort')];
  const plan = planJobs(config, [row('S2'), row('S1')], steps);
  expect(plan.ok && plan.value.jobs.map((job) => job.id)).toEqual(['import/S2-gex', 'import/S1-gex', 'qc/S2', 'qc/S1', 'all/cohort']);
  expect(JSON.stringify(planJobs(config, [row('S2'), row('S1')], steps.toReversed()))).toBe(JSON.stringify(plan));
});

test('a cycle and a missing producer are named', () => {
  expect(planJobs(config, [row('S1')], [step('a', 'b'), step('b', 'a')])).toEqual({ok: false, error: [{reason: 'plan-cycle', steps: ['a', 'b', 'a']}]});
  expect(planJobs(config, [row('S1')], [step('qc', 'qcc')])).toEqual({ok: false, error: [{reason: 'plan-missing-producer', step: 'qc', input: 'cells', from: 'qcc', closest: 'qc'}]});
});

test('a fingerprint ignores an unused parameter and notices a used one', () => {
  const make = (params: Record<string, unknown>) => makeFingerprint({step: step('qc'), source: 's', image: 'i', inputs: {}, params, config: {}, design: {rows: []}, seed: 1});
  expect(differenceInWords(make({method: 'a', ties: 'x'}), make({method: 'a', ties: 'y'}))).toEqual([]);
  expect(differenceInWords(make({method: 'b', ties: 'x'}), make({method: 'b', ties: 'y'}))).toEqual(['parameter ties changed from "x" to "y".']);
});

test('of a run file key that is a mapping only what differs in it is told', () => {
  const asking = {...step('report'), config: ['steps']};
  const make = (steps: unknown) => makeFingerprint({step: asking, source: 's', image: 'i', inputs: {}, params: {}, config: {steps}, design: {rows: []}, seed: 1});
  const of = (min_genes: number, changed: readonly string[]) => ({qc: {params: {min_genes, mad: 5}, changed}, cluster: {params: {resolution: 1}, changed: []}});
  expect(differenceInWords(make(of(200, [])), make(of(300, ['min_genes'])))).toEqual(['run file key steps.qc.changed changed from [] to ["min_genes"].', 'run file key steps.qc.params.min_genes changed from 200 to 300.']);
});

test('of several sources that have a file for the same library the first wins, and a library without a file has no job', () => {
  const read = {...step('read', undefined, 'library'), inputs: {reads: {format: 'any' as const, from: 'sheet.fastq_1'}}};
  const join = {...step('join', undefined, 'sample'), inputs: {cells: {format: 'h5ad' as const, from: ['read.cells', 'sheet.path']}}};
  const lanes = (path: string, fastq_1: string): LibraryRow => ({...row('S1'), library_id: `S1-${path || 'reads'}`, path, columns: {fastq_1}});
  const plan = planJobs(config, [lanes('', 'a_1.fq;b_1.fq'), lanes('', 'c_1.fq'), lanes('m.h5', '')], [read, join]);
  expect(plan.ok && plan.value.jobs.map((job) => [job.id, job.inputs])).toEqual([
    ['read/S1-reads', {reads: ['a_1.fq', 'b_1.fq', 'c_1.fq'].map((path) => ({kind: 'file', root: 'run', unit: 'S1-reads', path}))}],
    ['join/S1', {cells: [{kind: 'job', job: 'read/S1-reads', unit: 'S1-reads', output: 'cells'}, {kind: 'file', root: 'run', unit: 'S1-m.h5', path: 'm.h5'}]}],
  ]);
});

test('a job that is made only for others is planned where one needs it, whatever lies between', () => {
  const index = {...step('index', 'config.genome', 'cohort'), when: {with: 'genome', needed: true}};
  const trimmed = {...step('trimmed', 'index', 'cohort'), when: {needed: true}};
  const align = {...step('align', 'sheet.fastq_1', 'library'), inputs: {reads: {format: 'any' as const, from: 'sheet.fastq_1'}, index: {format: 'h5ad' as const, from: 'trimmed.cells'}}};
  const report = {...step('report', undefined, 'cohort'), inputs: {cells: {format: 'h5ad' as const, from: 'qc'}, shown: {format: 'h5ad' as const, from: 'index.cells', optional: true}}};
  const planned = (fastq_1: string) => {
    const plan = planJobs({...config, values: {genome: 'g.fa'}}, [{...row('S1'), columns: {fastq_1}}], [index, trimmed, align, report, step('qc', 'sheet.path', 'library')]);
    return plan.ok ? plan.value.jobs.map((job) => [job.id, job.inputs['shown']?.length].filter((part) => part !== undefined)) : plan.error;
  };
  expect(planned('')).toEqual([['qc/S1-gex'], ['report/cohort', 0]]);
  expect(planned('a_1.fq')).toEqual([['index/cohort'], ['trimmed/cohort'], ['align/S1-gex'], ['qc/S1-gex'], ['report/cohort', 1]]);
});

test('a parameter chooses the programs of a step', () => {
  const variants = {method: {b: {container: 'other', command: ['python3', 'run.py'], tools: [{name: 'scanpy', version: ['python3', '-V'], accepts: '.'}]}}};
  expect(chosenVariant({...step('qc'), variants}, {method: 'b'})).toMatchObject({container: 'other', command: ['python3', 'run.py'], tools: [{name: 'scanpy'}]});
  expect(chosenVariant({...step('qc'), variants}, {method: 'a'})).toMatchObject({container: 'lymphline', command: ['node', 'run.ts']});
});
