// Transcripts from exons: which belong together, and their sequence as it is read in the mRNA.
export interface Transcript {
  readonly gene_id: string;
  readonly strand: '+' | '-' | '.';
  /** 1-based, both ends included, in the order in which they came: start, end, start, end, … */
  readonly exons: number[];
  /** Largest end. */
  end: number;
}

/** Contig -> transcript id -> transcript. */
export type TranscriptsByContig = Map<string, Map<string, Transcript>>;

export interface ExonPlace {
  readonly contig: string;
  readonly start: number;
  readonly end: number;
  readonly strand: '+' | '-' | '.';
  readonly gene_id: string;
  readonly transcript_id: string;
}

export function addExon(transcripts: TranscriptsByContig, {contig, start, end, strand, gene_id, transcript_id}: ExonPlace): void {
  const onContig = transcripts.get(contig) ?? new Map<string, Transcript>();
  transcripts.set(contig, onContig);
  const known = onContig.get(transcript_id) ?? {gene_id, strand, exons: [], end: 0};
  onContig.set(transcript_id, known);
  known.exons.push(start, end);
  known.end = Math.max(known.end, end);
}

/** `contig` is upper case letters; a transcript of the other strand is read from its far end, complemented. */
export function spliceTranscript(contig: Uint8Array, {strand, exons}: Transcript): Uint8Array {
  const pieces = Array.from({length: exons.length / 2}, (_, k) => [exons[2 * k] - 1, exons[2 * k + 1]] as const).sort(([a], [b]) => a - b);
  const spliced = new Uint8Array(pieces.reduce((sum, [from, to]) => sum + to - from, 0));
  let at = 0;
  for (const [from, to] of pieces) {
    spliced.set(contig.subarray(from, to), at);
    at += to - from;
  }
  return strand === '-' ? reverseComplement(spliced) : spliced;
}

/** Letters of the IUPAC code and their complements; any other byte becomes N. */
const complements = new Uint8Array(256).fill('N'.charCodeAt(0));
for (const [letter, complement] of ['AT', 'TA', 'UA', 'CG', 'GC', 'RY', 'YR', 'SS', 'WW', 'KM', 'MK', 'BV', 'VB', 'DH', 'HD', 'NN']) complements[letter.charCodeAt(0)] = complement.charCodeAt(0);

export function reverseComplement(sequence: Uint8Array): Uint8Array {
  const turned = new Uint8Array(sequence.length);
  for (let i = 0; i < sequence.length; i++) turned[sequence.length - 1 - i] = complements[sequence[i]];
  return turned;
}
