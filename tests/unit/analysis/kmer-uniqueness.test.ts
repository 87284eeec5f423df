import {expect, test} from 'vitest';
import {kmerUniqueness, longestShared, nUnique} from '../../../pipeline/analysis/kmer-uniqueness.ts';
import {longestOrf} from '../../../pipeline/analysis/longest-orf.ts';
import {addExon, reverseComplement, spliceTranscript, type TranscriptsByContig} from '../../../pipeline/analysis/splice-transcripts.ts';
import {randomStream} from '../../../pipeline/base/random.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const letters = (sequence: Uint8Array): string => new TextDecoder().decode(sequence);

function randomBases(n: number, name: string): string {
  const random = randomStream(7, name);
  return Array.from({length: n}, () => 'ACGT'[random.integer(4)]).join('');
}

test('bases in words of another gene are shared, on both strands, and each gene is named with its share', () => {
  const [unique, first, second] = ['unique', 'first', 'second'].map((name) => randomBases(300, name));
  // 300 of its own, 60 of the first gene, 40 of the second turned round.
  const car = bytes(unique + first.slice(100, 160) + letters(reverseComplement(bytes(second.slice(200, 240)))));
  const {scan, shared} = kmerUniqueness([{gene: 'CAR', sequence: car}], 31);
  scan(bytes(first), 'FIRST');
  scan(bytes(second), 'SECOND');
  scan(car, 'CAR');
  const [{isShared, genes}] = shared();
  const chance = nUnique(isShared, 295, 305) - 5;
  // A base beside the common part that is the same by chance is part of a common word.
  expect(nUnique(isShared, 0, 400)).toBeGreaterThanOrEqual(297);
  expect(nUnique(isShared, 0, 400)).toBeLessThanOrEqual(300);
  expect(chance).toBeLessThanOrEqual(0);
  expect(longestShared(isShared)).toBe(400 - nUnique(isShared, 0, 400));
  expect(genes.map(([gene]) => gene)).toEqual(['FIRST', 'SECOND']);
  expect(genes[0][1]).toBeGreaterThanOrEqual(60);
  expect(genes[1][1]).toBeGreaterThanOrEqual(40);
});

test.each([8, 15, 16, 17, 21, 31])('words of %i bases: the same bases as a search in text finds, repeats and N included', (k) => {
  // Two-letter sequences, so that short words meet by chance and occur more than once.
  const few = (n: number, name: string): string => randomBases(n, name).replaceAll('C', 'A').replaceAll('T', 'G');
  const car = `${few(200, `${k} car`)}N${randomBases(120, `${k} own`)}`;
  const gene = `${few(400, `${k} gene`)}${car.slice(210, 290)}NN${letters(reverseComplement(bytes(car.slice(20, 70))))}`;
  const both = `${gene}#${letters(reverseComplement(bytes(gene)))}`;
  const wanted = new Uint8Array(car.length);
  for (let at = 0; at + k <= car.length; at++) {
    const word = car.slice(at, at + k);
    if (!word.includes('N') && both.includes(word)) wanted.fill(1, at, at + k);
  }
  const {scan, shared} = kmerUniqueness([{gene: 'CAR', sequence: bytes(car)}], k);
  scan(bytes(gene), 'GENE');
  expect([...shared()[0].isShared]).toEqual([...wanted]);
  expect(wanted.includes(1) && wanted.includes(0)).toBe(true);
});

test('two transgenes that share a part are each shared with the other', () => {
  const part = randomBases(100, 'part');
  const sequences = ['A', 'B'].map((gene) => ({gene, sequence: bytes(randomBases(100, gene) + part)}));
  const {scan, shared} = kmerUniqueness(sequences, 31);
  for (const {gene, sequence} of sequences) scan(sequence, gene);
  expect(shared().map(({genes}) => genes.map(([gene]) => gene))).toEqual([['B'], ['A']]);
});

test('the longest open reading frame begins with ATG and ends with a stop in its frame', () => {
  // CC ATG GCC AAA TAG: three amino acids from base 2; ATG TAA: one.
  expect(longestOrf(bytes('CCATGGCCAAATAGCATGTAA'))).toEqual({start: 2, nAminoAcids: 3});
  expect(longestOrf(bytes('ATGGCCAAA'))).toBeUndefined();
  expect(longestOrf(bytes(''))).toBeUndefined();
});

test('exons are joined in order of their place and read from the far end on the other strand', () => {
  const transcripts: TranscriptsByContig = new Map();
  const contig = bytes('AACCGGTTAC');
  // Bases 7-10 (TTAC) and 1-3 (AAC), listed from the far end as Ensembl does on the minus strand.
  for (const [start, end] of [[7, 10], [1, 3]]) addExon(transcripts, {contig: 'c', start, end, strand: '-', gene_id: 'g', transcript_id: 't'});
  const transcript = transcripts.get('c')!.get('t')!;
  expect(letters(spliceTranscript(contig, {...transcript, strand: '+'}))).toBe('AACTTAC');
  expect(letters(spliceTranscript(contig, transcript))).toBe('GTAAGTT');
  expect(transcript.end).toBe(10);
});
