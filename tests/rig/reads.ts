// Reads of a test's own: barcodes, molecules and genes in FASTQ, and what is in them.
import {writeFileSync} from 'node:fs';
import {gzipSync} from 'node:zlib';
import {randomStream} from '../../pipeline/base/random.ts';

export interface Mates {
  readonly name: string;
  readonly read1: string;
  readonly read2: string;
}

/** Sequences of A, C, G and T, the same for the same seed. */
export function sequenceSource(seed: number): (length: number) => string {
  const random = randomStream(seed, 'reads of a test');
  return (length) => Array.from({length}, () => 'ACGT'[Math.floor(random.uniform() * 4)]).join('');
}

/** Pairs with a barcode of `barcodes` in turn, a UMI and a random cDNA. */
export function randomMates(n: number, barcodes: readonly string[], {umi = 12, cdna = 90, seed = 1, lane = 1} = {}): Mates[] {
  const next = sequenceSource(seed);
  return Array.from({length: n}, (_, at) => ({name: `M1:1:FC1:${lane}:1101:${at + 1}:1`, read1: barcodes[at % barcodes.length] + next(umi), read2: next(cdna)}));
}

export const fastqText = (mates: readonly Mates[], mate: 1 | 2): string =>
  mates.map(({name, read1, read2}) => {
    const read = mate === 1 ? read1 : read2;
    return `@${name} ${mate}:N:0:ACGT\n${read}\n+\n${'F'.repeat(read.length)}\n`;
  }).join('');

export function writeGzip(path: string, text: string): string {
  writeFileSync(path, gzipSync(text));
  return path;
}
