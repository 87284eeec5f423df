import {mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {gunzipSync, gzipSync} from 'node:zlib';
import {afterEach, beforeEach, describe, expect, test} from 'vitest';
import {runStepFolder, type StepRun} from '../../rig/run-step.ts';
import {dataFile, sharedData} from '../../rig/shared-data.ts';
import {libraryRow, rowsOf} from './clonal-abundance-chain.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lymphline-import-'));
});
afterEach(() => rmSync(folder, {recursive: true, force: true}));

const header = 'barcode,is_cell,contig_id,high_confidence,chain,v_gene,d_gene,j_gene,c_gene,productive,cdr3,cdr3_nt,reads,umis';
const contigs = (...lines: string[]): string => `${header}\n${lines.map((line) => `${line}\n`).join('')}`;
const tra = 'AAAC-1,True,AAAC-1_contig_1,True,TRA,TRAV1-2,None,TRAJ33,TRAC,True,CAVMDF,TGTGCTGTGATGGACTTC,500,5';

function run(contigsPath: string, library: string): StepRun {
  return runStepFolder('import-receptors', folder, {unit: {kind: 'library', id: `S1-${library}`}, inputs: {contigs: contigsPath}, design: {rows: [libraryRow('S1', library, {patient_id: 'P1', timepoint: 'baseline'})]}});
}

function runText(text: string | Uint8Array, library = 'tcr', name = 'contigs.csv'): StepRun {
  writeFileSync(join(folder, name), text);
  return run(join(folder, name), library);
}

const reasons = (done: StepRun): string[] => rowsOf(done, 'summary').map((row) => `${String(row['kept'])} ${String(row['reason'])}: ${String(row['n_contigs'])}`);

describe.skipIf(sharedData === undefined)('contigs of a 10x 5-prime run', () => {
  const file = (name: string): string => dataFile(`vdj/sc5p_v2_hs_PBMC_1k/${name}`);

  // Counted in the file with pandas 2.3.3: 1,198 contigs, 6 Multi, 949 productive (all with a cdr3), 249 - 6 = 243 others.
  test('of 1,198 contigs 949 are productive, 243 are not and 6 are of chain Multi', () => {
    expect(reasons(run(file('tcr/filtered_contig_annotations.csv'), 'tcr'))).toEqual(['true not productive: 243', 'true productive: 949', 'false chain Multi: 6']);
  });

  test.each(['tcr', 'bcr'])('the %s CSV and the AIRR table of the same run give the same productive chains', (library) => {
    const facts = ['cell_id', 'locus', 'v_call', 'j_call', 'junction', 'junction_aa', 'umi_count', 'consensus_count'];
    const chains = (name: string): string[] => {
      const done = run(file(`${library}/${name}`), library);
      expect(done.status).toBe(0);
      return rowsOf(done, 'rearrangements').filter((row) => row['productive'] === 'T').map((row) => facts.map((fact) => row[fact]).join(' ')).sort();
    };
    expect(chains('airr_rearrangement.tsv')).toEqual(chains('filtered_contig_annotations.csv'));
  });
});

// 1,000 barcodes; chains by locus and secondary chains are counted in tests/unit/formats/trust4.test.ts: 255 + 105 + 96 = 456 of B cells, 1,278 - 456 = 822 others.
test.skipIf(sharedData === undefined)('a barcode report of TRUST4 is read as path, each chain that is left out under one reason', () => {
  const done = run(dataFile('vdj/formats/TRUST4_barcode_report_1000rows.csv'), 'bcr');
  expect(reasons(done)).toEqual(['true productive: 456', 'false not a bcr locus: 822', 'false secondary chain: 138']);
});

test('a gzip file, Windows line ends and lower-case booleans change nothing', () => {
  const plain = readFileSync(runText(contigs(tra)).outputs['rearrangements']);
  const changed = runText(gzipSync(contigs(tra).replaceAll('True', 'true').replaceAll('\n', '\r\n')), 'tcr', 'contigs.csv.gz');
  expect(gunzipSync(readFileSync(changed.outputs['rearrangements'])).equals(gunzipSync(plain))).toBe(true);
});

test('what is left out is counted under one reason', () => {
  const done = runText(contigs(
    tra,
    tra.replace('contig_1', 'contig_2').replace('CAVMDF,TGTGCTGTGATGGACTTC', 'None,None'),
    tra.replace('contig_1', 'contig_3').replace('AAAC-1,True', 'AAAC-1,False'),
    tra.replace('contig_1', 'contig_4').replace('contig_4,True', 'contig_4,False'),
    tra.replace('contig_1', 'contig_5').replace(',TRA,', ',None,'),
    tra.replace('contig_1', 'contig_6').replace(',TRA,TRAV1-2', ',IGK,IGKV1-39'),
  ));
  expect(reasons(done)).toEqual(['true productive: 1', 'true productive, no junction: 1', 'false low confidence: 1', 'false no chain: 1', 'false not a called cell: 1', 'false not a tcr locus: 1']);
});

test('of a pooled well only the label’s contigs are kept, the others counted by whose they are', () => {
  writeFileSync(join(folder, 'donor_ids.tsv'), 'cell\tdonor_id\nAAAC-1\tdonor0\nCCCA-1\tdonor1\nGGGA-1\tdoublet\n');
  writeFileSync(join(folder, 'contigs.csv'), contigs(tra, tra.replaceAll('AAAC', 'CCCA'), tra.replaceAll('AAAC', 'GGGA'), tra.replaceAll('AAAC', 'TTTA')));
  const row = {...libraryRow('S1', 'tcr', {patient_id: 'P1', timepoint: 'baseline'}), demux_label: 'donor0'};
  const done = runStepFolder('import-receptors', folder, {unit: {kind: 'library', id: 'S1-tcr'}, inputs: {contigs: join(folder, 'contigs.csv'), demux: join(folder, 'donor_ids.tsv')}, design: {rows: [row]}});
  expect(reasons(done), done.stderr).toEqual(['true productive: 1', 'false demux_doublet: 1', 'false demux_unassigned: 1', 'false of another label of the pool: 1']);
  expect(rowsOf(done, 'rearrangements').map((one) => one['cell_id'])).toEqual(['S1_AAAC-1']);
});

test('a library without contigs is a result: B cells can be gone', () => {
  const done = runText(contigs(), 'bcr');
  expect([done.status, reasons(done), rowsOf(done, 'rearrangements')]).toEqual([0, ['true productive: 0'], []]);
});

test('a vdj library keeps both receptors', () => {
  const done = runText(contigs(tra, tra.replace('contig_1', 'contig_2').replace(',TRA,TRAV1-2', ',IGK,IGKV1-39')), 'vdj');
  expect(rowsOf(done, 'rearrangements').map((row) => [row['sequence_id'], row['locus']])).toEqual([['S1-vdj_AAAC-1_contig_1', 'TRA'], ['S1-vdj_AAAC-1_contig_2', 'IGK']]);
});

describe('is refused, naming what to do', () => {
  test('the file of the other receptor', () => {
    const done = runText(contigs(tra), 'bcr');
    expect([done.status, done.problem]).toEqual([65, {
      input: join(folder, 'contigs.csv'), found: '1 contigs, all of TRA', expected: 'contigs of a bcr library', advice: 'Name the bcr file of S1, or set library to tcr or vdj.',
    }]);
  });

  test('a table without contigs', () => {
    expect(runText('gene,count\nCD3E,4\n')).toMatchObject({status: 65, problem: {found: 'the columns gene, count', line: 1}});
  });

  test('a row with a cell too many', () => {
    expect(runText(contigs(tra, `${tra},9`))).toMatchObject({status: 65, problem: {found: '15 cells', expected: '14, as in the header', line: 3}});
  });

  test('damaged gzip', () => {
    expect(runText(gzipSync(contigs(tra)).subarray(0, 60), 'tcr', 'contigs.csv.gz').status).toBe(65);
  });

  test('bulk sequences without a cell', () => {
    const airr = 'sequence_id\tcell_id\tproductive\tv_call\tj_call\tjunction\tjunction_aa\ns1\t\tT\tTRAV1-2\tTRAJ33\tTGT\tC\n';
    expect(runText(airr, 'tcr', 'airr.tsv')).toMatchObject({status: 65, problem: {found: 'a row without cell_id', line: 2}});
  });
});
