import {expect, test} from 'vitest';
import {cloneAbundances, coverageCorrected, exactInterval, expansionClass, sampleCoverage, unseenClones} from '../../../pipeline/analysis/clonal-abundance.ts';
import {ace, chao1, clonality, d50, d50Percent, describeDiversity, expandedFraction, gini, hillNumber, pielou, topClone} from '../../../pipeline/analysis/clonal-diversity.ts';
import {drawDiversity} from '../../../pipeline/analysis/depth-matched-diversity.ts';
import {hillAtSize} from '../../../pipeline/analysis/hill-at-size.ts';
import {randomStream} from '../../../pipeline/base/random.ts';

// ExampleDb of alakazam (AGPL-3), as [clone size, number of clones]: countClones.csv of alakazam 1.2.1 in R 4.2.2.
const before = spread([[1, 759], [2, 70], [3, 12], [4, 3], [5, 4], [6, 1], [7, 1], [8, 1], [12, 1]]);
const after = spread([
  [1, 258], [2, 30], [3, 23], [4, 7], [5, 3], [6, 3], [7, 1], [9, 3], [10, 1], [11, 1], [12, 1], [14, 1], [15, 2], [16, 2], [19, 1], [20, 2], [21, 1],
  [23, 1], [26, 1], [27, 1], [28, 1], [30, 1], [44, 1], [50, 1], [100, 1],
]);

interface Reference {
  readonly name: string;
  readonly counts: readonly number[];
  readonly coverage: number;
  readonly f0: number;
  readonly ace: number | null;
  readonly shannon: number;
  readonly inverseSimpson: number;
  readonly pielou: number | null;
  readonly gini: number;
  readonly d50: number;
  readonly d50Percent: number;
  readonly top: number;
}

// alakazam 1.2.1 (coverage, f0), vegan 2.6-4 (ACE, Shannon, Simpson) and arithmetic in R (the rest): make_reference.R, deterministic.csv.
const references: readonly Reference[] = [
  {name: '-1h', counts: before, coverage: 0.24114011426974, f0: 4111, ace: 6020.10912996507, shannon: 6.65151400073992, inverseSimpson: 629.722921914358, pielou: 0.985761942331914, gini: 0.136971830985916, d50: 352, d50Percent: 41.3145539906103, top: 0.012},
  {name: '+7d', counts: after, coverage: 0.741801908142417, f0: 1109, ace: 1379.88996814455, shannon: 4.82951257976205, inverseSimpson: 44.6512907699879, pielou: 0.82524700682403, gini: 0.59513248881065, d50: 19, d50Percent: 5.45977011494253, top: 0.1001001001001},
  {name: 'single', counts: [7], coverage: 1, f0: 0, ace: 1, shannon: 0, inverseSimpson: 1, pielou: null, gini: 0, d50: 1, d50Percent: 100, top: 1},
  {name: 'one_singleton', counts: [1], coverage: 1, f0: 0, ace: null, shannon: 0, inverseSimpson: 1, pielou: null, gini: 0, d50: 1, d50Percent: 100, top: 1},
  {name: 'all_singletons', counts: [1, 1, 1, 1, 1], coverage: 0.111111111111111, f0: 8, ace: null, shannon: 1.6094379124341, inverseSimpson: 5, pielou: 1, gini: 0, d50: 3, d50Percent: 60, top: 0.2},
  {name: 'f2zero', counts: [1, 1, 1, 3, 5], coverage: 0.752066115702479, f0: 3, ace: 9.453125, shannon: 1.3667110520552, inverseSimpson: 3.27027027027027, pielou: 0.849185322090619, gini: 0.363636363636364, d50: 2, d50Percent: 40, top: 0.454545454545455},
  {name: 'f1zero', counts: [2, 2, 4], coverage: 1, f0: 0, ace: 3, shannon: 1.03972077083992, inverseSimpson: 2.66666666666667, pielou: 0.946394630357186, gini: 0.166666666666667, d50: 1, d50Percent: 33.3333333333333, top: 0.5},
  {name: 'f1one_f2zero', counts: [1, 3, 9], coverage: 1, f0: 0, ace: 3.92708333333333, shannon: 0.79026796807459, inverseSimpson: 1.85714285714286, pielou: 0.719332904088177, gini: 0.41025641025641, d50: 1, d50Percent: 33.3333333333333, top: 0.692307692307692},
  {name: 'even', counts: [4, 4, 4, 4], coverage: 1, f0: 0, ace: 4, shannon: 1.38629436111989, inverseSimpson: 4, pielou: 1, gini: 0, d50: 2, d50Percent: 50, top: 0.25},
  {name: 'dominant', counts: spread([[1000, 1], [1, 50]]), coverage: 0.952382805154044, f0: 1224, ace: null, shannon: 0.37773089174001, inverseSimpson: 1.10244487775611, pielou: 0.0960701025488467, gini: 0.932773109243697, d50: 1, d50Percent: 1.96078431372549, top: 0.952380952380952},
  {name: 'doc', counts: [1, 1, 3, 10], coverage: 0.883333333333333, f0: 1, ace: 7.17666948436179, shannon: 0.953271014705891, inverseSimpson: 2.02702702702703, pielou: 0.68763968276969, gini: 0.483333333333333, d50: 1, d50Percent: 25, top: 0.666666666666667},
];

test.each(references)('$name: coverage, diversity and evenness equal alakazam and vegan', ({counts, ...reference}) => {
  near(sampleCoverage(counts), reference.coverage);
  expect(Math.ceil(unseenClones(counts))).toBe(reference.f0);
  near(ace(counts), reference.ace);
  near(hillNumber(counts, 0), counts.length);
  near(hillNumber(counts, 1), Math.exp(reference.shannon));
  near(hillNumber(counts, 2), reference.inverseSimpson);
  near(pielou(counts), reference.pielou);
  near(clonality(counts), reference.pielou === null ? null : 1 - reference.pielou);
  near(gini(counts), reference.gini);
  expect(d50(counts)).toBe(reference.d50);
  near(d50Percent(counts), reference.d50Percent);
  near(topClone(counts), reference.top);
});

test.each(references)('$name: corrected abundances of the seen clones sum to the coverage', ({counts, coverage}) => {
  const corrected = coverageCorrected(counts);
  near(corrected.reduce((total, p) => total + p, 0), coverage);
  expect(corrected.every((p) => p > 0)).toBe(true);
});

test('corrected abundances equal alakazam inferCompleteAbundance', () => {
  // complete_abundance.csv
  near(coverageCorrected(before)[before.indexOf(12)], 0.0119998137062443);
  near(coverageCorrected(before)[before.indexOf(8)], 0.00799321913705145);
  near(coverageCorrected(before)[before.indexOf(1)], 7.04851059823499e-5);
  near(coverageCorrected(after)[after.indexOf(1)], 0.000114421136993896);
  near(coverageCorrected([1, 1, 1, 1, 1])[0], 0.0222222222222222);
  [0.0200219067363583, 0.243946661283685, 0.44805373420972].forEach((p, index) => near(coverageCorrected([1, 1, 1, 3, 5])[index + 2], p));
  [0.0182017569780091, 0.180322963160746, 0.666606856216569].forEach((p, index) => near(coverageCorrected([1, 1, 3, 10])[index + 1], p));
  near(coverageCorrected([1000, ...new Array<number>(50).fill(1)])[1], 3.7055461835792e-8);
});

test('Hill numbers of other orders equal alakazam, and q = 1 is the limit also where a grid misses it by a rounding', () => {
  // hill.csv, D_raw_exact
  const orders = [0.5, 1, 3, 4];
  [819.22700983155, 773.955207710392, 441.338757321916, 306.742493128046].forEach((value, index) => near(hillNumber(before, orders[index]), value));
  [227.610121879121, 125.149945169828, 27.0008292092242, 20.6151891057808].forEach((value, index) => near(hillNumber(after, orders[index]), value));
  near(hillNumber([1, 1, 3, 10], 0.1 + 3 * 0.3), Math.exp(0.953271014705891));
});

test('Chao1 equals iNEXT', () => {
  // iNEXT 3.0.2 ChaoRichness, printed to 3 digits: inext_chaorichness.csv
  expect(chao1(before)).toBeCloseTo(4962.749, 3);
  expect(chao1(after)).toBeCloseTo(1456.289, 3);
});

test('Hill numbers at a smaller depth equal iNEXT', () => {
  // iNEXT 3.0.2 TD.m.est: inext_size_based.csv. rows: depth, then q = 0, 1, 2
  const expected: [readonly number[], number, number[]][] = [
    [before, 10, [9.97379556052067, 9.9635923757754, 9.94730616195286]],
    [before, 500, [453.184830800713, 429.620791071996, 386.486662147957]],
    [after, 100, [62.4795666172328, 47.4838348698891, 32.0491826992631]],
    [after, 500, [208.207602422912, 99.0244674314387, 42.783725910063]],
  ];
  for (const [counts, depth, values] of expected) values.forEach((value, q) => near(hillAtSize(counts, depth, [q])[0], value, 1e-9));
  near(hillAtSize(after, 999, [1])[0], hillNumber(after, 1), 1e-9);
});

test('draws of every cell give the observed values, and fewer cells their expectation', () => {
  const options = {depth: 999, nDraws: 3, expandedMinCells: 3, random: randomStream(1, 'test')};
  expect(drawDiversity(after, options)?.top_clone).toEqual({value: 100 / 999, lower: 100 / 999, upper: 100 / 999});
  near(drawDiversity(after, options)!.clonality.value, clonality(after));
  near(drawDiversity(after, options)!.expanded_fraction.value, expandedFraction(after, 3));
  // [2, 1] at depth 2: pairs AA, AB, AB of equal chance: top = (1 + 1/2 + 1/2) / 3 = 2/3, expanded (>= 2) = 1/3, clonality 0 where defined.
  const drawn = drawDiversity([1, 2], {depth: 2, nDraws: 20_000, expandedMinCells: 2, random: randomStream(2, 'test')})!;
  expect(Math.abs(drawn.top_clone.value! - 2 / 3)).toBeLessThan(0.01);
  expect(Math.abs(drawn.expanded_fraction.value! - 1 / 3)).toBeLessThan(0.014);
  expect(drawn.clonality.value).toBe(0);
  expect(drawDiversity([1, 2], {depth: 4, nDraws: 1, expandedMinCells: 2, random: randomStream(2, 'test')})).toBeNull();
});

test('the same seed gives the same draws in whatever order the clones come', () => {
  const drawn = (counts: readonly number[]) => drawDiversity(counts, {depth: 200, nDraws: 20, expandedMinCells: 3, random: randomStream(7, 'P1')});
  expect(drawn([...after].reverse())).toEqual(drawn(after));
});

test('an abundance row has an exact interval, an SD in closed form and a class', () => {
  const rows = cloneAbundances(new Map([...after].reverse().map((count, index) => [`P1-BCR-${index + 1}`, count])));
  // closed_form_top40.csv: SD of clone 3128 with n_sam 999
  expect(rows[0]).toMatchObject({clone_id: 'P1-BCR-1', clone_size: 100, n_cells: 999, rank: 1, expansion_class: '>=100', missing: ''});
  near(rows[0].abundance, 0.1001001001001);
  near(rows[0].abundance_sd, 0.00949580119317745);
  expect(rows.at(-1)).toMatchObject({clone_size: 1, rank: 91, expansion_class: '1'});
});

test('too few cells leave abundance missing with the reason, never NaN', () => {
  expect(cloneAbundances(new Map([['a', 3], ['b', 1], ['c', 0]]))).toMatchObject([
    {clone_id: 'a', frequency: 0.75, abundance: null, abundance_sd: null, rank: null, missing: 'only 4 cells, 20 needed'},
    {clone_id: 'b', frequency: 0.25, missing: 'only 4 cells, 20 needed'},
  ]);
  expect(cloneAbundances(new Map())).toEqual([]);
  expect(describeDiversity([3, 1]).every((row) => row.value === null && row.missing === 'only 4 cells, 20 needed')).toBe(true);
  expect(describeDiversity([]).every((row) => row.value === null)).toBe(true);
  expect(describeDiversity([25]).filter((row) => row.value === null)).toEqual([
    {measure: 'clonality', q: null, value: null, missing: 'a single clone has no evenness'},
    {measure: 'pielou', q: null, value: null, missing: 'a single clone has no evenness'},
  ]);
});

test('exact intervals are Clopper and Pearson\'s', () => {
  // 0 of n: 1 - 0.025^(1/n); n of n: 0.025^(1/n).
  near(exactInterval(0, 10)[1], 1 - 0.025 ** 0.1);
  near(exactInterval(10, 10)[0], 0.025 ** 0.1);
  expect([exactInterval(0, 10)[0], exactInterval(10, 10)[1]]).toEqual([0, 1]);
});

test('expansion classes meet without a gap', () => {
  expect([1, 2, 3, 9, 10, 99, 100].map((size) => expansionClass(size, [1, 2, 9, 99]))).toEqual(['1', '2', '3-9', '3-9', '10-99', '10-99', '>=100']);
});

function spread(sizes: readonly (readonly [number, number])[]): number[] {
  return sizes.flatMap(([size, nClones]) => new Array<number>(nClones).fill(size));
}

function near(value: number | null, expected: number | null, relative = 1e-11): void {
  if (value === null || expected === null) expect(value).toBe(expected);
  else expect(Math.abs(value - expected), `${value} against ${expected}`).toBeLessThanOrEqual(relative * Math.max(1e-3, Math.abs(expected)));
}
