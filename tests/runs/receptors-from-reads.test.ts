// Contigs and reads of receptors through the command line: which steps are planned, in what order they hand on, and that the mutation frequency arrives.
// The programs are stand-ins on PATH; the real ones run in tests/runs/steps.
import {chmodSync, cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {delimiter, join} from 'node:path';
import {afterEach, beforeEach, expect, test} from 'vitest';
import {readTable} from '../../pipeline/formats/delimited-text.ts';
import {projectRoot, runCli} from '../rig/cli.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lymphline-receptor-reads-'));
});
afterEach(() => rmSync(folder, {recursive: true, force: true}));

/** A V gene for every contig of its query, one base in four another than the germline's. */
const igblastn = `#!/bin/sh
if [ "$1" = -version ]; then echo 'igblastn: 1.20.0'; exit; fi
awk 'BEGIN {OFS = "\\t"; print "sequence_id", "sequence", "locus", "productive", "rev_comp", "v_call", "j_call", "junction", "junction_aa", "v_score", "v_support", "v_identity", "v_sequence_alignment", "v_germline_alignment"}
  /^>/ {name = substr($1, 2); next}
  {print name, $1, "IGH", "T", "F", "IGHV3-23*01", "IGHJ4*02", "TGTTGG", "CW", 400, "1e-100", 75, "ACGT", "ACGA"}' contigs.fa > airr.tsv
`;

function study(): string {
  const example = (path: string): string => join(projectRoot, 'steps', path);
  mkdirSync(join(folder, 'bin/internal_data/human'), {recursive: true});
  const program = (name: string, text: string): void => {
    writeFileSync(join(folder, 'bin', name), text);
    chmodSync(join(folder, 'bin', name), 0o755);
  };
  program('igblastn', igblastn);
  program('makeblastdb', `#!/bin/sh\nif [ "$1" = -version ]; then echo 'makeblastdb: 2.16.0+'; fi\n`);
  cpSync(example('assemble-receptors/example/recorded'), join(folder, 'bin'), {recursive: true});
  const contigs = example('annotate-receptors/example');
  const reads = example('assemble-receptors/example');
  const lanes = (read: number): string => ['L001', 'L002'].map((lane) => join(reads, `S1_${lane}_R${read}.fastq.gz`)).join(';');
  writeFileSync(join(folder, 'samples.tsv'), [
    ['sample_id', 'patient_id', 'timepoint', 'day', 'library', 'path', 'contigs', 'fastq_1', 'fastq_2', 'chemistry', 'whitelist'],
    ['S1', 'P1', 'baseline', '0', 'bcr', join(contigs, 'contig_annotations.csv'), join(contigs, 'contigs.fasta'), '', '', '', ''],
    ['S2', 'P1', 'month3', '90', 'bcr', '', '', lanes(1), lanes(2), '10x-5p-v2', join(reads, 'whitelist.txt.gz')],
    ['S3', 'P2', 'baseline', '0', 'bcr', join(contigs, 'contig_annotations.csv'), '', '', '', '', ''],
  ].map((row) => row.join('\t')).join('\n'));
  writeFileSync(join(folder, 'run.yaml'), `lymphline: 1
name: receptors
samples: samples.tsv
timepoints: [baseline, month3]
reference:
  receptor_genes: ${join(reads, 'receptor_genes.fa')}
  germline_v: ${join(contigs, 'v.fa')}
  germline_d: ${join(contigs, 'd.fa')}
  germline_j: ${join(contigs, 'j.fa')}
  germline_auxiliary: ${join(contigs, 'j.aux')}
`);
  return join(folder, 'run.yaml');
}

const environment = (): Record<string, string> => ({PATH: `${join(folder, 'bin')}${delimiter}${process.env['PATH'] ?? ''}`, IGDATA: join(folder, 'bin'), LYMPHLINE_CACHE: join(folder, 'cache')});

test('contigs are annotated, reads assembled and annotated, a table is taken as it is; the mutation frequency is in the published table', () => {
  const runFile = study();
  const planned = runCli(['plan', runFile, '--json'], environment());
  expect(planned.status, planned.stderr).toBe(0);
  const jobs = (JSON.parse(planned.stdout) as {jobs: {id: string}[]}).jobs.map(({id}) => id).filter((id) => /^(check-reads|[a-z]+-receptors)\//.test(id));
  expect(jobs.toSorted()).toEqual(['annotate-receptors/S1-bcr', 'annotate-receptors/S2-bcr', 'assemble-receptors/S2-bcr', 'check-reads/S2-bcr', 'import-receptors/S1-bcr', 'import-receptors/S2-bcr', 'import-receptors/S3-bcr']);
  const done = runCli(['run', runFile, '--run-dir', join(folder, 'run'), '--until', 'clonal-abundance'], environment());
  expect(done.status, done.stderr).toBe(0);
  const rows = readTable(join(folder, 'run/results/tables/airr_rearrangements.tsv.gz')).rows;
  expect(rows.map((row) => ['sequence_id', 'umi_count', 'v_identity', 'v_mutation_count', 'v_mutation_frequency'].map((name) => row[name]))).toEqual([
    ['S1-bcr_AAACCTGAGACCTTTG-1_contig_1', '22', '0.75', '1', '0.25'], ['S1-bcr_AAACCTGAGACCTTTG-1_contig_2', '14', '0.75', '1', '0.25'], ['S1-bcr_AAACCTGAGACCTTTG-1_contig_3', '1', '0.75', '1', '0.25'],
    ['S2-bcr_AAACCTGAGACCTTTG_0', '2', '0.75', '1', '0.25'], ['S2-bcr_AAACCTGAGACCTTTG_1', '2', '0.75', '1', '0.25'], ['S2-bcr_AAACGGGAGCTGAACG_2', '1', '0.75', '1', '0.25'], ['S2-bcr_AACCGCGTCATCGGAT_4', '2', '0.75', '1', '0.25'],
    ['S3-bcr_AAACCTGAGACCTTTG-1_contig_1', '22', null, null, null], ['S3-bcr_AAACCTGAGACCTTTG-1_contig_2', '14', null, null, null], ['S3-bcr_AAACCTGAGACCTTTG-1_contig_3', '1', null, null, null],
  ]);
});
