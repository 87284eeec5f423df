import {expect, test} from 'vitest';
import {checkLabel, receptorDoublet, receptorOf} from '../../../pipeline/analysis/receptor-check.ts';

test('a label is held against the receptor of its cell', () => {
  expect(checkLabel('B cell', 'TCR')).toBe('conflict');
  expect(checkLabel('T cell', 'BCR')).toBe('conflict');
  expect(checkLabel('monocyte', 'BCR')).toBe('conflict');
  expect(['T cell', 'NK cell'].map((lineage) => checkLabel(lineage, 'TCR'))).toEqual(['agrees', 'agrees']);
  expect(['B cell', 'plasma cell'].map((lineage) => checkLabel(lineage, 'BCR'))).toEqual(['agrees', 'agrees']);
  // Both receptors contradict whatever the label is; none and no library say nothing.
  expect(['T cell', 'B cell', 'unassigned'].map((lineage) => checkLabel(lineage, 'both'))).toEqual(Array(3).fill('conflict'));
  expect([checkLabel('B cell', 'none'), checkLabel('B cell', null), checkLabel('unassigned', 'TCR')]).toEqual(Array(3).fill('not told'));
});

test('which receptors a cell has, by its chains; without a library there is no answer', () => {
  expect(receptorOf({tcr: 'single pair', bcr: 'no IR'})).toBe('TCR');
  expect(receptorOf({tcr: null, bcr: 'orphan VJ'})).toBe('BCR');
  expect(receptorOf({tcr: 'ambiguous', bcr: 'ambiguous'})).toBe('both');
  expect([receptorOf({tcr: 'no IR', bcr: null}), receptorOf({tcr: null, bcr: null})]).toEqual(['none', null]);
});

test('two cells in a droplet by their chains', () => {
  expect(receptorDoublet({tcr: 'single pair', bcr: 'single pair'})).toBe('TCR and BCR');
  expect(receptorDoublet({tcr: 'two full chains', bcr: 'no IR'})).toBe('two full TCR pairs');
  expect(receptorDoublet({tcr: null, bcr: 'multichain'})).toBe('more than two BCR chains in one arm');
  // A second alpha chain is common in single T cells.
  expect([receptorDoublet({tcr: 'extra VJ', bcr: 'no IR'}), receptorDoublet({tcr: null, bcr: null})]).toEqual([null, null]);
});
