// The exons of a GTF file, plain or gzip. Every other kind of line is passed over.
import {FormatProblem} from '../base/format-problem.ts';
import {readLineBatches} from './text-stream.ts';

export interface Exon {
  readonly contig: string;
  /** 1-based, both ends included. */
  readonly start: number;
  readonly end: number;
  readonly strand: '+' | '-' | '.';
  readonly gene_id: string;
  /** The id where the file has no name. */
  readonly gene_name: string;
  readonly transcript_id: string;
  /** GENCODE's gene_type or Ensembl's gene_biotype; '' where the file has neither, and where it was not asked for. */
  readonly gene_type: string;
  readonly line: number;
  readonly text: string;
}

/** In order of the file, many at a time. */
export async function* readExons(path: string, {withTypes = false} = {}): AsyncGenerator<Exon[]> {
  let line = 0;
  let nExons = 0;
  for await (const batch of readLineBatches(path)) {
    const exons: Exon[] = [];
    for (const text of batch) {
      line++;
      if (text === '' || text.startsWith('#')) continue;
      const exon = exonOf(path, text, {line, withTypes});
      if (exon !== undefined) exons.push(exon);
    }
    nExons += exons.length;
    yield exons;
  }
  if (nExons === 0) throw new FormatProblem(path, {found: 'no exon', expected: 'lines whose third column is exon', advice: 'Give the GTF of the genes.'});
}

function exonOf(path: string, text: string, {line, withTypes}: {line: number; withTypes: boolean}): Exon | undefined {
  const [contig, , feature, first, last, , strand, , attributes = ''] = text.split('\t');
  if (feature === undefined) throw new FormatProblem(path, {found: JSON.stringify(text.slice(0, 60)), expected: 'nine columns separated by tabs', advice: 'Give the genes as GTF, plain or gzip.', line});
  if (feature !== 'exon') return undefined;
  const [start, end] = [Number(first), Number(last)];
  if (!Number.isInteger(start) || !Number.isInteger(end) || start < 1 || end < start) {
    throw new FormatProblem(path, {found: `an exon from ${first} to ${last}`, expected: 'a start of 1 or more and an end that is not before it', advice: 'Correct the line.', line});
  }
  if (strand !== '+' && strand !== '-' && strand !== '.') throw new FormatProblem(path, {found: `strand ${JSON.stringify(strand ?? '')}`, expected: '+, - or .', advice: 'Correct the line.', line});
  const gene_id = attribute(attributes, 'gene_id');
  const transcript_id = attribute(attributes, 'transcript_id');
  if (!gene_id || !transcript_id) {
    const isGff = /(^|;)\s*(ID|Parent)=/.test(attributes);
    throw new FormatProblem(path, {
      found: `an exon without ${gene_id ? 'transcript_id' : 'gene_id'}`, expected: 'gene_id "…"; transcript_id "…"; in the ninth column',
      advice: isGff ? 'This looks like GFF3: convert it to GTF.' : 'Add it.', line,
    });
  }
  return {contig, start, end, strand, gene_id, gene_name: attribute(attributes, 'gene_name') || gene_id, transcript_id, gene_type: withTypes ? attribute(attributes, 'gene_type') || attribute(attributes, 'gene_biotype') : '', line, text};
}

function attribute(attributes: string, name: string): string {
  for (let at = attributes.indexOf(name); at >= 0; at = attributes.indexOf(name, at + 1)) {
    if (at > 0 && !/[\s;]/.test(attributes[at - 1])) continue;
    const value = /^\s+(?:"([^"]*)"|([^\s;]+))/.exec(attributes.slice(at + name.length, at + name.length + 200));
    if (value !== null) return value[1] ?? value[2];
  }
  return '';
}
