import {expect, test} from 'vitest';
import {countVMutations} from '../../../pipeline/analysis/v-mutations.ts';

test('a mutation is another nucleotide at a position that both sides have', () => {
  // 10 columns: a gap on each side and an N leave 7 to compare; the last of them differs.
  expect(countVMutations('ACG-ANGTAC', 'ACGTAC-TAG')).toEqual({v_mutation_count: 1, v_mutation_frequency: 1 / 7});
});

test('case does not matter, and what is equal has none', () => {
  expect(countVMutations('acgt', 'ACGT')).toEqual({v_mutation_count: 0, v_mutation_frequency: 0});
});

test('nothing to compare is no frequency of 0', () => {
  expect(countVMutations('', '')).toBeUndefined();
  expect(countVMutations('NN-', 'ACG')).toBeUndefined();
});
