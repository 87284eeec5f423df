import normalQuantile from '@stdlib/stats-base-dists-normal-quantile';
import {expect, test} from 'vitest';
import {agglomerate} from '../../../pipeline/analysis/agglomerate.ts';
import {chooseThreshold} from '../../../pipeline/analysis/bcr-threshold.ts';
import {callAlternatives} from '../../../pipeline/analysis/clone-rule-alternatives.ts';
import {callClonotypes} from '../../../pipeline/analysis/clonotype.ts';
import {defaultClonotypeRule, type ClonotypeRule} from '../../../pipeline/analysis/clonotype-rule.ts';
import {densityValley} from '../../../pipeline/analysis/density-valley.ts';
import {geneOf, genesOf} from '../../../pipeline/analysis/gene-call.ts';
import {eachNearPair, editDistance, hammingDistance, type SequenceMetric} from '../../../pipeline/analysis/near-sequences.ts';
import {assignReceptorChains} from '../../../pipeline/analysis/receptor-chains.ts';
import {randomStream} from '../../../pipeline/base/random.ts';
import type {Locus, Rearrangement} from '../../../pipeline/data/rearrangement.ts';

function chain(cell: string, locus: Locus, junction: string, more: Partial<Rearrangement> = {}): Rearrangement {
  return {
    sequence_id: `${cell}_${locus}_${junction}`, sequence: '', cell_id: cell, sample_id: 'S', barcode: cell, locus, productive: true,
    v_call: `${locus}V1`, d_call: '', j_call: `${locus}J1`, c_call: '', junction, junction_aa: 'CAF', umi_count: 5, consensus_count: 50, ...more,
  };
}

function call(chains: readonly Rearrangement[], rule: Partial<ClonotypeRule>) {
  const called = callClonotypes(assignReceptorChains(chains).cells, new Map([['S', 'P']]), {...defaultClonotypeRule, ...rule});
  const members = [...Map.groupBy([...called.cloneOfCell].sort(), ([, clone]) => clone).values()].map((own) => own.map(([cell]) => cell).join(' ')).sort();
  return {...called, members};
}

test('genes are read out of calls as annotators write them', () => {
  expect(['Homsap IGHV3-11*05 F', 'IGHV1-2*02,IGHV1-3*01', 'TRAV29/DV5*01', 'IGHV1/OR15-1*01', 'TRBV6-2/6-3', '', 'unknown*01'].map(geneOf)).toEqual(['IGHV3-11', 'IGHV1-2', 'TRAV29/DV5', 'IGHV1/OR15-1', 'TRBV6-2/6-3', '', 'unknown']);
  expect(genesOf('Homsap IGHV1-2*02 F, or IGHV1-2*04 F, or Homsap IGHV1-3*01 F')).toEqual(['IGHV1-2', 'IGHV1-3']);
});

test('an ambiguous call joins by any of its genes and through others, or by its first alone', () => {
  const chains = [chain('a', 'IGH', 'ACGT', {v_call: 'IGHV1,IGHV2'}), chain('b', 'IGH', 'ACGT', {v_call: 'IGHV2,IGHV3'}), chain('c', 'IGH', 'ACGT', {v_call: 'IGHV3'}), chain('d', 'IGH', 'ACGT', {v_call: 'IGHV4'})];
  expect(call(chains, {}).members).toEqual(['a b c', 'd']);
  expect(call(chains, {ambiguous_genes: 'first'}).members).toEqual(['a', 'b', 'c', 'd']);
});

test('light chains split a heavy-chain family where asked, and cells without one stay with the larger part', () => {
  const chains = ['a', 'b', 'c', 'd'].map((cell) => chain(cell, 'IGH', 'ACGTACGT'));
  const lights = [chain('a', 'IGK', 'AAA'), chain('b', 'IGK', 'AAT'), chain('c', 'IGL', 'AAA')];
  expect(call([...chains, ...lights], {}).members).toEqual(['a b c d']);
  const split = call([...chains, ...lights], {bcr_light_chain: 'split'});
  expect(split.members).toEqual(['a b d', 'c']);
  expect(split.clones[0].rule).toBe('heavy V gene, J gene, junction length, Hamming / length <= 0.15, single linkage, split by light V gene, J gene and junction length');
});

test('an orphan joins the only paired clone with its chain where asked; a chain of two clones says nothing; both counts are kept', () => {
  const chains = [
    chain('a', 'TRB', 'CCC'), chain('a', 'TRA', 'AAA'), chain('b', 'TRB', 'GGG'), chain('b', 'TRA', 'AAA'),
    chain('c', 'TRB', 'CCC'), chain('d', 'TRA', 'AAA'), chain('e', 'TRB', 'TTT'),
  ];
  expect(call(chains, {}).members).toEqual(['a', 'b', 'c', 'd', 'e']);
  const rescued = call(chains, {orphans: 'rescue'});
  expect(rescued.members).toEqual(['a c', 'b', 'd', 'e']);
  expect(rescued.summaries[0]).toMatchObject({n_cells: 5, n_clones: 4, n_paired_cells: 2, n_paired_clones: 2, n_orphan_cells: 3, n_orphans_rescued: 1});
});

test('gamma-delta receptors have clones of their own', () => {
  expect(call([chain('a', 'TRG', 'AAA'), chain('a', 'TRD', 'CCC'), chain('b', 'TRG', 'AAA'), chain('b', 'TRD', 'CCC'), chain('c', 'TRA', 'AAA'), chain('c', 'TRB', 'CCC')], {}).members).toEqual(['a b', 'c']);
});

test('complete linkage keeps apart what single linkage chains, average linkage lies between', () => {
  // On a line at 0, 2, 4: single at 2 joins all. Complete: 0-2 first, then 4 is 4 away. Average: 4 is (4 + 2) / 2 = 3 away.
  const line = (): Float64Array[] => [0, 2, 4].map((a) => Float64Array.from([0, 2, 4], (b) => Math.abs(a - b)));
  expect(agglomerate(line(), 'complete', 3.9)).toEqual([0, 0, 2]);
  expect(agglomerate(line(), 'complete', 4)).toEqual([0, 0, 0]);
  expect(agglomerate(line(), 'average', 2.9)).toEqual([0, 0, 2]);
  expect(agglomerate(line(), 'average', 3)).toEqual([0, 0, 0]);
});

test.each<[SequenceMetric, number]>([['hamming', 3], ['levenshtein', 2]])('%s pairs within %i are those of comparing all with all', (metric, limit) => {
  const random = randomStream(3, metric);
  const letters = [...'ACGT'];
  const draw = (n: number): string => Array.from({length: n}, () => letters[random.integer(4)]).join('');
  // Families of a few changes each, so that there are pairs to find; more than the number from which pieces are used.
  const parents = Array.from({length: 60}, () => draw(18 + random.integer(4)));
  const sequences = [...new Set(Array.from({length: 900}, () => {
    const own = [...parents[random.integer(parents.length)]];
    for (let k = random.integer(4); k > 0; k--) own[random.integer(own.length)] = letters[random.integer(4)];
    if (metric === 'levenshtein' && random.integer(2) === 0) own.splice(random.integer(own.length), 1);
    return own.join('');
  }))];
  const found = new Set<string>();
  eachNearPair(sequences, {maxDistance: limit, metric, visit: (a, b) => found.add(`${Math.min(a, b)} ${Math.max(a, b)}`)});
  const expected: string[] = [];
  for (const [j, b] of sequences.entries()) {
    for (let i = 0; i < j; i++) {
      const a = sequences[i];
      if (metric === 'hamming' ? a.length === b.length && hammingDistance(a, b) <= limit : editDistance(a, b, limit) <= limit) expected.push(`${i} ${j}`);
    }
  }
  expect(expected.length).toBeGreaterThan(500);
  expect([...found].sort()).toEqual(expected.sort());
});

test('edit distances are those of the textbook', () => {
  // kitten -> sitting: k/s, e/i, + g. sunday -> saturday: + a, + t, n/r.
  expect([editDistance('kitten', 'sitting', 5), editDistance('sunday', 'saturday', 5), editDistance('AC', 'AC', 2), editDistance('ACGT', 'TTTTTT', 2)]).toEqual([3, 3, 0, 3]);
});

test('an automatic threshold without a valley, or from too few distances, is the stated fallback with the reason', () => {
  const rule: ClonotypeRule = {...defaultClonotypeRule, bcr_threshold: 'auto', bcr_fallback_threshold: 0.12};
  expect(chooseThreshold([], rule)).toEqual({value: 0.12, source: 'fallback', nDistances: 0, reason: '0 nearest distances, 50 needed'});
  expect(densityValley([0.1, 0.1, 0.2])).toEqual({missing: '2 different distances, 3 needed'});
  // One hump: a normal sample.
  expect(densityValley(Array.from({length: 200}, (_, k) => 0.5 + 0.05 * normalQuantile((k + 0.5) / 200, 0, 1)))).toMatchObject({missing: expect.stringContaining('no valley')});
  // Kin at 0.05 and strangers at 0.45: the valley lies between.
  const two = densityValley(Array.from({length: 200}, (_, k) => (k % 2 === 0 ? 0.08 : 0.45) + 0.02 * normalQuantile((k + 0.5) / 200, 0, 1)));
  expect('at' in two && two.at > 0.12 && two.at < 0.38).toBe(true);
});

test('a component too large for complete linkage is refused with what to do, and left out of the other rules with the reason', () => {
  // 6,001 junctions of 14 positions: the first thirteen letters count in base four, and 1 is the threshold, so that all are one component.
  const chains = Array.from({length: 6001}, (_, k) => chain(`c${k}`, 'IGH', `${k.toString(4).padStart(13, '0').replaceAll(/[0-3]/g, (digit) => 'ACGT'[Number(digit)])}A`));
  expect(() => call(chains, {bcr_linkage: 'complete', bcr_threshold: 1})).toThrow('found 6001 different heavy-chain junctions within 1 of each other; expected at most 6000 for complete linkage');
  expect(call(chains, {bcr_threshold: 1}).clones).toHaveLength(1);
});

test('other rules: one set of clones a threshold and linkage for B cells, four rules for T cells', () => {
  const cells = assignReceptorChains([chain('a', 'IGH', 'A'.repeat(20)), chain('b', 'IGH', `CC${'A'.repeat(18)}`), chain('c', 'IGH', `CCCC${'A'.repeat(16)}`), chain('t', 'TRB', 'CCC')]).cells;
  const found = callAlternatives(cells, defaultClonotypeRule).map(({receptor, linkage, threshold, cloneOfCell}) => [receptor, linkage, threshold, new Set(cloneOfCell.values()).size]);
  // a-b and b-c differ in 2 of 20 (0.1), a-c in 4 (0.2).
  expect(found).toEqual([
    ['BCR', 'single', 0, 3], ['BCR', 'single', 0.05, 3], ['BCR', 'single', 0.1, 1], ['BCR', 'single', 0.15, 1], ['BCR', 'single', 0.2, 1],
    ['BCR', 'complete', 0.05, 3], ['BCR', 'complete', 0.1, 2], ['BCR', 'complete', 0.15, 2], ['BCR', 'complete', 0.2, 1],
    ['TCR', null, null, 1], ['TCR', null, null, 1], ['TCR', null, null, 1], ['TCR', null, null, 1],
  ]);
});
