// Clones against the partitions that changeo, scirpy and Cell Ranger themselves gave on the same receptors, compared as sets of cells.
import {describe, expect, test} from 'vitest';
import {densityValley} from '../../../pipeline/analysis/density-valley.ts';
import {callAlternatives} from '../../../pipeline/analysis/clone-rule-alternatives.ts';
import {callClonotypes} from '../../../pipeline/analysis/clonotype.ts';
import {defaultClonotypeRule, type ClonotypeRule} from '../../../pipeline/analysis/clonotype-rule.ts';
import {assignReceptorChains, receptorSubtype, type ReceptorCell} from '../../../pipeline/analysis/receptor-chains.ts';
import type {Rearrangement} from '../../../pipeline/data/rearrangement.ts';
import type {Row} from '../../../pipeline/data/table.ts';
import {readTable} from '../../../pipeline/formats/delimited-text.ts';
import {readTenxContigs} from '../../../pipeline/formats/tenx-contigs.ts';
import {dataFile, referenceFile, sharedData} from '../../rig/shared-data.ts';

if (sharedData === undefined) console.log('The partitions of changeo and scirpy are skipped: no LYMPHLINE_DATA and no ../shared/data.');

const call = (cells: readonly ReceptorCell[], rule: Partial<ClonotypeRule>): ReadonlyMap<string, string> =>
  callClonotypes(cells, new Map([...new Set(cells.map((cell) => cell.sample_id))].map((sample) => [sample, 'P'])), {...defaultClonotypeRule, ...rule}).cloneOfCell;

/** Each set of cells as one line; two partitions are equal where these are. */
function asSets(labels: Iterable<readonly [string, string]>): string[] {
  return [...Map.groupBy(labels, ([, label]) => label).values()].map((own) => own.map(([cell]) => cell).sort().join(' ')).sort();
}

const labelled = (rows: readonly Row[], idOf: (row: Row, at: number) => string, column: string): [string, string][] =>
  rows.flatMap((row, at): [string, string][] => (row[column] === null ? [] : [[idOf(row, at), String(row[column])]]));

function expectEqualPartition(found: ReadonlyMap<string, string>, expected: readonly (readonly [string, string])[]): void {
  const [own, theirs] = [asSets(found), asSets(expected)];
  expect([own.length, own.filter((set, index) => set !== theirs[index]).slice(0, 3)]).toEqual([theirs.length, []]);
}

describe.skipIf(sharedData === undefined)('ExampleDb, 1,999 heavy chains, each taken as one cell', () => {
  const rows = sharedData === undefined ? [] : readTable(referenceFile('alakazam/ExampleDb.airr.tsv')).rows;
  // changeo breaks ties by the order of its file, ours by cell_id: the number of the row makes them the same.
  const idAt = (row: Row, at: number): string => `${String(at).padStart(4, '0')} ${row['sequence_id']}`;
  const chains = (callsOf: (row: Row, at: number) => {v_call: string; j_call: string}): readonly ReceptorCell[] => assignReceptorChains(rows.map((row, at): Rearrangement => ({
    sequence_id: String(row['sequence_id']), sequence: '', cell_id: idAt(row, at), sample_id: String(row['sample_id']), barcode: '', locus: 'IGH', productive: true,
    d_call: '', c_call: String(row['c_call'] ?? ''), junction: String(row['junction']), junction_aa: translate(String(row['junction'])), umi_count: 1, consensus_count: 1, ...callsOf(row, at),
  }))).cells;
  const cells = chains((row) => ({v_call: String(row['v_call']), j_call: String(row['j_call'])}));
  const changeo = sharedData === undefined ? [] : readTable(referenceFile('alakazam/changeo_DefineClones_partitions.csv')).rows;

  // changeo 1.3.0 DefineClones --model ham --norm len.
  test.each<[string, Partial<ClonotypeRule>]>([
    ...([['0.0', 0], ['0.05', 0.05], ['0.10', 0.1], ['0.12', 0.12], ['0.16', 0.16], ['0.17', 0.17]] as const).map(([name, changeo_dist]): [string, Partial<ClonotypeRule>] => [`set_${name}`, {changeo_dist}]),
    ['first_0.16', {changeo_dist: 0.16, changeo_act: 'first'}],
    ['complete_0.16', {changeo_dist: 0.16, changeo_link: 'complete'}],
    ['average_0.16', {changeo_dist: 0.16, changeo_link: 'average'}],
  ])('%s is the partition of changeo', (column, rule) => {
    expectEqualPartition(call(cells, {definition: 'changeo', ...rule}), labelled(changeo, idAt, column));
  });

  // scirpy 0.25.1 on V and J genes without alleles, receptor_arms VDJ, dual_ir primary_only.
  const scirpy = sharedData === undefined ? [] : readTable(referenceFile('scverse/exampledb_scirpy.csv.gz')).rows;
  const genes = chains((_, at) => ({v_call: String(scirpy[at]['v_call'] ?? ''), j_call: String(scirpy[at]['j_call'] ?? '')}));
  test.each([...Object.keys(scirpy[0] ?? {})].filter((column) => /_(vj|free)$/.test(column)))('%s is the partition of scirpy', (column) => {
    expectEqualPartition(call(genes, {...scirpyRule(column), scirpy_receptor_arms: 'VDJ', scirpy_dual_ir: 'primary_only'}), labelled(scirpy, idAt, column));
  });

  test('the largest clone after hangs on the rule: 10 % exact, 66 % by single linkage at 0.1', () => {
    // changeo_DefineClones_summary.csv, top1_post_n of 999.
    const after = new Set(rows.flatMap((row, at) => (row['sample_id'] === '+7d' ? [idAt(row, at)] : [])));
    const top = (linkage: string, threshold: number): number => {
      const {cloneOfCell} = callAlternatives(cells, defaultClonotypeRule).find((other) => other.receptor === 'BCR' && other.linkage === linkage && other.threshold === threshold)!;
      return Math.max(...[...Map.groupBy([...cloneOfCell].filter(([cell]) => after.has(cell)), ([, clone]) => clone).values()].map((own) => own.length));
    };
    expect([top('single', 0), top('single', 0.05), top('single', 0.1)]).toEqual([100, 237, 661]);
    expect(top('complete', 0.15)).toBeLessThan(300);
  });

  test('the automatic threshold is the valley that shazam finds', () => {
    // shazam 1.1.2 distToNearest and findThreshold(method = "density"): shazam_thresholds.json.
    const distances = readTable(referenceFile('alakazam/shazam_distToNearest.csv')).rows.flatMap((row) => (row['dist_nearest'] === null || row['dist_nearest'] === 'NA' ? [] : [Number(row['dist_nearest'])]));
    expect(distances.length).toBe(1960);
    const valley = densityValley(distances);
    expect(valley).toMatchObject({at: expect.closeTo(0.173839126017338, 9), bandwidth: expect.closeTo(0.0849879819408502, 9)});
  });
});

/** `normalized_hamming_nt_15_vj` and the like. */
function scirpyRule(column: string): Partial<ClonotypeRule> {
  const [, metric, sequence, cutoff, rest] = /^(.+)_(nt|aa)_(\d+)_(\w+)$/.exec(column)!;
  const sameGenes = rest.endsWith('vj');
  return {
    definition: 'scirpy', scirpy_metric: metric as ClonotypeRule['scirpy_metric'], scirpy_sequence: sequence as 'nt', scirpy_cutoff: Number(cutoff), scirpy_same_v_gene: sameGenes, scirpy_same_j_gene: sameGenes,
    ...(rest === 'heavy_vj' ? {scirpy_receptor_arms: 'VDJ', scirpy_dual_ir: 'primary_only'} : {}),
  };
}

describe.skipIf(sharedData === undefined)('blood and lung T cells of four patients, taken as one', () => {
  const samples = ['P17B', 'P17L', 'P18B', 'P18L', 'P19B', 'P19L', 'P20B', 'P20L'];
  const assigned = sharedData === undefined ? undefined : assignReceptorChains(samples.flatMap((sample) => readTenxContigs(dataFile(`ards_blood_lung_tcr/${sample}/filtered_contig_annotations.csv.gz`), sample).rearrangements));
  const reference = sharedData === undefined ? [] : readTable(referenceFile('scverse/ards_tcr_cells.csv.gz')).rows;
  const idOf = (row: Row): string => `${row['sample']}_${row['barcode']}`;

  test('every cell has the receptor type, subtype and chain pairing of scirpy', () => {
    const found = new Map(assigned!.cells.map((cell) => [cell.cell_id, [cell.receptor, receptorSubtype(cell), cell.chain_status].join(' ')]));
    const wrong = reference.filter((row) => row['receptor_type'] !== 'no IR' && found.get(idOf(row)) !== [row['receptor_type'], row['receptor_subtype'], row['chain_pairing']].join(' '));
    expect([found.size, wrong]).toEqual([27185, []]);
  });

  test.each<[string, Partial<ClonotypeRule>]>([
    ['clone_id', {}],
    ['primary_only', {scirpy_dual_ir: 'primary_only'}],
    ['default_v_j', {scirpy_same_v_gene: true, scirpy_same_j_gene: true}],
    ['any_arm', {scirpy_receptor_arms: 'any'}],
    ['vdj_primary', {scirpy_receptor_arms: 'VDJ', scirpy_dual_ir: 'primary_only'}],
    ['aa_identity', {scirpy_sequence: 'aa'}],
  ])('%s is the partition of scirpy', (column, rule) => {
    expectEqualPartition(call(assigned!.cells, {definition: 'scirpy', ...rule}), labelled(reference, idOf, column));
  });

  test('per_patient is the partition of scirpy where patients are told apart', () => {
    const patients = new Map(samples.map((sample) => [sample, sample.slice(0, 3)]));
    const {cloneOfCell} = callClonotypes(assigned!.cells, patients, {...defaultClonotypeRule, definition: 'scirpy'});
    expectEqualPartition(cloneOfCell, labelled(reference, idOf, 'per_patient'));
  });

  test.each(samples)('%s: cellranger gives the clonotypes that Cell Ranger wrote', (sample) => {
    const contigs = readTable(dataFile(`ards_blood_lung_tcr/${sample}/filtered_contig_annotations.csv.gz`)).rows;
    const cells = assigned!.cells.filter((cell) => cell.sample_id === sample);
    const raw = new Map(contigs.map((row) => [`${sample}_${row['barcode']}`, String(row['raw_clonotype_id'])]));
    expectEqualPartition(call(cells, {definition: 'cellranger'}), cells.map((cell) => [cell.cell_id, raw.get(cell.cell_id)!]));
  });
});

describe.skipIf(sharedData === undefined)('B cells of two mice, taken as one', () => {
  const mice = ['BL6', 'MD4'];
  const cells = sharedData === undefined ? [] : assignReceptorChains(mice.flatMap((mouse) => readTenxContigs(dataFile(`mouse_spleen_gex_bcr_tcr/${mouse}/BCR/filtered_contig_annotations.csv.gz`), mouse).rearrangements)).cells;
  const reference = sharedData === undefined ? [] : readTable(referenceFile('scverse/mouse_bcr_cells.csv.gz')).rows;
  const idOf = (row: Row): string => `${row['mouse']}_${row['barcode']}`;

  test('every cell has the subtype and chain pairing of scirpy', () => {
    const found = new Map(cells.map((cell) => [cell.cell_id, [receptorSubtype(cell), cell.chain_status].join(' ')]));
    expect(reference.filter((row) => found.get(idOf(row)) !== [row['receptor_subtype'], row['chain_pairing']].join(' '))).toEqual([]);
  });

  test.each(['nt_identity', ...Object.keys(reference[0] ?? {}).filter((column) => /_\d+_(default|vj|heavy_vj)$/.test(column))])('%s is the partition of scirpy', (column) => {
    expectEqualPartition(call(cells, column === 'nt_identity' ? {definition: 'scirpy'} : scirpyRule(column)), labelled(reference, idOf, column));
  });

  test.each(['0.0', '0.15', '0.2'].flatMap((threshold) => ['single', 'complete'].map((linkage) => [linkage, threshold])))('changeo, %s linkage at %s', (linkage, threshold) => {
    const rows = readTable(referenceFile('scverse/mouse_bcr_changeo_heavy.csv.gz')).rows;
    const heavy = assignReceptorChains(rows.map((row): Rearrangement => ({
      sequence_id: String(row['sequence_id']), sequence: '', cell_id: String(row['sequence_id']), sample_id: String(row['mouse']), barcode: '', locus: 'IGH', productive: true,
      v_call: String(row['v_call']), d_call: '', j_call: String(row['j_call']), c_call: '', junction: String(row['junction']), junction_aa: 'X', umi_count: 1, consensus_count: 1,
    }))).cells;
    const {cloneOfCell} = callClonotypes(heavy, new Map(mice.map((mouse) => [mouse, mouse])), {...defaultClonotypeRule, definition: 'changeo', changeo_dist: Number(threshold), changeo_link: linkage as 'single'});
    expectEqualPartition(cloneOfCell, labelled(rows, (row) => String(row['sequence_id']), `changeo_${linkage}_${threshold}`));
  });
});

function translate(junction: string): string {
  const bases = 'TCAG';
  const code = 'FFLLSSSSYY**CC*WLLLLPPPPHHQQRRRRIIIMTTTTNNKKSSRRVVVVAAAADDEEGGGG';
  return Array.from({length: Math.floor(junction.length / 3)}, (_, k) => {
    const [a, b, c] = [...junction.slice(3 * k, 3 * k + 3).toUpperCase()].map((base) => bases.indexOf(base));
    return a < 0 || b < 0 || c < 0 ? 'X' : code[16 * a + 4 * b + c];
  }).join('');
}
