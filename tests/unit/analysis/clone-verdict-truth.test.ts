// Verdicts against a known truth: how often something is claimed where nothing changed, how often a change is found, and what 0, 1 or 3 cells allow to say.
import {expect, test} from 'vitest';
import {trackClones, type TrackedClone} from '../../../pipeline/analysis/clone-tracking.ts';
import {followClones, nameCourse} from '../../../pipeline/analysis/clone-trajectory.ts';
import {drawMultinomial} from '../../../pipeline/analysis/multinomial.ts';
import {smallestCallableChange} from '../../../pipeline/analysis/tracking-power.ts';
import {randomStream, type Random} from '../../../pipeline/base/random.ts';

const asSizes = (counts: readonly number[]): Map<string, number> => new Map(counts.flatMap((count, k): [string, number][] => (count > 0 ? [[`c${k}`, count]] : [])));
/** Heavy-tailed shares, as repertoires have. */
const community = (nClones: number, random: Random): number[] => Array.from({length: nClones}, () => (random.uniform() + 0.01) ** -1.2);

test('where nothing changed, at most 5 % of 1,000 patients have any clone called after Benjamini and Hochberg', () => {
  const random = randomStream(1, 'no change');
  let nFamilies = 0;
  let nWrong = 0;
  let nClones = 0;
  for (let patient = 0; patient < 1000; patient++) {
    const shares = community(5 + random.integer(300), random);
    const [before, after] = [0, 1].map(() => asSizes(drawMultinomial(shares, 30 + random.integer(1500), random)));
    const called = trackClones(before, after).filter((row) => row.verdict !== 'not-distinguishable');
    nFamilies++;
    nClones += called.length;
    if (called.length > 0) nWrong++;
  }
  expect(nFamilies).toBe(1000);
  expect(nWrong).toBeLessThanOrEqual(50);
  // A test that never calls would pass the line above; and one called clone is the rule.
  expect(nWrong).toBeGreaterThan(0);
  expect(nClones / nWrong).toBeLessThan(2);
});

test('a change is found the more often the larger it is, and in the right direction', () => {
  const random = randomStream(2, 'power');
  const power = (fold: number): number => {
    let found = 0;
    for (let pair = 0; pair < 150; pair++) {
      // The clone of interest has 2 % before; 99 others share the rest.
      const others = community(99, random);
      const sum = others.reduce((a, b) => a + b, 0);
      const side = (share: number): Map<string, number> => asSizes(drawMultinomial([share, ...others.map((own) => (own / sum) * (1 - share))], 600, random));
      const row = trackClones(side(0.02), side(0.02 * fold)).find((one) => one.clone_id === 'c0');
      const expected: readonly unknown[] = fold > 1 ? ['expanded', 'new'] : ['contracted', 'not-detected'];
      if (row !== undefined && expected.includes(row.verdict)) found++;
      if (row !== undefined && row.verdict !== 'not-distinguishable') expect(expected).toContain(row.verdict);
    }
    return found / 150;
  };
  const [twice, fourfold, eightfold] = [2, 4, 8].map(power);
  expect(twice).toBeLessThan(0.5);
  expect(fourfold).toBeGreaterThan(0.8);
  expect(eightfold).toBe(1);
  // 12 cells are expected before, and even none after has p = 2 x 0.5^12: only near-absence is found.
  expect(power(0.02)).toBeGreaterThan(0.4);
});

test('no verdict contradicts the counts', () => {
  const random = randomStream(3, 'verdicts');
  for (let pair = 0; pair < 100; pair++) {
    const [a, b] = [0, 1].map(() => asSizes(drawMultinomial(community(40, random), 20 + random.integer(400), random)));
    for (const row of trackClones(a, b)) expect(contradicts(row), JSON.stringify(row)).toBe(false);
  }
});

function contradicts({verdict, n_before, n_after, frequency_before, frequency_after, q_value}: TrackedClone): boolean {
  if (verdict !== 'not-distinguishable' && q_value! > 0.05) return true;
  switch (verdict) {
    case 'new': return n_before !== 0 || n_after === 0;
    case 'not-detected': return n_after !== 0 || n_before === 0;
    case 'expanded': return !(frequency_after! > frequency_before!);
    case 'contracted': return !(frequency_after! < frequency_before!);
    default: return false;
  }
}

test.each([0, 1, 3])('%i B cells after depletion: no clone is claimed gone that so few cells could not have shown', (nAfter) => {
  // 200 cells before in clones of 60, 40 and 100 singletons.
  const before = new Map([['a', 60], ['b', 40], ...Array.from({length: 100}, (_, k): [string, number] => [`s${k}`, 1])]);
  const rows = trackClones(before, new Map(nAfter === 0 ? [] : [['x', nAfter]]));
  if (nAfter === 0) {
    expect(new Set(rows.map((row) => [row.verdict, row.p_value, row.missing].join(' ')))).toEqual(new Set(['  no cells with a clone after']));
    return;
  }
  // The limits are 95 % and 63 %: above every clone's lower bound before.
  expect(rows[0].detection_limit_after).toBeCloseTo(1 - 0.05 ** (1 / nAfter), 12);
  expect(rows.filter((row) => row.verdict === 'not-detected')).toEqual([]);
  expect(rows.filter((row) => row.clone_id !== 'x' && row.verdict !== 'not-distinguishable')).toEqual([]);
});

test('the smallest change that a pair could show is the edge of the test', () => {
  // 10 of 1000 before, level 0.05 / 100: R 4.2.2 fisher.test gives p = 0.000530 for 33 of 1000, 0.000336 for 34, and 0.0019 for none.
  const change = smallestCallableChange({frequency: 0.01, nCellsBefore: 1000, nCellsAfter: 1000, alpha: 0.05 / 100});
  expect(change).toEqual({nBefore: 10, nAfterExpanded: 34, foldExpanded: expect.closeTo(3.4, 12), nAfterContracted: null, foldContracted: null});
  // 3 cells before: two of one clone say nothing, whatever comes.
  expect(smallestCallableChange({frequency: 0.5, nCellsBefore: 3, nCellsAfter: 3, alpha: 0.05})).toMatchObject({nAfterExpanded: null, nAfterContracted: null});
});

test('a course over several timepoints has one word', () => {
  expect(['', '=', '==', '+=', '++', '-=', '=--', '+-', '+=-', '-+', '+-+', '-+-'].map(nameCourse)).toEqual([
    'not-distinguishable', 'not-distinguishable', 'not-distinguishable', 'rising', 'rising', 'falling', 'falling', 'peak', 'peak', 'trough', 'fluctuating', 'fluctuating',
  ]);
  const at = (a: number, b: number): Map<string, number> => new Map([['a', a], ['b', b]].filter(([, n]) => Number(n) > 0) as [string, number][]);
  const [a, b] = followClones([{timepoint: 't0', sizes: at(0, 200)}, {timepoint: 't1', sizes: at(150, 50)}, {timepoint: 't2', sizes: at(20, 180)}]);
  expect([a, b].sort((x, y) => (x.clone_id < y.clone_id ? -1 : 1))).toEqual([
    {clone_id: 'a', first_seen: 't1', last_seen: 't2', n_timepoints: 3, n_timepoints_seen: 2, counts: [0, 150, 20], steps: '+-', trajectory: 'peak'},
    {clone_id: 'b', first_seen: 't0', last_seen: 't2', n_timepoints: 3, n_timepoints_seen: 3, counts: [200, 50, 180], steps: '-+', trajectory: 'trough'},
  ]);
});
