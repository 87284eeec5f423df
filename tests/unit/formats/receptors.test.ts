import {mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterEach, beforeEach, expect, test} from 'vitest';
import {readAirr} from '../../../pipeline/formats/airr.ts';
import {writeTable} from '../../../pipeline/formats/delimited-text.ts';
import {readGmt} from '../../../pipeline/formats/gmt.ts';
import {readTenxContigs} from '../../../pipeline/formats/tenx-contigs.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lymphline-receptors-'));
});
afterEach(() => rmSync(folder, {recursive: true}));

test('contigs of no called cell, of low confidence and without a locus are left out, each under one reason', () => {
  const path = join(folder, 'c.csv');
  const row = (barcode: string, isCell: string, confidence: string, chain: string): string => `${barcode},${isCell},${barcode}_1,${confidence},${chain},TRAV1-2,,TRAJ33,TRAC,True,CAVF,TGTGCTGTGTTC,1,2\n`;
  writeFileSync(path, `barcode,is_cell,contig_id,high_confidence,chain,v_gene,d_gene,j_gene,c_gene,productive,cdr3,cdr3_nt,reads,umis\n${row('A', 'True', 'True', 'TRA')}${row('B', 'False', 'True', 'TRA')}${row('C', 'true', 'false', 'TRA')}${row('D', 'True', 'True', 'Multi')}`);
  const read = readTenxContigs(path, 'S');
  expect(read.rearrangements.map((chain) => chain.cell_id)).toEqual(['S_A']);
  expect([...read.dropped]).toEqual([['not a called cell', 1], ['low confidence', 1], ['chain Multi', 1]]);
});

test('a V gene that serves two loci does not decide the locus; duplicate_count stands in for UMIs', () => {
  const path = join(folder, 'a.tsv');
  writeFileSync(path, 'sequence_id\tcell_id\tproductive\tv_call\tj_call\tc_call\tjunction\tjunction_aa\tduplicate_count\ns1\tA\tT\tTRAV29/DV5*01\tTRDJ1*01\tTRDC\tTGTTTC\tCF\t7\ns2\tA\tT\tTRAV29/DV5*01\tTRAJ33\t\tTGTTTC\tCF\t\n');
  const {rearrangements} = readAirr(path, 'S');
  expect(rearrangements.map((chain) => [chain.locus, chain.umi_count])).toEqual([['TRD', 7], ['TRA', null]]);
});

test('signs belong to signed sets, hyphens within a symbol to the gene', () => {
  const path = join(folder, 's.gmt');
  writeFileSync(path, 'SIGNED\tx\tTBX21+\tCD27-\nPLAIN\tx\tHLA-DRB1\tNKX2-1\n');
  expect(readGmt(path).map(({genes, negativeGenes}) => [genes, negativeGenes])).toEqual([[['TBX21'], ['CD27']], [['HLA-DRB1', 'NKX2-1'], []]]);
});

test('a table never holds NaN: a value that is absent is null with a reason', () => {
  expect(() => writeTable(join(folder, 't.tsv'), {columns: ['x'], rows: [{x: NaN}]})).toThrow('a table cell is NaN');
});
