// Every value of the alakazam, vegan and iNEXT reference of ExampleDb: exact ones to rounding, those of 2,000 draws within their Monte Carlo error.
import {describe, expect, test} from 'vitest';
import {alakazamUnseen, commonDepth, completeAbundance, expectedRichness, resampleAsAlakazam} from '../../../pipeline/analysis/alakazam-resampling.ts';
import {cloneAbundances, countOfSize, sampleCoverage} from '../../../pipeline/analysis/clonal-abundance.ts';
import {ace, clonality, d50, d50Percent, gini, hillNumber, pielou, topClone} from '../../../pipeline/analysis/clonal-diversity.ts';
import {trackClones} from '../../../pipeline/analysis/clone-tracking.ts';
import {bootstrapIntervals, chao1Interval, estimatedCommunity} from '../../../pipeline/analysis/diversity-intervals.ts';
import {asymptoticHill, coverageAtSize, hillAtSize, sizeAtCoverage} from '../../../pipeline/analysis/hill-at-size.ts';
import {compareRepertoires} from '../../../pipeline/analysis/repertoire-overlap.ts';
import {randomStream} from '../../../pipeline/base/random.ts';
import type {Row} from '../../../pipeline/data/table.ts';
import {readTable} from '../../../pipeline/formats/delimited-text.ts';
import {referenceFile, sharedData} from '../../rig/shared-data.ts';

if (sharedData === undefined) console.log('The alakazam reference is skipped: no LYMPHLINE_DATA and no ../shared/data.');
const read = (name: string): readonly Row[] => (sharedData === undefined ? [] : readTable(referenceFile(`alakazam/${name}`)).rows);
const number = (row: Row, column: string): number | null => (row[column] === null || row[column] === 'NA' ? null : Number(row[column]));

const edge: Readonly<Record<string, readonly number[]>> = {
  single: [7], one_singleton: [1], all_singletons: [1, 1, 1, 1, 1], f2zero: [1, 1, 1, 3, 5], f1zero: [2, 2, 4], f1one_f2zero: [1, 3, 9], even: [4, 4, 4, 4],
  dominant: [1000, ...new Array<number>(50).fill(1)], doc: [1, 1, 3, 10],
};
/** Clone sizes of a sample, by sequences or by copies. */
const sizesOf = (sample: string, column: 'seq_count' | 'copy_count'): Map<string, number> =>
  new Map(read('countClones_copy.csv').filter((row) => row['sample_id'] === sample).map((row) => [String(row['clone_id']), Number(row[column])]));
const countsOf = (set: string): number[] => (set.startsWith('edge:') ? [...edge[set.slice(5)]] : [...sizesOf(set.split('|')[0], set.endsWith('copy') ? 'copy_count' : 'seq_count').values()]);

describe.skipIf(sharedData === undefined)('ExampleDb', () => {
  test('clone counts by sample, by copy and by isotype are those of countClones', () => {
    const sequences = read('ExampleDb.airr.tsv');
    const tally = (keyOf: (row: Row) => unknown[], weightOf: (row: Row) => number): Map<string, number> => {
      const counts = new Map<string, number>();
      for (const row of sequences) counts.set(keyOf(row).join('\t'), (counts.get(keyOf(row).join('\t')) ?? 0) + weightOf(row));
      return counts;
    };
    const check = (file: string, groups: readonly string[], countColumn: string, shareColumn: string, weightOf: (row: Row) => number): void => {
      const keys = [...groups, 'clone_id'];
      const counts = tally((row) => keys.map((key) => row[key]), weightOf);
      const totals = tally((row) => groups.map((key) => row[key]), weightOf);
      const rows = read(file);
      expect(rows.length).toBe(counts.size);
      for (const row of rows) {
        const count = counts.get(keys.map((key) => row[key]).join('\t'))!;
        expect(count).toBe(Number(row[countColumn]));
        near(count / totals.get(groups.map((key) => row[key]).join('\t'))!, Number(row[shareColumn]), 1e-13);
      }
    };
    check('countClones.csv', ['sample_id'], 'seq_count', 'seq_freq', () => 1);
    check('countClones_copy.csv', ['sample_id'], 'copy_count', 'copy_freq', (row) => Number(row['duplicate_count']));
    check('countClones_sample_isotype_copy.csv', ['sample_id', 'c_call'], 'seq_count', 'seq_freq', () => 1);
    check('countClones_sample_isotype_copy.csv', ['sample_id', 'c_call'], 'copy_count', 'copy_freq', (row) => Number(row['duplicate_count']));
  });

  test.each(read('deterministic.csv').map((row) => [String(row['set']), row] as const))('%s: coverage, unseen clones, diversity and evenness', (set, row) => {
    const counts = countsOf(set);
    const n = counts.reduce((a, b) => a + b);
    expect([n, counts.length, countOfSize(counts, 1), countOfSize(counts, 2), alakazamUnseen(counts), alakazamUnseen(counts) + counts.length, d50(counts)])
      .toEqual(['n', 'S_obs', 'f1', 'f2', 'f0_alakazam', 'chao1_alakazam', 'D50_count'].map((column) => Number(row[column])));
    near(sampleCoverage(counts), number(row, 'coverage_r1'));
    const complete = completeAbundance(counts);
    expect(complete.length).toBe(Number(row['complete_len']));
    near(complete.reduce((a, b) => a + b), Number(row['complete_sum']));
    if (number(row, 'unseen_p_each') !== null) near(complete.at(-1)!, number(row, 'unseen_p_each'));
    near(ace(counts), set === 'edge:all_singletons' || set === 'edge:one_singleton' || set === 'edge:dominant' ? null : number(row, 'vegan_ace'));
    near(Math.log(hillNumber(counts, 1)!), number(row, 'vegan_shannon_nats'));
    near(hillNumber(counts, 2), number(row, 'vegan_invsimpson'));
    near(pielou(counts), number(row, 'pielou'));
    near(clonality(counts), number(row, 'clonality'));
    near(gini(counts), number(row, 'gini_index'));
    near(d50Percent(counts), number(row, 'D50_scirpy_pct'));
    near(topClone(counts), number(row, 'top1_freq'));
    const ordered = [...counts].sort((a, b) => b - a);
    for (const top of [10, 100]) near(ordered.slice(0, top).reduce((a, b) => a + b) / n, number(row, `top${top}_cum`));
    // 1 over the unbiased Simpson concentration is the asymptote of q = 2.
    const unbiased = number(row, 'simpson_unbiased');
    near(asymptoticHill(counts, 2), unbiased === null || unbiased === 0 ? null : 1 / unbiased);
  });

  test('the complete distribution of every clone, seen and unseen', () => {
    for (const [set, rows] of Map.groupBy(read('complete_abundance.csv'), (row) => String(row['set']))) {
      const expected = rows.map((row) => Number(row['p_complete']));
      const found = completeAbundance(rows.map((row) => Number(row['count'])).filter((count) => count > 0));
      expect(found.length, set).toBe(expected.length);
      found.forEach((p, k) => near(p, expected[k]));
    }
  });

  test('Hill numbers of orders 0 to 10 of the seen and of the complete distribution', () => {
    for (const row of read('hill.csv')) {
      const counts = countsOf(String(row['set']));
      const q = Number(row['q']);
      near(hillNumber(counts, q), number(row, 'D_raw_exact'));
      // alakazam takes 0.9999 for 1.
      near(hillNumber(counts, q === 1 ? 0.9999 : q), number(row, 'D_raw_calcDiversity'), 1e-9);
      const complete = completeAbundance(counts).filter((p) => p > 0);
      near(hillNumber(complete, q === 1 ? 0.9999 : q), number(row, 'D_complete_calcDiversity'), 1e-8);
    }
  });

  test('abundance and its SD in closed form, and the expected richness', () => {
    for (const row of read('closed_form_top40.csv')) {
      const sizes = sizesOf(String(row['set']), 'seq_count');
      const own = cloneAbundances(sizes).find((clone) => clone.clone_id === row['clone_id'])!;
      near(own.abundance, number(row, 'E_p'));
      // The SD is for 999 cells, and -1h has 1000.
      near(Math.sqrt((own.abundance! * (1 - own.abundance!)) / 999), number(row, 'SD_p'));
      if (row['set'] === '+7d') near(own.abundance_sd, number(row, 'SD_p'));
    }
    for (const row of read('closed_form_D0.csv')) near(expectedRichness(countsOf(String(row['set'])), Number(row['n_sam'])), number(row, 'E_D0'));
  });

  // Monte Carlo of alakazam: 2,000 draws. Tolerances: p 4 SD / sqrt(2000), SD 10 %, D 0.5 %, bounds 2 %.
  test.each([['uniform_seed1', 999], ['uniform_seed2', 999], ['nonuniform_seed1', null], ['maxn500_seed1', 500], ['copy_seed1', 1311]] as const)('%s: abundance and diversity of 2,000 draws', (run, uniform) => {
    const isCopy = run.startsWith('copy');
    for (const sample of ['-1h', '+7d']) {
      const sizes = sizesOf(sample, isCopy ? 'copy_count' : 'seq_count');
      const counts = [...sizes.values()];
      const depth = uniform ?? counts.reduce((a, b) => a + b);
      const summary = read(`estimateAbundance_summary_${run}.csv`).find((row) => row['sample_id'] === sample)!;
      expect([depth, completeAbundance(counts).length]).toEqual([Number(summary['n_sam']), Number(summary['n_rows'])]);
      const orders = [0, 0.5, 1, 1.5, 2, 2.5, 3, 3.5, 4];
      const found = resampleAsAlakazam(counts, {depth, nDraws: 2000, orders, random: randomStream(1, `${run} ${sample}`)});
      const ids = [...sizes.keys()];
      for (const row of read(`estimateAbundance_top20_${run}.csv`).filter((one) => one['sample_id'] === sample)) {
        const at = ids.indexOf(String(row['clone_id']));
        const p = completeAbundance(counts)[at];
        const sd = Math.sqrt((p * (1 - p)) / depth);
        // The closed form against alakazam's draws, then our draws against the closed form.
        expect(Math.abs(Number(row['p']) - p)).toBeLessThan((4 * sd) / Math.sqrt(2000));
        expect(Math.abs(Number(row['p_sd']) / sd - 1)).toBeLessThan(0.1);
        expect(Math.abs(found.abundance[at].mean - p)).toBeLessThan((4 * sd) / Math.sqrt(2000));
        expect(Math.abs(found.abundance[at].sd / sd - 1)).toBeLessThan(0.1);
      }
      for (const row of read(`alphaDiversity_${run}.csv`).filter((one) => one['sample_id'] === sample)) {
        const own = found.diversity[orders.indexOf(Number(row['q']))];
        // Two runs of 2,000 draws: above order 2 their own error is larger than 0.5 %.
        expect(Math.abs(own.mean - Number(row['d'])), `D ${row['q']}`).toBeLessThan(Math.max(0.005 * Number(row['d']), 4 * Number(row['d_sd']) * Math.sqrt(2 / 2000)));
        // The error of mean +- 1.96 SD is sqrt(1 + 1.96^2 / 2) times that of the mean.
        const bound = 4 * Number(row['d_sd']) * Math.sqrt((2 * 2.92) / 2000);
        for (const side of ['lower', 'upper'] as const) expect(Math.abs(own[side] - Number(row[`d_${side}`]))).toBeLessThan(Math.max(0.02 * Number(row[`d_${side}`]), bound));
      }
    }
  });

  test.each([['uniform_seed1', 999], ['maxn500_seed1', 500]] as const)('%s: the difference of two samples, draw by draw', (run, depth) => {
    const orders = [0, 1, 2];
    const [before, after] = ['-1h', '+7d'].map((sample) => resampleAsAlakazam([...sizesOf(sample, 'seq_count').values()], {depth, nDraws: 2000, orders, random: randomStream(1, `delta ${sample}`)}));
    for (const row of read(`alphaDiversity_tests_${run}.csv`).filter((one) => orders.includes(Number(one['q'])))) {
      const deltas = before.draws[Number(row['q'])].map((value, k) => value - after.draws[Number(row['q'])][k]);
      const mean = total(deltas) / deltas.length;
      const sd = Math.sqrt(total(deltas.map((value) => (value - mean) ** 2)) / (deltas.length - 1));
      expect(Math.abs(mean / Number(row['delta_mean']) - 1)).toBeLessThan(0.01);
      expect(Math.abs(sd / Number(row['delta_sd']) - 1)).toBeLessThan(0.1);
      // alakazam's p: twice the share of draws at or below 0.
      expect(deltas.filter((value) => value <= 0).length).toBe(Number(row['pvalue']));
    }
  });

  test('groups below the minimum do not set the depth', () => {
    // min_n_isotype_groups.csv (min_n 40) and min_n_warning.txt (min_n 400: IGHA and IGHD are left out).
    const sizes = Map.groupBy(read('ExampleDb.airr.tsv'), (row) => String(row['c_call']));
    const totals = [...sizes.values()].map((rows) => rows.length);
    expect(read('min_n_isotype_groups.csv').map((row) => Number(row['n']))).toEqual([...sizes.keys()].map(() => commonDepth(totals, 40)));
    expect([...sizes].filter(([, rows]) => rows.length >= 400).map(([group]) => group).sort()).toEqual(['IGHG', 'IGHM']);
    expect([commonDepth(totals, 400), commonDepth(totals, 1000)]).toEqual([650, null]);
  });

  test('what immApex and immunarch give under the same formula', () => {
    const own: Readonly<Record<string, (counts: readonly number[]) => number | null>> = {
      ace, gini, d50, shannon: (counts) => Math.log(hillNumber(counts, 1)!), 'inv.simpson': (counts) => hillNumber(counts, 2), 'gini.simpson': (counts) => 1 - 1 / hillNumber(counts, 2)!,
      pielou, hill0: (counts) => hillNumber(counts, 0), hill1: (counts) => hillNumber(counts, 1), hill2: (counts) => hillNumber(counts, 2),
    };
    let nCompared = 0;
    for (const row of read('other_tools_metrics.csv')) {
      const metric = own[String(row['metric'])];
      const set = String(row['set']);
      // The tools give a number where the measure has none: one clone has no evenness, singletons no ACE.
      const isUndefined = metric === undefined || !String(row['tool']).startsWith('immApex') || metric(set in edge ? edge[set] : countsOf(set)) === null;
      if (isUndefined || (!(set in edge) && !['-1h', '+7d'].includes(set))) continue;
      near(metric(set in edge ? edge[set] : countsOf(set)), number(row, 'value'), 1e-9);
      nCompared++;
    }
    expect(nCompared).toBeGreaterThan(60);
  });

  test('intervals by samples from the estimated community are as wide as theory says', () => {
    for (const sample of ['-1h', '+7d']) {
      const counts = countsOf(sample);
      const community = estimatedCommunity(counts);
      expect(total(community)).toBeCloseTo(1, 12);
      const [interval] = bootstrapIntervals(counts, {estimates: (own) => [asymptoticHill(own, 2)], nDraws: 400, random: randomStream(1, sample)});
      const sd = (interval!.upper - interval!.lower) / (2 * 1.959963984540054);
      // Variance of sum x (x - 1) / (n (n - 1)) under the multinomial law (Simpson 1949); 1 over it has the SD / value^2.
      const n = total(counts);
      const [l2, l3] = [2, 3].map((power) => total(community.map((p) => p ** power)));
      const variance = (4 * (n - 2) * l3 + 2 * l2 - (4 * n - 6) * l2 ** 2) / (n * (n - 1));
      // 400 draws know an SD to 3.5 %, and the reciprocal is not linear.
      expect(Math.abs(sd / (Math.sqrt(variance) / l2 ** 2) - 1)).toBeLessThan(0.2);
    }
  });

  test('iNEXT: rarefaction, extrapolation and coverage by size', () => {
    for (const row of read('inext_size_based.csv')) {
      const counts = countsOf(String(row['set']));
      near(hillAtSize(counts, Number(row['m']), [Number(row['Order.q'] ?? row['q'])])[0], number(row, 'qD'), 1e-8);
      near(coverageAtSize(counts, Number(row['m'])), number(row, 'SC'), 1e-9);
    }
    for (const row of read('rarefaction.csv')) near(hillAtSize(countsOf(String(row['set'])), Number(row['m']), [0])[0], number(row, 'vegan_rarefy_S'), 1e-9);
  });

  test('iNEXT: diversity at equal coverage', () => {
    // Its optimiser stops 1e-7 beside the wanted coverage.
    for (const row of read('inext_coverage_based.csv')) {
      const counts = countsOf(String(row['set']));
      const size = sizeAtCoverage(counts, Number(row['SC']))!;
      near(size, number(row, 'm'), 1e-5);
      near(hillAtSize(counts, size, [Number(row['Order.q'])])[0], number(row, 'qD'), 1e-5);
    }
  });

  test('iNEXT: asymptotes, and Chao1 with its interval', () => {
    for (const row of read('inext_asymptotic.csv')) near(asymptoticHill(countsOf(String(row['set'])), Number(row['q'])), number(row, 'asymptotic'), 1e-10);
    for (const row of read('inext_chaorichness.csv')) {
      const counts = countsOf(String(row['set']));
      const {se, lower, upper} = chao1Interval(counts);
      [asymptoticHill(counts, 0)!, se, lower, upper].forEach((value, k) => expect(value).toBeCloseTo(Number(row[['Estimator', 'Est_s.e.', '95% Lower', '95% Upper'][k]]), 2));
    }
  });

  test('overlap and the test of each clone', () => {
    const [before, after] = ['-1h', '+7d'].map((sample) => sizesOf(sample, 'seq_count'));
    const reference = new Map(read('overlap.csv').map((row) => [String(row['metric']), Number(row['value'])]));
    const overlap = compareRepertoires(before, after);
    expect([overlap.n_shared, before.size, after.size]).toEqual(['shared', 'S_a', 'S_b'].map((name) => reference.get(name)));
    near(overlap.jaccard, reference.get('jaccard')!);
    near(overlap.overlap, reference.get('overlap_coef')!);
    near(overlap.morisita_horn, reference.get('morisita_horn')!);
    near(1 - overlap.morisita_horn!, reference.get('vegan_horn_dissim')!);
    const tracked = new Map(trackClones(before, after).map((row) => [row.clone_id, row]));
    for (const row of read('fisher_pre_post_top60.csv')) {
      const own = tracked.get(String(row['clone_id']))!;
      expect([own.n_before, own.n_after]).toEqual([Number(row['n_pre']), Number(row['n_post'])]);
      near(own.p_value! / Number(row['p_fisher']), 1, 1e-8);
      near(own.q_value! / Number(row['p_bh']), 1, 1e-8);
      near(own.log2_fold_change, number(row, 'log2fc_freq_pseudo0.5'), 1e-10);
    }
  });
});

const total = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);

function near(value: number | null, expected: number | null, relative = 1e-11): void {
  if (value === null || expected === null) expect(value).toBe(expected);
  else if (!(Math.abs(value - expected) <= relative * Math.max(1e-3, Math.abs(expected)))) expect(value).toBe(expected);
}
