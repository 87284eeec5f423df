// Reads genome, genes and further contigs once, checks that they belong together, and writes them as one genome.fa and one genes.gtf
// (exons only), plain, under names without a folder: STAR keeps the names in its index.
import {closeSync, openSync, writeSync} from 'node:fs';
import {join} from 'node:path';
import {didYouMean} from '../../pipeline/base/closest-name.ts';
import {addExon, spliceTranscript, type TranscriptsByContig} from '../../pipeline/analysis/splice-transcripts.ts';
import {readFasta} from '../../pipeline/formats/fasta.ts';
import {readExons} from '../../pipeline/formats/gtf.ts';
import {refuse, type StepJob} from '../../pipeline/step-runtime/run-step.ts';

export interface Reference {
  readonly nContigs: number;
  readonly nBases: number;
  /** Symbol by gene id. */
  readonly genes: ReadonlyMap<string, string>;
  readonly extraContigs: readonly string[];
}

export async function gatherReference(job: StepJob, {folder, wantsTranscripts}: {folder: string; wantsTranscripts: boolean}): Promise<Reference> {
  const genes = new Map<string, string>();
  const transcripts: TranscriptsByContig = new Map();
  const gtf = openSync(join(folder, 'genes.gtf'), 'w');
  await gatherExons(job.input('genes'), {gtf, genes, transcripts});
  const genomeGenes = new Set(genes.keys());
  const extraExons = new Map<string, {path: string; line: number}>();
  for (const {path} of job.inputFiles('extra_genes')) {
    const firstLines = await gatherExons(path, {gtf, genes, transcripts, taken: genomeGenes});
    for (const [contig, line] of firstLines) extraExons.set(contig, {path, line});
  }

  const fasta = openSync(join(folder, 'genome.fa'), 'w');
  const spliced = wantsTranscripts ? openSync(join(folder, 'transcripts.fa'), 'w') : undefined;
  const t2g = wantsTranscripts ? openSync(join(folder, 't2g.tsv'), 'w') : undefined;
  const contigs = new Map<string, number>();
  const add = async (path: string, onContig: (name: string, line: number, length: number) => void): Promise<void> => {
    for await (const {name, sequence, line} of readFasta(path)) {
      onContig(name, line, sequence.length);
      contigs.set(name, sequence.length);
      writeSequence(fasta, name, sequence);
      for (const [id, transcript] of transcripts.get(name) ?? []) {
        if (transcript.end > sequence.length) {
          refuse({input: extraExons.get(name)?.path ?? job.input('genes'), found: `an exon of ${id} that ends at ${transcript.end} of ${name}`, expected: `at most its length, ${sequence.length}`, advice: 'Sequences and exons must be of the same release.'});
        }
        if (spliced === undefined || t2g === undefined) continue;
        writeSequence(spliced, id, spliceTranscript(sequence, transcript));
        writeSync(t2g, `${id}\t${transcript.gene_id}\t${genes.get(transcript.gene_id) ?? transcript.gene_id}\n`);
      }
    }
  };
  await add(job.input('genome'), () => {});
  const genomeContigs = [...contigs.keys()];
  checkGenes(job.input('genes'), [...transcripts.keys()].filter((name) => !extraExons.has(name)), genomeContigs);
  for (const {path} of job.inputFiles('extra')) {
    await add(path, (name, line, length) => {
      if (contigs.has(name)) refuse({input: path, line, found: `a contig ${name}`, expected: 'a name that neither the genome nor another file has', advice: 'Rename it in the FASTA and in its GTF.'});
      if (transcripts.has(name)) return;
      if (genes.has(name)) refuse({input: path, line, found: `a contig ${name}, which is also the id of a gene`, expected: 'a name of its own', advice: 'Rename it in the FASTA.'});
      // Without a GTF of its own the whole contig is one exon of a gene of the same name.
      genes.set(name, name);
      const exon = {contig: name, start: 1, end: length, strand: '+' as const, gene_id: name, gene_name: name, transcript_id: name};
      addExon(transcripts, exon);
      writeSync(gtf, `${name}\tlymphline\texon\t1\t${length}\t.\t+\t.\tgene_id "${name}"; transcript_id "${name}"; gene_name "${name}";\n`);
    });
  }
  for (const file of [gtf, fasta, spliced, t2g]) if (file !== undefined) closeSync(file);
  const extraContigs = [...contigs.keys()].slice(genomeContigs.length);
  for (const [contig, {path, line}] of extraExons) {
    if (extraContigs.includes(contig)) continue;
    refuse({input: path, line, found: `an exon on ${contig}`, expected: `a contig of the further FASTA files (${extraContigs.join(', ') || 'none is given'})`, advice: didYouMean(contig, extraContigs) || 'Correct the first column.'});
  }
  return {nContigs: contigs.size, nBases: [...contigs.values()].reduce((sum, length) => sum + length, 0), genes, extraContigs};
}

/** Contig -> line of its first exon. */
async function gatherExons(path: string, {gtf, genes, transcripts, taken}: {gtf: number; genes: Map<string, string>; transcripts: TranscriptsByContig; taken?: ReadonlySet<string>}): Promise<Map<string, number>> {
  const firstLines = new Map<string, number>();
  for await (const exons of readExons(path)) {
    for (const exon of exons) {
      if (taken?.has(exon.gene_id)) refuse({input: path, line: exon.line, found: `gene ${exon.gene_id}`, expected: 'an id that no gene of the genome has', advice: 'Rename the gene.'});
      genes.set(exon.gene_id, exon.gene_name);
      addExon(transcripts, exon);
      if (!firstLines.has(exon.contig)) firstLines.set(exon.contig, exon.line);
    }
    if (exons.length > 0) writeSync(gtf, `${exons.map((exon) => exon.text).join('\n')}\n`);
  }
  return firstLines;
}

/** Contigs that only the GTF has (patches, alternative loci) are usual; having none in common is not. */
function checkGenes(path: string, named: readonly string[], contigs: readonly string[]): void {
  const there = new Set(contigs);
  if (named.some((contig) => there.has(contig))) return;
  const [first = ''] = named;
  refuse({
    input: path, found: `exons on ${named.slice(0, 3).join(', ')}, none of which the genome has`, expected: `contigs of the genome (${contigs.slice(0, 3).join(', ')}, …)`,
    advice: there.has(`chr${first}`) || there.has(first.replace(/^chr/, '')) ? 'One has the prefix chr and the other has not: take both from one source.' : 'Take genome and genes from one source.',
  });
}

function writeSequence(file: number, name: string, sequence: Uint8Array): void {
  writeSync(file, `>${name}\n`);
  for (let at = 0; at < sequence.length; at += 1 << 16) {
    writeSync(file, sequence.subarray(at, at + (1 << 16)));
    writeSync(file, '\n');
  }
}
