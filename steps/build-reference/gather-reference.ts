// Reads genome, genes and further contigs once, checks that they belong together, and writes them as one genome.fa and one genes.gtf
// (exons only), plain, under names without a folder: STAR keeps the names in its index.
import {closeSync, openSync, writeSync} from 'node:fs';
import {join} from 'node:path';
import {spliceTranscript, type Transcript} from '../../pipeline/analysis/splice-transcripts.ts';
import {readFasta} from '../../pipeline/formats/fasta.ts';
import {refuse, type StepJob} from '../../pipeline/step-runtime/run-step.ts';
import {readExtraContigs, type ExtraContig} from './extra-contigs.ts';
import {gatherGenes, type Genes} from './gather-genes.ts';

export interface Reference {
  readonly nContigs: number;
  readonly nBases: number;
  readonly genes: Genes;
  readonly extra: readonly ExtraContig[];
}

/** Receives every transcript of the genome and of the further contigs. */
export type TranscriptListener = (id: string, transcript: Transcript, sequence: Uint8Array) => void;

/** `onTranscripts` is asked once the genes and further contigs are known, before the genome is read; without a listener nothing is spliced. */
export async function gatherReference(job: StepJob, folder: string, onTranscripts: (parts: Pick<Reference, 'genes' | 'extra'>) => TranscriptListener | undefined): Promise<Reference> {
  const extra = await readExtraContigs(job);
  const genes = await gatherGenes(job, folder, extra);
  const listener = onTranscripts({genes, extra});
  const lengths = new Map<string, number>();
  const fasta = openSync(join(folder, 'genome.fa'), 'w');
  const add = (name: string, sequence: Uint8Array): void => {
    lengths.set(name, sequence.length);
    writeSequence(fasta, name, sequence);
    for (const [id, transcript] of genes.transcripts.get(name) ?? []) {
      checkEnd(job, {id, transcript, contig: name, length: sequence.length});
      listener?.(id, transcript, spliceTranscript(sequence, transcript));
    }
  };
  try {
    for await (const {name, sequence} of readFasta(job.input('genome'))) add(name, sequence);
    checkGenes(job.input('genes'), genes.genomeContigs, [...lengths.keys()]);
    for (const {name, sequence, path, line} of extra) {
      if (lengths.has(name)) refuse({input: path, line, found: `a contig ${name}, which the genome has too`, expected: 'a name of its own', advice: 'Rename it in the FASTA, and in its GTF.'});
      add(name, sequence);
    }
  } finally {
    closeSync(fasta);
  }
  return {nContigs: lengths.size, nBases: [...lengths.values()].reduce((sum, length) => sum + length, 0), genes, extra};
}

export function writeSequence(file: number, name: string, sequence: Uint8Array): void {
  writeSync(file, `>${name}\n`);
  for (let at = 0; at < sequence.length; at += 1 << 16) {
    writeSync(file, sequence.subarray(at, at + (1 << 16)));
    writeSync(file, '\n');
  }
}

function checkEnd(job: StepJob, {id, transcript, contig, length}: {id: string; transcript: Transcript; contig: string; length: number}): void {
  if (transcript.end <= length) return;
  refuse({
    input: [job.input('genes'), ...job.inputFiles('extra_genes').map(({path}) => path)].join(', '), found: `an exon of ${id} that ends at ${transcript.end} of ${contig}`,
    expected: `at most the length of ${contig}, ${length}`, advice: 'Sequences and exons must be of the same release.',
  });
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
