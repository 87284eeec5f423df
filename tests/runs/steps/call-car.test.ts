// A misspelt transgene, an infusion product, and what the transgene must not take part in: ranks and variable genes.
import {mkdtempSync, readFileSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join, resolve} from 'node:path';
import {afterEach, beforeEach, expect, test} from 'vitest';
import type {SignatureUniverse} from '../../../pipeline/analysis/score-signatures.ts';
import {readTable} from '../../../pipeline/formats/delimited-text.ts';
import {runStepFolder, type StepRun} from '../../rig/run-step.ts';

const root = resolve(import.meta.dirname, '../../..');
const example = join(root, 'steps/call-car/example');
const samples = ['P1-before', 'P1-after', 'P2-after'];
const kept = samples.map((unit) => ({unit, path: join(example, `${unit}.h5ad`)}));
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lymphline-car-'));
});
afterEach(() => {
  rmSync(folder, {recursive: true});
});

function call(car: {features: readonly string[]; min_umi: number}, more: Readonly<Record<string, Record<string, string>>> = {}): StepRun {
  return runStepFolder('call-car', folder, {
    inputs: {kept, labels: join(example, 'labels.tsv.gz'), cell_types: join(root, 'configs/cell-types.yaml')},
    config: {car},
    design: {
      timepoints: ['before', 'after'],
      rows: samples.map((sample_id) => {
        const [patient_id, timepoint] = sample_id.split('-');
        return {sample_id, patient_id, timepoint, day: '', library: 'gex', ...more[sample_id]};
      }),
    },
  });
}

test('a feature that no matrix has is refused with the closest name', () => {
  expect(call({features: ['CAR_BMCA'], min_umi: 1})).toMatchObject({
    status: 65, problem: {input: 'car.features', found: 'no row CAR_BMCA in any matrix', expected: 'names of rows of the matrix', advice: 'Did you mean "CAR_BCMA"?'},
  });
});

test('without days the first timepoint is the control, and the infusion product is told apart', () => {
  const run = call({features: ['CAR_BCMA'], min_umi: 2}, {'P1-after': {tissue: 'infusion product'}});
  expect(run.status, run.stderr).toBe(0);
  const rows = readTable(run.outputs['car_calls']).rows.filter((row) => row['min_umi'] === '2' && row['lineage'] === 'T cell');
  expect(rows.map((row) => [row['sample_id'], row['role'], row['n_positive']])).toEqual([['P1-before', 'negative control: before infusion', '0'], ['P1-after', 'infusion product', '2'], ['P2-after', 'after infusion', null]]);
  // UMIs of the example: 3, 0, 1, 2 in the T cells.
  const calls = readTable(run.outputs['cells']).rows.filter((row) => row['sample_id'] === 'P1-after').map((row) => row['car_call']);
  expect(calls.slice(0, 4)).toEqual(['assayed_pos', 'assayed_neg', 'assayed_neg', 'assayed_pos']);
});

test('the transgene takes no rank', () => {
  const run = runStepFolder('signature-universe', folder, {
    inputs: {kept: kept.slice(0, 2), sets: join(root, 'configs/signatures/signatures.gmt'), aliases: join(root, 'configs/signatures/aliases.tsv')}, config: {car: {features: ['CAR_BCMA'], min_umi: 1}},
  });
  expect(run.status, run.stderr).toBe(0);
  const {genes, excluded} = JSON.parse(readFileSync(run.outputs['universe'], 'utf8')) as SignatureUniverse;
  expect(excluded.map((k) => genes[k])).toEqual(['CAR_BCMA']);
});
