import {mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {dirname, join} from 'node:path';
import {countVMutations} from '../../pipeline/analysis/v-mutations.ts';
import {writeFileAtomic} from '../../pipeline/base/atomic-file.ts';
import type {Row} from '../../pipeline/data/table.ts';
import {letterOf} from '../../pipeline/formats/airr.ts';
import {writeTable} from '../../pipeline/formats/delimited-text.ts';
import {present, readCount} from '../../pipeline/formats/receptor-cells.ts';
import {refuse, runStep} from '../../pipeline/step-runtime/run-step.ts';
import {findToolData} from '../../pipeline/step-runtime/tool-data.ts';
import {readContigs, withTable, type Contig} from './contigs.ts';
import {readGermlines, receptorsOf} from './germlines.ts';
import {runIgblast} from './igblast.ts';

/** Of IgBLAST's table, what the AIRR schema names and a reader of single cells looks for; ours are the last. */
const columns = [
  'sequence_id', 'sequence', 'rev_comp', 'productive', 'v_call', 'd_call', 'j_call', 'c_call', 'sequence_alignment', 'germline_alignment', 'junction', 'junction_aa', 'v_cigar', 'd_cigar', 'j_cigar',
  'locus', 'stop_codon', 'vj_in_frame', 'v_frameshift', 'complete_vdj', 'v_sequence_alignment', 'v_germline_alignment', 'np1', 'np1_length', 'np2', 'np2_length',
  'fwr1', 'cdr1', 'fwr2', 'cdr2', 'fwr3', 'cdr3', 'fwr4', 'v_score', 'v_support', 'j_support', 'v_identity', 'd_identity', 'j_identity',
  'v_sequence_start', 'v_sequence_end', 'v_germline_start', 'v_germline_end', 'j_sequence_start', 'j_sequence_end', 'j_germline_start', 'j_germline_end',
  'cell_id', 'umi_count', 'consensus_count', 'v_mutation_count', 'v_mutation_frequency',
];

/** From here on contigs without any V gene are of something else; a few are what a sample without B cells may hold. */
const manyContigs = 10;

await runStep(async (job) => {
  const versions = job.toolVersions();
  const [{sample_id, patient_id, timepoint, day, library, library_id}] = job.design.rows;
  const organism = job.param<string>('organism');
  const [V, D, J, auxiliary] = ['germline_v', 'germline_d', 'germline_j', 'auxiliary'].map((name) => job.input(name));
  const paths = job.inputFiles('contigs').map(({path}) => path);
  const {contigs, nLeftOut} = await withTable(await readContigs(paths, sample_id), job.optionalInput('table'), sample_id);
  const {receptors, loci} = await readGermlines({alleles: {V, D, J}, auxiliary}, {library, mayLack: contigs.every(({isAssembled}) => isAssembled)});
  const isOfLibrary = (locus: string): boolean => receptorsOf(library).some((receptor) => locus.startsWith(receptor));
  const isBeyond = ({told, isAssembled}: Contig): boolean => told !== undefined && !loci.has(told.locus) && (isAssembled === true || isOfLibrary(told.locus));
  const [asTold, toAlign] = [contigs.filter(isBeyond), contigs.filter((contig) => !isBeyond(contig))];
  checkLoci(asTold, V);
  const data = findToolData({program: 'igblastn', variable: 'IGDATA', beside: ['..', '../share/igblast'], elsewhere: ['/usr/share/ncbi/igblast'], holds: `internal_data/${organism}`});
  const folder = workFolder(dirname(job.output('rearrangements')));
  const found: ReadonlyMap<string, Row>[] = [];
  try {
    for (const [receptor, germlines] of toAlign.length === 0 ? [] : receptors) {
      found.push(await runIgblast({receptor, germlines, contigs: toAlign, auxiliary, organism, cpus: job.limits.cpus, data, folder: join(folder, receptor)}));
    }
  } finally {
    rmSync(folder, {recursive: true, force: true});
  }
  const maxSupport = job.param<number>('max_v_support');
  const rows = contigs.map((contig) => (isBeyond(contig) ? rowAsTold(contig) : annotated(contig, bestOf(found.map((table) => table.get(contig.sequence_id)), maxSupport))));
  const nAligned = rows.filter((row) => row['v_call'] !== null).length - asTold.length;
  if (toAlign.length >= manyContigs && nAligned === 0) {
    refuse({input: paths[0], found: `${toAlign.length} contigs without any V gene of ${V}`, expected: `contigs of a ${library} library`, advice: 'Check that the file belongs to this row, and organism of annotate-receptors.'});
  }
  writeTable(job.output('rearrangements'), {columns, rows});
  writeTable(job.output('summary'), {
    columns: ['sample_id', 'patient_id', 'timepoint', 'day', 'library_id', 'kept', 'reason', 'n_contigs', 'missing'],
    rows: [
      {kept: true, reason: 'aligned to a V gene', n_contigs: nAligned},
      {kept: true, reason: 'no V gene', n_contigs: toAlign.length - nAligned},
      {kept: true, reason: 'as assembled, no germlines of its locus', n_contigs: asTold.length},
      {kept: false, reason: 'left out by the table beside the contigs', n_contigs: nLeftOut},
    ].map((counts) => ({sample_id, patient_id, timepoint, day: day || null, library_id, ...counts})),
  });
  writeFileAtomic(job.output('versions'), `${JSON.stringify(versions, undefined, 2)}\n`);
});

/** Contigs of a FASTA file have no calls that could stand without germlines. */
function checkLoci(contigs: readonly Contig[], germlinePath: string): void {
  const bare = contigs.filter(({isAssembled}) => !isAssembled);
  if (bare.length === 0) return;
  const loci = [...new Set(bare.map(({told}) => told?.locus))].sort().join(', ');
  refuse({input: germlinePath, found: `no V alleles of ${loci}`, expected: `germlines of every locus of the contigs: ${bare.length} of them are of ${loci}, such as ${bare[0].sequence_id}`, advice: 'Add the V, D and J alleles; several files can be joined into one.'});
}

/** BLAST cannot open a database below a folder whose name has a space. */
function workFolder(outputs: string): string {
  return /\s/.test(outputs) ? mkdtempSync(join(tmpdir(), 'igblast-')) : join(outputs, 'igblast');
}

/** The one that fits better where both receptors were tried; undefined where IgBLAST's V gene is what it names for any sequence. */
function bestOf(rows: readonly (Row | undefined)[], maxSupport: number): Row | undefined {
  const supported = rows.filter((row): row is Row => row !== undefined && present(row['v_call']) !== '' && (readCount(row['v_support']) ?? Infinity) <= maxSupport);
  return supported.toSorted((a, b) => Number(b['v_score']) - Number(a['v_score']))[0];
}

function rowAsTold({barcode, told}: Contig): Row {
  const {alignment, ...chain} = told!;
  const all: Row = {...chain, ...alignment, cell_id: barcode, productive: letterOf(chain.productive), rev_comp: letterOf(alignment?.rev_comp ?? null)};
  return Object.fromEntries(columns.map((name) => [name, all[name] ?? null]));
}

function annotated({sequence_id, barcode, sequence, told}: Contig, row: Row | undefined): Row {
  const counts = {cell_id: barcode, umi_count: told?.umi_count ?? null, consensus_count: told?.consensus_count ?? null};
  const base = {...Object.fromEntries(columns.map((name) => [name, null])), sequence_id, sequence, ...counts};
  if (row === undefined) return base;
  const fraction = (name: string): number | null => {
    const percent = readCount(row[name]);
    return percent === null ? null : percent / 100;
  };
  return {
    ...base, ...Object.fromEntries(columns.filter((name) => row[name] !== undefined).map((name) => [name, row[name]])), ...counts,
    c_call: present(row['c_call']) || told?.c_call || null,
    // AIRR defines an identity as a fraction; IgBLAST writes per cent.
    v_identity: fraction('v_identity'), d_identity: fraction('d_identity'), j_identity: fraction('j_identity'),
    ...countVMutations(present(row['v_sequence_alignment']), present(row['v_germline_alignment'])),
  };
}
