import {chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {delimiter, join, resolve} from 'node:path';
import {gunzipSync, gzipSync} from 'node:zlib';
import {afterEach, beforeEach, describe, expect, test} from 'vitest';
import type {Row} from '../../../pipeline/data/table.ts';
import {readTable} from '../../../pipeline/formats/delimited-text.ts';
import {runStepFolder, type StepRequest, type StepRun} from '../../rig/run-step.ts';
import {dataFile, sharedData} from '../../rig/shared-data.ts';
import {describeInImage, findInEngine, runStepInContainer, type StepContainer} from '../../rig/step-container.ts';
import {libraryRow, rowsOf, runReceptorChain} from './clonal-abundance-chain.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lymphline-annotate-'));
});
afterEach(() => rmSync(folder, {recursive: true, force: true}));

const design = (library: string): StepRequest['design'] => ({rows: [libraryRow('S1', library, {patient_id: 'P1', timepoint: 'baseline'})]});
const write = (name: string, text: string | Uint8Array): string => {
  writeFileSync(join(folder, name), text);
  return join(folder, name);
};

const example = (name: string): string => resolve(import.meta.dirname, '../../../steps/annotate-receptors/example', name);

/** Every engine that has the image; the others are named. */
const containers: StepContainer[] = [];
for (const name of ['docker', 'podman', 'charliecloud', 'apptainer'] as const) {
  const found = await findInEngine('igblast', name);
  if ('reason' in found) console.log(`IgBLAST is not tried in ${found.reason}`);
  else containers.push(found);
}

test.each(containers)('the example gives the same bytes in $engine.name, in a folder with a space in its name', async (on) => {
  const spaced = join(folder, 'a run');
  mkdirSync(spaced);
  const run = await runStepInContainer(on, 'annotate-receptors', spaced, {
    inputs: {contigs: example('contigs.fasta'), table: example('contig_annotations.csv'), germline_v: example('v.fa'), germline_d: example('d.fa'), germline_j: example('j.fa'), auxiliary: example('j.aux')},
    design: {rows: [{sample_id: 'S1', patient_id: 'P1', timepoint: 'before', day: '-3', library: 'bcr', library_id: 'S1-bcr', excluded: ''}]},
  });
  expect(run, run.stderr).toMatchObject({status: 0, problem: undefined});
  expect(rowsOf(run, 'rearrangements')).toEqual(readTable(example('expected/rearrangements.tsv.gz')).rows);
  for (const name of ['rearrangements.tsv.gz', 'summary.tsv', 'versions.json']) expect(readFileSync(join(spaced, 'outputs', name)).equals(readFileSync(example(`expected/${name}`))), name).toBe(true);
  expect(existsSync(join(spaced, 'outputs/igblast'))).toBe(false);
});

await describeInImage('igblast', (on) => {
  // Cell Ranger's contigs and its own annotation of them are the truth: 166 of 202 contigs are productive. 15 contigs have no V gene by its account.
  // Two that it calls unproductive have the same junction by both: 168 of 202.
  test.skipIf(sharedData === undefined)('junctions are those of Cell Ranger for all 166 productive contigs, and 168 of 202 in all', async () => {
    const file = (name: string): string => dataFile(`fastq/vdj/${name}`);
    const germlines = {germline_v: file('ogrdb_human_ig_V.fa'), germline_d: file('ogrdb_human_ig_D.fa'), germline_j: file('ogrdb_human_ig_J.fa'), auxiliary: file('human_gl.aux')};
    const table = file('bcr_filtered_contig_annotations.csv.gz');
    const run = await runStepInContainer(on, 'annotate-receptors', folder, {inputs: {contigs: file('bcr_filtered_contig.fasta.gz'), table, ...germlines}, design: design('bcr'), cpus: 2});
    expect(run, run.stderr).toMatchObject({status: 0, problem: undefined});
    const rows = rowsOf(run, 'rearrangements');
    const truth = new Map(readTable(table).rows.map((row) => [row['contig_id'], row]));
    const agrees = (row: Row): boolean => row['junction'] !== null && row['junction'] === truth.get(row['sequence_id'])?.['cdr3_nt'];
    expect(rows.length).toBe(202);
    expect(rows.filter(agrees).length).toBe(168);
    expect(rows.filter((row) => agrees(row) && truth.get(row['sequence_id'])?.['productive'] === 'True').length).toBe(166);
    expect(rows.filter((row) => row['v_call'] === null).map((row) => truth.get(row['sequence_id'])?.['v_gene'])).toEqual(Array(15).fill('None'));
    expect(rows.every((row) => row['umi_count'] === truth.get(row['sequence_id'])?.['umis'])).toBe(true);
    expect(rows.map((row) => row['sequence_id'])).toEqual([...truth.keys()].sort());
    checkMutations(rows);
    checkClones(run);
  });

  // T cells do not hypermutate, so that what lies before and behind the junction of a contig stands for its germline genes. No table: the V score
  // alone tells TCR from BCR.
  test.skipIf(sharedData === undefined)('a library of both receptors: 30 TCR and 15 BCR contigs each get their locus and their junction', async () => {
    const tcr = readContigs('tcr').slice(0, 30);
    const bcr = readContigs('bcr').slice(0, 15);
    const genes = (key: string, cut: (contig: TrueContig) => string): string => [...new Map(tcr.map((contig) => [String(contig.row[key]), cut(contig)]))].map(([gene, sequence]) => `>${gene}*01\n${sequence}\n`).join('');
    const joined = (segment: string, text: string): string => write(`${segment}.fa`, readFileSync(dataFile(`fastq/vdj/ogrdb_human_ig_${segment}.fa`), 'utf8') + text);
    const end = ({at, junction}: TrueContig): number => at + junction.length;
    // Five codons of the junction in each J, of which the last is F or W: the CDR3 ends at base 11, counted from 0.
    const auxiliary = write('both.aux', readFileSync(dataFile('fastq/vdj/human_gl.aux'), 'utf8') + [...new Set(tcr.map(({row}) => String(row['j_gene'])))].map((gene) => `${gene}*01\t0\tJ${gene[2]}\t11\t1\n`).join(''));
    const run = await runStepInContainer(on, 'annotate-receptors', folder, {
      inputs: {
        contigs: write('both.fa.gz', gzipSync([...tcr, ...bcr].map(({row, sequence}) => `>${String(row['contig_id'])}\n${sequence}\n`).join(''))), auxiliary,
        germline_v: joined('V', genes('v_gene', ({sequence, at}) => sequence.slice(Math.max(0, at - 285), at + 9))), germline_d: joined('D', '>TRBD1*01\nGGGACAGGGGGC\n'),
        germline_j: joined('J', genes('j_gene', (contig) => contig.sequence.slice(end(contig) - 15, end(contig) + 28))),
      }, design: design('vdj'), cpus: 2,
    });
    expect(run, run.stderr).toMatchObject({status: 0, problem: undefined});
    const told = new Map(rowsOf(run, 'rearrangements').map((row) => [row['sequence_id'], [row['locus'], row['junction'], row['productive']]]));
    expect([...tcr, ...bcr].map(({row}) => told.get(row['contig_id']))).toEqual([...tcr, ...bcr].map(({row, junction}) => [row['chain'], junction, 'T']));
  });
});

interface TrueContig {
  readonly row: Row;
  readonly sequence: string;
  readonly junction: string;
  /** Of the junction in the sequence. */
  readonly at: number;
}

/** Productive contigs of Cell Ranger with their sequences. */
function readContigs(receptor: 'tcr' | 'bcr'): TrueContig[] {
  const fasta = gunzipSync(readFileSync(dataFile(`fastq/vdj/${receptor}_filtered_contig.fasta.gz`))).toString('utf8');
  const sequences = new Map(fasta.split('>').slice(1).map((record) => [record.split('\n', 1)[0], record.split('\n').slice(1).join('')]));
  return readTable(dataFile(`fastq/vdj/${receptor}_filtered_contig_annotations.csv.gz`)).rows.filter((row) => row['productive'] === 'True').map((row) => {
    const sequence = sequences.get(String(row['contig_id'])) ?? '';
    const junction = String(row['cdr3_nt']);
    return {row, sequence, junction, at: sequence.indexOf(junction)};
  });
}

/** IgBLAST's own v_identity counts a gap as a difference: where neither side has one, it is 1 - frequency (rounded to 5 digits). */
function checkMutations(rows: readonly Row[]): void {
  const called = rows.filter((row) => row['v_call'] !== null);
  const gapless = called.filter((row) => !`${String(row['v_sequence_alignment'])}${String(row['v_germline_alignment'])}`.includes('-'));
  expect([called.length, gapless.length]).toEqual([187, 186]);
  for (const row of gapless) expect(Number(row['v_identity'])).toBeCloseTo(1 - Number(row['v_mutation_frequency']), 4);
  const frequencies = (constant: string): number[] => called.filter((row) => row['productive'] === 'T' && String(row['c_call']).startsWith(constant)).map((row) => Number(row['v_mutation_frequency'])).sort((a, b) => a - b);
  // Class-switched B cells have been through a germinal centre, most IgM cells of healthy blood have not.
  expect(frequencies('IGHM')[Math.floor(frequencies('IGHM').length / 2)]).toBe(0);
  expect(Math.min(...frequencies('IGHG'), ...frequencies('IGHA'))).toBeGreaterThan(0.02);
}

/**
 * The clones of IgBLAST's table and of Cell Ranger's own are one partition of the 83 cells (82 clones, one of two cells); two cells have one light chain
 * more, the contigs that Cell Ranger calls unproductive. The mutation frequency reaches the cohort's table; where nobody tells it, it is empty.
 */
function checkClones(run: StepRun): void {
  const library = (contigs: string) => ({libraries: [{row: libraryRow('S1', 'bcr', {patient_id: 'P1', timepoint: 'baseline'}), contigs}], timepoints: ['baseline'], abundance: {draws: 10}});
  for (const name of ['ours', 'theirs']) mkdirSync(join(folder, name));
  const ours = runReceptorChain(join(folder, 'ours'), library(run.outputs['rearrangements']));
  const theirs = runReceptorChain(join(folder, 'theirs'), library(dataFile('fastq/vdj/bcr_filtered_contig_annotations.csv.gz')));
  const cells = (chain: typeof ours): readonly Row[] => rowsOf(chain.called.get('P1'), 'cells');
  const clones = (chain: typeof ours): string[] => [...Map.groupBy(cells(chain), (row) => row['clone_id']).values()].map((rows) => rows.map((row) => String(row['cell_id'])).sort().join(' ')).sort();
  expect(clones(theirs).length).toBe(82);
  expect(clones(ours)).toEqual(clones(theirs));
  const status = new Map(cells(theirs).map((row) => [row['cell_id'], row['chain_status']]));
  expect(cells(ours).filter((row) => row['chain_status'] !== status.get(row['cell_id'])).map((row) => [row['cell_id'], row['chain_status']])).toEqual([['S1_CACTCCACAAGTTAAG-1', 'extra VJ'], ['S1_GCAGCCAAGGGTCGAT-1', 'extra VJ']]);
  const published = rowsOf(ours.cohort, 'airr_rearrangements');
  const annotated = new Map(rowsOf(run, 'rearrangements').map((row) => [`S1-bcr_${String(row['sequence_id'])}`, row]));
  expect(published.length).toBe(187);
  for (const row of published) for (const name of ['v_mutation_frequency', 'v_mutation_count', 'sequence_alignment', 'germline_alignment', 'v_cigar']) expect(row[name]).toBe(annotated.get(String(row['sequence_id']))?.[name]);
  expect(rowsOf(theirs.cohort, 'airr_rearrangements').every((row) => row['v_mutation_frequency'] === null && row['v_identity'] === null)).toBe(true);
}

describe('with programs that record what they are told', () => {
  const airr = ['sequence_id', 'sequence', 'locus', 'productive', 'rev_comp', 'v_call', 'j_call', 'junction', 'v_score', 'v_support', 'v_identity', 'v_sequence_alignment', 'v_germline_alignment'];

  /** `tables`: what igblastn writes for -ig_seqtype Ig and TCR. */
  function programs(tables: Readonly<Record<string, readonly Row[]>>): Readonly<Record<string, string>> {
    const bin = join(folder, 'bin');
    mkdirSync(join(bin, 'internal_data/human'), {recursive: true});
    for (const [type, rows] of Object.entries(tables)) write(`${type}.tsv`, [airr.join('\t'), ...rows.map((row) => airr.map((name) => String(row[name] ?? '')).join('\t')), ''].join('\n'));
    const program = (name: string, version: string, body: string): void => {
      writeFileSync(join(bin, name), `#!/bin/sh\ncase "$1" in -version) echo "${version}"; exit 0;; esac\necho "${name} $*" >> ${folder}/calls.txt\n${body}\n`);
      chmodSync(join(bin, name), 0o755);
    };
    program('makeblastdb', 'makeblastdb: 2.16.0+', '');
    program('igblastn', 'igblastn: 1.20.0', `test -d "$IGDATA/internal_data/human" || exit 9\ncase "$*" in *"-ig_seqtype Ig"*) cp ${folder}/Ig.tsv airr.tsv;; *) cp ${folder}/TCR.tsv airr.tsv;; esac`);
    return {PATH: `${bin}${delimiter}${process.env['PATH'] ?? ''}`, IGDATA: bin};
  }

  const fasta = (...names: string[]): string => names.map((name) => `>${name}\nACGTACGTAC\n`).join('');
  const contigs = (...names: string[]): string => write('contigs.fa', fasta(...names));
  const igV = 'IGHV1-2*01';
  const germlines = (receptors: readonly string[] = ['IGH', 'TRB'], aux = receptors.map((locus) => `${locus}J1*01\t0\tJ\t17\t1\n`).join('')): Record<string, string> => ({
    ...Object.fromEntries(['V', 'D', 'J'].map((segment) => [`germline_${segment.toLowerCase()}`, write(`${segment}.fa`, fasta(...receptors.map((locus) => `${locus}${segment}1*01`)))])),
    auxiliary: write('j.aux', `#gene\tframe\n${aux}`),
  });
  const run = (inputs: Record<string, string>, library = 'bcr', tables: Readonly<Record<string, readonly Row[]>> = {Ig: [], TCR: []}): StepRun =>
    runStepFolder('annotate-receptors', folder, {unit: {kind: 'library', id: `S1-${library}`}, inputs, design: design(library), environment: programs(tables)});
  const row = (sequence_id: string, v_call: string, v_score: number, v_support: number): Row =>
    ({sequence_id, sequence: 'ACGTACGTAC', locus: v_call.slice(0, 3), productive: 'T', rev_comp: 'F', v_call, j_call: `${v_call.slice(0, 3)}J1*01`, junction: 'TGTTGG', v_score, v_support, v_identity: 75, v_sequence_alignment: 'ACGT', v_germline_alignment: 'ACGA'});

  test('a vdj library is aligned to both receptors, and the better V gene wins unless it is no better than chance', () => {
    const done = run({contigs: contigs('AAAC-1_contig_2', 'AAAC-1_contig_1', 'TTTG_7'), ...germlines()}, 'vdj', {
      Ig: [row('AAAC-1_contig_1', igV, 400, 1e-100), row('AAAC-1_contig_2', igV, 30, 1e-5), row('TTTG_7', igV, 25, 2)],
      TCR: [row('AAAC-1_contig_1', 'TRBV1*01', 40, 1e-11), row('AAAC-1_contig_2', 'TRBV1*01', 390, 1e-99), row('TTTG_7', 'TRBV1*01', 24, 3)],
    });
    expect(done, done.stderr).toMatchObject({status: 0});
    expect(rowsOf(done, 'rearrangements').map((one) => ['sequence_id', 'cell_id', 'v_call', 'v_identity', 'v_mutation_frequency', 'umi_count'].map((name) => one[name]))).toEqual([
      ['AAAC-1_contig_1', 'AAAC-1', igV, '0.75', '0.25', null], ['AAAC-1_contig_2', 'AAAC-1', 'TRBV1*01', '0.75', '0.25', null], ['TTTG_7', 'TTTG', null, null, null, null],
    ]);
    const igblast = (type: string): string => `igblastn -germline_db_V V -germline_db_D D -germline_db_J J -organism human -ig_seqtype ${type} -domain_system imgt -auxiliary_data auxiliary.txt -query contigs.fa -num_threads 1 -outfmt 19 -out airr.tsv`;
    const databases = ['V', 'D', 'J'].map((segment) => `makeblastdb -parse_seqids -dbtype nucl -in ${segment}.fa -out ${segment}`);
    expect(readFileSync(join(folder, 'calls.txt'), 'utf8').trimEnd().split('\n')).toEqual([...databases, igblast('Ig'), ...databases, igblast('TCR')]);
  });

  test('a library without contigs is a result, and IgBLAST is not started', () => {
    const done = run({contigs: write('none.fa.gz', gzipSync('')), ...germlines()});
    expect([done.status, rowsOf(done, 'rearrangements'), existsSync(join(folder, 'calls.txt'))]).toEqual([0, [], false]);
  });

  test('assembled chains bring their sequences and counts along', () => {
    const assembled = resolve(import.meta.dirname, '../../../steps/assemble-receptors/example/expected/rearrangements.tsv.gz');
    const done = run({contigs: assembled, ...germlines(['IGH', 'IGK'])}, 'bcr', {Ig: [row('AACCGCGTCATCGGAT_4', igV, 400, 1e-100)]});
    expect(rowsOf(done, 'rearrangements').map((one) => ['sequence_id', 'cell_id', 'v_call', 'c_call', 'umi_count'].map((name) => one[name]))).toEqual([
      ['AAACCTGAGACCTTTG_0', 'AAACCTGAGACCTTTG', null, null, '2'], ['AAACCTGAGACCTTTG_1', 'AAACCTGAGACCTTTG', null, null, '2'],
      ['AAACGGGAGCTGAACG_2', 'AAACGGGAGCTGAACG', null, null, '1'], ['AACCGCGTCATCGGAT_4', 'AACCGCGTCATCGGAT', igV, 'IGHG1', '2'],
    ]);
  });

  test('assembled chains of a locus without germlines keep the calls of their table', () => {
    const assembled = resolve(import.meta.dirname, '../../../steps/assemble-receptors/example/expected/rearrangements.tsv.gz');
    const done = run({contigs: assembled, ...germlines(['IGH'])}, 'vdj', {Ig: [row('AACCGCGTCATCGGAT_4', igV, 400, 1e-100), row('AAACGGGAGCTGAACG_2', igV, 400, 1e-100)]});
    expect(rowsOf(done, 'rearrangements').map((one) => ['sequence_id', 'cell_id', 'v_call', 'productive', 'junction_aa', 'v_identity', 'v_mutation_frequency'].map((name) => one[name]))).toEqual([
      ['AAACCTGAGACCTTTG_0', 'AAACCTGAGACCTTTG', 'IGKV3-20*01', 'T', 'CQQYGSSPPWTF', '1', null], ['AAACCTGAGACCTTTG_1', 'AAACCTGAGACCTTTG', null, null, null, null, null],
      ['AAACGGGAGCTGAACG_2', 'AAACGGGAGCTGAACG', 'IGKV3-20*01', 'T', 'CQQYGSSPPWTF', '1', null], ['AACCGCGTCATCGGAT_4', 'AACCGCGTCATCGGAT', igV, 'T', null, '0.75', '0.25'],
    ]);
    expect(rowsOf(done, 'summary').map((one) => [one['reason'], one['n_contigs']])).toEqual([['aligned to a V gene', '1'], ['no V gene', '1'], ['as assembled, no germlines of its locus', '2'], ['left out by the table beside the contigs', '0']]);
    expect(readFileSync(join(folder, 'calls.txt'), 'utf8')).not.toContain('TCR');
  });

  describe('is refused, naming what to do', () => {
    const contig = 'AAAC-1_contig_1';

    test('germlines without a locus that the table tells of', () => {
      const table = write('light.csv', `barcode,contig_id,chain,v_gene,j_gene,productive,cdr3,cdr3_nt\nAAAC-1,${contig},IGL,IGLV1-51,IGLJ1,True,CW,TGTTGG\n`);
      const inputs = germlines(['IGH', 'IGK']);
      expect(run({contigs: contigs(contig), table, ...inputs})).toMatchObject({status: 65, problem: {input: inputs['germline_v'], found: 'no V alleles of IGL', expected: `germlines of every locus of the contigs: 1 of them are of IGL, such as ${contig}`}});
    });

    test('germlines of the other receptor', () => {
      const inputs = germlines(['IGH', 'IGK']);
      expect(run({contigs: contigs(contig), ...inputs}, 'tcr')).toMatchObject({status: 65, problem: {
        input: inputs['germline_v'], found: 'V alleles of IGH, IGK only', expected: 'V alleles of TR, since the library is tcr',
        advice: 'Name germlines of T cell receptors too in reference.germline_v; several files can be joined into one.',
      }});
    });

    test('a J allele that the auxiliary file does not list', () => {
      const inputs = germlines(['IGH', 'IGK'], 'IGHJ1*01\t0\tJH\t17\t1\n');
      expect(run({contigs: contigs(contig), ...inputs})).toMatchObject({status: 65, problem: {input: inputs['auxiliary'], found: `no line for IGKJ1*01 of ${inputs['germline_j']}`}});
    });

    test('germlines with gaps, and an allele without an IMGT name', () => {
      const inputs = germlines();
      const gapped = write('gapped.fa', '>IGHV1-2*01\nACG...TAC\n');
      expect(run({contigs: contigs(contig), ...inputs, germline_v: gapped})).toMatchObject({status: 65, problem: {input: gapped, line: 2}});
      const named = write('named.fa', '>V1\nACGT\n');
      expect(run({contigs: contigs(contig), ...inputs, germline_v: named})).toMatchObject({status: 65, problem: {input: named, line: 1, found: 'the name V1'}});
    });

    test('a contig without a barcode', () => {
      expect(run({contigs: contigs(contig, 'assemble'), ...germlines()})).toMatchObject({status: 65, problem: {line: 3, found: 'the contig assemble'}});
    });

    test('a table without sequences in place of the contigs', () => {
      const table = write('table.csv', 'barcode,contig_id,chain,v_gene,j_gene,productive,cdr3,cdr3_nt\nGGGG-1,GGGG-1_contig_1,IGH,IGHV1-2,IGHJ1,True,CW,TGTTGG\n');
      expect(run({contigs: table, ...germlines()})).toMatchObject({status: 65, problem: {input: table, found: 'GGGG-1_contig_1 without a sequence', advice: 'Name the FASTA in contigs, and this table in path.'}});
    });

    test('ten contigs without any V gene of these germlines; nine may be all that a depleted sample holds', () => {
      const names = Array.from({length: 10}, (_, at) => `AAAC-1_contig_${at}`);
      const inputs = germlines();
      expect(run({contigs: contigs(...names), ...inputs}, 'bcr', {Ig: [row(contig, igV, 30, 1e-5)]})).toMatchObject({status: 65, problem: {found: `10 contigs without any V gene of ${inputs['germline_v']}`, expected: 'contigs of a bcr library'}});
      expect(run({contigs: contigs(...names.slice(1)), ...inputs}, 'bcr', {Ig: [row(contig, igV, 30, 1e-5)]}).status).toBe(0);
    });

    test('the table of other contigs', () => {
      const table = write('other.csv', 'barcode,contig_id,chain,v_gene,j_gene,productive,cdr3,cdr3_nt\nGGGG-1,GGGG-1_contig_1,IGH,IGHV1-2,IGHJ1,True,CW,TGTTGG\n');
      expect(run({contigs: contigs(contig), table, ...germlines()})).toMatchObject({status: 65, problem: {input: table, found: `none of the 1 contigs, such as ${contig}, among its 1, such as GGGG-1_contig_1`}});
    });
  });

  test('without the data of IgBLAST the step says where it looked', () => {
    const environment = {...programs({Ig: []}), IGDATA: join(folder, 'nowhere')};
    const done = runStepFolder('annotate-receptors', folder, {inputs: {contigs: contigs('AAAC-1_contig_1'), ...germlines()}, design: design('bcr'), environment});
    expect(done.status).toBe(69);
    expect(done.stderr).toContain(`igblastn needs its data: no internal_data/human in ${join(folder, 'nowhere')}. Set IGDATA to the folder that holds it.`);
  });
});
