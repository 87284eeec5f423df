import {existsSync} from 'node:fs';
import {join, resolve} from 'node:path';
import {expect, test} from 'vitest';
import {callClonotypes} from '../../../pipeline/analysis/clonotype.ts';
import {defaultClonotypeRule, type ClonotypeRule} from '../../../pipeline/analysis/clonotype-rule.ts';
import {clusterJunctions} from '../../../pipeline/analysis/junction-clusters.ts';
import {assignReceptorChains} from '../../../pipeline/analysis/receptor-chains.ts';
import {compareRepertoires} from '../../../pipeline/analysis/repertoire-overlap.ts';
import type {Locus, Rearrangement} from '../../../pipeline/data/rearrangement.ts';
import {readTable} from '../../../pipeline/formats/delimited-text.ts';
import {readTenxContigs} from '../../../pipeline/formats/tenx-contigs.ts';

const dataFolder = resolve(import.meta.dirname, '../../..', process.env.LYMPHLINE_DATA ?? '../shared/data');

let nChains = 0;
function chain(cell: string, locus: Locus, junction: string, more: Partial<Rearrangement> = {}): Rearrangement {
  return {
    sequence_id: `${cell}_${++nChains}`, sequence: '', cell_id: cell, sample_id: cell.split('_')[0], barcode: cell, locus, productive: true,
    v_call: `${locus}V1`, d_call: '', j_call: `${locus}J1`, c_call: '', junction, junction_aa: 'CAF', umi_count: 5, consensus_count: 50, ...more,
  };
}

const patients = new Map([['S1', 'P1'], ['S2', 'P1'], ['S3', 'P2']]);
const call = (chains: readonly Rearrangement[], rule: Partial<ClonotypeRule> = {}) =>
  callClonotypes(assignReceptorChains(chains).cells, patients, {...defaultClonotypeRule, ...rule});

test('chains are ranked by UMIs, reads, junction, junction_aa, and named as scirpy names them', () => {
  const {cells} = assignReceptorChains([
    chain('S1_A', 'TRA', 'AAA'), chain('S1_A', 'TRB', 'TTT', {umi_count: 2}), chain('S1_A', 'TRB', 'GGG', {umi_count: 9}),
    chain('S1_B', 'TRA', 'AAA', {consensus_count: 1}), chain('S1_B', 'TRA', 'CCC', {consensus_count: 2}),
    chain('S1_C', 'IGH', 'AAA'), chain('S1_C', 'IGK', 'AAA'), chain('S1_C', 'IGL', 'CCC'),
    chain('S1_D', 'TRB', 'AAA', {productive: false}), chain('S1_D', 'TRB', 'CCC'),
    chain('S1_E', 'TRA', 'AAA'), chain('S1_E', 'TRD', 'AAA'),
  ]);
  expect(cells.map((cell) => [cell.cell_id, cell.receptor, cell.chain_status, cell.vj[0]?.junction, cell.vdj[0]?.junction])).toEqual([
    ['S1_A', 'TCR', 'extra VDJ', 'AAA', 'GGG'],
    ['S1_B', 'TCR', 'orphan VJ', 'CCC', undefined],
    ['S1_C', 'BCR', 'extra VJ', 'CCC', 'AAA'],
    ['S1_D', 'TCR', 'orphan VDJ', undefined, 'CCC'],
    ['S1_E', 'TCR', 'ambiguous', 'AAA', 'AAA'],
  ]);
});

test('a cell with both receptors, three chains in an arm or none is excluded under a reason', () => {
  const {cells, excluded} = assignReceptorChains([
    chain('S1_A', 'TRA', 'AAA'), chain('S1_A', 'IGK', 'AAA'),
    chain('S1_B', 'TRA', 'AAA'), chain('S1_B', 'TRA', 'CCC'), chain('S1_B', 'TRA', 'GGG'),
    chain('S1_C', 'TRA', 'AAA', {productive: null}),
  ]);
  expect(cells).toEqual([]);
  expect(excluded).toEqual([
    {cell_id: 'S1_A', sample_id: 'S1', receptor: null, chain_status: 'ambiguous', reason: 'both TCR and BCR chains'},
    {cell_id: 'S1_B', sample_id: 'S1', receptor: 'TCR', chain_status: 'multichain', reason: 'more than two chains in one arm'},
    {cell_id: 'S1_C', sample_id: 'S1', receptor: null, chain_status: 'no IR', reason: 'no productive chain with a junction'},
  ]);
});

const tCells = [
  chain('S1_A', 'TRA', 'AAA'), chain('S1_A', 'TRB', 'CCC'),
  chain('S2_B', 'TRA', 'AAA'), chain('S2_B', 'TRB', 'CCC', {v_call: 'TRBV1*02'}),
  chain('S1_C', 'TRA', 'AAA'), chain('S1_C', 'TRB', 'CCC', {v_call: 'TRBV2*01'}),
  chain('S1_D', 'TRB', 'CCC'), chain('S3_E', 'TRA', 'AAA'), chain('S3_E', 'TRB', 'CCC'),
];

test('a clone spans the samples of a patient, not patients; genes count at gene level; orphans are their own clones', () => {
  const {clones, cloneOfCell} = call(tCells);
  expect(Object.fromEntries(cloneOfCell)).toEqual({S1_A: 'P1-TCR-1', S2_B: 'P1-TCR-1', S1_C: 'P1-TCR-3', S1_D: 'P1-TCR-2', S3_E: 'P2-TCR-1'});
  expect(clones[0]).toEqual({
    patient_id: 'P1', receptor: 'TCR', clone_id: 'P1-TCR-1', rule: 'exact junctions of the primary pair, V gene, J gene', v_gene_1: 'TRBV1', j_gene_1: 'TRBJ1',
    junction_1: 'CCC', junction_aa_1: 'CAF', v_gene_2: 'TRAV1', j_gene_2: 'TRAJ1', junction_2: 'AAA', junction_aa_2: 'CAF', n_cells: 2, n_samples: 2,
  });
  expect(call(tCells, {tcr_same_v_gene: false}).cloneOfCell.get('S1_C')).toBe('P1-TCR-1');
  expect(call(tCells, {orphans: 'drop'}).excluded.map((cell) => [cell.cell_id, cell.reason])).toEqual([['S1_D', 'only one arm of the receptor']]);
});

// Length 20: 3 / 20 = 0.15 links, 4 / 20 does not. Single linkage chains A-B-C although A and C differ in 6.
const heavy = {a: 'AAAAAAAAAAAAAAAAAAAA', b: 'CCCAAAAAAAAAAAAAAAAA', c: 'CCCGGGAAAAAAAAAAAAAA', d: 'TTTTAAAAAAAAAAAAAAAA'};
const bCells = [
  ...Object.entries(heavy).map(([name, junction]) => chain(`S1_${name}`, 'IGH', junction)),
  chain('S1_e', 'IGH', heavy.a, {v_call: 'IGHV9'}), chain('S2_f', 'IGH', heavy.a.slice(1)),
  chain('S2_g', 'IGK', heavy.a), chain('S1_h', 'IGK', heavy.a), chain('S1_a', 'IGK', heavy.a),
];

test('B cells join within V gene, J gene and length up to the threshold, links chaining; light-only cells by their light chain', () => {
  const {cloneOfCell} = call(bCells);
  const members = Map.groupBy([...cloneOfCell].sort(), ([, clone]) => clone);
  expect([...members.values()].map((own) => own.map(([cell]) => cell).join(' ')).sort()).toEqual(['S1_a S1_b S1_c', 'S1_d', 'S1_e', 'S1_h S2_g', 'S2_f']);
  expect(cloneOfCell.get('S1_a')).toBe('P1-BCR-1');
  expect(cloneOfCell.get('S2_g')).toBe('P1-BCR-2');
});

test('the order of the input changes nothing, another patient neither', () => {
  const all = [...tCells, ...bCells.filter((own) => !tCells.some((other) => other.cell_id === own.cell_id))];
  const forward = call(all);
  const backward = call([...all].reverse());
  expect(backward.clones).toEqual(forward.clones);
  expect([...backward.cloneOfCell].sort()).toEqual([...forward.cloneOfCell].sort());
  expect(call(all.filter((own) => own.sample_id !== 'S3')).clones).toEqual(forward.clones.filter((clone) => clone.patient_id === 'P1'));
});

test('a cell without a nucleotide junction in a deciding chain has no clone', () => {
  const {clones, excluded} = call([chain('S1_A', 'TRA', ''), chain('S1_A', 'TRB', 'CCC')]);
  expect(clones).toEqual([]);
  expect(excluded.map((cell) => cell.reason)).toEqual(['no nucleotide junction']);
});

test('threshold 0 joins nothing but equals, and distance / length at the threshold joins', () => {
  expect(clusterJunctions(['AC', 'AG'], 0, 'single')).toEqual([0, 1]);
  expect(clusterJunctions(['AC', 'AG'], 0.5, 'single')).toEqual([0, 0]);
  expect(clusterJunctions([], 0.15, 'single')).toEqual([]);
});

const exampleDb = join(dataFolder, '../ref/alakazam/ExampleDb.airr.tsv');

// changeo 1.3.0 DefineClones --act set --model ham --norm len, single linkage: changeo_DefineClones_summary.csv. Bulk sequences stand for cells.
test.skipIf(!existsSync(exampleDb)).each([
  [0, 1198, [100, 50, 44, 30, 28]], [0.05, 1097, [237, 184, 145, 47, 32]], [0.1, 1066, [661, 13, 10, 10, 9]],
  [0.12, 1060, [683, 11, 10, 6, 6]], [0.16, 1054, [683, 11, 10, 6, 6]], [0.17, 1053, [683, 11, 10, 6, 6]],
])('ExampleDb at threshold %f has the clones of changeo', (bcr_threshold, nClones, largestAfter) => {
  const chains = readTable(exampleDb).rows.map((row) => chain(String(row.sequence_id), 'IGH', String(row.junction), {
    v_call: String(row.v_call), j_call: String(row.j_call), sample_id: String(row.sample_id), junction_aa: 'X',
  }));
  const {clones, cloneOfCell} = callClonotypes(assignReceptorChains(chains).cells, new Map([['-1h', 'P'], ['+7d', 'P']]), {...defaultClonotypeRule, bcr_threshold});
  expect(clones).toHaveLength(nClones);
  const after = sizes(chains.filter((own) => own.sample_id === '+7d').map((own) => own.cell_id), cloneOfCell);
  expect([...after.values()].sort((a, b) => b - a).slice(0, 5)).toEqual(largestAfter);
});

const ards = join(dataFolder, 'ards_blood_lung_tcr');
if (!existsSync(ards)) process.stderr.write(`skipped the ARDS blood and lung TCR tests: no ${ards}\n`);

// Real contigs (Cell Ranger) of four patients, counted outside this code under the rule: exact junctions of the primary pair, no gene. The
// 6943rd cell of P19B has one contig, `Multi`, which the reader leaves out. sample: cells, single pair, orphan VJ, orphan VDJ, extra VJ, extra VDJ, two full,
// clones, paired clones, paired cells, top clone.
const ardsSamples: Record<string, readonly number[]> = {
  P17B: [2805, 2293, 42, 292, 92, 39, 47, 725, 639, 2471, 957], P17L: [2893, 1921, 138, 610, 145, 54, 25, 2076, 1481, 2145, 55],
  P18B: [1328, 892, 24, 84, 102, 100, 126, 1252, 1144, 1220, 18], P18L: [1278, 860, 35, 236, 87, 41, 19, 1195, 935, 1007, 7],
  P19B: [6942, 4720, 153, 648, 498, 456, 467, 5387, 4744, 6141, 110], P19L: [2747, 1526, 138, 753, 182, 105, 43, 1544, 1016, 1856, 140],
  P20B: [8991, 6032, 257, 1181, 741, 465, 315, 5784, 4954, 7553, 155], P20L: [201, 123, 11, 57, 8, 2, 0, 192, 125, 133, 3],
};
// patient: shared clones, shared paired clones, Jaccard, Morisita-Horn, blood cells in shared, lung cells in shared
const ardsPairs: Record<string, readonly number[]> = {
  P17: [92, 71, 0.0339608712, 0.0503939393, 1656, 266], P18: [30, 30, 0.0124120811, 0.0262423784, 36, 35],
  P19: [274, 231, 0.0411596815, 0.0496607445, 738, 807], P20: [27, 21, 0.0045385779, 0.0714418808, 297, 33],
};

test.skipIf(!existsSync(ards)).each(Object.keys(ardsPairs))('%s: chains, clones and overlap of blood and lung equal the reference tables', (patient) => {
  const samples = [`${patient}B`, `${patient}L`];
  const {cells, excluded} = assignReceptorChains(
    samples.flatMap((sample) => readTenxContigs(join(ards, sample, 'filtered_contig_annotations.csv.gz'), sample).rearrangements),
  );
  expect(excluded).toEqual([]);
  const {clones, cloneOfCell} = callClonotypes(cells, new Map(samples.map((sample) => [sample, patient])), {
    ...defaultClonotypeRule, tcr_same_v_gene: false, tcr_same_j_gene: false,
  });
  const isPaired = new Map(clones.map((clone) => [clone.clone_id, clone.junction_1 !== '' && clone.junction_2 !== '']));
  const ofSample = samples.map((sample) => sizes(cells.filter((cell) => cell.sample_id === sample).map((cell) => cell.cell_id), cloneOfCell));
  samples.forEach((sample, index) => {
    const own = cells.filter((cell) => cell.sample_id === sample);
    const statuses = ['single pair', 'orphan VJ', 'orphan VDJ', 'extra VJ', 'extra VDJ', 'two full chains'];
    const paired = [...ofSample[index]].filter(([id]) => isPaired.get(id));
    expect([
      own.length, ...statuses.map((status) => own.filter((cell) => cell.chain_status === status).length), ofSample[index].size,
      paired.length, paired.reduce((total, [, size]) => total + size, 0), Math.max(...ofSample[index].values()),
    ], sample).toEqual(ardsSamples[sample]);
  });
  const [blood, lung] = ofSample;
  const shared = [...blood.keys()].filter((id) => lung.has(id));
  const cellsIn = (own: ReadonlyMap<string, number>): number => shared.reduce((total, id) => total + own.get(id)!, 0);
  const overlap = compareRepertoires(blood, lung);
  const [nShared, nPaired, jaccard, morisitaHorn, inBlood, inLung] = ardsPairs[patient];
  expect([overlap.n_shared, shared.filter((id) => isPaired.get(id)).length, cellsIn(blood), cellsIn(lung)]).toEqual([nShared, nPaired, inBlood, inLung]);
  expect(overlap.jaccard).toBeCloseTo(jaccard, 9);
  expect(overlap.morisita_horn).toBeCloseTo(morisitaHorn, 9);
});

function sizes(cells: readonly string[], cloneOfCell: ReadonlyMap<string, string>): Map<string, number> {
  const found = new Map<string, number>();
  for (const cell of cells) {
    const clone = cloneOfCell.get(cell);
    if (clone !== undefined) found.set(clone, (found.get(clone) ?? 0) + 1);
  }
  return found;
}
