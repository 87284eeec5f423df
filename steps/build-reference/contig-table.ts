// How well the further contigs can be told from the genome's genes: one row a gene on them, with what is worth a warning in words.
import {kmerUniqueness, longestShared, nUnique, type KmerUniqueness, type SharedBases} from '../../pipeline/analysis/kmer-uniqueness.ts';
import {longestOrf} from '../../pipeline/analysis/longest-orf.ts';
import {reverseComplement, spliceTranscript} from '../../pipeline/analysis/splice-transcripts.ts';
import type {Row} from '../../pipeline/data/table.ts';
import type {Genes} from './gather-genes.ts';
import type {ExtraContig} from './extra-contigs.ts';

export const contigColumns = [
  'contig', 'gene_id', 'length', 'orf_aa', 'unique_fraction', 'unique_in_first_500_bp', 'unique_in_last_500_bp', 'longest_shared', 'gene_shared_with', 'warning', 'missing',
] as const;

export interface ContigOptions {
  readonly kmer: number;
  /** Ends of the transcript that the chemistries read. */
  readonly ends: readonly ('3-prime' | '5-prime')[];
  /** Unique bases that are wanted of the 500 at such an end. */
  readonly minUniqueBases: number;
}

interface ContigGene {
  readonly contig: string;
  readonly gene: string;
  /** Its longest transcript. */
  readonly sequence: Uint8Array;
}

export interface ContigCheck {
  readonly uniqueness: KmerUniqueness;
  readonly table: () => Row[];
}

/** `uniqueness` has to see every transcript before the table is asked for. */
export function checkContigs(extra: readonly ExtraContig[], genes: Genes, options: ContigOptions): ContigCheck {
  const targets = extra.flatMap((contig) => genesOn(contig, genes));
  const uniqueness = kmerUniqueness(targets, options.kmer);
  return {uniqueness, table: () => uniqueness.shared().map((shared, i) => contigRow(targets[i], shared, {names: genes.names, options}))};
}

function genesOn({name, sequence}: ExtraContig, {transcripts}: Genes): ContigGene[] {
  const longest = new Map<string, Uint8Array>();
  for (const transcript of transcripts.get(name)?.values() ?? []) {
    // An exon beyond the contig is refused when the contig is added.
    const spliced = spliceTranscript(sequence, transcript);
    if (spliced.length > (longest.get(transcript.gene_id)?.length ?? 0)) longest.set(transcript.gene_id, spliced);
  }
  return [...longest].map(([gene, spliced]) => ({contig: name, gene, sequence: spliced}));
}

/** Reads of 3' and 5' kits begin within some hundred bases of that end of the mRNA. */
const endBases = 500;
/** Shorter frames occur by chance; a receptor has several hundred amino acids. */
const shortestOrf = 100;

function contigRow({contig, gene, sequence}: ContigGene, {isShared, genes}: SharedBases, {names, options}: {names: Genes['names']; options: ContigOptions}): Row {
  const {length} = sequence;
  const orf = longestOrf(sequence);
  const atEnd = {'5-prime': nUnique(isShared, 0, endBases), '3-prime': nUnique(isShared, length - endBases, length)};
  const sharers = genes.map(([id]) => names.get(id) ?? id);
  const warnings = [
    ...(orf !== undefined && orf.nAminoAcids >= shortestOrf ? [] : [noFrame(sequence)]),
    ...options.ends.filter((end) => atEnd[end] < options.minUniqueBases).map((end) => {
      const [side, bases] = [end === '3-prime' ? 'last' : 'first', Math.min(endBases, length)];
      const advice = end === '3-prime' ? 'Give the contig to the end of its transcript, with the untranslated part of the vector.' : 'Give the contig from the start of its transcript.';
      return `only ${atEnd[end]} of the ${side} ${bases} bp are unique${sharers.length > 0 ? ` (shared with ${sharers.slice(0, 3).join(', ')})` : ''}: most reads of this end fall on the transgene and on a gene, and are not counted. ${advice}`;
    }),
  ];
  return {
    contig, gene_id: gene, length, orf_aa: orf?.nAminoAcids ?? null,
    unique_fraction: nUnique(isShared, 0, length) / length,
    unique_in_first_500_bp: atEnd['5-prime'], unique_in_last_500_bp: atEnd['3-prime'],
    longest_shared: longestShared(isShared), gene_shared_with: sharers.slice(0, 10).join(', ') || null,
    warning: warnings.join(' ') || null,
    missing: [...(orf === undefined ? ['orf_aa: no open reading frame'] : []), ...(sharers.length === 0 ? ['gene_shared_with: none'] : [])].join('; ') || null,
  };
}

function noFrame(sequence: Uint8Array): string {
  const other = longestOrf(reverseComplement(sequence));
  const advice = other !== undefined && other.nAminoAcids >= shortestOrf ? `The other strand has one of ${other.nAminoAcids}: reverse the sequence, or set the strand in its GTF.` : 'Check that the sequence is the coding strand and whole.';
  return `no open reading frame of ${shortestOrf} amino acids. ${advice}`;
}
