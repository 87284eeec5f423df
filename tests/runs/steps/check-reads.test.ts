// check-reads through its own process, on gzip files that lack what real ones lack: their end, a bit, a mate, the right order.
import {mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join, resolve} from 'node:path';
import {gzipSync} from 'node:zlib';
import {afterAll, beforeEach, describe, expect, test} from 'vitest';
import {readTable} from '../../../pipeline/formats/delimited-text.ts';
import {fastqText, randomMates, sequenceSource, writeGzip, type Mates} from '../../rig/reads.ts';
import {runStepFolder, type StepRun} from '../../rig/run-step.ts';
import {dataFile, sharedData} from '../../rig/shared-data.ts';

const root = mkdtempSync(join(tmpdir(), 'lymphline-reads-'));
const chemistries = resolve(import.meta.dirname, '../../../configs/chemistry');
const barcodes = Array.from({length: 50}, (_, seed) => sequenceSource(seed + 100)(16));
const mates = randomMates(4000, barcodes);
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(root, 'job-'));
});
afterAll(() => rmSync(root, {recursive: true}));

interface Library {
  readonly fastq1: readonly string[];
  readonly fastq2: readonly string[];
  readonly chemistry?: string;
  readonly whitelists?: readonly string[];
  readonly params?: Readonly<Record<string, unknown>>;
}

function check({fastq1, fastq2, chemistry = '10x-3p-v3', whitelists = [whitelist()], params = {}}: Library): StepRun & {found: string} {
  rmSync(join(folder, 'problem.json'), {force: true});
  const files = (paths: readonly string[]) => paths.map((path) => ({unit: 'S1-gex', path}));
  const run = runStepFolder('check-reads', folder, {
    unit: {kind: 'library', id: 'S1-gex'}, params,
    inputs: {fastq_1: files(fastq1), fastq_2: files(fastq2), chemistry: join(chemistries, `${chemistry}.yaml`), whitelist: files(whitelists)},
    design: {rows: [{sample_id: 'S1', patient_id: 'P1', timepoint: 'baseline', day: '', library: 'gex', library_id: 'S1-gex', chemistry}]},
  });
  const {input, line, found, expected, advice} = run.problem ?? {input: '', found: '', expected: '', advice: ''};
  return {...run, found: run.problem === undefined ? '' : `${input}${line === undefined ? '' : `:${line}`} ${found} | ${expected} | ${advice}`.replaceAll(`${folder}/`, '')};
}

const whitelist = (list: readonly string[] = barcodes, name = 'whitelist.txt'): string => {
  writeFileSync(join(folder, name), list.map((barcode) => `${barcode}\n`).join(''));
  return join(folder, name);
};
const pair = (some: readonly Mates[] = mates, lane = 'a'): {fastq1: string[]; fastq2: string[]} => ({
  fastq1: [writeGzip(join(folder, `${lane}_1.fq.gz`), fastqText(some, 1))], fastq2: [writeGzip(join(folder, `${lane}_2.fq.gz`), fastqText(some, 2))],
});

describe('reads that are as they should be', () => {
  test('two lanes: counts, lengths, lane, share of barcodes, digest of the list', () => {
    // Of the second lane every other barcode is unknown.
    const strange = barcodes.map((barcode, at) => (at % 2 === 0 ? barcode : sequenceSource(at + 900)(16)));
    const [one, two] = [pair(), pair(randomMates(1000, strange, {seed: 2, lane: 2}), 'b')];
    const run = check({fastq1: [...one.fastq1, ...two.fastq1], fastq2: [...one.fastq2, ...two.fastq2]});
    expect(run.problem).toBeUndefined();
    expect(readTable(run.outputs['summary']).rows.map((row) => [row['pair'], row['lane'], row['n_pairs'], row['read_1_max'], row['read_2_min'], row['whitelist_match'], row['n_whitelist'], row['missing']])).toEqual([
      ['1', 'FC1:1', '4000', '28', '90', '1', '50', null], ['2', 'FC1:2', '1000', '28', '90', '0.5', '50', null],
    ]);
  });

  test('plain text, several gzip members, a last line without its break, no whitelist, names ending in /1 and /2', () => {
    const some = mates.slice(0, 10);
    const old = (mate: 1 | 2): string => fastqText(some, mate).replaceAll(` ${mate}:N:0:ACGT`, `/${mate}`).trimEnd();
    writeFileSync(join(folder, 'a_1.fq'), old(1));
    const text = old(2);
    writeFileSync(join(folder, 'a_2.fq.gz'), Buffer.concat([gzipSync(text.slice(0, 700)), gzipSync(text.slice(700))]));
    const run = check({fastq1: [join(folder, 'a_1.fq')], fastq2: [join(folder, 'a_2.fq.gz')], whitelists: []});
    expect(run.problem).toBeUndefined();
    expect(readTable(run.outputs['summary']).rows[0]).toMatchObject({n_pairs: '10', whitelist_match: null, missing: 'whitelist_match: the sheet names no whitelist'});
  });

  test('a barcode in three parts behind an insert of 0 to 3 bases', () => {
    const next = sequenceSource(7);
    const parts = [0, 1, 2].map(() => Array.from({length: 5}, () => next(9)));
    const some = Array.from({length: 200}, (_, at): Mates => {
      const [a, b, c] = parts.map((list) => list[at % 5]);
      return {name: `r${at}`, read1: `${['', 'A', 'GT', 'TCA'][at % 4]}${a}GTGA${b}GACA${c}${next(8)}${'T'.repeat(25)}`, read2: next(70)};
    });
    const run = check({...pair(some), chemistry: 'bd-rhapsody-enhanced', whitelists: parts.map((list, at) => whitelist(list, `cls${at + 1}.txt`))});
    expect(run.problem).toBeUndefined();
    expect(readTable(run.outputs['summary']).rows[0]).toMatchObject({whitelist_match: '1', read_1_needed: '43'});
  });
});

describe('files that are not whole', () => {
  test('a gzip file that is cut off says where', () => {
    const files = pair();
    truncateSync(files.fastq2[0], 60_000);
    expect(check(files).found).toMatch(/^a_2\.fq\.gz a gzip file that is cut off somewhere after read \d+; 60000 of 60000 bytes were read \| a whole gzip file \| Copy the file again and compare its checksum with the original's\.$/);
  });

  test('one flipped bit in the middle', () => {
    const files = pair();
    const bytes = readFileSync(files.fastq2[0]);
    bytes[bytes.length >> 1] ^= 1;
    writeFileSync(files.fastq2[0], bytes);
    expect(check(files).found).toMatch(/^a_2\.fq\.gz(:\d+ ".*"| damaged gzip \(.+\) somewhere after read \d+; \d+ of \d+ bytes were read) \|/s);
  });

  test('bytes behind the end, where a damaged member would be lost in silence', () => {
    const files = pair();
    const whole = readFileSync(files.fastq2[0]);
    writeFileSync(files.fastq2[0], Buffer.concat([whole, Buffer.from('not gzip')]));
    expect(check(files).found).toMatch(/^a_2\.fq\.gz damaged gzip \(.+\) somewhere after read \d+/);
    // What a download that was given its room beforehand looks like.
    writeFileSync(files.fastq2[0], Buffer.concat([whole, Buffer.alloc(100)]));
    expect(check(files).found).toMatch(/^a_2\.fq\.gz damaged gzip \(bytes behind the end that are no gzip\) somewhere after read 4000;/);
  });

  test('an empty file, and a gzip of nothing', () => {
    writeFileSync(join(folder, 'e.fq'), '');
    expect(check({...pair(), fastq1: [join(folder, 'e.fq')]}).found).toBe('e.fq an empty file | reads in FASTQ | Check how the file was made.');
    expect(check({...pair(), fastq1: [writeGzip(join(folder, 'n.fq.gz'), '')]}).found).toBe('n.fq.gz no reads | reads in FASTQ | Check how the file was made.');
  });

  test.each([
    ['no @', (text: string) => text.replace('@M1:1:FC1:1:1101:3:1', 'M1'), 'a_1.fq.gz:9 "M1 1:N:0:ACGT" | a line that begins with @ | The file is damaged or no FASTQ: make or copy it again.'],
    ['a letter that is no base', (text: string) => text.replace(/\n[ACGT]{4}/, '\nAC-T'), /^a_1\.fq\.gz:2 "AC-T[ACGT]{24}" \| bases \(A C G T N\) up to the end of the line/],
    ['no +', (text: string) => text.replace('\n+\n', '\n\n'), 'a_1.fq.gz:3 "" | a line that begins with + | The file is damaged or no FASTQ: make or copy it again.'],
    ['a quality too few', (text: string) => text.replace('FF\n', 'F\n'), `a_1.fq.gz:4 "${'F'.repeat(27)}" | 28 qualities, one a base | The file is damaged or no FASTQ: make or copy it again.`],
    ['Windows line breaks', (text: string) => text.replaceAll('\n', '\r\n'), /^a_1\.fq\.gz:2 "[ACGT]{28}\\r" \| bases/],
    ['the end within a read', (text: string) => text.slice(0, text.lastIndexOf('+')), 'a_1.fq.gz:15998 the end of the file within a read | four lines a read | The file was cut off: copy it again.'],
  ])('FASTQ with %s', (_, damage, message) => {
    const files = pair();
    writeGzip(files.fastq1[0], damage(fastqText(mates, 1)));
    if (typeof message === 'string') expect(check(files).found).toBe(message);
    else expect(check(files).found).toMatch(message);
  });
});

describe('files that do not belong together', () => {
  test('a read without its mate, one out of order, a file that ends early', () => {
    const files = pair();
    writeGzip(files.fastq2[0], fastqText(mates.toSpliced(1234, 1), 2));
    expect(check(files).found).toBe('a_2.fq.gz:4937 read M1:1:FC1:1:1101:1236:1 | M1:1:FC1:1:1101:1235:1, as in a_1.fq.gz | The two files are no pair, or one of them was filtered or sorted alone.');
    writeGzip(files.fastq2[0], fastqText(mates.slice(0, 3000), 2));
    expect(check(files).found).toBe('a_2.fq.gz:12001 the end, after 3000 reads | the mate of M1:1:FC1:1:1101:3001:1, as in a_1.fq.gz | One of the two files is cut off or of another run: copy it again.');
  });

  test('the same lane twice', () => {
    const [one, again] = [pair(), pair(mates, 'b')];
    expect(check({fastq1: [...one.fastq1, ...again.fastq1], fastq2: [...one.fastq2, ...again.fastq2]}).found).toBe('b_1.fq.gz the reads of a_1.fq.gz again | each lane once | Remove one of the two from the samples sheet.');
  });

  test('swapped files: by the whitelist, without one by the lengths, at equal lengths by what the reads say', () => {
    const {fastq1, fastq2} = pair();
    const advice = 'Swap fastq_1 and fastq_2 in the samples sheet: fastq_1 is the read with the barcode.';
    expect(check({fastq1: fastq2, fastq2: fastq1}).found).toBe(`a_2.fq.gz 0 % of 4000 sampled reads with a barcode of the whitelist; of a_1.fq.gz 100 % have one | at least 30 % | ${advice}`);
    expect(check({fastq1: fastq2, fastq2: fastq1, whitelists: []}).found).toBe(`a_2.fq.gz read 1 of 90 bases beside a read 2 of 28 | the shorter read, with barcode and UMI, in fastq_1 | ${advice}`);
    const long = pair(randomMates(100, barcodes, {umi: 74}), 'long');
    expect(check({fastq1: long.fastq2, fastq2: long.fastq1, whitelists: []}).found).toBe(`long_2.fq.gz:1 a read 2 ("M1:1:FC1:1:1101:1:1 2:N:0:ACGT") | read 1, which is in long_1.fq.gz | ${advice}`);
    expect(check({...long, whitelists: []}).problem).toBeUndefined();
  });

  test('reads of an older kit, an index read for read 2', () => {
    expect(check(pair(randomMates(100, barcodes, {umi: 10}))).found).toBe('a_1.fq.gz read 1 of 26 bases | at least 28: barcode and UMI of 10x-3p-v3 end there | Check the column chemistry, that fastq_1 is the read with the barcode, and that it was not trimmed.');
    expect(check(pair(randomMates(100, barcodes, {cdna: 8}))).found).toBe('a_2.fq.gz read 2 of 8 bases | at least 25, to be aligned | Check that this is read 2 and no index read (I1, I2).');
  });
});

describe('whitelists', () => {
  test('the list of another kit; the same list read backwards; a lower limit lets the reads pass', () => {
    const other = whitelist(barcodes.map((_, at) => sequenceSource(at + 500)(16)), 'other.txt');
    expect(check({...pair(), whitelists: [other]}).found).toBe('a_1.fq.gz 0 % of 4000 sampled reads with a barcode of the whitelist | at least 30 % | Check the columns chemistry and whitelist (3M-february-2018.txt); where the library really is that poor, lower steps.check-reads.min_whitelist_match.');
    const backwards = whitelist(barcodes.map((barcode) => [...barcode].reverse().map((base) => ({A: 'T', C: 'G', G: 'C', T: 'A'})[base]).join('')), 'backwards.txt');
    expect(check({...pair(), whitelists: [backwards]}).found).toContain('0 % of 4000 sampled reads with a barcode of the whitelist; 100 % have one read backwards');
    expect(check({...pair(), whitelists: [other], params: {min_whitelist_match: 0}}).problem).toBeUndefined();
  });

  test('a list that is none', () => {
    expect(check({...pair(), whitelists: [whitelist([...barcodes.slice(0, 2), `${barcodes[2]}-1`])]}).found).toBe(`whitelist.txt:3 "${barcodes[2]}-1" | a barcode of 16 letters A C G T | Remove the suffix (-1).`);
    expect(check({...pair(), whitelists: [whitelist(barcodes.map((barcode) => barcode.slice(2)))]}).found).toBe(`whitelist.txt:1 "${barcodes[0].slice(2)}" | a barcode of 16 letters A C G T | Is it the list of this chemistry? One barcode a line, nothing else.`);
    writeFileSync(join(folder, 'cut.txt.gz'), gzipSync(barcodes.join('\n')).subarray(0, 100));
    expect(check({...pair(), whitelists: [join(folder, 'cut.txt.gz')]}).found).toBe('cut.txt.gz damaged gzip (unexpected end of file) | a whole list of barcodes | Copy the file again.');
  });
});

test.skipIf(sharedData === undefined)('real reads: 72,227 pairs of one flow cell, three quarters with a barcode of the list', () => {
  const lane = (mate: number) => [1, 2].map((n) => dataFile(`fastq/gex/pbmc5k_chr21_S1_L00${n}_R${mate}_001.fastq.gz`));
  const run = check({fastq1: lane(1), fastq2: lane(2), whitelists: [dataFile('fastq/gex/whitelist.txt')]});
  const rows = readTable(run.outputs['summary']).rows;
  // The number of pairs: README of the data. STARsolo, which also accepts one wrong letter, finds 0.761 valid.
  expect(rows.reduce((sum, row) => sum + Number(row['n_pairs']), 0)).toBe(72_227);
  for (const row of rows) expect(Number(row['whitelist_match'])).toBeCloseTo(0.75, 1);
});
