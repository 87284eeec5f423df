// The tables beside abundance and diversity, on a cohort so small that every number can be counted by hand.
import {mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterAll, beforeAll, expect, test} from 'vitest';
import type {Row} from '../../../pipeline/data/table.ts';
import {runStepFolder} from '../../rig/run-step.ts';
import {libraryRow, rowsOf, runReceptorChain, type Chain, type ReceptorLibrary} from './clonal-abundance-chain.ts';

const columns = ['sequence_id', 'sequence', 'productive', 'v_call', 'd_call', 'j_call', 'c_call', 'junction', 'junction_aa', 'locus', 'cell_id', 'umi_count', 'v_mutation_frequency'];
let folder: string;
let chain: Chain;

/** One contig as `locus V junction` and more. */
type Contig = readonly [locus: string, v: string, junction: string, c?: string, mutation?: string];

function library(sample: string, kind: string, patient: string, timepoint: string, cells: Readonly<Record<string, readonly Contig[]>>): ReceptorLibrary {
  const rows = Object.entries(cells).flatMap(([barcode, contigs]) => contigs.map(([locus, v, junction, c = '', mutation = ''], k) =>
    [`${barcode}_${k}`, '', 'T', v, '', `${locus}J1`, c, junction, 'CAAAW'.slice(0, junction.length / 3), locus, barcode, '5', mutation].join('\t')));
  const contigs = join(folder, `${sample}-${kind}.tsv`);
  writeFileSync(contigs, `${[columns.join('\t'), ...rows].join('\n')}\n`);
  return {row: libraryRow(sample, kind, {patient_id: patient, timepoint}), contigs};
}

const pair = (beta: string, alpha: string): Contig[] => [['TRB', 'TRBV9', beta], ['TRA', 'TRAV1', alpha]];
const many = (n: number, prefix: string, contigs: readonly Contig[]): Record<string, readonly Contig[]> => Object.fromEntries(Array.from({length: n}, (_, k) => [`${prefix}${k}`, contigs]));
const rows = (table: string): readonly Row[] => rowsOf(chain.cohort, table);

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'lymphline-clone-tables-'));
  // Heavy junctions of 15 bases: a and b differ in 1 (0.067), a and c in 2 (0.133), so that 0.15 joins all three and 0.05 none.
  const heavy = {a: 'TGTGCAAAAAAATGG', b: 'TGTGCAAAAAACTGG', c: 'TGTGCAAAAACCTGG'};
  const b = (name: keyof typeof heavy, v: string, isotype: string, mutation: string): Contig[] => [['IGH', v, heavy[name], isotype, mutation], ['IGK', 'IGKV1', 'TGTAAATTC']];
  chain = runReceptorChain(folder, {
    libraries: [
      library('S1', 'tcr', 'P1', 't0', {...many(40, 'A', pair('TGTAAATTC', 'TGTCCCTTC')), ...many(60, 'B', pair('TGTGGGTTC', 'TGTCCCTTC'))}),
      library('S2', 'tcr', 'P1', 't1', {...many(1, 'A', pair('TGTAAATTC', 'TGTCCCTTC')), ...many(99, 'C', pair('TGTGGGTTC', 'TGTCCCTTC'))}),
      library('S3', 'tcr', 'P1', 't2', {...many(50, 'D', pair('TGTAAATTC', 'TGTCCCTTC')), ...many(50, 'E', pair('TGTGGGTTC', 'TGTCCCTTC'))}),
      // The pair of the first clone of P1 in another patient, and a clone of the other beta chain alone, which is no pair.
      library('S4', 'tcr', 'P2', 't0', {...many(3, 'F', pair('TGTAAATTC', 'TGTCCCTTC')), ...many(20, 'G', [['TRB', 'TRBV9', 'TGTGGGTTC']])}),
      library('S1', 'bcr', 'P1', 't0', {...many(4, 'H', b('a', 'IGHV4-34', 'IGHG1', '0.02')), ...many(4, 'I', b('b', 'IGHV4-34', 'IGHM', '0.04')), ...many(2, 'J', b('c', 'IGHV4-34', 'IGHM', '')), ...many(2, 'K', b('a', 'IGHV1-69', 'IGHM', '0'))}),
      library('S2', 'bcr', 'P1', 't1', many(3, 'L', b('a', 'IGHV4-34', 'IGHG1', '0.02'))),
    ],
    timepoints: ['t0', 't1', 't2'],
    contrasts: [{name: 't1-vs-t0', by: 'timepoint', before: 't0', after: 't1', where: {}, primary: true}],
    abundance: {min_cells: 10, draws: 10, bootstraps: 20},
  });
});
afterAll(() => rmSync(folder, {recursive: true, force: true}));

test('a paired clone of two patients, and one barcode with one clone in two samples, raise an alarm that names the libraries', () => {
  expect(rows('repertoire_alarms').map((row) => [row['receptor'], row['kind'], row['patients'], row['samples'], row['libraries'], row['n_cells']])).toEqual([
    ['TCR', 'paired clone in several patients', 'P1,P2', 'S1,S2,S3,S4', 'S1-tcr,S2-tcr,S3-tcr,S4-tcr', '94'],
    ['TCR', 'one barcode with one paired clone in several samples', 'P1', 'S1,S2', 'S1-tcr,S2-tcr', '1'],
  ]);
});

test('the course of a clone over three timepoints is told in one word', () => {
  expect(rows('clone_trajectories').filter((row) => row['receptor'] === 'TCR' && row['patient_id'] === 'P1').map((row) => [row['counts'], row['steps'], row['trajectory'], row['first_seen'], row['last_seen'], row['timepoints']])).toEqual([
    ['60,99,50', '+-', 'peak', 't0', 't2', 't0,t1,t2'], ['40,1,50', '-+', 'trough', 't0', 't2', 't0,t1,t2'],
  ]);
  expect(rows('clone_trajectories').find((row) => row['patient_id'] === 'P2')?.['missing']).toMatch(/^1 timepoints with cells|^0 timepoints with cells/);
});

test('the power of a pair is at the edge of the test, and three B cells after can show nothing', () => {
  const power = (receptor: string): unknown[] => rows('tracking_power').filter((row) => row['receptor'] === receptor).map((row) => [row['frequency_before'], row['n_before'], row['n_after_expanded'], row['n_after_contracted']]);
  // Level 0.05 / 2 clones, 100 cells on each side. R 4.2.2 fisher.test: 0 against 7 p = 0.0140, 6 0.0289; 1 against 9 0.0185, 8 0.0349; 10 against 23 0.0212, 22 0.0327; 10 against 1 0.0097, 2 0.0330.
  expect(power('TCR')).toEqual([['0', '0', '7', null], ['0.001', null, null, null], ['0.01', '1', '9', null], ['0.1', '10', '23', '1']]);
  expect(rows('tracking_power').filter((row) => row['receptor'] === 'BCR' && row['n_after_contracted'] !== null)).toEqual([]);
});

test('other rules change the clones of the same cells, and a top clone that hangs on the rule is flagged', () => {
  const found = rows('clone_rule_sensitivity').filter((row) => row['receptor'] === 'BCR').map((row) => [row['linkage'], row['threshold'], row['n_clones'], Number(row['top_clone_fraction']).toFixed(4), row['n_shared_before_after'], row['flag']]);
  // S1 holds a 4, b 4, c 2 of IGHV4-34 and 2 of IGHV1-69; S2 has 3 cells, below the minimum of 10. Complete linkage at 0.1: a-b and b-c tie (0.067); the first in order are joined, and c (0.133 from a) stays apart.
  expect(found).toEqual([
    ['single', '0.15', '2', (10 / 12).toFixed(4), '1', 'as called'],
    ['single', '0', '4', (4 / 12).toFixed(4), '1', 'top clone 2.5 times smaller'], ['single', '0.05', '4', (4 / 12).toFixed(4), '1', 'top clone 2.5 times smaller'],
    ['single', '0.1', '2', (10 / 12).toFixed(4), '1', null], ['single', '0.15', '2', (10 / 12).toFixed(4), '1', null], ['single', '0.2', '2', (10 / 12).toFixed(4), '1', null],
    ['complete', '0.05', '4', (4 / 12).toFixed(4), '1', 'top clone 2.5 times smaller'], ['complete', '0.1', '3', (8 / 12).toFixed(4), '1', null],
    ['complete', '0.15', '2', (10 / 12).toFixed(4), '1', null], ['complete', '0.2', '2', (10 / 12).toFixed(4), '1', null],
  ]);
});

test('isotypes, V genes, junction length and mutations of the heavy chains; what the input lacks is missing', () => {
  const of = (feature: string, level: string | null = null): Row | undefined => rows('bcr_features').find((row) => row['sample_id'] === 'S1' && row['feature'] === feature && row['level'] === level);
  expect([of('isotype', 'IGHG1')?.['n'], of('isotype', 'IGHM')?.['n'], of('isotype', 'IGHM')?.['n_cells'], of('v_gene', 'IGHV4-34')?.['n'], of('v_gene', 'IGHV1-69')?.['n']]).toEqual(['4', '8', '12', '10', '2']);
  // Ten chains have a frequency: 0.02 x 4, 0.04 x 4, 0 x 2; median 0.02 and 0.02.
  expect([of('mutation_frequency')?.['n_cells'], of('mutation_frequency')?.['value'], of('junction_length_aa')?.['value']]).toEqual(['10', '0.02', '5']);
  expect(rows('bcr_features').find((row) => row['sample_id'] === 'S2')).toMatchObject({n_cells: '3', value: null, missing: 'only 3 B cells with a heavy chain, 10 needed'});
  expect(rows('bcr_features').find((row) => row['sample_id'] === 'S3')?.['missing']).toBe('no BCR library');
});

test('three B cells after: no abundance, no diversity, no overlap, and no clone is called gone', () => {
  expect(rows('clonal_diversity').filter((row) => row['sample_id'] === 'S2' && row['receptor'] === 'BCR' && row['value'] !== null)).toEqual([]);
  expect(rows('clonal_abundance').filter((row) => row['sample_id'] === 'S2' && row['receptor'] === 'BCR').map((row) => [row['clone_size'], row['abundance'], row['missing']])).toEqual([['3', null, expect.stringContaining('only 3 BCR+ cells, 10 needed')]]);
  expect(rows('repertoire_overlap').find((row) => row['receptor'] === 'BCR' && row['sample_id_b'] === 'S2')).toMatchObject({n_shared: '1', morisita_horn: null, missing: 'only 3 BCR+ cells in one of the samples, 10 needed'});
  const tracked = rows('clone_tracking').filter((row) => row['receptor'] === 'BCR' && row['patient_id'] === 'P1');
  // 1 - 0.05^(1/3).
  expect(tracked.map((row) => [row['verdict'], Number(row['detection_limit_after']).toFixed(4)])).toEqual([['not-distinguishable', '0.6316'], ['not-distinguishable', '0.6316']]);
});

test('alakazam on request: draws at one depth for the cohort, beside ours', () => {
  const again = runStepFolder('clonal-abundance', mkdtempSync(join(folder, 'alakazam-')), {
    inputs: Object.fromEntries(['clones', 'cells', 'rearrangements'].map((output) => [output, [...chain.called].map(([unit, run]) => ({unit, path: run.outputs[output]}))])),
    params: {min_cells: 10, draws: 400, bootstraps: 20, alakazam: true}, design: {rows: ['S1', 'S2', 'S3', 'S4'].map((sample) => libraryRow(sample, 'tcr', {patient_id: sample === 'S4' ? 'P2' : 'P1', timepoint: sample === 'S4' ? 't0' : `t${Number(sample[1]) - 1}`})), timepoints: ['t0', 't1', 't2'], contrasts: [], visits: []},
  });
  expect(again.stderr).toBe('');
  const found = rowsOf(again, 'clonal_diversity').filter((row) => row['method'] === 'alakazam' && row['sample_id'] === 'S1' && row['q'] === '2' && row['cell_type'] === 'all');
  // S4 has the fewest cells, 23: E sum p^2 of a draw is sum p^2 + (1 - sum p^2) / 23 with p 0.4 and 0.6 (both clones seen many times, nothing unseen).
  expect(found.map((row) => row['depth'])).toEqual(['23']);
  expect(Math.abs(1 / Number(found[0]['value']) - (0.52 + 0.48 / 23))).toBeLessThan(0.02);
});
