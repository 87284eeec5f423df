// FASTQ, plain or gzip (told by content), read once and never held: number of reads, lengths, a digest of the names, a sample of the starts.
import {createReadStream, statSync} from 'node:fs';
import {createGunzip, type Gunzip} from 'node:zlib';
import {readStart} from '../base/file-start.ts';
import {FormatProblem} from '../base/format-problem.ts';

export interface FastqSummary {
  readonly nReads: number;
  readonly minLength: number;
  readonly maxLength: number;
  /** Of all names in order, without what tells read 1 from read 2: mates have the same. */
  readonly namesDigest: string;
  /** The first header line, without the @. */
  readonly firstName: string;
  /** The first bases of reads evenly spaced over the file. */
  readonly starts: readonly string[];
}

export interface FastqAsk {
  /** Bases of each start. */
  readonly startLength: number;
  /** At most this many starts. */
  readonly sampleSize: number;
}

/** Throws a FormatProblem at the line of the first thing that is no FASTQ, or where the gzip is damaged. */
export async function summariseFastq(path: string, {startLength, sampleSize}: FastqAsk): Promise<FastqSummary> {
  let [nReads, minLength, maxLength, firstName, spacing] = [0, Infinity, 0, '', 1];
  let starts: string[] = [];
  const digest = new Uint32Array([2166136261, 3332679571]);
  for await (const block of fastqBlocks(path)) {
    const {bytes, records} = block;
    for (let at = 0; at < records.length; at += 4) {
      const [nameStart, nameEnd, start, end] = [records[at], records[at + 1], records[at + 2], records[at + 3]];
      const length = end - start;
      if (length < minLength) minLength = length;
      if (length > maxLength) maxLength = length;
      if (nReads === 0) firstName = headerAt(bytes, nameStart);
      addName(digest, bytes, nameStart, nameEnd);
      if (nReads % spacing === 0) {
        starts.push(bytes.toString('latin1', start, Math.min(end, start + startLength)));
        if (starts.length === 2 * sampleSize) {
          starts = starts.filter((_, k) => k % 2 === 0);
          spacing *= 2;
        }
      }
      nReads++;
    }
  }
  if (nReads === 0) throw new FormatProblem(path, {found: 'no reads', expected: 'reads in FASTQ', advice: 'Check how the file was made.'});
  const kept = Math.ceil(starts.length / sampleSize);
  return {nReads, minLength, maxLength, firstName, namesDigest: [...digest].map((word) => word.toString(16).padStart(8, '0')).join(''), starts: starts.filter((_, k) => k % kept === 0)};
}

/** The first read (0-based) at which two files of mates part; undefined where they do not. */
export async function firstUnpaired(path1: string, path2: string): Promise<{read: number; name1?: string; name2?: string} | undefined> {
  const [one, two] = [namesOf(path1), namesOf(path2)];
  for (let read = 0; ; read++) {
    const [name1, name2] = [(await one.next()).value, (await two.next()).value];
    if (name1 === undefined && name2 === undefined) return undefined;
    if (name1 !== name2) return {read, ...(name1 === undefined ? {} : {name1}), ...(name2 === undefined ? {} : {name2})};
  }
}

async function* namesOf(path: string): AsyncGenerator<string, undefined> {
  for await (const {bytes, records} of fastqBlocks(path)) {
    for (let at = 0; at < records.length; at += 4) yield bytes.toString('latin1', records[at], records[at + 1]);
  }
  return undefined;
}

interface FastqBlock {
  readonly bytes: Buffer;
  /** Four offsets a record: name (without @, comment and /1), sequence; each from, to. */
  readonly records: readonly number[];
}

async function* fastqBlocks(path: string): AsyncGenerator<FastqBlock> {
  let rest: Buffer = Buffer.alloc(0);
  let nRecords = 0;
  for await (const chunk of decompressed(path, () => nRecords)) {
    const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    const {records, used} = parseRecords(path, bytes, nRecords);
    nRecords += records.length / 4;
    rest = bytes.subarray(used);
    yield {bytes, records};
  }
  if (rest.length === 0) return;
  // The last line may lack its line break.
  const bytes = Buffer.concat([rest, Buffer.from('\n')]);
  const {records, used} = rest.at(-1) === newline ? {records: [], used: 0} : parseRecords(path, bytes, nRecords);
  if (used < bytes.length) throw new FormatProblem(path, {found: 'the end of the file within a read', expected: 'four lines a read', advice: 'The file was cut off: copy it again.', line: 4 * nRecords + rest.toString('latin1').trimEnd().split('\n').length});
  yield {bytes, records};
}

const [newline, at, plus, space, tab, slash] = [10, 64, 43, 32, 9, 47];
/** 1: a letter of a sequence. */
const isBase = tableOf('ACGTNacgtn');
const isQuality = new Uint8Array(256).fill(1, 33, 127);

function tableOf(letters: string): Uint8Array {
  const table = new Uint8Array(256);
  for (const letter of letters) table[letter.charCodeAt(0)] = 1;
  return table;
}

/** The whole records of a block, and how many bytes they are. */
function parseRecords(path: string, bytes: Buffer, nBefore: number): {records: number[]; used: number} {
  const records: number[] = [];
  const n = bytes.length;
  const refuse = (line: number, from: number, expected: string): never => {
    const end = bytes.indexOf(newline, from);
    throw new FormatProblem(path, {found: JSON.stringify(bytes.toString('latin1', from, Math.min(end < 0 ? n : end, from + 60))), expected, advice: 'The file is damaged or no FASTQ: make or copy it again.', line: 4 * (nBefore + records.length / 4) + line});
  };
  let [p, used] = [0, 0];
  for (;;) {
    if (p >= n) break;
    if (bytes[p] !== at) refuse(1, p, 'a line that begins with @');
    const nameStart = p + 1;
    while (p < n && bytes[p] !== space && bytes[p] !== newline && bytes[p] !== tab) p++;
    const nameEnd = bytes[p - 2] === slash && p - 2 > nameStart && (bytes[p - 1] === 49 || bytes[p - 1] === 50) ? p - 2 : p;
    if (p < n && bytes[p] !== newline) p = bytes.indexOf(newline, p);
    if (p < 0 || p >= n) break;
    const start = ++p;
    while (p < n && isBase[bytes[p]] === 1) p++;
    if (p >= n) break;
    const end = p;
    if (bytes[p] !== newline) refuse(2, start, 'bases (A C G T N) up to the end of the line');
    if (end === start) refuse(2, start, 'at least one base');
    if (++p >= n) break;
    if (bytes[p] !== plus) refuse(3, p, 'a line that begins with +');
    p = bytes.indexOf(newline, p);
    if (p < 0) break;
    const quality = ++p;
    while (p < n && isQuality[bytes[p]] === 1) p++;
    if (p >= n) break;
    if (bytes[p] !== newline) refuse(4, quality, 'qualities (! to ~) up to the end of the line');
    if (p - quality !== end - start) refuse(4, quality, `${end - start} qualities, one a base`);
    records.push(nameStart, nameEnd, start, end);
    used = ++p;
  }
  return {records, used};
}

function headerAt(bytes: Buffer, from: number): string {
  return bytes.toString('latin1', from, bytes.indexOf(newline, from)).trim();
}

/** Two FNV-1a streams: a chance of 2^-64 that different names look the same. */
function addName(digest: Uint32Array, bytes: Buffer, from: number, to: number): void {
  let [a, b] = [digest[0], digest[1]];
  for (let k = from; k < to; k++) {
    a = Math.imul(a ^ bytes[k], 16777619);
    b = Math.imul(b ^ bytes[k], 709607);
  }
  digest[0] = Math.imul(a ^ newline, 16777619);
  digest[1] = Math.imul(b ^ newline, 709607);
}

async function* decompressed(path: string, nRecords: () => number): AsyncGenerator<Buffer> {
  const head = readStart(path, 2);
  if (head.length === 0) throw new FormatProblem(path, {found: 'an empty file', expected: 'reads in FASTQ', advice: 'Check how the file was made.'});
  const source = createReadStream(path, {highWaterMark: 1 << 18});
  if (head[0] !== 0x1f || head[1] !== 0x8b) {
    yield* source as AsyncIterable<Buffer>;
    return;
  }
  const gunzip = createGunzip({chunkSize: 1 << 18});
  source.on('error', (error) => gunzip.destroy(error));
  source.pipe(gunzip);
  try {
    yield* gunzip as AsyncIterable<Buffer>;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code?.startsWith('Z_')) throw damaged(path, {gunzip, nRecords: nRecords(), words: (error as Error).message});
    throw error;
  } finally {
    source.destroy();
  }
  // What follows the last member and is no gzip is passed over in silence: reads may be lost there.
  const {size} = statSync(path);
  if (gunzip.bytesWritten < size) throw damaged(path, {gunzip, nRecords: nRecords(), words: 'bytes behind the end that are no gzip'});
}

function damaged(path: string, {gunzip, nRecords, words}: {gunzip: Gunzip; nRecords: number; words: string}): FormatProblem {
  const {size} = statSync(path);
  const isCut = /unexpected end/.test(words);
  return new FormatProblem(path, {
    found: `${isCut ? 'a gzip file that is cut off' : `damaged gzip (${words})`} somewhere after read ${nRecords}; ${gunzip.bytesWritten} of ${size} bytes were read`,
    expected: 'a whole gzip file', advice: 'Copy the file again and compare its checksum with the original\'s.',
  });
}
