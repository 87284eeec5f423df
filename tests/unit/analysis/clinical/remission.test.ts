// SLEDAI-2K, DORIS and LLDAS: the decision tables row by row, and that no missing cell is ever taken for a value.
import {expect, test} from 'vitest';
import {dorisStates} from '../../../../pipeline/analysis/clinical/doris.ts';
import {lldas} from '../../../../pipeline/analysis/clinical/lldas.ts';
import {defaultReadings, type Readings} from '../../../../pipeline/analysis/clinical/readings.ts';
import {clinicalSledai, sledai2k} from '../../../../pipeline/analysis/clinical/sledai.ts';
import {sledaiItems} from '../../../../pipeline/analysis/clinical/sledai-items.ts';
import {isMissing, type Verdict} from '../../../../pipeline/analysis/clinical/three-valued.ts';
import {randomStream} from '../../../../pipeline/base/random.ts';
import type {Row} from '../../../../pipeline/data/table.ts';
import {present, visitWith} from './visit-rows.ts';

const plain = (verdict: unknown): unknown => (isMissing(verdict) ? 'missing' : verdict);

// Weights of Gladman et al. 2002, written out.
const weights = {
  seizure: 8, psychosis: 8, organic_brain_syndrome: 8, visual_disturbance: 8, cranial_nerve: 8, lupus_headache: 8, cva: 8, vasculitis: 8, arthritis: 4, myositis: 4, urinary_casts: 4, hematuria: 4, proteinuria: 4, pyuria: 4,
  rash: 2, alopecia: 2, ulcers: 2, pleurisy: 2, pericarditis: 2, low_complement: 2, dna_binding: 2, fever: 1, thrombocytopenia: 1, leukopenia: 1,
};

test.each(Object.entries(weights))('%s alone scores %d, and nothing can be said of the score without it', (item, weight) => {
  expect(sledai2k(visitWith(present(item)))).toBe(weight);
  expect(clinicalSledai(visitWith(present(item)))).toBe(['low_complement', 'dna_binding'].includes(item) ? 0 : weight);
  expect(sledai2k(visitWith({[`sledai_${item}`]: null, sledai_2k_total: 0}))).toEqual({missing: `incomplete: ${item} not recorded`});
});

// 8 x 8 + 6 x 4 + 7 x 2 + 3 x 1 = 105; without 2 + 2 of serology 101.
test('all items are 105 points, 101 clinical; a sheet of totals alone gives the total and no clinical score', () => {
  expect(sledai2k(visitWith(present(...sledaiItems)))).toBe(105);
  expect(clinicalSledai(visitWith(present(...sledaiItems)))).toBe(101);
  const totals = visitWith({...Object.fromEntries(sledaiItems.map((item) => [`sledai_${item}`, null])), sledai_2k_total: 12});
  expect([sledai2k(totals), plain(clinicalSledai(totals))]).toEqual([12, 'missing']);
});

// Columns: 2021, 2017 clinical on, clinical off, complete on, complete off (van Vollenhoven et al. 2021, 2017).
const t = true;
const f = false;
const m = 'missing';
const dorisTable: readonly (readonly [string, Row, readonly unknown[]])[] = [
  ['nothing wrong, no therapy', {}, [t, t, t, t, t]],
  ['antimalarial only', {hydroxychloroquine_mg_per_day: 400}, [t, t, t, t, t]],
  ['prednisone 5', {prednisone_mg_per_day: 5}, [t, t, f, t, f]],
  ['prednisone 5.5', {prednisone_mg_per_day: 5.5}, [f, f, f, f, f]],
  ['immunosuppressant', {immunosuppressants: 'azathioprine'}, [t, t, f, t, f]],
  ['PGA 0.49', {pga: 0.49}, [t, t, t, t, t]],
  ['PGA 0.5', {pga: 0.5}, [f, f, f, f, f]],
  ['low C3', {c3_g_per_l: 0.8, sledai_low_complement: 1}, [t, t, t, f, f]],
  ['low C4', {c4_g_per_l: 0.05, sledai_low_complement: 1}, [t, t, t, f, f]],
  ['anti-dsDNA above its limit', {anti_dsdna_iu_per_ml: 16, sledai_dna_binding: 1}, [t, t, t, f, f]],
  ['low complement on prednisone', {c3_g_per_l: 0.8, sledai_low_complement: 1, prednisone_mg_per_day: 2.5}, [t, t, f, f, f]],
  ['a clinical item', present('rash'), [f, f, f, f, f]],
  ['a clinical item, all else missing', {...present('rash'), pga: null, prednisone_mg_per_day: null, c3_g_per_l: null, sledai_fever: null}, [f, f, f, f, f]],
  ['a clinical item not recorded', {sledai_rash: null}, [m, m, m, m, m]],
  ['PGA not recorded', {pga: null}, [m, m, m, m, m]],
  ['PGA not recorded, prednisone 10', {pga: null, prednisone_mg_per_day: 10}, [f, f, f, f, f]],
  ['prednisone not recorded', {prednisone_mg_per_day: null}, [m, m, m, m, m]],
  ['immunosuppressants not recorded', {immunosuppressants: null}, [t, t, m, t, m]],
  ['immunosuppressants not recorded, prednisone 5', {immunosuppressants: null, prednisone_mg_per_day: 5}, [t, t, f, t, f]],
  ['C3 not recorded, the item says normal', {c3_g_per_l: null}, [t, t, t, t, t]],
  ['neither C3 nor the item recorded', {c3_g_per_l: null, sledai_low_complement: null}, [t, t, t, m, m]],
  ['C3 low though the item says normal', {c3_g_per_l: 0.5}, [t, t, t, m, m]],
  ['an item of serology not recorded, the values normal', {sledai_dna_binding: null}, [t, t, t, t, t]],
  ['IVIG', {ivig: 1}, [t, t, t, t, t]],
];

const states = (row: Row, readings: Readings = defaultReadings): unknown[] => Object.values(dorisStates(visitWith(row), readings)).map(plain);

test.each(dorisTable)('DORIS: %s', (_name, row, expected) => {
  expect(states(row)).toEqual(expected);
});

test('DORIS: each other reading flips what it is about', () => {
  expect(states({prednisone_mg_per_day: 5}, {...defaultReadings, doris_prednisone: 'below-5'})).toEqual([f, f, f, f, f]);
  expect(states({pga: 0.5}, {...defaultReadings, doris_pga: 'at-most-0.5'})).toEqual([t, t, t, t, t]);
  expect(states({ivig: 1}, {...defaultReadings, ivig: 'therapy'})).toEqual([t, t, f, t, f]);
  expect(states({ivig: null}, {...defaultReadings, ivig: 'therapy'})).toEqual([t, t, m, t, m]);
});

const before = visitWith({day: 30});
const lldasTable: readonly (readonly [string, Row, unknown])[] = [
  ['nothing wrong', {}, t],
  ['SLEDAI-2K 4 by serology', {...present('low_complement', 'dna_binding')}, t],
  ['SLEDAI-2K 4 by arthritis', present('arthritis'), t],
  ['SLEDAI-2K 6', present('arthritis', 'rash'), f],
  ['SLEDAI-2K 6 with an item missing', {...present('arthritis', 'rash'), sledai_ulcers: null}, f],
  ['an item missing', {sledai_ulcers: null}, m],
  ...['urinary_casts', 'hematuria', 'proteinuria', 'pyuria', 'pleurisy', 'pericarditis', 'fever', 'seizure', 'vasculitis'].map((item): [string, Row, unknown] => [item, present(item), f]),
  ['haemolytic anaemia', {hemolytic_anemia: 1}, f],
  ['gastrointestinal activity', {gi_activity: 1}, f],
  ['haemolytic anaemia not recorded', {hemolytic_anemia: null}, m],
  ['new activity', {new_activity: 1}, f],
  ['PGA 1', {pga: 1}, t],
  ['PGA 1.1', {pga: 1.1}, f],
  ['PGA not recorded', {pga: null}, m],
  ['prednisone 7.5', {prednisone_mg_per_day: 7.5}, t],
  ['prednisone 7.6', {prednisone_mg_per_day: 7.6}, f],
  ['mycophenolate within its cap', {immunosuppressants: 'mycophenolate mofetil 3000 mg'}, t],
  ['mycophenolate above its cap', {immunosuppressants: 'MMF 3500 mg'}, f],
  ['azathioprine above its cap', {immunosuppressants: 'azathioprine 250 mg'}, f],
  ['methotrexate above its cap', {immunosuppressants: 'methotrexate 35 mg'}, f],
  ['leflunomide above its cap', {immunosuppressants: 'leflunomide 30 mg'}, f],
  ['mycophenolic acid above its cap', {immunosuppressants: 'MPA 2200 mg'}, f],
  ['hydroxychloroquine 400', {hydroxychloroquine_mg_per_day: 400}, t],
  ['mycophenolate without its dose', {immunosuppressants: 'mycophenolate mofetil'}, m],
  ['hydroxychloroquine not recorded', {hydroxychloroquine_mg_per_day: null}, m],
  ['hydroxychloroquine 500', {hydroxychloroquine_mg_per_day: 500}, f],
  ['an approved biologic and another', {immunosuppressants: 'belimumab; tacrolimus'}, t],
  ['a drug that the rule does not know', {immunosuppressants: 'cyclophosphamide'}, m],
  ['an investigational drug', {immunosuppressants: 'investigational inhibitor'}, f],
];

test.each(lldasTable)('LLDAS: %s', (_name, row, expected) => {
  expect(plain(lldas(visitWith(row), before, defaultReadings))).toBe(expected);
});

test('LLDAS: the first visit cannot be compared, but can fail; without a record, new is what the visit before did not have', () => {
  expect(plain(lldas(visitWith(), undefined, defaultReadings))).toBe(m);
  expect(lldas(visitWith({pga: 2}), undefined, defaultReadings)).toBe(false);
  const arthritis = {...present('arthritis'), new_activity: null};
  expect(lldas(visitWith(arthritis), before, defaultReadings)).toBe(false);
  expect(lldas(visitWith(arthritis), visitWith({...present('arthritis'), day: 30}), defaultReadings)).toBe(true);
  expect(plain(lldas(visitWith(arthritis), visitWith({sledai_arthritis: null, day: 30}), defaultReadings))).toBe(m);
  expect(lldas(visitWith(), before, {...defaultReadings, lldas_car_t: 'investigational'})).toBe(false);
});

/** A cell of each column that the rules read, drawn at random. */
function randomCells(random: ReturnType<typeof randomStream>): Row {
  const pick = <T>(...choices: readonly T[]): T => choices[Math.floor(random.uniform() * choices.length)];
  const complement = pick(0, 0, 0, 1);
  const dna = pick(0, 0, 0, 1);
  return {
    ...Object.fromEntries(sledaiItems.map((item) => [`sledai_${item}`, random.uniform() < 0.03 ? 1 : 0])), sledai_low_complement: complement, sledai_dna_binding: dna, c3_g_per_l: complement === 1 ? 0.5 : 1.1, anti_dsdna_iu_per_ml: dna === 1 ? 90 : 3,
    pga: pick(0, 0.2, 0.5, 1.2), prednisone_mg_per_day: pick(0, 0, 5, 7.5, 10), immunosuppressants: pick('none', 'azathioprine 100 mg'), hydroxychloroquine_mg_per_day: pick(0, 200, 500), hemolytic_anemia: pick(0, 0, 0, 1), gi_activity: 0, new_activity: pick(0, 0, 1),
  };
}

test('a verdict that is given while cells are missing is the verdict whatever these cells hold, and the states nest', () => {
  const random = randomStream(7, 'missing cells');
  const implies = (a: Verdict, b: Verdict): boolean => a !== true || b === true;
  let nDefinite = 0;
  for (let i = 0; i < 400; i++) {
    const whole = randomCells(random);
    // Where new_activity is not recorded the items of the visit before stand in for it, which may say otherwise.
    const hidden = Object.keys(whole).filter((column) => random.uniform() < 0.08 && column !== 'new_activity');
    const masked = {...whole, ...Object.fromEntries(hidden.map((column) => [column, null]))};
    const [seen, full] = [masked, whole].map((row) => ({...dorisStates(visitWith(row), defaultReadings), lldas: lldas(visitWith(row), before, defaultReadings)}));
    for (const [name, verdict] of Object.entries(seen)) {
      if (isMissing(verdict)) continue;
      nDefinite++;
      expect(full[name as keyof typeof full], `${name} of ${JSON.stringify(whole)} without ${hidden.join(', ')}`).toBe(verdict);
    }
    for (const state of [seen, full]) {
      expect(implies(state.doris_2017_clinical_off, state.doris_2017_clinical_on) && implies(state.doris_2017_complete_off, state.doris_2017_complete_on)).toBe(true);
      expect(implies(state.doris_2017_complete_on, state.doris_2017_clinical_on) && implies(state.doris_2017_complete_off, state.doris_2017_clinical_off)).toBe(true);
    }
    for (const verdict of Object.values(full)) expect(isMissing(verdict)).toBe(false);
  }
  expect(nDefinite).toBeGreaterThan(500);
});
