import {expect, test} from 'vitest';
import {cohortMaxRank, resolveSets, shareGenes, toScoredSet, withoutInterferon} from '../../../pipeline/analysis/signature-universe.ts';
import {scoreUcell} from '../../../pipeline/analysis/ucell.ts';
import type {GeneSet} from '../../../pipeline/data/gene-set.ts';
import {selectRows} from '../../../pipeline/data/matrix.ts';
import {hasKang, kangSets, readAliases, readKang, readReference, readSignatures, signature} from './kang-reference.ts';

const set = (genes: string[], negativeGenes: string[] = [], name = 'S'): GeneSet => ({name, source: 'test', genes, negativeGenes});
const aliases = [{symbol: 'CXCL8', legacy: 'IL8'}, {symbol: 'JCHAIN', legacy: 'IGJ'}];

test('the universe holds the genes of every sample, whatever their order', () => {
  const samples = [['B', 'A', 'C'], ['C', 'A', 'D']];
  expect(shareGenes(samples)).toMatchObject({genes: ['A', 'C'], notShared: ['B', 'D']});
  expect(shareGenes(samples.toReversed())).toEqual(shareGenes(samples));
  expect(() => shareGenes([])).toThrow('at least one sample');
});

test('V genes of the receptors and the CAR gene take no rank; constant genes do', () => {
  const {genes, excluded} = shareGenes([['IGHV1-2', 'IGKV3-20', 'IGLV2-14', 'TRAV1-2', 'TRBV28', 'TRDV2', 'TRGV9', 'CAR19', 'IGHM', 'TRAC', 'JCHAIN']], ['CAR19']);
  expect(genes.filter((_, k) => excluded[k] === 0)).toEqual(['IGHM', 'JCHAIN', 'TRAC']);
});

test('the cohort maxRank is the rounded median of detected genes, 1500 at most', () => {
  expect([cohortMaxRank([400, 611, 900]), cohortMaxRank([600, 611]), cohortMaxRank([2000, 3000])]).toEqual([611, 606, 1500]);
});

test('a gene is found under its other name, in both directions, and counted once', () => {
  const universe = shareGenes([['A', 'IL8', 'JCHAIN']]);
  const resolved = resolveSets([set(['CXCL8', 'IL8', 'IGJ', 'A'])], universe, aliases)[0];
  expect(resolved).toMatchObject({nGenes: 3, nPresent: 3, missingGenes: [], renamedGenes: ['CXCL8 as IL8', 'IGJ as JCHAIN'], columns: [1, 2, 0]});
  expect(resolveSets([set(['CXCL8', 'A'])], universe, [])[0]).toMatchObject({nPresent: 1, missingGenes: ['CXCL8']});
});

test('below 50 % present a set is refused, below 80 % warned of', () => {
  const universe = shareGenes([['A', 'B', 'C', 'D']]);
  const judge = (...genes: string[]): (string | null)[] => {
    const {refused, warning} = resolveSets([set(genes)], universe, [])[0];
    return [refused, warning];
  };
  expect(judge('A', 'x', 'y')).toEqual(['1 of 3 genes present (33 %), at least 50 % needed', null]);
  expect(judge('A', 'x')).toEqual([null, '1 of 2 genes present (50 %), below 80 %']);
  expect(judge('A', 'B', 'C', 'D', 'x')).toEqual([null, null]);
});

test('an excluded gene of a set is neither present nor missing', () => {
  const universe = shareGenes([['A', 'IGHV1-2']]);
  expect(resolveSets([set(['A', 'IGHV1-2'])], universe, [])[0]).toMatchObject({nGenes: 1, nPresent: 1, excludedGenes: ['IGHV1-2'], refused: null});
  expect(resolveSets([set(['IGHV1-2'])], universe, [])[0].refused).toBe('no gene of the set can be ranked');
});

test('a signed set keeps its two sides, and skip drops the missing', () => {
  const resolved = resolveSets([set(['A', 'x'], ['B', 'y', 'C'])], shareGenes([['A', 'B', 'C']]), [])[0];
  expect(toScoredSet(resolved, 'impute')).toEqual({name: 'S', columns: [0], negativeColumns: [1, 2], nMissing: 1, nNegativeMissing: 1});
  expect(toScoredSet(resolved, 'skip')).toMatchObject({nMissing: 0, nNegativeMissing: 0});
});

test('an interferon-free variant is made where a set shares a gene, and says what it keeps', () => {
  const alpha = set(['I1', 'CXCL8'], [], 'HALLMARK_INTERFERON_ALPHA_RESPONSE');
  const gamma = set(['I2'], [], 'HALLMARK_INTERFERON_GAMMA_RESPONSE');
  const made = withoutInterferon([alpha, gamma, set(['A', 'B'], [], 'FREE'), set(['A', 'B', 'C', 'I2'], ['IL8'], 'MIXED'), set(['A', 'I1'], [], 'HALF')], aliases);
  expect(made.map(({set: {name, genes, negativeGenes}, of, fractionKept, keepsEnough}) => [name, of, genes, negativeGenes, fractionKept, keepsEnough])).toEqual([
    // 3 of 5 genes are 60 %, enough; IL8 is CXCL8.
    ['MIXED_NO_IFN', 'MIXED', ['A', 'B', 'C'], [], 0.6, true],
    ['HALF_NO_IFN', 'HALF', ['A'], [], 0.5, false],
  ]);
  expect(() => withoutInterferon([alpha], [])).toThrow('the interferon set HALLMARK_INTERFERON_GAMMA_RESPONSE is not among the signatures');
});

// Origin: ref/kang README and configs/signatures/sources.md (genes present of 9,015 without and with aliases).
test.runIf(hasKang)('the Hallmarks on Kang hold as many genes as counted in R', async () => {
  const universe = shareGenes([(await readKang()).genes]);
  const present = (pairs: typeof aliases): number[] => Object.values(kangSets).map((name) => resolveSets([signature(name)], universe, pairs)[0].nPresent);
  expect(present([])).toEqual([91, 180, 139, 167, 67, 4]);
  expect(present(readAliases()).slice(0, 3)).toEqual([93, 182, 142]);
});

// Origin: ref/kang/inflammatory_without_IFN_genes.csv (R 4.2.2): n_genes, n_present and the UCell difference stim - ctrl over patients with
// at least 5 cells on both sides, of each set with and without the interferon genes.
test.runIf(hasKang)('the interferon-free differences on Kang equal R', async () => {
  const kang = await readKang();
  // The reference ranks every gene, V genes too.
  const universe = {...shareGenes([kang.genes]), genes: kang.genes, excluded: new Uint8Array(kang.genes.length)};
  const all = readSignatures();
  const free = withoutInterferon(all, []);
  const [patients, conditions, lineages] = ['patient', 'condition', 'cell_type_major'].map(kang.obs);
  let worst = 0;
  let compared = 0;
  for (const [group, label, nGenes, nPresent, difference] of readReference('inflammatory_without_IFN_genes.csv').slice(1)) {
    const name = kangSets[label.replace('_noIFN', '') as keyof typeof kangSets];
    const chosen = label.endsWith('_noIFN') ? free.find(({of}) => of === name)?.set : all.find((one) => one.name === name);
    const resolved = resolveSets([chosen ?? set([])], universe, [])[0];
    expect([resolved.nGenes, resolved.nPresent]).toEqual([Number(nGenes), Number(nPresent)]);
    const [scores] = scoreUcell(kang.counts, [toScoredSet(resolved, 'impute')], {maxRank: 1500, excluded: universe.excluded});
    const side = (patient: string, condition: string): number[] =>
      [...scores].filter((_, k) => patients[k] === patient && conditions[k] === condition && lineages[k] === group);
    const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
    const differences = [...new Set(patients)].flatMap((patient) => {
      const [before, after] = [side(patient, 'ctrl'), side(patient, 'stim')];
      return before.length >= 5 && after.length >= 5 ? [mean(after) - mean(before)] : [];
    });
    worst = Math.max(worst, Math.abs(mean(differences) - Number(difference)));
    compared++;
  }
  expect(compared).toBe(24);
  expect(worst).toBeLessThan(1e-12);
});

test.runIf(hasKang)('samples scored alone on the shared universe equal the cohort scored at once, to the bit', async () => {
  const kang = await readKang();
  const universe = {...shareGenes([kang.genes]), genes: kang.genes, excluded: new Uint8Array(kang.genes.length)};
  const sets = Object.values(kangSets).map((name) => toScoredSet(resolveSets([signature(name)], universe, readAliases())[0], 'impute'));
  const all = scoreUcell(kang.counts, sets, {maxRank: 600});
  const sampleOf = kang.obs('sample');
  for (const sample of new Set(sampleOf)) {
    const rows = sampleOf.flatMap((name, k) => (name === sample ? [k] : []));
    const alone = scoreUcell(selectRows(kang.counts, rows), sets, {maxRank: 600});
    expect(alone.map((scores) => [...scores])).toEqual(all.map((scores) => rows.map((cell) => scores[cell])));
  }
});
