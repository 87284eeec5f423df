// The exons of the genome's genes and of the further contigs: as one plain GTF on disk, and as transcripts in memory.
import {openSync, closeSync, writeSync} from 'node:fs';
import {join} from 'node:path';
import {didYouMean} from '../../pipeline/base/closest-name.ts';
import {addExon, type TranscriptsByContig} from '../../pipeline/analysis/splice-transcripts.ts';
import {readExons} from '../../pipeline/formats/gtf.ts';
import {refuse, type StepJob} from '../../pipeline/step-runtime/run-step.ts';
import type {ExtraContig} from './extra-contigs.ts';

export interface Genes {
  /** Symbol by gene id. */
  readonly names: ReadonlyMap<string, string>;
  readonly transcripts: TranscriptsByContig;
  /** Contigs on which the GTF of the genome has exons. */
  readonly genomeContigs: readonly string[];
}

export async function gatherGenes(job: StepJob, folder: string, extra: readonly ExtraContig[]): Promise<Genes> {
  const names = new Map<string, string>();
  const transcripts: TranscriptsByContig = new Map();
  const gtf = openSync(join(folder, 'genes.gtf'), 'w');
  try {
    await gatherExons(job.input('genes'), {gtf, names, transcripts, types: job.param('gene_types')});
    const genomeContigs = [...transcripts.keys()];
    const taken = new Set(names.keys());
    const extraNames = extra.map(({name}) => name);
    for (const {path} of job.inputFiles('extra_genes')) {
      for (const [contig, line] of await gatherExons(path, {gtf, names, transcripts, taken})) {
        if (extraNames.includes(contig)) continue;
        refuse({input: path, line, found: `an exon on ${contig}`, expected: `a contig of the further FASTA files (${extraNames.join(', ') || 'none is given'})`, advice: didYouMean(contig, extraNames) || 'Correct the first column.'});
      }
    }
    for (const contig of extra) if (!transcripts.has(contig.name)) addWholeContig(contig, {gtf, names, transcripts});
    return {names, transcripts, genomeContigs};
  } finally {
    closeSync(gtf);
  }
}

interface Gathered {
  readonly gtf: number;
  readonly names: Map<string, string>;
  readonly transcripts: TranscriptsByContig;
}

/** Contig -> line of its first exon. */
async function gatherExons(path: string, {gtf, names, transcripts, taken, types = []}: Gathered & {taken?: ReadonlySet<string>; types?: readonly string[]}): Promise<Map<string, number>> {
  const firstLines = new Map<string, number>();
  const seenTypes = new Set<string>();
  for await (const batch of readExons(path, {withTypes: types.length > 0})) {
    for (const exon of batch) seenTypes.add(exon.gene_type);
    const exons = types.length === 0 ? batch : batch.filter((exon) => types.includes(exon.gene_type));
    for (const exon of exons) {
      if (taken?.has(exon.gene_id)) refuse({input: path, line: exon.line, found: `gene ${exon.gene_id}`, expected: 'an id that no gene of the genome has', advice: 'Rename the gene.'});
      names.set(exon.gene_id, exon.gene_name);
      addExon(transcripts, exon);
      if (!firstLines.has(exon.contig)) firstLines.set(exon.contig, exon.line);
    }
    if (exons.length > 0) writeSync(gtf, `${exons.map((exon) => exon.text).join('\n')}\n`);
  }
  if (firstLines.size === 0) {
    const there = [...seenTypes].filter((type) => type !== '');
    refuse({input: path, found: `no gene of type ${types.join(', ')}`, expected: there.length === 0 ? 'gene_type or gene_biotype in the ninth column' : `types of its genes (${there.slice(0, 8).join(', ')}${there.length > 8 ? ', …' : ''})`, advice: 'Change steps.build-reference.gene_types in the run file.'});
  }
  return firstLines;
}

/** Without a GTF of its own the contig is one exon of a gene of the same name. */
function addWholeContig({name, path, line, sequence}: ExtraContig, {gtf, names, transcripts}: Gathered): void {
  if (names.has(name)) refuse({input: path, line, found: `a contig ${name}, which is also the id of a gene`, expected: 'a name of its own', advice: 'Rename it in the FASTA.'});
  names.set(name, name);
  addExon(transcripts, {contig: name, start: 1, end: sequence.length, strand: '+', gene_id: name, transcript_id: name});
  writeSync(gtf, `${name}\tlymphline\texon\t1\t${sequence.length}\t.\t+\t.\tgene_id "${name}"; transcript_id "${name}"; gene_name "${name}";\n`);
}
