// CAR+ cells in and out of the clones, and the infusion product among the samples that clones are followed through: a cohort counted by hand.
import {existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterAll, beforeAll, describe, expect, test} from 'vitest';
import type {Row} from '../../../pipeline/data/table.ts';
import {writeTable} from '../../../pipeline/formats/delimited-text.ts';
import {runCli} from '../../rig/cli.ts';
import {runStepFolder, type StepRequest, type StepRun} from '../../rig/run-step.ts';
import {libraryRow, rowsOf} from './clonal-abundance-chain.ts';

/** Cells of one clone of a sample by CAR call; `lost`: removed by QC, so that no call is made. */
interface CloneCells {
  readonly pos?: number;
  readonly neg?: number;
  readonly not?: number;
  readonly lost?: number;
}

const samples: Readonly<Record<string, Row>> = {
  blood0: {sample_id: 'blood0', patient_id: 'P1', timepoint: 'baseline', day: '-3'},
  product: {sample_id: 'product', patient_id: 'P1', timepoint: 'infusion', day: '0'},
  blood1: {sample_id: 'blood1', patient_id: 'P1', timepoint: 'month1', day: '28'},
  other1: {sample_id: 'other1', patient_id: 'P2', timepoint: 'month1', day: '30'},
};
// The matrix of blood0 has no row of the CAR. Clone 4 is CAR+ in every cell, clone 3 in most, 1 and 2 are the patient's own.
const clones: Readonly<Record<string, Readonly<Record<string, CloneCells>>>> = {
  blood0: {'P1-TCR-1': {not: 4}, 'P1-TCR-2': {not: 2}},
  product: {'P1-TCR-1': {pos: 1, neg: 1}, 'P1-TCR-3': {pos: 6, neg: 2}},
  blood1: {'P1-TCR-1': {neg: 4}, 'P1-TCR-2': {neg: 2}, 'P1-TCR-3': {pos: 9, neg: 1, lost: 1}, 'P1-TCR-4': {pos: 3}},
  other1: {'P2-TCR-1': {neg: 5}},
};
const contrast = {name: 'month1-vs-baseline', by: 'timepoint', before: 'baseline', after: 'month1', where: {}, primary: true};

let folder: string;
let kept: StepRun;
let carNegative: StepRun;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'lymphline-clone-car-'));
  kept = run('kept', {});
  carNegative = run('car-negative', {params: {denominator: 'car_negative'}});
});
afterAll(() => rmSync(folder, {recursive: true, force: true}));

function run(name: string, {params, contrasts = [contrast], without = [], excluded = {}}: {params?: StepRequest['params']; excluded?: Readonly<Record<string, string>>; contrasts?: readonly (typeof contrast)[]; without?: readonly string[]}): StepRun {
  const own = join(folder, name);
  mkdirSync(own);
  const cells = Object.entries(clones).flatMap(([sample, byClone]) => Object.entries(byClone).flatMap(([clone_id, counts]) => Object.entries(counts as Record<string, number>).flatMap(([call, n]) =>
    Array.from({length: n}, (_, k): Row => ({...samples[sample], cell_id: `${sample}_${clone_id}${call}${k}`, receptor: 'TCR', chain_status: 'single pair', clone_id, call})))));
  const write = (table: string, rows: readonly Row[], columns: readonly string[]): string => {
    writeTable(join(own, table), {columns, rows});
    return join(own, table);
  };
  const callOf: Readonly<Record<string, string>> = {pos: 'assayed_pos', neg: 'assayed_neg', not: 'not_assayed'};
  const inputs = {
    clones: write('clones.tsv', [], ['clone_id', 'junction_1', 'junction_2']),
    cells: write('clone-cells.tsv', cells, ['sample_id', 'cell_id', 'receptor', 'chain_status', 'clone_id', 'missing']),
    rearrangements: write('airr.tsv', [], ['sequence_id']),
    qc_cells: write('qc.tsv', cells.map((cell) => ({...cell, kept: cell['call'] !== 'lost', removed_because: 'doublet'})), ['sample_id', 'cell_id', 'kept', 'removed_because']),
    car: write('car.tsv', cells.filter((cell) => cell['call'] !== 'lost').map((cell) => ({...cell, car_call: callOf[String(cell['call'])]})), ['sample_id', 'cell_id', 'car_call']),
  };
  const rows = Object.values(samples).flatMap((sample) => ['gex', 'tcr'].map((library) => libraryRow(String(sample['sample_id']), library, {
    patient_id: String(sample['patient_id']), timepoint: String(sample['timepoint']), day: String(sample['day']), tissue: sample['sample_id'] === 'product' ? 'infusion product' : 'blood', excluded: excluded[String(sample['sample_id'])] ?? '',
  })));
  return runStepFolder('clonal-abundance', own, {
    inputs: Object.fromEntries(Object.entries(inputs).filter(([input]) => !without.includes(input))), params: {min_cells: 3, draws: 10, bootstraps: 20, ...params},
    design: {rows, timepoints: ['baseline', 'infusion', 'month1'], contrasts, missing_pairs: 'drop', visits: []},
  });
}

const sizes = (of: StepRun, sample: string): unknown[] => rowsOf(of, 'clonal_abundance').filter((row) => row['sample_id'] === sample).map((row) => [row['clone_id'], row['clone_size'], row['n_cells']]);
const attrition = (of: StepRun, sample: string): unknown[] => rowsOf(of, 'receptor_attrition').filter((row) => row['sample_id'] === sample).map((row) => [row['stage'], row['n_cells'], row['n_removed'], row['reason']]);

describe('denominator car_negative', () => {
  test('CAR+ cells are in no clone size and no denominator; kept has them', () => {
    expect(kept.stderr + carNegative.stderr).toBe('');
    expect(sizes(kept, 'blood1')).toEqual([['P1-TCR-3', '10', '19'], ['P1-TCR-1', '4', '19'], ['P1-TCR-4', '3', '19'], ['P1-TCR-2', '2', '19']]);
    // 19 less 9 of clone 3 and 3 of clone 4.
    expect(sizes(carNegative, 'blood1')).toEqual([['P1-TCR-1', '4', '7'], ['P1-TCR-2', '2', '7'], ['P1-TCR-3', '1', '7']]);
    expect(sizes(carNegative, 'product')).toEqual([['P1-TCR-3', '2', '3'], ['P1-TCR-1', '1', '3']]);
    const top = (of: StepRun): unknown => rowsOf(of, 'clonal_diversity').find((row) => row['sample_id'] === 'blood1' && row['measure'] === 'top_clone' && row['method'] === 'observed')?.['value'];
    expect([Number(top(kept)), Number(top(carNegative))]).toEqual([expect.closeTo(10 / 19, 9), expect.closeTo(4 / 7, 9)]);
    const tracked = rowsOf(carNegative, 'clone_tracking').filter((row) => row['contrast'] === contrast.name && row['patient_id'] === 'P1');
    expect(tracked.map((row) => [row['clone_id'], row['n_before'], row['n_cells_before'], row['n_after'], row['n_cells_after']])).toEqual([
      ['P1-TCR-1', '4', '6', '4', '7'], ['P1-TCR-2', '2', '6', '2', '7'], ['P1-TCR-3', '0', '6', '1', '7'],
    ]);
  });

  test('each cell that is left out has one reason, and cells not assayed count and are told', () => {
    expect(attrition(carNegative, 'blood1')).toEqual([
      ['read', '20', '0', 'cells with a contig'], ['kept', '19', '1', 'removed by QC: doublet'], ['car_negative', '7', '12', 'CAR+ (assayed_pos)'],
      ['counted', '7', '0', 'cells kept by QC with a clone; CAR+ cells left out, 0 not assayed for the CAR counted'],
    ]);
    expect(attrition(carNegative, 'blood0')).toEqual([
      ['read', '6', '0', 'cells with a contig'], ['counted', '6', '0', 'cells kept by QC with a clone; CAR+ cells left out, 6 not assayed for the CAR counted'],
    ]);
    expect(attrition(kept, 'blood1').at(-1)).toEqual(['counted', '19', '0', 'cells kept by QC with a clone']);
  });

  test('without CAR calls it is refused, and no table of CAR calls is written for the others', () => {
    expect(run('refused', {params: {denominator: 'car_negative'}, without: ['car']})).toMatchObject({
      status: 65, problem: {input: 'denominator', found: 'car_negative, and no cell has a CAR call', advice: 'Name the transgene in car.features, or set steps.clonal-abundance.denominator to kept.'},
    });
    const plain = run('plain', {without: ['car']});
    expect([plain.status, existsSync(plain.outputs['clone_car'])]).toEqual([0, false]);
    expect(rowsOf(plain, 'clonal_abundance')).toEqual(rowsOf(kept, 'clonal_abundance'));
  });
});

test('a run file without car is told before any job', () => {
  const own = join(folder, 'run-file');
  mkdirSync(own);
  writeFileSync(join(own, 'run.yaml'), 'lymphline: 1\nname: x\nsamples: samples.tsv\ntimepoints: [baseline]\nsteps:\n  clonal-abundance: {denominator: car_negative}\n');
  writeFileSync(join(own, 'samples.tsv'), 'sample_id\tpatient_id\ttimepoint\tday\tlibrary\tpath\nS1\tP1\tbaseline\t0\ttcr\ttcr.csv\n');
  writeFileSync(join(own, 'tcr.csv'), '');
  const validated = runCli(['validate', join(own, 'run.yaml')]);
  expect(validated.status).toBe(2);
  expect(validated.stderr.replaceAll(`${own}/`, '')).toBe(`run.yaml:6:35 clonal-abundance.denominator is "car_negative", expected kept | vdj_cells | paired without \`car\` in the run file. car_negative needs \`car\`.
     6 |   clonal-abundance: {denominator: car_negative}
                                           ~~~~~~~~~~~~
1 problem; nothing was started.
`);
});

describe('clones by CAR status', () => {
  const calls = (of: StepRun): unknown[] => rowsOf(of, 'clone_car').map((row) => [row['sample_id'], row['clone_id'], row['n_cells'], row['n_assayed_pos'], row['n_assayed_neg'], row['n_not_assayed']]);
  const expected = [
    ['blood0', 'P1-TCR-1', '4', '0', '0', '4'], ['blood0', 'P1-TCR-2', '2', '0', '0', '2'],
    ['product', 'P1-TCR-1', '2', '1', '1', '0'], ['product', 'P1-TCR-3', '8', '6', '2', '0'],
    ['blood1', 'P1-TCR-1', '4', '0', '4', '0'], ['blood1', 'P1-TCR-2', '2', '0', '2', '0'], ['blood1', 'P1-TCR-3', '10', '9', '1', '0'], ['blood1', 'P1-TCR-4', '3', '3', '0', '0'],
    ['other1', 'P2-TCR-1', '5', '0', '5', '0'],
  ];

  test('each clone of each sample, also where the denominator leaves CAR+ cells out', () => {
    expect(calls(kept)).toEqual(expected);
    expect(calls(carNegative)).toEqual(expected);
  });

  test('the share is of the assayed cells, with its exact interval; without one it is missing', () => {
    const of = (sample: string, clone: string): Row | undefined => rowsOf(kept, 'clone_car').find((row) => row['sample_id'] === sample && row['clone_id'] === clone);
    // Clopper and Pearson at 0 of 4: up to 1 - 0.025^(1/4); at 3 of 3: from 0.025^(1/3).
    expect(Number(of('blood1', 'P1-TCR-1')?.['fraction_upper'])).toBeCloseTo(1 - 0.025 ** (1 / 4), 9);
    expect(Number(of('blood1', 'P1-TCR-4')?.['fraction_lower'])).toBeCloseTo(0.025 ** (1 / 3), 9);
    expect([of('blood1', 'P1-TCR-3')?.['fraction'], of('blood1', 'P1-TCR-1')?.['fraction']]).toEqual(['0.9', '0']);
    expect(of('blood0', 'P1-TCR-1')).toMatchObject({fraction: null, fraction_lower: null, missing: 'fraction: no cell of this clone was assayed for the CAR'});
  });
});

describe('the infusion product', () => {
  const tracked = (of: StepRun, name: string): readonly Row[] => rowsOf(of, 'clone_tracking').filter((row) => row['contrast'] === name);

  test('is a timepoint that clones are followed to and from, after the contrasts of the run', () => {
    expect([...new Set(rowsOf(kept, 'clone_tracking').map((row) => row['contrast']))]).toEqual(['month1-vs-baseline', 'infusion-product-vs-baseline', 'month1-vs-infusion-product']);
    const counts = (name: string): unknown[] => tracked(kept, name).filter((row) => row['patient_id'] === 'P1').map((row) => [row['clone_id'], row['n_before'], row['n_cells_before'], row['n_after'], row['n_cells_after'], row['verdict']]);
    // Clone 3, 0 of 6 and 8 of 10: p = 2 C(8,6) / C(16,6) = 56 / 8008 = 0.0070, the smallest of 3, so q = 0.021; the others have p > 0.1.
    expect(counts('infusion-product-vs-baseline')).toEqual([
      ['P1-TCR-1', '4', '6', '2', '10', 'not-distinguishable'], ['P1-TCR-2', '2', '6', '0', '10', 'not-distinguishable'], ['P1-TCR-3', '0', '6', '8', '10', 'new'],
    ]);
    expect(Number(tracked(kept, 'infusion-product-vs-baseline').find((row) => row['clone_id'] === 'P1-TCR-3')?.['p_value'])).toBeCloseTo(56 / 8008, 9);
    expect(counts('month1-vs-infusion-product').map((row) => (row as unknown[]).slice(0, 5))).toEqual([
      ['P1-TCR-1', '2', '10', '4', '19'], ['P1-TCR-2', '0', '10', '2', '19'], ['P1-TCR-3', '8', '10', '10', '19'], ['P1-TCR-4', '0', '10', '3', '19'],
    ]);
    expect(new Set(rowsOf(kept, 'tracking_power').map((row) => row['contrast']))).toEqual(new Set(['month1-vs-baseline', 'infusion-product-vs-baseline', 'month1-vs-infusion-product']));
  });

  test('a patient without one has no such rows, and one whose product was lost has the reason', () => {
    expect(rowsOf(kept, 'clone_tracking').filter((row) => row['patient_id'] === 'P2').map((row) => row['contrast'])).toEqual([contrast.name]);
    const lost = run('lost', {excluded: {product: 'vial broken'}});
    expect(tracked(lost, 'month1-vs-infusion-product')).toMatchObject([{patient_id: 'P1', clone_id: null, missing: 'timepoint infusion product excluded: vial broken'}]);
  });

  test('is there only: no course, and no part of a contrast of the run that does not name it', () => {
    expect(rowsOf(kept, 'clone_trajectories').filter((row) => row['patient_id'] === 'P1' && row['clone_id'] !== null).map((row) => [row['clone_id'], row['timepoints'], row['counts']])).toEqual([
      ['P1-TCR-1', 'baseline,month1', '4,4'], ['P1-TCR-2', 'baseline,month1', '2,2'], ['P1-TCR-3', 'baseline,month1', '0,10'], ['P1-TCR-4', 'baseline,month1', '0,3'],
    ]);
    const infusion = {...contrast, name: 'month1-vs-infusion', before: 'infusion'};
    const named = {...infusion, name: 'month1-vs-infusion-product', where: {tissue: 'infusion product'}};
    const asked = run('contrasts', {contrasts: [infusion, named]});
    expect(tracked(asked, 'month1-vs-infusion').find((row) => row['patient_id'] === 'P1')?.['missing']).toBe('no sample at timepoint infusion');
    // The run's own contrast of that name stands alone: no sample at month1 is a product.
    expect(tracked(asked, 'month1-vs-infusion-product').find((row) => row['patient_id'] === 'P1')?.['missing']).toBe('no sample at timepoint month1');
  });
});
