// Genome, genes and further contigs -> one index, and how well the further contigs can be told from the genes. The files are brought
// together beside the outputs, on the disk of scratch where there is one, and removed at the end.
import {chmodSync, closeSync, mkdirSync, openSync, readdirSync, rmSync, writeFileSync, writeSync} from 'node:fs';
import {dirname, join} from 'node:path';
import {writeTable} from '../../pipeline/formats/delimited-text.ts';
import {runStep, type StepJob} from '../../pipeline/step-runtime/run-step.ts';
import {checkContigs, contigColumns, type ContigCheck} from './contig-table.ts';
import {gatherReference, writeSequence, type Reference, type TranscriptListener} from './gather-reference.ts';
import {buildKallistoIndex} from './kallisto-index.ts';
import {sequencedEnds} from './sequenced-ends.ts';
import {buildStarIndex} from './star-index.ts';

await runStep(async (job) => {
  const folder = join(dirname(job.output('index')), 'scratch');
  mkdirSync(folder);
  try {
    const tool = job.param<'star' | 'kallisto'>('tool');
    const transcriptome = tool === 'kallisto' ? openTranscriptome(folder) : undefined;
    let contigs: ContigCheck | undefined;
    const reference = await gatherReference(job, folder, ({genes, extra}) => {
      contigs = checkContigs(extra, genes, {kmer: job.param('kmer'), minUniqueBases: job.param('min_unique_end'), ends: sequencedEnds(job.param('sequenced_end'), job.design.rows)});
      return toEach(transcriptome?.listener(genes.names), extra.length === 0 ? undefined : (_, {gene_id}, sequence) => contigs?.uniqueness.scan(sequence, gene_id));
    });
    transcriptome?.close();
    const [tool_version = ''] = Object.values(job.toolVersions());
    writeTable(job.output('contigs'), {columns: contigColumns, rows: contigs?.table() ?? []});
    mkdirSync(job.output('index'));
    if (tool === 'star') await buildStarIndex(job, folder, reference);
    else await buildKallistoIndex(job, folder);
    describe(job, reference, {tool, tool_version});
  } finally {
    rmSync(folder, {recursive: true, force: true});
  }
});

function toEach(...listeners: readonly (TranscriptListener | undefined)[]): TranscriptListener | undefined {
  const present = listeners.filter((listener) => listener !== undefined);
  if (present.length === 0) return undefined;
  return (id, transcript, sequence) => {
    for (const listener of present) listener(id, transcript, sequence);
  };
}

/** transcripts.fa and t2g.tsv, as kallisto wants them. */
function openTranscriptome(folder: string): {listener: (names: ReadonlyMap<string, string>) => TranscriptListener; close: () => void} {
  const files = ['transcripts.fa', 't2g.tsv'].map((name) => openSync(join(folder, name), 'w'));
  const [fasta = 0, t2g = 0] = files;
  return {
    listener: (names) => (id, {gene_id}, sequence) => {
      writeSequence(fasta, id, sequence);
      writeSync(t2g, `${id}\t${gene_id}\t${names.get(gene_id) ?? gene_id}\n`);
    },
    close: () => files.forEach((file) => closeSync(file)),
  };
}

function describe(job: StepJob, {nContigs, genes, extra}: Reference, tool: {readonly tool: string; readonly tool_version: string}): void {
  const index = job.output('index');
  const facts = {...tool, n_contigs: nContigs, n_genes: genes.names.size, extra_contigs: extra.map(({name}) => name)};
  writeFileSync(join(index, 'reference.json'), `${JSON.stringify(facts, undefined, 2)}\n`);
  // STAR closes its folder to others; the next container may run as somebody else.
  chmodSync(index, 0o755);
  for (const file of readdirSync(index)) chmodSync(join(index, file), 0o644);
}
