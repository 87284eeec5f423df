import {chmodSync, cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {delimiter, join, resolve} from 'node:path';
import {gzipSync} from 'node:zlib';
import {afterEach, beforeEach, describe, expect, test} from 'vitest';
import {readReceptors} from '../../../pipeline/formats/read-receptors.ts';
import {readTable} from '../../../pipeline/formats/delimited-text.ts';
import {runStepFolder, type StepRequest, type StepRun} from '../../rig/run-step.ts';
import {dataFile, sharedData} from '../../rig/shared-data.ts';
import {describeInImage, runStepInContainer} from '../../rig/step-container.ts';
import {libraryRow, rowsOf} from './clonal-abundance-chain.ts';

const root = resolve(import.meta.dirname, '../../..');
const recorded = join(root, 'steps/assemble-receptors/example/recorded');
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lymphline-assemble-'));
});
afterEach(() => rmSync(folder, {recursive: true, force: true}));

const design: StepRequest['design'] = {rows: [libraryRow('S1', 'bcr', {patient_id: 'P1', timepoint: 'baseline', chemistry: '10x-5p-v2'})]};
const chemistry = (name: string): string => join(root, 'configs/chemistry', `${name}.yaml`);
const write = (name: string, text: string | Uint8Array): string => {
  writeFileSync(join(folder, name), text);
  return join(folder, name);
};

/** run-trust4 as a program that notes its words and its folder; `body` is what it then does. */
function trust4(body: string, version = 'TRUST4 v1.0.8-r430 usage: ./run-trust4 [OPTIONS]:'): Record<string, string> {
  const bin = join(folder, 'bin');
  mkdirSync(bin, {recursive: true});
  writeFileSync(join(bin, 'run-trust4'), `#!/bin/sh\nif [ $# = 0 ]; then echo '${version}' >&2; exit 255; fi\nfor word; do echo "$word"; done > ${folder}/words.txt\ncp whitelist.txt ${folder}/given.txt 2>/dev/null\nls -l > ${folder}/links.txt\n${body}\n`);
  chmodSync(join(bin, 'run-trust4'), 0o755);
  return {PATH: `${bin}${delimiter}${process.env['PATH'] ?? ''}`};
}

const layDown = `mkdir assembled && cp ${recorded}/library_barcode_*.tsv assembled/`;

function inputs(more: StepRequest['inputs'] = {}): NonNullable<StepRequest['inputs']> {
  const lanes = (read: number) => [1, 2].map((lane) => ({unit: 'S1-bcr', path: write(`S1 [lane ${lane}]_R${read}.fastq.gz`, gzipSync(''))}));
  return {fastq_1: lanes(1), fastq_2: lanes(2), chemistry: chemistry('10x-5p-v2'), receptor_genes: write('genes.fa', '>IGHV1*01\nACGT\n'), ...more};
}

const run = (more: StepRequest['inputs'], environment: Record<string, string>): StepRun =>
  runStepFolder('assemble-receptors', folder, {unit: {kind: 'library', id: 'S1-bcr'}, inputs: inputs(more), design, cpus: 2, environment});
const words = (): string => readFileSync(join(folder, 'words.txt'), 'utf8').trimEnd().split('\n').join(' ');

describe('TRUST4 is told', () => {
  test('every lane, barcode and UMI as the chemistry has them, an unpacked whitelist, and plain names whatever the files are called', () => {
    const done = run({whitelist: write('list.txt.gz', gzipSync('AACTCCCAGGCTAGGT\nAACTCTTGTCATCGGC\n')), receptor_alleles: write('IMGT C.fa', '>IGHV1*01\nACGT\n')}, trust4(layDown));
    expect(done, done.stderr).toMatchObject({status: 0});
    expect(words()).toBe('-u lane1_R2.fastq.gz lane2_R2.fastq.gz --barcode lane1_R1.fastq.gz lane2_R1.fastq.gz --UMI lane1_R1.fastq.gz lane2_R1.fastq.gz --readFormat bc:0:15,um:16:25'
      + ' --barcodeWhitelist whitelist.txt -f receptor_genes.fa --ref receptor_alleles.fa -o library --od assembled -t 2');
    expect(readFileSync(join(folder, 'given.txt'), 'utf8')).toBe('AACTCCCAGGCTAGGT\nAACTCTTGTCATCGGC\n');
    expect(readFileSync(join(folder, 'links.txt'), 'utf8')).toContain(`lane2_R1.fastq.gz -> ${join(folder, 'S1 [lane 2]_R1.fastq.gz')}`);
    expect(existsSync(join(folder, 'outputs/trust4'))).toBe(false);
  });

  // 10x GEM-X 5' v3: 16 bases of barcode, 12 of UMI.
  test('no whitelist and no alleles where there are none, and the longer UMI of 5-prime v3', () => {
    run({chemistry: chemistry('10x-5p-v3')}, trust4(layDown));
    expect(words()).toMatch(/--readFormat bc:0:15,um:16:27 -f receptor_genes\.fa -o library --od assembled -t 2$/);
  });
});

test('rows in another order give the same bytes', () => {
  const shuffled = join(folder, 'shuffled');
  cpSync(recorded, shuffled, {recursive: true});
  const path = join(shuffled, 'library_barcode_report.tsv');
  const [header, ...rows] = readFileSync(path, 'utf8').trimEnd().split('\n');
  writeFileSync(path, [header, ...rows.reverse(), ''].join('\n'));
  const bytes = [layDown, layDown.replace(recorded, shuffled)].map((body) => {
    const done = run({}, trust4(body));
    return ['rearrangements', 'report', 'versions'].map((output) => readFileSync(done.outputs[output]).toString('base64'));
  });
  expect(bytes[1]).toEqual(bytes[0]);
});

test('its count is one of UMIs, and the chains are those of the report', async () => {
  const done = run({}, trust4(layDown));
  const rows = rowsOf(done, 'rearrangements');
  expect(rows.map((row) => [row['sequence_id'], row['umi_count'], row['consensus_count'], row['v_identity']])).toEqual([
    ['AAACCTGAGACCTTTG_0', '2', null, '1'], ['AAACCTGAGACCTTTG_1', '2', null, '0.9899'], ['AAACGGGAGCTGAACG_2', '1', null, '1'], ['AACCGCGTCATCGGAT_4', '2', null, '0.9899'],
  ]);
  const report = await readReceptors(done.outputs['report'], 'S1');
  const facts = (chain: object): unknown[] => ['sequence_id', 'cell_id', 'locus', 'v_call', 'd_call', 'j_call', 'c_call', 'junction', 'junction_aa'].map((name) => (chain as Record<string, unknown>)[name] || null);
  expect(report.rearrangements.map(facts).sort()).toEqual(rows.map(facts).sort());
});

describe('what goes wrong is told', () => {
  test('TRUST4 fails', () => {
    const done = run({}, trust4('echo "[main] could not open" >&2; exit 2'));
    expect(done.status).toBe(69);
    expect(done.stderr).toMatch(/^\[main\] could not open\nrun-trust4 ended with exit code 2: run-trust4 -u lane1/m);
  });

  test('TRUST4 ends well but leaves no report', () => {
    const done = run({}, trust4('mkdir assembled'));
    expect([done.status, done.stderr.includes('run-trust4 ended without writing')]).toEqual([69, true]);
  });

  test('an old version', () => {
    expect(run({}, trust4(layDown, 'TRUST4 v1.0.1-r200 usage')).stderr).toContain('TRUST4 is version 1.0.1-r200; this step was made for');
  });

  test('a barcode in parts', () => {
    const path = chemistry('bd-rhapsody-v1');
    expect(run({chemistry: path}, trust4(layDown))).toMatchObject({status: 65, problem: {input: path, found: 'a barcode in 3 parts', expected: 'one barcode at a fixed place of read 1'}});
  });

  test('no cell with a receptor is a result', () => {
    const header = (name: string): string => readFileSync(join(recorded, name), 'utf8').split('\n', 1)[0];
    const body = ['report', 'airr'].map((name) => `echo '${header(`library_barcode_${name}.tsv`)}' > assembled/library_barcode_${name}.tsv`).join('; ');
    const done = run({}, trust4(`mkdir assembled; ${body}`));
    expect([done.status, rowsOf(done, 'rearrangements')]).toEqual([0, []]);
  });
});

// The image is pulled, not built, and TRUST4's gene files have a licence of their own: CI has neither.
const reference = process.env['LYMPHLINE_TRUST4_REFERENCE'];
await describeInImage('trust4', (on) => {
  // Reads simulated from real contigs (6 UMI of 8 reads a contig): with these two files TRUST4 1.1.10 found 162 of the 166 productive junctions.
  test.skipIf(sharedData === undefined || reference === undefined)('finds nearly all productive junctions in simulated reads (LYMPHLINE_TRUST4_REFERENCE: folder of its hg38_bcrtcr.fa and human_IMGT+C.fa)', async () => {
    const file = (name: string): string => dataFile(`fastq/vdj/${name}`);
    const done = await runStepInContainer(on, 'assemble-receptors', folder, {
      inputs: {
        fastq_1: file('bcr_sim_S1_L001_R1_001.fastq.gz'), fastq_2: file('bcr_sim_S1_L001_R2_001.fastq.gz'), chemistry: chemistry('10x-5p-v2'), whitelist: file('bcr_sim_whitelist.txt'),
        receptor_genes: join(reference ?? '', 'hg38_bcrtcr.fa'), receptor_alleles: join(reference ?? '', 'human_IMGT+C.fa'),
      }, design, cpus: 2,
    });
    expect(done, done.stderr).toMatchObject({status: 0});
    const truth = readTable(file('bcr_filtered_contig_annotations.csv.gz')).rows.filter((row) => row['productive'] === 'True').map((row) => `${String(row['barcode']).replace('-1', '')} ${String(row['cdr3_nt'])}`);
    const found = new Set(rowsOf(done, 'rearrangements').map((row) => `${String(row['barcode'])} ${String(row['junction'])}`));
    expect([truth.length, truth.filter((chain) => found.has(chain)).length >= 158]).toEqual([166, true]);
  }, 1_200_000);
}, true);
