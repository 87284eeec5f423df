import {expect, test} from 'vitest';
import {aucellTopRank, scoreAucell} from '../../../pipeline/analysis/aucell.ts';
import {randomStream} from '../../../pipeline/base/random.ts';
import type {ScoredSet} from '../../../pipeline/analysis/ucell.ts';
import {selectRows, type SparseMatrix} from '../../../pipeline/data/matrix.ts';
import {hasKang, kangSets, onColumns, readKang, readReference, signature} from './kang-reference.ts';

const set = (columns: number[], more: Partial<ScoredSet> = {}): ScoredSet => ({name: 'S', columns, negativeColumns: [], nMissing: 0, nNegativeMissing: 0, ...more});

/** Counts 5, 3, 3, 0, 0, 0: tie blocks 1..1, 2..3 and 4..6. */
const one: SparseMatrix = {
  kind: 'sparse', nRows: 1, nColumns: 6, indptr: Uint32Array.of(0, 3), indices: Uint32Array.of(0, 1, 2), values: Float32Array.of(5, 3, 3),
};
const score = (chosen: ScoredSet, topRank: number, excluded?: Uint8Array): number => scoreAucell(one, [chosen], {topRank, excluded})[0][0];

test('a gene of a tie block contributes its mean over the orders of the block', () => {
  // T = 3: gene 0 gives 3 - 1 = 2. Genes 1 and 2 share ranks 2 and 3: (1 + 0) / 2 = 0.5. Two genes reach 2 + 1 = 3 at most.
  expect(score(set([0, 1]), 3)).toBeCloseTo(2.5 / 3, 14);
  // T = 6: a zero spans 4..6: (2 + 1 + 0) / 3 = 1; gene 0 gives 5; two genes reach 5 + 4 at most.
  expect(score(set([0, 3]), 6)).toBeCloseTo(6 / 9, 14);
  // All six genes reach everything: 5 + 4 + 3 + 2 + 1 of min(6, 5) genes.
  expect(score(set([0, 1, 2, 3, 4, 5]), 6)).toBeCloseTo(1, 14);
});

test('a rank equal to the top rank counts nothing', () => {
  // T = 4: zeros start at rank 4.
  expect(score(set([3, 4]), 4)).toBe(0);
});

test('missing genes are left out and excluded genes take no rank', () => {
  expect(score(set([0, 1], {nMissing: 5}), 3)).toBeCloseTo(2.5 / 3, 14);
  // Without gene 0 the counts 3, 3 span 1..2: (2 + 1) / 2 = 1.5 of at most 2.
  expect(score(set([1]), 3, Uint8Array.of(1, 0, 0, 0, 0, 0))).toBeCloseTo(1.5 / 2, 14);
});

test('a set without present genes scores NaN, a signed set is refused by name', () => {
  expect(score(set([], {nMissing: 2}), 3)).toBeNaN();
  expect(() => score(set([0], {negativeColumns: [1]}), 3)).toThrow('signature S is signed');
});

test('the top rank is 5 % of the genes, rounded up', () => {
  expect([aucellTopRank(9015), aucellTopRank(140)]).toEqual([451, 7]);
});

// Origin: ref/kang, the closed form in R 4.2.2, itself equal to the mean of 200 random tie-breaks of AUCell (aertslab/AUCell 91753b3).
test.runIf(hasKang)('the scores of 1,971 lupus cells equal the expected AUCell within 1e-8', async () => {
  const {counts, genes, cells} = await readKang();
  const scores = scoreAucell(counts, Object.values(kangSets).map((name) => onColumns(signature(name), genes)), {topRank: aucellTopRank(genes.length)});
  const [header, ...rows] = readReference('cells_aucell_top5_tiesexpected.csv.gz');
  const row = new Map(cells.map((cell, k) => [cell, k]));
  let worst = 0;
  let compared = 0;
  for (const values of rows) {
    for (const [s, name] of Object.keys(kangSets).entries()) {
      worst = Math.max(worst, Math.abs(scores[s][row.get(values[0]) ?? -1] - Number(values[header.indexOf(name)])));
      compared++;
    }
  }
  expect(compared).toBe(1971 * 6);
  expect(worst).toBeLessThan(1e-8);
});

test.runIf(hasKang)('scoring each sample alone gives the same scores to the bit', async () => {
  const kang = await readKang();
  const sets = Object.values(kangSets).map((name) => onColumns(signature(name), kang.genes));
  const all = scoreAucell(kang.counts, sets, {topRank: 451});
  const sampleOf = kang.obs('sample');
  for (const sample of new Set(sampleOf)) {
    const rows = sampleOf.flatMap((name, k) => (name === sample ? [k] : []));
    const alone = scoreAucell(selectRows(kang.counts, rows), sets, {topRank: 451});
    expect(alone.map((scores) => [...scores])).toEqual(all.map((scores) => rows.map((cell) => scores[cell])));
  }
});

// Origin: ref/kang, the mean of 20 scores with random ties in R 4.2.2. Two means of 20 draws differ by their Monte-Carlo errors: the spread of one draw, from ours, times sqrt(2 / 20).
test.runIf(hasKang)('random ties: the mean of 20 seeded draws is that of R within the error of drawing, and one seed gives one score', async () => {
  const kang = await readKang();
  const rows = Array.from({length: 100}, (_, k) => k * 19);
  const counts = selectRows(kang.counts, rows);
  const names = ['INFLAM', 'IFNGS4'] as const;
  const sets = names.map((name) => onColumns(signature(kangSets[name]), kang.genes));
  const draw = (seed: number): Float64Array[] => scoreAucell(counts, sets, {topRank: 451, tiesOf: (row) => randomStream(seed, `ties ${kang.cells[rows[row]]}`)});
  expect(draw(1)).toEqual(draw(1));
  const draws = Array.from({length: 20}, (_, seed) => draw(seed));
  const [header, ...lines] = readReference('cells_aucell_top5_tiesrandom_mean20.csv.gz');
  const stored = new Map(lines.map((line) => [line[0], line]));
  names.forEach((name, s) => {
    let [squares, expected, bias] = [0, 0, 0];
    rows.forEach((cell, i) => {
      const own = draws.map((scores) => scores[s][i]);
      const mean = own.reduce((sum, value) => sum + value, 0) / 20;
      const difference = mean - Number(stored.get(kang.cells[cell])?.[header.indexOf(name)]);
      squares += difference ** 2;
      bias += difference;
      expected += (2 * own.reduce((sum, value) => sum + (value - mean) ** 2, 0)) / 19 / 20;
    });
    expect(expected).toBeGreaterThan(0);
    // Squared differences over 100 cells add up to their variances, give or take 4 sqrt(2 / 100); their sum is 0 within 4 standard errors.
    expect(squares / expected, name).toBeLessThan(1.6);
    expect(squares / expected, name).toBeGreaterThan(0.4);
    expect(Math.abs(bias) / Math.sqrt(expected), name).toBeLessThan(4);
  });
});
