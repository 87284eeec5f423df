import {expect, test} from 'vitest';
import {groupsOf, isInGroup, type CellLabel} from '../../../pipeline/analysis/score-groups.ts';
import {summarizeScores} from '../../../pipeline/analysis/score-summary.ts';
import {scoreUcell} from '../../../pipeline/analysis/ucell.ts';
import {hasKang, kangSets, onColumns, readKang, readReference, signature} from './kang-reference.ts';

test('each group has its mean, median and standard deviation', () => {
  // a: 1, 2, 6: mean 3, deviations -2, -1, 3: sd = sqrt(14 / 2). b: one cell.
  const summary = summarizeScores([1, 5, 2, 6, 100], ['a', 'b', 'a', 'a', null]);
  expect([...summary]).toEqual([
    ['a', {nCells: 3, mean: 3, median: 2, sd: Math.sqrt(7)}],
    ['b', {nCells: 1, mean: 5, median: 5, sd: null}],
  ]);
});

test('a score that is NaN and a label too few are bugs', () => {
  expect(() => summarizeScores([NaN], ['a'])).toThrow('a score is NaN');
  expect(() => summarizeScores([1, 2], ['a'])).toThrow('2 scores for 1 cells');
});

test('T cells are told apart by the transgene where it was looked for; cells that were not assayed are in neither group', () => {
  const cell = (lineage: string, car_call?: string): CellLabel => ({lineage, cell_type: lineage, ...(car_call === undefined ? {} : {car_call})});
  const cells = [cell('T cell', 'assayed_pos'), cell('T cell', 'assayed_neg'), cell('T cell', 'not_assayed'), cell('B cell', 'assayed_pos')];
  const groups = groupsOf(cells);
  expect(groups.map(({cell_type, level}) => `${level} ${cell_type}`)).toEqual(['all all', 'lineage B cell', 'lineage T cell', 'car CAR+ T cell', 'car CAR- T cell']);
  expect(groups.slice(3).map((group) => cells.map((one) => isInGroup(one, group)))).toEqual([[true, false, false, false], [false, true, false, false]]);
  expect(groupsOf([cell('T cell')]).some(({level}) => level === 'car')).toBe(false);
});

// Origin: ref/kang/sample_celltype_means.csv (R 4.2.2), 10 significant digits.
test.runIf(hasKang)('the UCell rows of each sample and lineage equal R within 1e-9', async () => {
  const kang = await readKang();
  const scores = scoreUcell(kang.counts, Object.values(kangSets).map((name) => onColumns(signature(name), kang.genes)), {maxRank: 1500});
  const [samples, lineages] = [kang.obs('sample'), kang.obs('cell_type_major')];
  const summaries = Object.keys(kangSets).map((name, s) => [name, summarizeScores(scores[s], samples.map((sample, k) => `${lineages[k]} ${sample}`))] as const);
  let worst = 0;
  let compared = 0;
  for (const [method, set, group, sample, , , n, mean, middle, sd] of readReference('sample_celltype_means.csv').slice(1)) {
    if (method !== 'UCell' || !['T', 'B', 'NK', 'Mono'].includes(group)) continue;
    const found = summaries.find(([name]) => name === set)?.[1].get(`${group} ${sample}`);
    expect(found?.nCells).toBe(Number(n));
    worst = Math.max(worst, Math.abs((found?.mean ?? NaN) - Number(mean)), Math.abs((found?.median ?? NaN) - Number(middle)));
    if (sd === 'NA') expect(found?.sd).toBeNull();
    else worst = Math.max(worst, Math.abs((found?.sd ?? NaN) - Number(sd)));
    compared++;
  }
  expect(compared).toBe(96 * 3 + 90);
  expect(worst).toBeLessThan(1e-9);
});
