import {existsSync, readFileSync} from 'node:fs';
import {resolve} from 'node:path';
import {gunzipSync} from 'node:zlib';
import h5wasm, {type Group} from 'h5wasm/node';
import {expect, test} from 'vitest';
import {scoreUcell, type ScoredSet} from '../../../pipeline/analysis/ucell.ts';
import {selectRows, type SparseMatrix} from '../../../pipeline/data/matrix.ts';

const root = resolve(import.meta.dirname, '../../..');
const data = resolve(root, process.env.LYMPHLINE_DATA ?? '../shared/data');
const reference = resolve(data, '../ref/kang');
const hasKang = existsSync(resolve(data, 'kang/kang2k.h5ad')) && existsSync(reference);
if (!hasKang) console.log('The UCell reference on Kang 2018 is skipped: no LYMPHLINE_DATA and no ../shared/data.');

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

/** Column names of ref/kang -> sets of configs/signatures/signatures.gmt, without alias repair (ref/kang README). */
const kangSets = {
  IFNA: 'HALLMARK_INTERFERON_ALPHA_RESPONSE', IFNG: 'HALLMARK_INTERFERON_GAMMA_RESPONSE', INFLAM: 'HALLMARK_INFLAMMATORY_RESPONSE',
  TNFA: 'HALLMARK_TNFA_SIGNALING_VIA_NFKB', IL6: 'HALLMARK_IL6_JAK_STAT3_SIGNALING', IFNGS4: 'SLE_IFNGS_4GENE',
};

async function readKang(): Promise<{counts: SparseMatrix; genes: string[]; cells: string[]}> {
  await h5wasm.ready;
  const file = new h5wasm.File(resolve(data, 'kang/kang2k.h5ad'), 'r');
  const read = (path: string): ArrayLike<number> & Iterable<string> => (file.get(path) as unknown as {value: ArrayLike<number> & Iterable<string>}).value;
  const indexOf = (frame: string): string[] => [...read(`${frame}/${String((file.get(frame) as Group).attrs._index.value)}`)];
  const genes = indexOf('var');
  const cells = indexOf('obs');
  const counts: SparseMatrix = {
    kind: 'sparse', nRows: cells.length, nColumns: genes.length,
    indptr: Uint32Array.from(read('X/indptr')), indices: Uint32Array.from(read('X/indices')), values: Float32Array.from(read('X/data')),
  };
  file.close();
  return {counts, genes, cells};
}

function kangScoredSets(genes: readonly string[], missing: 'impute' | 'skip'): ScoredSet[] {
  const column = new Map(genes.map((gene, k) => [gene, k]));
  const gmt = new Map(readFileSync(resolve(root, 'configs/signatures/signatures.gmt'), 'utf8').split('\n').map((line) => [line.split('\t')[0], line.split('\t').slice(2)]));
  return Object.values(kangSets).map((name) => {
    const all = gmt.get(name) ?? [];
    const present = all.filter((gene) => column.has(gene));
    return {name, columns: present.map((gene) => column.get(gene) ?? -1), negativeColumns: [], nMissing: missing === 'impute' ? all.length - present.length : 0, nNegativeMissing: 0};
  });
}

// Origin: UCell's own R functions (carmonalab/UCell 15b029a) on Kang 2018, 1,971 cells x 9,015 genes; 10 significant digits stored.
for (const [file, maxRank, missing] of [['max1500_impute', 1500, 'impute'], ['max1500_skip', 1500, 'skip'], ['max600_impute', 600, 'impute']] as const) {
  test.runIf(hasKang)(`the scores of 1,971 lupus cells equal UCell's within 1e-8 (${file})`, async () => {
    const {counts, genes, cells} = await readKang();
    const scores = scoreUcell(counts, kangScoredSets(genes, missing), {maxRank});
    const lines = gunzipSync(readFileSync(resolve(reference, `cells_ucell_${file}.csv.gz`))).toString().trim().replaceAll('"', '').split('\n').map((line) => line.split(','));
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
