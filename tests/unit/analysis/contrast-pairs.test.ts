import {expect, test} from 'vitest';
import {pairSamples, type SampleRow} from '../../../pipeline/analysis/contrast-pairs.ts';
import {checkDepth} from '../../../pipeline/analysis/depth-check.ts';

const contrast = {name: 'month1-vs-baseline', by: 'timepoint', before: 'baseline', after: 'month1', where: {tissue: 'blood'}};
const row = (patient_id: string, timepoint: string, more: SampleRow = {}): SampleRow => ({
  sample_id: `${patient_id}-${timepoint}`, patient_id, timepoint, library: 'gex', path: 'x.h5', tissue: 'blood', excluded: '', ...more,
});

test('every patient of the sheet has a pair or one reason', () => {
  const rows = [
    row('P1', 'baseline'), row('P1', 'baseline', {library: 'tcr'}), row('P1', 'month1'),
    row('P2', 'baseline'),
    row('P3', 'baseline'), row('P3', 'month1', {excluded: 'haemolysed'}),
    row('P4', 'baseline'), row('P4', 'month1', {library: '', path: ''}),
    row('P5', 'baseline'), row('P5', 'month1'), row('P5', 'month1', {sample_id: 'P5-again'}),
    row('P6', 'baseline', {tissue: 'lung'}), row('P6', 'month1'),
    row('P7', 'baseline', {path: ''}), row('P7', 'month1', {path: ''}),
  ];
  const {pairs, dropped} = pairSamples(rows, contrast);
  expect(pairs).toEqual([
    {patient_id: 'P1', before: 'P1-baseline', after: 'P1-month1'},
    {patient_id: 'P7', before: 'P7-baseline', after: 'P7-month1'},
  ]);
  expect(dropped).toEqual([
    {patient_id: 'P2', reason: 'no sample at timepoint month1'},
    {patient_id: 'P3', reason: 'timepoint month1 excluded: haemolysed'},
    {patient_id: 'P4', reason: 'timepoint month1 has no sequencing'},
    {patient_id: 'P5', reason: '2 samples at timepoint month1 (P5-month1, P5-again): one is needed'},
    {patient_id: 'P6', reason: 'no sample at timepoint baseline'},
  ]);
  expect(pairSamples([...rows].reverse(), contrast).pairs).toEqual(pairs);
});

const pairs = [{patient_id: 'A', before: 'A0', after: 'A1'}, {patient_id: 'B', before: 'B0', after: 'B1'}];

test('the ratio is the geometric mean of the pairs, and the deeper sample is thinned to the shallower', () => {
  // Medians 100 -> 200 and 100 -> 50: sqrt(2 * 0.5) = 1: no thinning although each pair differs twofold.
  const balanced = checkDepth(new Map([['A0', [90, 100, 900]], ['A1', [200]], ['B0', [100]], ['B1', [40, 60]]]), pairs, 1.25);
  expect(balanced).toMatchObject({medianCountsBefore: 100, medianCountsAfter: 125, ratio: 1, isThinned: false});
  expect(balanced.keepProbability.size).toBe(0);
  // 100 -> 200 and 100 -> 80: sqrt(2 * 0.8) = 1.2649 > 1.25: every pair, the second too (its before kept at 80 / 100).
  const deeper = checkDepth(new Map([['A0', [100]], ['A1', [200]], ['B0', [100]], ['B1', [80]]]), pairs, 1.25);
  expect(deeper.ratio).toBeCloseTo(Math.sqrt(1.6), 12);
  expect([...deeper.keepProbability]).toEqual([['A0', 1], ['A1', 0.5], ['B0', 0.8], ['B1', 1]]);
});

test('a fall in depth counts as a rise does, and no pair is no check', () => {
  const counts = new Map([['A0', [200]], ['A1', [100]], ['B0', [200]], ['B1', [100]]]);
  expect(checkDepth(counts, pairs, 1.25)).toMatchObject({ratio: 0.5, isThinned: true});
  expect(checkDepth(counts, [], 1.25)).toMatchObject({ratio: null, medianCountsBefore: null, isThinned: false});
});

test('an infusion product takes part only where the contrast names the tissue', () => {
  const rows = [['S1', 'baseline', 'blood'], ['S2', 'day0', 'blood'], ['S3', 'day0', 'infusion product']].map(([sample_id, timepoint, tissue]) => ({sample_id, patient_id: 'P1', timepoint, tissue, library: 'gex', path: 'x', excluded: ''}));
  const contrast = {name: 'c', by: 'timepoint', before: 'baseline', after: 'day0', where: {}};
  expect(pairSamples(rows, contrast).pairs).toEqual([{patient_id: 'P1', before: 'S1', after: 'S2'}]);
  expect(pairSamples(rows, {...contrast, by: 'tissue', before: 'blood', after: 'infusion product', where: {timepoint: 'day0'}}).pairs).toEqual([{patient_id: 'P1', before: 'S2', after: 'S3'}]);
});
