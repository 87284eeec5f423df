// Four patients, blood and lung: the two tables of the ARDS reference (clones by exact junctions; scipy and pandas on the same contigs).
import {mkdirSync, mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterAll, beforeAll, describe, expect, test} from 'vitest';
import type {Row} from '../../../pipeline/data/table.ts';
import {readTable} from '../../../pipeline/formats/delimited-text.ts';
import {runStepFolder, type StepRun} from '../../rig/run-step.ts';
import {dataFile, sharedData} from '../../rig/shared-data.ts';

if (sharedData === undefined) console.log('ARDS reference tables are skipped: no LYMPHLINE_DATA and no ../shared/data.');
const patients = ['P17', 'P18', 'P19', 'P20'];
const row = (sample: string): Record<string, string> => ({
  sample_id: sample, patient_id: sample.slice(0, 3), timepoint: sample.endsWith('B') ? 'blood' : 'lung', day: '', library: 'tcr', library_id: `${sample}-tcr`, excluded: '', tissue: '',
});
const design = (samples: readonly string[]) => ({
  rows: samples.map(row), timepoints: ['blood', 'lung'], contrasts: [{name: 'lung-vs-blood', by: 'timepoint', before: 'blood', after: 'lung', where: {}, primary: true}], missing_pairs: 'error' as const, visits: [],
});

describe.skipIf(sharedData === undefined)('ARDS', () => {
  let folder: string;
  let abundance: StepRun;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'lymphline-ards-'));
    const run = (step: string, name: string, request: Parameters<typeof runStepFolder>[2]): StepRun => {
      mkdirSync(join(folder, name));
      const done = runStepFolder(step, join(folder, name), request);
      expect(done).toMatchObject({status: 0, problem: undefined});
      return done;
    };
    const called = patients.map((patient) => {
      const samples = [`${patient}B`, `${patient}L`];
      const imported = samples.map((sample) => ({unit: `${sample}-tcr`, path: run('import-receptors', sample, {unit: {kind: 'library', id: `${sample}-tcr`}, inputs: {contigs: dataFile(`ards_blood_lung_tcr/${sample}/filtered_contig_annotations.csv.gz`)}, design: design([sample])}).outputs['rearrangements']}));
      return {patient, run: run('call-clonotypes', patient, {unit: {kind: 'patient', id: patient}, inputs: {rearrangements: imported}, params: {tcr_same_v_gene: false, tcr_same_j_gene: false}, design: design(samples)})};
    });
    const inputs = Object.fromEntries(['clones', 'cells', 'rearrangements'].map((name) => [name, called.map(({patient, run: one}) => ({unit: patient, path: one.outputs[name]}))]));
    abundance = run('clonal-abundance', 'cohort', {inputs, params: {denominator: 'vdj_cells'}, design: design(patients.flatMap((patient) => [`${patient}B`, `${patient}L`]))});
  });
  afterAll(() => rmSync(folder, {recursive: true, force: true}));

  const rows = (table: string): readonly Row[] => readTable(abundance.outputs[table]).rows;

  // cells with a clone (cells - no IR), clones, size of the top clone: clonal-abundance reference, first table.
  test.each([
    ['P17B', 2805, 725, 957], ['P17L', 2893, 2076, 55], ['P18B', 1328, 1252, 18], ['P18L', 1278, 1195, 7],
    ['P19B', 6942, 5387, 110], ['P19L', 2747, 1544, 140], ['P20B', 8991, 5784, 155], ['P20L', 201, 192, 3],
  ])('%s: %i cells, %i clones, top clone %i', (sample, nCells, nClones, top) => {
    const own = rows('clonal_abundance').filter((one) => one['sample_id'] === sample && one['cell_type'] === 'all');
    // P19B: the reference counts the barcode of its one Multi row among 5,387 clones as a cell without receptor.
    expect([Number(own[0]['n_cells']), own.length, Number(own[0]['clone_size'])]).toEqual([nCells, nClones, top]);
  });

  test.each([['P17', 92, 0.0339608712, 0.0503939393], ['P18', 30, 0.0124120811, 0.0262423784], ['P19', 274, 0.0411596815, 0.0496607445], ['P20', 27, 0.0045385779, 0.0714418808]])(
    '%s: %i clones in blood and lung', (patient, shared, jaccard, morisitaHorn) => {
      const own = rows('repertoire_overlap').find((one) => one['sample_id_a'] === `${patient}B` && one['sample_id_b'] === `${patient}L`);
      expect(Number(own?.['n_shared'])).toBe(shared);
      expect(Number(own?.['jaccard'])).toBeCloseTo(jaccard, 9);
      expect(Number(own?.['morisita_horn'])).toBeCloseTo(morisitaHorn, 9);
    });

  test('no nucleotide pair is shared between patients', () => {
    const between = rows('repertoire_overlap').filter((one) => one['same_patient'] === 'false');
    expect(between.length).toBe(24);
    expect(between.filter((one) => one['n_shared'] !== '0').map((one) => [one['sample_id_a'], one['sample_id_b'], one['n_shared']])).toEqual([]);
  });

  test('depth is matched within a patient', () => {
    const depth = (sample: string): string | undefined => String(rows('clonal_diversity').find((one) => one['sample_id'] === sample && one['method'] === 'depth-matched')?.['depth']);
    expect(['P17B', 'P17L', 'P20B', 'P20L'].map(depth)).toEqual(['2805', '2805', '201', '201']);
  });
});
