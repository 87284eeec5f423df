// The clinical step on sheets as people write them: what it refuses, and what it makes of sheets that say little.
import {mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterEach, beforeEach, expect, test} from 'vitest';
import {readTable} from '../../../pipeline/formats/delimited-text.ts';
import {runStepFolder, type StepRun} from '../../rig/run-step.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lymphline-clinical-'));
});
afterEach(() => rmSync(folder, {recursive: true}));

function run(sheets: Record<string, string>, params: Record<string, unknown> = {}): StepRun {
  const inputs = Object.fromEntries(Object.entries(sheets).map(([name, text]) => {
    const path = join(folder, `${name}.csv`);
    writeFileSync(path, text);
    return [name, path];
  }));
  const row = (patient_id: string, timepoint: string, day: string) => ({sample_id: `${patient_id}-${timepoint}`, patient_id, timepoint, day, library: 'gex'});
  return runStepFolder('clinical', join(folder, 'job'), {inputs, params, design: {rows: [row('P1', 'baseline', '-7'), row('P1', 'month3', '90'), row('P2', 'baseline', '-5')], timepoints: ['baseline', 'month3']}});
}

const rowsOf = (done: StepRun, output: string) => readTable(done.outputs[output]).rows;

test('a grade that its signs contradict is refused at its line; an empty one is made from them', () => {
  const visits = 'patient_id,day,timepoint\nP1,30,\n';
  const wrong = run({visits, adverse_events: 'patient_id,day_start,category,grade,fever,hypotension,oxygen\nP1,2,infection,1,,,\n\nP1,3,crs,1,1,none,low-flow\n'});
  expect(wrong).toMatchObject({status: 65, problem: {line: 4, found: 'crs of P1 has grade 1, though its signs make grade 2', expected: 'the grade of the signs (ASTCT)', advice: 'Correct the grade or the signs, or leave the grade empty.'}});
});

test('a sheet of totals alone, days of the samples sheet, blank lines and spaces', () => {
  const done = run({visits: 'patient_id , day,timepoint,sledai_2k_total,cd19_per_ul\nP1,,baseline,12,180\n\n P1 ,,month3, 2 ,0\nP1,180,,,\n', adverse_events: 'patient_id,day_start,category,grade,fever,hypotension,oxygen\nP1,3,crs,,1,none,low-flow\n'});
  expect(done, done.stderr).toMatchObject({status: 0});
  expect(rowsOf(done, 'clinical_visits').map((row) => [row['patient_id'], row['day'], row['sledai_2k'], row['sledai_2k_rule_id'], row['clinical_sledai']])).toEqual([['P1', '-7', '12', 'sledai-2k-recorded', null], ['P1', '90', '2', 'sledai-2k-recorded', null], ['P1', '180', null, 'sledai-2k', null]]);
  const of = (endpoint: string) => rowsOf(done, 'clinical_summary').find((row) => row['endpoint'] === endpoint);
  expect(of('sledai_2k_last_visit')).toMatchObject({n: '1', median: '2', patients_missing: 'P2'});
  expect(of('crs_any')).toMatchObject({k: '1', n: '2'});
  expect(of('crs_grade_2_or_more')).toMatchObject({k: '1', n: '2'});
  expect(of('doris_2021')).toMatchObject({k: null, n: '0', n_missing: '2'});
  expect(String(of('doris_2021')?.['missing'])).toContain('22 items not recorded');
  expect(rowsOf(done, 'clinical_visits')[1]['missing']).toContain('doris_2021: incomplete: 22 items not recorded, PGA not recorded, prednisone dose not recorded');
});

test('thresholds and readings are parameters', () => {
  const visits = 'patient_id,day,timepoint,cd19_per_ul\nP1,-7,,180\nP1,30,,4\nP1,90,,12\nP1,180,,15\n';
  const inTime = (done: StepRun, endpoint: string) => rowsOf(done, 'clinical_patients').find((row) => row['patient_id'] === 'P1' && row['endpoint'] === endpoint)?.['value'];
  const strict = run({visits});
  expect([inTime(strict, 'b_cell_depletion_by_month1'), inTime(strict, 'b_cell_recovery_by_month3')]).toEqual(['false', null]);
  const loose = run({visits}, {depletion_per_ul: 5, recovery_per_ul: 10, doris_pga: 'at-most-0.5'});
  expect([inTime(loose, 'b_cell_depletion_by_month1'), inTime(loose, 'b_cell_recovery_by_month3')]).toEqual(['true', 'true']);
  expect(rowsOf(loose, 'clinical_rules').find((row) => row['rule_id'] === 'doris-2021')?.['definition']).toContain('PGA <= 0.5');
});
