import {mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join, resolve} from 'node:path';
import {afterEach, beforeEach, expect, test} from 'vitest';
import {readReceptors} from '../../../pipeline/formats/read-receptors.ts';
import {readTable, writeTable} from '../../../pipeline/formats/delimited-text.ts';
import {dataFile, sharedData} from '../../rig/shared-data.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lymphline-trust4-'));
});
afterEach(() => rmSync(folder, {recursive: true}));

const header = '#barcode\tcell_type\tchain1\tchain2\tsecondary_chain1\tsecondary_chain2';
const beta = 'TRBV18*01,TRBD2*01,TRBJ2-5*01,TRBC1,TGTGCCAGCTCATTC,CASSF,5.62,AAAC_98,100.00,0';
const alpha = 'TRAV6*02,*,TRAJ23*01,*,TGTGCTCTCTTC,CALF,1.00,AAAC_74,100.00,0';

function report(...rows: (readonly string[])[]): string {
  const path = join(folder, 'report.tsv');
  writeFileSync(path, [header, ...rows.map((row) => row.join('\t')), ''].join('\n'));
  return path;
}

test('the two chains of a barcode, with the junction and the cut count of UMIs or reads', async () => {
  const {rearrangements, dropped} = await readReceptors(report(['AAAC', 'abT', beta, alpha, `${beta};${beta}`, '*']), 'S');
  expect(rearrangements.map((chain) => [chain.sequence_id, chain.cell_id, chain.locus, chain.v_call, chain.d_call, chain.c_call, chain.junction_aa, chain.productive, chain.umi_count, chain.consensus_count])).toEqual([
    ['AAAC_98', 'S_AAAC', 'TRB', 'TRBV18*01', 'TRBD2*01', 'TRBC1', 'CASSF', true, null, 5],
    ['AAAC_74', 'S_AAAC', 'TRA', 'TRAV6*02', '', '', 'CALF', true, null, 1],
  ]);
  expect([...dropped]).toEqual([['secondary chain', 2]]);
});

test('a stop codon or a broken frame is unproductive, an unknown base not told, a partial junction left out', async () => {
  const chain = (aa: string): string => beta.replace('CASSF', aa);
  const {rearrangements, dropped} = await readReceptors(report(
    ['A', 'abT', chain('CA_SF'), '*', '*', '*'], ['B', 'abT', chain('out_of_frame'), '*', '*', '*'], ['C', 'abT', chain('CA?SF'), '*', '*', '*'], ['D', 'abT', chain('partial'), '*', '*', '*'],
  ), 'S');
  expect(rearrangements.map(({barcode, productive, junction_aa}) => [barcode, productive, junction_aa])).toEqual([['A', false, 'CA*SF'], ['B', false, ''], ['C', null, 'CAXSF']]);
  expect([...dropped]).toEqual([['partial junction', 1]]);
});

test('a chain with too few fields is refused at its line', async () => {
  await expect(readReceptors(report(['A', 'abT', beta, 'TRAV6,*', '*', '*']), 'S')).rejects.toMatchObject({detail: {line: 2, found: 'chain2 with 2 fields'}});
});

test('the report and the barcode_airr.tsv of one run give the same chains', async () => {
  const recorded = resolve(import.meta.dirname, '../../../steps/assemble-receptors/example/recorded');
  const facts = async (name: string): Promise<unknown[]> => (await readReceptors(join(recorded, name), 'S')).rearrangements
    .map(({sequence: _sequence, alignment: _alignment, ...chain}) => chain).sort((a, b) => (a.sequence_id < b.sequence_id ? -1 : 1));
  expect(await facts('library_barcode_report.tsv')).toEqual(await facts('library_barcode_airr.tsv'));
});

// A real report that R saved again, as CSV with the header X.barcode; counted with Python's csv module: 1,000 barcodes, 1,278 chains of 10 fields, all in
// frame and without stop codons (535 TRB and 1 TRB without J, 272 TRA, 255 IGK, 105 IGH, 96 IGL, 10 TRD, 4 TRG), 131 + 2 x 2 + 1 x 3 = 138 secondary ones.
test.skipIf(sharedData === undefined)('a real report, as R saved it and as TRUST4 writes it, gives the same chains', async () => {
  const saved = dataFile('vdj/formats/TRUST4_barcode_report_1000rows.csv');
  const asR = await readReceptors(saved, 'S');
  const {columns, rows} = readTable(saved);
  const path = join(folder, 'barcode_report.tsv');
  writeTable(path, {columns, rows});
  writeFileSync(path, readFileSync(path, 'utf8').replace('X.barcode', '#barcode'));
  const asTrust4 = await readReceptors(path, 'S');
  expect(asTrust4.rearrangements).toEqual(asR.rearrangements);
  const byLocus = Map.groupBy(asR.rearrangements, ({locus}) => locus);
  expect(Object.fromEntries([...byLocus].map(([locus, chains]) => [locus, chains.length]))).toEqual({TRB: 536, TRA: 272, IGK: 255, IGH: 105, IGL: 96, TRD: 10, TRG: 4});
  expect(asR.rearrangements.filter(({productive}) => productive).length).toBe(1278);
  expect([...asR.dropped]).toEqual([['secondary chain', 138]]);
});

// scirpy's own test file: 9 contigs, of which one is of no cell and one of low confidence; what the CSV of the run says of the third and fourth.
test.skipIf(sharedData === undefined)("Cell Ranger's JSON says what its CSV says", async () => {
  const {rearrangements, dropped} = await readReceptors(dataFile('vdj/scirpy/10x/all_contig_annotations.json'), 'S');
  expect([...dropped]).toEqual([['not a called cell', 1], ['low confidence', 1]]);
  expect(rearrangements.map(({sequence_id, locus, productive, umi_count}) => [sequence_id, locus, productive, umi_count])).toEqual([
    ['AAACCTGAGACCTTTG-1_contig_1', 'TRB', true, 1], ['AAACCTGAGTACGCCC-1_contig_3', 'TRA', true, 9], ['AAACCTGAGTACGCCC-1_contig_4', 'TRA', true, 4],
    ['CAGGTGCTCGTGGTCG-1_contig_1', 'IGK', true, 61], ['CAGGTGCTCGTGGTCG-1_contig_2', 'IGH', true, 10], ['CAGGTGCTCGTGGTCG-1_contig_3', 'IGH', false, 1], ['CAGGTGCTCGTGGTCG-1_contig_4', 'IGK', false, 15],
  ]);
  const csv = await readReceptors(dataFile('vdj/scirpy/10x/filtered_contig_annotations.csv'), 'S');
  const without = rearrangements.slice(1, 3).map(({sequence: _, ...chain}) => chain);
  expect(without).toEqual(csv.rearrangements.filter(({sequence_id}) => /^AAACCTGAGTACGCCC-1_contig_[34]$/.test(sequence_id)).map(({sequence: _, ...chain}) => chain));
});

test('a JSON file of something else is refused', async () => {
  const path = join(folder, 'x.json');
  writeFileSync(path, '[{"clonotype_id": "c1"}]');
  await expect(readReceptors(path, 'S')).rejects.toThrow('contig 1 without barcode, contig_name or annotations');
  writeFileSync(path, '[{"barcode": ');
  await expect(readReceptors(path, 'S')).rejects.toThrow('JSON that does not parse');
});
