// Scores over log expression against the tools: Seurat 4.3.0 and scanpy 1.12.4 with the control genes that they drew, decoupler 2.3.1.
import {beforeAll, describe, expect, test} from 'vitest';
import {binByRank, moduleScoreControls, scoreGenesControls, type Controls} from '../../../pipeline/analysis/control-genes.ts';
import {scoreExpression, type ExpressionScore} from '../../../pipeline/analysis/expression-scores.ts';
import {addLogExpression} from '../../../pipeline/analysis/log-expression.ts';
import type {ScoredSet} from '../../../pipeline/analysis/ucell.ts';
import type {SparseMatrix} from '../../../pipeline/data/matrix.ts';
import {hasKang, kangSets, onColumns, readKang, readReference, readScverse, signature, type Kang} from './kang-reference.ts';

const set = (columns: number[], more: Partial<ScoredSet> = {}): ScoredSet => ({name: 'S', columns, negativeColumns: [], nMissing: 0, nNegativeMissing: 0, ...more});
const columnsOf = (controls: Controls): number[] => ('missing' in controls ? [] : [...controls.columns]);
const l = (count: number): number => Math.log1p(count * 1000);

/** One cell, total 10, so that a count c is worth log1p(1000 c). */
const one: SparseMatrix = {kind: 'sparse', nRows: 1, nColumns: 6, indptr: Uint32Array.of(0, 3), indices: Uint32Array.of(0, 1, 4), values: Float32Array.of(2, 5, 3)};
const score = (columns: number[], kind: ExpressionScore, excluded?: Uint8Array): number => scoreExpression(one, [set(columns)], kind, excluded)[0][0];

test('the mean takes zeros as zeros and leaves missing genes out', () => {
  expect(score([0, 1, 2], {kind: 'mean'})).toBeCloseTo((l(2) + l(5)) / 3, 14);
  expect(scoreExpression(one, [set([0], {nMissing: 9})], {kind: 'mean'})[0][0]).toBeCloseTo(l(2), 14);
});

test('whole bins: the set against every other gene of its bins', () => {
  // Genes 0..2 in bin 0, 3..5 in bin 1. Set {0}: controls 1, 2. Set {0, 4}: controls 1, 2, 3, 5.
  const bins = Int32Array.of(0, 0, 0, 1, 1, 1);
  expect(score([0], {kind: 'bins', bins})).toBeCloseTo(l(2) - l(5) / 2, 14);
  expect(score([0, 4], {kind: 'bins', bins})).toBeCloseTo((l(2) + l(3)) / 2 - l(5) / 4, 14);
});

test('controls are weighed alike, and an excluded gene is in no mean', () => {
  expect(score([0], {kind: 'controls', controls: [Uint32Array.of(1, 2, 3)]})).toBeCloseTo(l(2) - l(5) / 3, 14);
  // Without gene 1: values l(2), 0, 0, l(3), 0 over 5 genes.
  const values = [l(2), 0, 0, l(3), 0];
  const mean = (l(2) + l(3)) / 5;
  const sd = Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / 4);
  expect(score([0], {kind: 'zscore', flavour: 'KSEA'}, Uint8Array.of(0, 1, 0, 0, 0, 0))).toBeCloseTo((l(2) - mean) / sd, 12);
});

test('ulm is the t of a regression of expression on membership', () => {
  // Slope = mean in - mean out; its t from the pooled variance, df = N - 2: the two-sample t with equal variances.
  const [inside, outside] = [[l(2), 0], [l(5), 0, l(3), 0]];
  const mean = (values: number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
  const squares = [inside, outside].reduce((total, values) => total + values.reduce((sum, value) => sum + (value - mean(values)) ** 2, 0), 0);
  expect(score([0, 2], {kind: 'ulm'})).toBeCloseTo((mean(inside) - mean(outside)) / Math.sqrt((squares / 4) * (1 / 2 + 1 / 4)), 10);
});

test('a signed set is refused by name', () => {
  expect(() => scoreExpression(one, [set([0], {negativeColumns: [1]})], {kind: 'mean'})).toThrow('signature S is signed');
});

test('what cannot be drawn is missing with its reason', () => {
  const cohort = {means: Float64Array.from({length: 240}, (_, i) => i), excluded: new Uint8Array(240)};
  const drawn = moduleScoreControls(cohort, [set([3])]);
  if ('missing' in drawn) throw new Error(drawn.missing);
  expect(drawn.controls[0]).toEqual({missing: 'a bin of 10 genes has no 100 controls'});
  expect(moduleScoreControls({means: new Float64Array(3).fill(1), excluded: new Uint8Array(3)}, [])).toEqual({missing: "the genes' means have too few values for 24 bins"});
  expect(scoreGenesControls(Int32Array.of(0, 0, 1), [set([0, 1])])).toEqual([{missing: 'no control gene in the bins of the set'}]);
});

test('never-expressed genes share a bin and excluded genes have none', () => {
  const means = [0, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8];
  const bins = binByRank({means, excluded: Uint8Array.from(means, (_, i) => (i === 11 ? 1 : 0))}, 4);
  // 11 genes, width round(11 / 3) = 4: ranks 1 1 1 1 5 6 7 8 9 10 11.
  expect([...bins]).toEqual([0, 0, 0, 0, 1, 1, 1, 2, 2, 2, 2, -1]);
});

describe.runIf(hasKang)('on 1,971 lupus cells', () => {
  let kang: Kang;
  let cohort: {means: Float64Array; excluded: Uint8Array};
  let bins: Int32Array;
  const names = Object.keys(kangSets) as (keyof typeof kangSets)[];
  let sets: ScoredSet[];

  beforeAll(async () => {
    kang = await readKang();
    sets = names.map((name) => onColumns(signature(kangSets[name]), kang.genes));
    const sums = new Float64Array(kang.genes.length);
    addLogExpression(kang.counts, sums);
    cohort = {means: sums.map((sum) => sum / kang.counts.nRows), excluded: new Uint8Array(kang.genes.length)};
    bins = binByRank(cohort);
  });

  /** Largest difference to the columns `column(name)` of a table of cells. */
  function worst([header, ...rows]: string[][], scores: readonly Float64Array[], column: (name: string) => string): number {
    const place = new Map(kang.cells.map((cell, k) => [cell, k]));
    const at = names.map((name) => header.indexOf(column(name)));
    expect(at.every((k) => k > 0)).toBe(true);
    expect(rows.length).toBeGreaterThan(100);
    return Math.max(...rows.flatMap((row) => at.map((k, s) => Math.abs(scores[s][place.get(row[0]) ?? -1] - Number(row[k])))));
  }
  const run = (kind: ExpressionScore): Float64Array[] => scoreExpression(kang.counts, sets, kind);
  const controlLists = (name: string): Map<string, string[]> => new Map(readReference(name, '\t').map(([tag, ...rest]) => [tag, rest]));

  // Origin: Seurat 4.3.0 AddModuleScore, seed 1, six sets in one call.
  test('AddModuleScore: the same bins, the same controls in the same order, and the scores within 1e-8', () => {
    const drawn = moduleScoreControls(cohort, sets);
    if ('missing' in drawn) throw new Error(drawn.missing);
    const stored = controlLists('addmodulescore_controls_seed1.tsv');
    names.forEach((name, s) => expect(columnsOf(drawn.controls[s]).map((gene) => kang.genes[gene]), name).toEqual(stored.get(name)?.slice(1)));
    const binOf = new Map(readReference('addmodulescore_bins.csv').slice(1).map(([gene, , bin]) => [gene, Number(bin)]));
    expect(kang.genes.filter((gene, k) => drawn.bins.binOf[k] !== binOf.get(gene))).toEqual([]);
    const scores = run({kind: 'controls', controls: drawn.controls.map((controls) => Uint32Array.from(columnsOf(controls)))});
    expect(worst(readReference('cells_addmodulescore_seed1.csv.gz'), scores, (name) => name)).toBeLessThan(1e-8);
  });

  // Origin: scanpy 1.12.4, executed (controls; scores within float32), and the same in float64 (1e-8).
  test.each(['ref', 'noref'] as const)('score_genes, %s: the same controls and scores', (tag) => {
    const drawn = scoreGenesControls(bins, sets, {removeAfterDraw: tag === 'ref'}).map((controls) => Uint32Array.from(columnsOf(controls)));
    for (const stored of [controlLists('scanpy_controls_seed0.tsv'), new Map(readScverse('kang_score_genes_controls.tsv.gz', '\t').map(([key, ...rest]) => [key, rest]))]) {
      names.forEach((name, s) => expect([...drawn[s]].map((gene) => kang.genes[gene]).sort(), name).toEqual(stored.get(`${name}_${tag}`)?.slice(2).sort()));
    }
    const scores = run({kind: 'controls', controls: drawn});
    expect(worst(readReference('cells_scanpy_score_genes_seed0.csv.gz'), scores, (name) => `${name}_${tag}`)).toBeLessThan(1e-8);
    expect(worst(readScverse('kang_scores_200_cells.csv.gz'), scores, (name) => `score_genes:${name}_${tag}`)).toBeLessThan(1e-6);
    expect(worst(readScverse('kang_scores_all_cells.csv.gz'), scores, (name) => `score_genes:${name}_${tag}`)).toBeLessThan(1e-6);
  });

  test('score_genes: the bins of scanpy', () => {
    const binOf = new Map(readScverse('kang_score_genes_bins.csv.gz').slice(1).map(([gene, , bin]) => [gene, Number(bin)]));
    expect(kang.genes.filter((gene, k) => bins[k] !== binOf.get(gene))).toEqual([]);
  });

  // Origin: R 4.2.2, every gene of the bins as control.
  test('whole bins without randomness within 1e-8', () => {
    expect(worst(readReference('cells_score_genes_seedfree_allbin.csv.gz'), run({kind: 'bins', bins}), (name) => name)).toBeLessThan(1e-8);
  });

  // Origin: R 4.2.2 formulas (1e-8), and decoupler 2.3.1, executed, on values in float32 (1e-6).
  test('mean, zscore of both flavours and ulm', () => {
    expect(worst(readReference('cells_mean_lognorm.csv.gz'), run({kind: 'mean'}), (name) => name)).toBeLessThan(1e-8);
    const [ksea, rokai, ulm] = [run({kind: 'zscore', flavour: 'KSEA'}), run({kind: 'zscore', flavour: 'RoKAI'}), run({kind: 'ulm'})];
    expect(worst(readReference('cells_decoupler_zscore_rokai.csv.gz'), ksea, (name) => name)).toBeLessThan(1e-8);
    expect(worst(readReference('cells_decoupler_ulm_t.csv.gz'), ulm, (name) => name)).toBeLessThan(1e-8);
    const executed = readScverse('kang_scores_all_cells.csv.gz');
    expect(worst(executed, ulm, (name) => `decoupler_ulm:${name}`)).toBeLessThan(1e-6);
    const [first, second] = [(name: string) => `decoupler_zscore_KSEA:${name}`, (name: string) => `decoupler_zscore:${name}`];
    expect(worst(executed, ksea, first)).toBeLessThan(1e-6);
    expect(worst(executed, rokai, second)).toBeLessThan(1e-6);
  });
});
