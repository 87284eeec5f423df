import {expect, test} from 'vitest';
import {addExon, reverseComplement, type TranscriptsByContig} from '../../../pipeline/analysis/splice-transcripts.ts';
import {randomStream} from '../../../pipeline/base/random.ts';
import type {Row} from '../../../pipeline/data/table.ts';
import {checkContigs, type ContigOptions} from '../../../steps/build-reference/contig-table.ts';

const random = randomStream(5, 'contigs');
const bases = (n: number): string => Array.from({length: n}, () => 'ACGT'[random.integer(4)]).join('');
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const frame = `ATG${'GCC'.repeat(120)}TAA`;
const host = bases(1000);

/** One contig of two genes or one, checked against the host gene. */
function check(sequence: string, exons: readonly (readonly [gene: string, start: number, end: number, strand?: '-'])[], over: Partial<ContigOptions> = {}): Row[] {
  const transcripts: TranscriptsByContig = new Map();
  for (const [gene, start, end, strand = '+'] of exons) addExon(transcripts, {contig: 'vector', start, end, strand, gene_id: gene, transcript_id: `${gene}-t`});
  const {uniqueness, table} = checkContigs([{name: 'vector', sequence: bytes(sequence), path: 'car.fa', line: 1}], {names: new Map([['HOST', 'CD247']]), transcripts, genomeContigs: []}, {kmer: 31, ends: ['3-prime'], minUniqueBases: 250, ...over});
  uniqueness.scan(bytes(host), 'HOST');
  return table();
}

test('each gene of a contig has a row, judged at the end that is sequenced', () => {
  // 400 bases of the host, 700 of its own with a frame: the first 500 hold 100 unique bases, the last 500 are unique.
  const sequence = host.slice(300, 700) + frame + bases(700 - frame.length);
  const at = (ends: ContigOptions['ends']) => check(sequence, [['CAR', 1, 1100]], {ends})[0]['warning'];
  expect(at(['3-prime'])).toBeNull();
  expect(at(['5-prime'])).toMatch(/^only (9\d|100) of the first 500 bp are unique \(shared with CD247\): .* Give the contig from the start of its transcript\.$/);
  expect(at(['3-prime', '5-prime'])).toBe(at(['5-prime']));
  expect(check(sequence, [['LEFT', 1, 400], ['RIGHT', 401, 1100]]).map((row) => [row['gene_id'], row['length'], Math.round(10 * Number(row['unique_fraction'])), row['gene_shared_with']])).toEqual([['LEFT', 400, 0, 'CD247'], ['RIGHT', 700, 10, null]]);
});

test('a frame on the other strand is pointed out, and is found where the GTF says so', () => {
  const turned = new TextDecoder().decode(reverseComplement(bytes(`${bases(200)}${frame}${bases(400)}`)));
  expect(check(turned, [['CAR', 1, turned.length]])[0]['warning']).toMatch(/^no open reading frame of 100 amino acids\. The other strand has one of \d+: reverse the sequence, or set the strand in its GTF\.$/);
  const [row] = check(turned, [['CAR', 1, turned.length, '-']]);
  expect([Number(row['orf_aa']) >= 121, row['warning'], row['missing']]).toEqual([true, null, 'gene_shared_with: none']);
});
