import {expect, test} from 'vitest';
import {scoreUcell, type ScoredSet} from '../../../pipeline/analysis/ucell.ts';
import {selectRows, type SparseMatrix} from '../../../pipeline/data/matrix.ts';
import {hasKang, kangSets, onColumns, readKang, readReference, readScverse, signature} from './kang-reference.ts';

const set = (columns: number[], more: Partial<ScoredSet> = {}): ScoredSet => ({name: 'S', columns, negativeColumns: [], nMissing: 0, nNegativeMissing: 0, ...more});

/** Counts 5, 3, 3, 0, 0, 0: ranks 1, 2.5, 2.5 and (4 + 6) / 2 = 5 for each zero. */
const one: SparseMatrix = {
  kind: 'sparse', nRows: 1, nColumns: 6, indptr: Uint32Array.of(0, 3), indices: Uint32Array.of(0, 1, 2), values: Float32Array.of(5, 3, 3),
};
const score = (chosen: ScoredSet, maxRank: number): number => scoreUcell(one, [chosen], {maxRank})[0][0];

test('a score is 1 - (R - Rmin) / (n maxRank - Rmin) of capped mid-ranks', () => {
  // Genes 0 and 1: R = 3.5, Rmin = 3; maxRank 4: 1 - 0.5 / (8 - 3) = 0.9.
  expect(score(set([0, 1]), 4)).toBeCloseTo(0.9, 14);
  // Genes 0 and 3, maxRank 4: the zero rank 5 is capped: R = 1 + 4 = 5, 1 - 2 / 5 = 0.6. maxRank 6: R = 6, 1 - 3 / 9.
  expect(score(set([0, 3]), 4)).toBeCloseTo(0.6, 14);
  expect(score(set([0, 3]), 6)).toBeCloseTo(1 - 3 / 9, 14);
});

test('a missing gene counts as the worst rank', () => {
  // Gene 0 and one missing, maxRank 4: R = 1 + 4 = 5, as above.
  expect(score(set([0], {nMissing: 1}), 4)).toBeCloseTo(0.6, 14);
});

test('a signed set is the difference, never below 0', () => {
  // U+ of gene 0 = 1; U- of gene 1 = 1 - (2.5 - 1) / (4 - 1) = 0.5.
  expect(score(set([0], {negativeColumns: [1]}), 4)).toBeCloseTo(0.5, 14);
  expect(score(set([1], {negativeColumns: [0]}), 4)).toBe(0);
});

test('an excluded gene takes no rank', () => {
  // Without gene 0 the counts 3, 3 share rank 1.5: 1 - 0.5 / 3.
  expect(scoreUcell(one, [set([1])], {maxRank: 4, excluded: Uint8Array.of(1, 0, 0, 0, 0, 0)})[0][0]).toBeCloseTo(1 - 0.5 / 3, 14);
});

test('a set larger than the maximum rank is refused by name', () => {
  expect(() => score(set([0, 1, 2]), 2)).toThrow('signature S has 3 genes, more than the maximum rank 2');
});

function kangScoredSets(genes: readonly string[], missing: 'impute' | 'skip'): ScoredSet[] {
  return Object.values(kangSets).map((name) => {
    const imputed = onColumns(signature(name), genes);
    return missing === 'impute' ? imputed : {...imputed, nMissing: 0};
  });
}

// Origin: UCell's own R functions (carmonalab/UCell 15b029a) on Kang 2018, 1,971 cells x 9,015 genes; 10 significant digits stored.
for (const [file, maxRank, missing] of [['max1500_impute', 1500, 'impute'], ['max1500_skip', 1500, 'skip'], ['max600_impute', 600, 'impute']] as const) {
  test.runIf(hasKang)(`the scores of 1,971 lupus cells equal UCell's within 1e-8 (${file})`, async () => {
    const {counts, genes, cells} = await readKang();
    const scores = scoreUcell(counts, kangScoredSets(genes, missing), {maxRank});
    const lines = readReference(`cells_ucell_${file}.csv.gz`);
    const row = new Map(cells.map((cell, k) => [cell, k]));
    let worst = 0;
    let compared = 0;
    for (const values of lines.slice(1)) {
      const cell = row.get(values[0]) ?? -1;
      for (const [s, name] of Object.keys(kangSets).entries()) {
        worst = Math.max(worst, Math.abs(scores[s][cell] - Number(values[lines[0].indexOf(name)])));
        compared++;
      }
    }
    expect(compared).toBe(1971 * 6);
    expect(worst).toBeLessThan(1e-8);
  });
}

test.runIf(hasKang)('scoring a part of the cells gives the same scores to the bit', async () => {
  const {counts, genes} = await readKang();
  const sets = kangScoredSets(genes, 'impute');
  const rows = [7, 1500, 3];
  const all = scoreUcell(counts, sets, {maxRank: 600});
  const part = scoreUcell(selectRows(counts, rows), sets, {maxRank: 600});
  expect(part.map((scores) => [...scores])).toEqual(all.map((scores) => rows.map((cell) => scores[cell])));
});

// Origin: pyUCell 0.8.0, executed.
test.runIf(hasKang)('the scores equal pyUCell within 1e-6', async () => {
  const {counts, genes, cells} = await readKang();
  const scores = scoreUcell(counts, kangScoredSets(genes, 'impute'), {maxRank: 1500});
  const [header, ...rows] = readScverse('kang_scores_all_cells.csv.gz');
  const row = new Map(cells.map((cell, k) => [cell, k]));
  const worst = Math.max(...rows.flatMap((values) => Object.keys(kangSets).map((name, s) => Math.abs(scores[s][row.get(values[0]) ?? -1] - Number(values[header.indexOf(`pyucell_max1500:${name}`)])))));
  expect(worst).toBeLessThan(1e-6);
});
