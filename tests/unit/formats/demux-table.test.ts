import {mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterEach, beforeEach, expect, test} from 'vitest';
import {FormatProblem} from '../../../pipeline/base/format-problem.ts';
import {readDemuxTable} from '../../../pipeline/formats/demux-table.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lymphline-demux-'));
});
afterEach(() => {
  rmSync(folder, {recursive: true});
});

function read(lines: readonly string[]): ReturnType<typeof readDemuxTable> {
  const path = join(folder, 'table');
  writeFileSync(path, `${lines.join('\n')}\n`);
  return readDemuxTable(path);
}

// A singlet of x, a doublet, one of nobody and a singlet of y, as each tool writes them.
test.each<[string, readonly string[]]>([
  ['vireo', ['cell\tdonor_id\tprob_max\tprob_doublet\tn_vars\tbest_singlet\tbest_doublet', 'A-1\tx\t1.00e+00\t1.1e-09\t80\tx\tx,y', 'B-1\tdoublet\t3e-3\t9.9e-01\t91\tx\tx,y', 'C-1\tunassigned\t5e-1\t2e-1\t4\ty\tx,y', 'D-1\ty\t1\t0\t60\ty\tx,y']],
  ['souporcell', ['barcode\tstatus\tassignment\tlog_prob_singleton\tlog_prob_doublet\tcluster0\tcluster1', 'A-1\tsinglet\tx\t-40\t-60\t-40\t-90', 'B-1\tdoublet\tx/y\t-90\t-60\t-90\t-91', 'C-1\tunassigned\tx\t-4\t-4\t-4\t-4', 'D-1\tsinglet\ty\t-40\t-60\t-91\t-40']],
  ['demuxlet', ['INT_ID\tBARCODE\tNUM.SNPS\tNUM.READS\tDROPLET.TYPE\tBEST.GUESS\tBEST.LLK\tSNG.BEST.GUESS', '0\tA-1\t80\t90\tSNG\tx,x,0.00\t-30\tx', '1\tB-1\t80\t90\tDBL\tx,y,0.50\t-30\tx', '2\tC-1\t4\t4\tAMB\tx,x,0.00\t-3\tx', '3\tD-1\t80\t90\tSNG\ty,y,0.00\t-30\ty']],
  ['demuxlet', ['BARCODE\tRD.TOTL\tRD.PASS\tN.SNP\tBEST\tSNG.1ST', 'A-1\t90\t80\t50\tSNG-x\tx', 'B-1\t90\t80\t50\tDBL-x-y-0.500\tx', 'C-1\t9\t8\t5\tAMB-x-y-x/y\tx', 'D-1\t90\t80\t50\tSNG-y\ty']],
  ['Seurat HTODemux', ['"","orig.ident","nCount_RNA","HTO_maxID","HTO_classification","HTO_classification.global","hash.ID"', '"A-1","p",900,"x","x","Singlet","x"', '"B-1","p",900,"x","x_y","Doublet","Doublet"', '"C-1","p",90,"x","Negative","Negative","Negative"', '"D-1","p",900,"y","y","Singlet","y"']],
  ['Seurat MULTIseqDemux', ['"","orig.ident","MULTI_ID","MULTI_classification"', '"A-1","p","x","x"', '"B-1","p","Doublet","x_y"', '"C-1","p","Negative","Negative"', '"D-1","p","y","y"']],
  ['Cell Ranger multi', ['Row,x,y,Barcodes,Multiplet,Blanks,Assignment,Assignment_Probability', '1,0.99,1e-9,A-1,5e-6,7e-7,x,0.99', '2,1e-9,1e-9,B-1,0.99,1e-9,Multiplet,0.99', '3,1e-9,1e-9,C-1,1e-9,0.99,Blanks,0.99', '4,1e-9,0.99,D-1,1e-9,1e-9,y,0.99']],
  ['Cell Ranger multi', ['cell_barcode,num_features,feature_call,num_umis', 'A-1,1,x,900', 'B-1,2,x|y,800|700', 'C-1,0,None,0', 'D-1,1,y,900']],
  ['two columns', ['barcode,hash', 'A-1,x', 'B-1,Doublet', 'C-1,', 'D-1,y']],
])('%s: whose each barcode is', (tool, lines) => {
  const table = read(lines);
  expect([table.tool, table.labels, [...table.labelOf]]).toEqual([tool, ['x', 'y'], [['A-1', 'x'], ['B-1', null], ['C-1', undefined], ['D-1', 'y']]]);
});

test('other columns, and a barcode that is there twice, are refused with what was found', () => {
  expect(() => read(['barcode\tn\tm', 'A\t1\t2'])).toThrow(/found the columns barcode, n, m; expected donor_ids.tsv of vireo/);
  try {
    read(['cell\tdonor_id', 'A-1\tx', 'A-1\ty']);
    expect.unreachable();
  } catch (error) {
    expect((error as FormatProblem).detail).toMatchObject({found: 'barcode A-1 twice', line: 3});
  }
});
