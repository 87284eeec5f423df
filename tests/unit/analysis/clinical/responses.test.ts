// Renal responses, CRS, ICANS, B cells, immunoglobulin, biopsies: the decision tables row by row.
import {describe, expect, test} from 'vitest';
import {crsGrade, gradeOn, hasGrade, icansGrade, readEvent, worstGrade, type CrsSigns, type IcansSigns} from '../../../../pipeline/analysis/clinical/adverse-events.ts';
import {bCellCourse, bCellState, type BCellSetting} from '../../../../pipeline/analysis/clinical/b-cells.ts';
import {depositPair, indexChange, readBiopsy} from '../../../../pipeline/analysis/clinical/biopsies.ts';
import {hasHypogammaglobulinaemia, iggState} from '../../../../pipeline/analysis/clinical/immunoglobulin.ts';
import {defaultReadings} from '../../../../pipeline/analysis/clinical/readings.ts';
import {renalStates} from '../../../../pipeline/analysis/clinical/renal.ts';
import {isMissing} from '../../../../pipeline/analysis/clinical/three-valued.ts';
import type {Row} from '../../../../pipeline/data/table.ts';
import {visitWith} from './visit-rows.ts';

const plain = (verdict: unknown): unknown => (isMissing(verdict) ? 'missing' : verdict);
const t = true;
const f = false;
const m = 'missing';

// Baseline: UPCR 2.6 g/g, eGFR 80, creatinine 85 of 90; eGFR before the flare 90. Floors: KDIGO 0.85 x 80 = 68; CRR 0.9 x 90 = 81; PERR 60 or 0.8 x 90 = 72; LUNAR 1.15 x 85 = 97.75.
const baseline = {day: -7, upcr_g_per_g: 2.6, egfr_ml_per_min: 80, creatinine_umol_per_l: 85};
const renalTable: readonly (readonly [string, Row, readonly unknown[]])[] = [
  ['all good', {}, ['complete', t, t, t]],
  ['UPCR 0.49', {upcr_g_per_g: 0.49}, ['complete', t, t, t]],
  ['UPCR 0.5', {upcr_g_per_g: 0.5}, ['partial', f, t, f]],
  ['UPCR 0.7', {upcr_g_per_g: 0.7}, ['partial', f, t, f]],
  ['UPCR 0.71', {upcr_g_per_g: 0.71}, ['partial', f, f, f]],
  ['UPCR halved', {upcr_g_per_g: 1.3}, ['partial', f, f, f]],
  ['UPCR not halved', {upcr_g_per_g: 1.31}, ['none', f, f, f]],
  ['eGFR 81', {egfr_ml_per_min: 81}, ['complete', t, t, t]],
  ['eGFR 80', {egfr_ml_per_min: 80}, ['complete', f, t, t]],
  ['eGFR 68', {egfr_ml_per_min: 68}, ['complete', f, t, t]],
  ['eGFR 67', {egfr_ml_per_min: 67}, ['none', f, t, t]],
  ['eGFR 59', {egfr_ml_per_min: 59}, ['none', f, f, t]],
  ['treatment failure', {treatment_failure: 1}, ['complete', f, f, t]],
  ['failure not recorded', {treatment_failure: null}, ['complete', m, m, t]],
  ['failure not recorded, UPCR 2', {treatment_failure: null, upcr_g_per_g: 2}, ['none', f, f, f]],
  ['prednisone 12.5 on day 167', {prednisone_mg_per_day: 12.5, day: 167}, ['complete', t, t, t]],
  ['prednisone 12.5 on day 168', {prednisone_mg_per_day: 12.5, day: 168}, ['complete', t, f, t]],
  ['creatinine 91, risen by 7 %', {creatinine_umol_per_l: 91}, ['complete', t, t, t]],
  ['creatinine 98, risen by 15.3 %', {creatinine_umol_per_l: 98}, ['complete', t, t, f]],
  ['creatinine not recorded', {creatinine_umol_per_l: null}, ['complete', t, t, m]],
  ['UPCR not recorded', {upcr_g_per_g: null}, [m, m, m, m]],
  ['UPCR not recorded, eGFR 50', {upcr_g_per_g: null, egfr_ml_per_min: 50}, ['none', f, f, m]],
  ['eGFR not recorded', {egfr_ml_per_min: null}, [m, m, m, t]],
  ['before the infusion', {day: 0}, [m, m, m, m]],
];

test.each(renalTable)('renal response: %s', (_name, row, expected) => {
  expect(Object.values(renalStates(visitWith(row), {baseline: visitWith(baseline), preflareEgfr: 90}, defaultReadings)).map(plain)).toEqual(expected);
});

test('renal response: the sheet’s own unit is used, units are not mixed, and the stricter reading asks for 90 % of the eGFR', () => {
  const before = visitWith({...baseline, upcr_g_per_g: null, upcr_mg_per_mmol: 260});
  const state = (row: Row, at = before, readings = defaultReadings): unknown => plain(renalStates(visitWith(row), {baseline: at, preflareEgfr: null}, readings).renal_kdigo2024);
  const inMilligrams = (value: number): Row => ({upcr_g_per_g: null, upcr_mg_per_mmol: value});
  expect([49, 50, 130, 131].map((value) => state(inMilligrams(value)))).toEqual(['complete', 'partial', 'partial', 'none']);
  expect(state({upcr_g_per_g: 1}, before)).toBe(m);
  // 0.9 x 80 = 72.
  expect([72, 71].map((egfr) => state({egfr_ml_per_min: egfr, ...inMilligrams(20)}, before, {...defaultReadings, kidney_function: 'within-10'}))).toEqual(['complete', 'none']);
  // Without an eGFR before the flare, 90 or more is enough for CRR and 60 for PERR; less cannot be judged.
  const bliss = (egfr: number): unknown[] => Object.values(renalStates(visitWith({egfr_ml_per_min: egfr}), {baseline: visitWith(baseline), preflareEgfr: null}, defaultReadings)).slice(1, 3).map(plain);
  expect([90, 89, 59].map(bliss)).toEqual([[t, t], [m, t], [m, m]]);
});

// Lee et al. 2019 (ASTCT), table of CRS.
const crsTable: readonly (readonly [CrsSigns, number])[] = [
  [{fever: true, hypotension: 'none', oxygen: 'none'}, 1],
  [{fever: true, hypotension: 'no-vasopressor', oxygen: 'none'}, 2],
  [{fever: true, hypotension: 'none', oxygen: 'low-flow'}, 2],
  [{fever: true, hypotension: 'one-vasopressor', oxygen: 'none'}, 3],
  [{fever: true, hypotension: 'none', oxygen: 'high-flow'}, 3],
  [{fever: true, hypotension: 'no-vasopressor', oxygen: 'high-flow'}, 3],
  [{fever: true, hypotension: 'several-vasopressors', oxygen: 'none'}, 4],
  [{fever: true, hypotension: 'none', oxygen: 'positive-pressure'}, 4],
  [{fever: false, hypotension: 'one-vasopressor', oxygen: 'none'}, 0],
  [{fever: false, hypotension: 'one-vasopressor', oxygen: 'none', treated: true}, 3],
];
test.each(crsTable)('CRS %j is grade %d', (signs, grade) => {
  expect(crsGrade(signs)).toBe(grade);
});

// The same, table of ICANS in adults.
const icansTable: readonly (readonly [IcansSigns, number])[] = [
  [{ice: 10, consciousness: 'awake'}, 0],
  [{ice: 9, consciousness: 'awake'}, 1],
  [{ice: 7, consciousness: 'awake'}, 1],
  [{ice: 6, consciousness: 'awake'}, 2],
  [{ice: 3, consciousness: 'awake'}, 2],
  [{ice: 2, consciousness: 'awake'}, 3],
  // Global aphasia.
  [{ice: 0, consciousness: 'awake'}, 3],
  [{ice: 0, consciousness: 'unarousable'}, 4],
  [{ice: 10, consciousness: 'wakes-spontaneously'}, 1],
  [{ice: 8, consciousness: 'wakes-to-voice'}, 2],
  [{ice: null, consciousness: 'wakes-to-touch'}, 3],
  [{ice: 10, consciousness: 'awake', seizure: 'resolves'}, 3],
  [{ice: 10, consciousness: 'awake', seizure: 'prolonged'}, 4],
  [{ice: 10, consciousness: 'awake', motor: 'deep-focal-weakness'}, 4],
  [{ice: 10, consciousness: 'awake', oedema: 'focal'}, 3],
  [{ice: 10, consciousness: 'awake', oedema: 'diffuse'}, 4],
];
test.each(icansTable)('ICANS %j is grade %d', (signs, grade) => {
  expect(icansGrade(signs)).toBe(grade);
});

test('adverse events: the worst after the infusion counts; no event is grade 0; an event without a grade leaves it open', () => {
  const event = (category: string, grade: number | null, day_start: number | null, day_end: number | null = null) => readEvent({patient_id: 'P1', category, grade, day_start, day_end});
  const own = [event('infection', 4, -3), event('infection', 1, 5, 9), event('infection', 2, 8), event('crs', 1, 3)];
  expect([worstGrade(own, 'infection'), worstGrade(own, 'icans'), hasGrade(own, 'infection', 3), hasGrade(own, 'infection', 2)]).toEqual([2, 0, f, t]);
  expect([4, 5, 8, 9, 10].map((day) => gradeOn(own, 'infection', day))).toEqual([0, 1, 2, 1, 0]);
  const open = [...own, event('infection', null, 20)];
  expect([plain(worstGrade(open, 'infection')), plain(hasGrade(open, 'infection', 3)), hasGrade(open, 'infection', 2), hasGrade(open, 'crs', 1)]).toEqual([m, m, t, t]);
  expect(readEvent({patient_id: 'P1', category: 'crs', grade: null, day_start: 1, fever: '1', hypotension: 'none', oxygen: 'low-flow'}).grade).toBe(2);
  expect(readEvent({patient_id: 'P1', category: 'icans', grade: null, day_start: 1, ice: '5', consciousness: 'awake'}).grade).toBe(2);
  expect(readEvent({patient_id: 'P1', category: 'crs', grade: null, day_start: 1, fever: '1'}).grade).toBe(null);
});

describe('B cells', () => {
  const setting: BCellSetting = {depletionPerUl: null, recoveryPerUl: 20, month1Day: 30, month3Day: 90, windowDays: 15};
  const course = (counts: readonly (readonly [number, number | null])[], change: Partial<BCellSetting> = {}) => bCellCourse(counts.map(([day, count]) => visitWith({day, cd19_per_ul: count})), {...setting, ...change});

  test.each([[0, 'depleted'], [0.9, 'depleted'], [1, 'low'], [19, 'low'], [20, 'present'], [null, m]] as const)('a count of %s is %s (limit of detection 1, recovery at 20)', (count, state) => {
    expect(plain(bCellState(visitWith({cd19_per_ul: count}), setting))).toBe(state);
  });

  test('thresholds: 0 means none counted; without a limit of detection 1', () => {
    const at = (count: number, depletionPerUl: number | null, lod: number | null): unknown => bCellState(visitWith({cd19_per_ul: count, cd19_lod_per_ul: lod}), {...setting, depletionPerUl});
    expect([at(0, 0, 1), at(0.5, 0, 1), at(4, 5, 1), at(5, 5, 1), at(4, null, 5), at(0.5, null, null)]).toEqual(['depleted', 'low', 'depleted', 'low', 'depleted', 'depleted']);
  });

  const table: readonly (readonly [string, readonly (readonly [number, number | null])[], readonly unknown[]])[] = [
    ['gone and back', [[-7, 180], [30, 0], [90, 60], [180, 90]], [t, t, {after: -7, by: 30}, {after: 30, by: 90}]],
    ['back late', [[-7, 180], [30, 0], [90, 5], [180, 60], [270, 90]], [t, f, {after: -7, by: 30}, {after: 90, by: 180}]],
    ['back at month 3, gone again', [[-7, 180], [30, 0], [90, 60], [180, 3], [270, 3]], [t, f, {after: -7, by: 30}, {after: 270, by: null}]],
    ['back, no later visit', [[-7, 180], [30, 0], [90, 60]], [t, m, {after: -7, by: 30}, {after: 30, by: null, unconfirmed: 90}]],
    ['not back at month 3, no later visit', [[-7, 180], [30, 0], [90, 6]], [t, f, {after: -7, by: 30}, {after: 90, by: null}]],
    ['no visit at month 3', [[-7, 180], [30, 0], [180, 60], [270, 60]], [t, m, {after: -7, by: 30}, {after: 30, by: 180}]],
    ['never gone', [[-7, 180], [30, 100], [90, 100], [180, 90]], [f, m, {after: 180, by: null}, m]],
    ['no count by month 1', [[-7, 180], [60, 0], [90, 60], [180, 60]], [m, t, {after: -7, by: 60}, {after: 60, by: 90}]],
    ['a visit inside the window of month 1', [[-7, 180], [45, 0], [90, 60], [180, 60]], [t, t, {after: -7, by: 45}, {after: 45, by: 90}]],
    ['the count at month 3 was not taken', [[-7, 180], [30, 0], [90, null], [100, 60], [180, 60]], [t, t, {after: -7, by: 30}, {after: 30, by: 100}]],
    ['none before the infusion either', [[-7, 0], [30, 0], [90, 60], [180, 60]], [m, m, m, m]],
    ['no count after the infusion', [[-7, 180]], [m, m, m, m]],
  ];
  test.each(table)('%s', (_name, counts, expected) => {
    const {isDepletedByMonth1, isRecoveredByMonth3, depletion, recovery} = course(counts);
    expect([isDepletedByMonth1, isRecoveredByMonth3, depletion, recovery].map(plain)).toEqual(expected);
  });
});

test.each([[6.1, 'above-6'], [6, 'mild'], [4.1, 'mild'], [4, 'severe'], [1.5, 'severe'], [1.4, 'replacement'], [null, m]] as const)('IgG of %s g/L is %s', (igg, band) => {
  const visit = visitWith({igg_g_per_l: igg});
  expect(plain(iggState(visit, [visit], 28).band)).toBe(band);
});

test('IgG within four weeks after immunoglobulin is not read; hypogammaglobulinaemia is about the values that are', () => {
  const visits = [visitWith({day: 10, igg_g_per_l: 5}), visitWith({day: 30, ivig: 1, igg_g_per_l: 3}), visitWith({day: 58, igg_g_per_l: 9}), visitWith({day: 59, igg_g_per_l: 9})];
  expect(visits.map((visit) => plain(iggState(visit, visits, 28).band))).toEqual(['mild', m, m, 'above-6']);
  const unrecorded = [visitWith({ivig: null, igg_g_per_l: 9}), visitWith({ivig: null, igg_g_per_l: 5})];
  expect(unrecorded.map((visit) => plain(iggState(visit, [visit], 28).band))).toEqual([m, 'mild']);
  expect(hasHypogammaglobulinaemia(visits, 28)).toBe(true);
  expect(hasHypogammaglobulinaemia(visits, 28, ['severe', 'replacement'])).toBe(false);
  expect(plain(hasHypogammaglobulinaemia(visits.slice(1, 3), 28))).toBe(m);
  expect(plain(hasHypogammaglobulinaemia([visitWith({day: -7, igg_g_per_l: 3})], 28))).toBe(m);
});

// Before 3 + 0.5 = 3.5 without c1q, which the second biopsy does not have; after 1 + 0 = 1.
test('biopsies: stains that both have are added up, +/- is 0.5, the last before and the last after are compared', () => {
  const biopsy = (day: number, cells: Row) => readBiopsy({patient_id: 'P1', day, ...cells});
  const own = [biopsy(-400, {igg: 1, c3: 1}), biopsy(-20, {igg: 3, c3: '+/-', c1q: 2, activity_index: 12}), biopsy(180, {igg: 1, c3: 0, activity_index: 3})];
  expect(depositPair(own)).toEqual({dayBefore: -20, dayAfter: 180, stains: ['igg', 'c3'], before: 3.5, after: 1});
  expect([indexChange(own, 'activity'), plain(indexChange(own, 'chronicity'))]).toEqual([-9, m]);
  expect([[], own.slice(0, 2), own.slice(2), [biopsy(-20, {igg: 3}), biopsy(90, {c3: 1})]].map((some) => depositPair(some))).toEqual([
    {missing: 'no biopsy'}, {missing: 'no biopsy after the infusion'}, {missing: 'no biopsy before the infusion'}, {missing: 'no stain in both biopsies'},
  ]);
});
