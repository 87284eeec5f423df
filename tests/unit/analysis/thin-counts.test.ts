import {expect, test} from 'vitest';
import {scoreAucell} from '../../../pipeline/analysis/aucell.ts';
import {drawBinomial, thinCounts} from '../../../pipeline/analysis/thin-counts.ts';
import {binByRank} from '../../../pipeline/analysis/control-genes.ts';
import {scoreExpression} from '../../../pipeline/analysis/expression-scores.ts';
import {addLogExpression} from '../../../pipeline/analysis/log-expression.ts';
import {scoreUcell} from '../../../pipeline/analysis/ucell.ts';
import {randomStream} from '../../../pipeline/base/random.ts';
import {selectRows, type SparseMatrix} from '../../../pipeline/data/matrix.ts';
import {hasKang, kangSets, onColumns, readKang, readReference, signature} from './kang-reference.ts';

const two: SparseMatrix = {
  kind: 'sparse', nRows: 2, nColumns: 4, indptr: Uint32Array.of(0, 3, 5), indices: Uint32Array.of(0, 1, 3, 1, 2), values: Float32Array.of(9, 1, 4, 30, 2),
};
const cells = ['a', 'b'];
const thin = (counts: SparseMatrix, names: readonly string[], p: number): SparseMatrix =>
  thinCounts(counts, {keepProbability: () => p, randomOf: (row) => randomStream(7, names[row])});

test('probability 1 keeps every count, 0 leaves no stored value', () => {
  expect(thin(two, cells, 1)).toEqual(two);
  expect(thin(two, cells, 0)).toMatchObject({nRows: 2, nColumns: 4, indptr: Uint32Array.of(0, 0, 0), indices: new Uint32Array(0), values: new Float32Array(0)});
});

test('thinning is repeatable and independent of the other cells', () => {
  const swapped = thin(selectRows(two, [1, 0]), ['b', 'a'], 0.5);
  expect(selectRows(swapped, [1, 0])).toEqual(thin(two, cells, 0.5));
});

test('no count grows and none is stored as zero', () => {
  const thinned = thin(two, cells, 0.3);
  expect(thinned.values.every((value) => value > 0)).toBe(true);
  const [before, after] = [two, thinned].map((m) => m.values.reduce((sum, value) => sum + value, 0));
  expect(after).toBeLessThan(before);
});

test('the draws follow the binomial distribution', () => {
  // n = 3, p = 0.4: 0.6^3 = 0.216, 3 0.4 0.36 = 0.432, 3 0.16 0.6 = 0.288, 0.064. Chi-square of 3 degrees is above 16.27 with p = 0.001.
  const expected = [0.216, 0.432, 0.288, 0.064];
  const random = randomStream(1, 'binomial');
  const seen = [0, 0, 0, 0];
  for (let i = 0; i < 20_000; i++) seen[drawBinomial(3, 0.4, random)]++;
  expect(expected.reduce((sum, p, k) => sum + (seen[k] - 20_000 * p) ** 2 / (20_000 * p), 0)).toBeLessThan(16.27);
});

test('a value that is no count and a probability outside 0..1 are refused', () => {
  const logs: SparseMatrix = {...two, values: Float32Array.of(9, 1.5, 4, 30, 2)};
  expect(() => thin(logs, cells, 0.5)).toThrow('row 0 holds 1.5, thinning needs whole counts');
  expect(() => thin(two, cells, 1.1)).toThrow('the probability to keep a UMI of row 0 is 1.1, expected 0..1');
});

// Origin: ref/kang/depth_sensitivity_thin50.csv (R 4.2.2, rbinom after set.seed(42)): control cells, all counts thinned to half. The full
// means must agree; R's halved mean is one draw, so it must lie within 3 standard deviations of 10 of ours (100 draws: |z| <= 1.34).
test.runIf(hasKang)('thinning control cells by half lowers the scores as it does in R', async () => {
  const kang = await readKang();
  const condition = kang.obs('condition');
  const rows = condition.flatMap((name, k) => (name === 'ctrl' ? [k] : []));
  const control = selectRows(kang.counts, rows);
  const names = ['IFNA', 'INFLAM'] as const;
  const sets = names.map((name) => onColumns(signature(kangSets[name]), kang.genes));
  const sums = new Float64Array(kang.genes.length);
  addLogExpression(kang.counts, sums);
  const bins = binByRank({means: sums, excluded: new Uint8Array(sums.length)});
  const methods: Record<string, (counts: SparseMatrix) => Float64Array[]> = {
    UCell1500: (counts) => scoreUcell(counts, sets, {maxRank: 1500}),
    UCell500: (counts) => scoreUcell(counts, sets, {maxRank: 500}),
    AUCell: (counts) => scoreAucell(counts, sets, {topRank: 451}),
    tirosh: (counts) => scoreExpression(counts, sets, {kind: 'bins', bins}),
    zscore: (counts) => scoreExpression(counts, sets, {kind: 'zscore', flavour: 'KSEA'}),
    mean: (counts) => scoreExpression(counts, sets, {kind: 'mean'}),
  };
  const halves = Array.from({length: 10}, (_, seed) =>
    thinCounts(control, {keepProbability: () => 0.5, randomOf: (row) => randomStream(seed, kang.cells[rows[row]])}),
  );
  const meanOf = (scores: Float64Array): number => scores.reduce((sum, score) => sum + score, 0) / scores.length;
  const table = readReference('depth_sensitivity_thin50.csv').slice(1);
  for (const [method, scoreAll] of Object.entries(methods)) {
    const full = scoreAll(control);
    const drawn = halves.map(scoreAll);
    for (const [s, name] of names.entries()) {
      const [, , meanFull, meanHalf] = (table.find((line) => line[0] === name && line[1] === method) ?? []).map(Number);
      const means = drawn.map((scores) => meanOf(scores[s]));
      const center = means.reduce((sum, mean) => sum + mean, 0) / means.length;
      const spread = Math.sqrt(means.reduce((sum, mean) => sum + (mean - center) ** 2, 0) / (means.length - 1));
      expect(meanOf(full[s])).toBeCloseTo(meanFull, 10);
      expect(Math.abs(center - meanHalf) / spread).toBeLessThan(3);
    }
  }
});
