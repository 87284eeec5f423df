import {mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {gzipSync} from 'node:zlib';
import {afterEach, beforeEach, expect, test} from 'vitest';
import {readFasta} from '../../../pipeline/formats/fasta.ts';
import {readExons} from '../../../pipeline/formats/gtf.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lymphline-fasta-'));
});
afterEach(() => rmSync(folder, {recursive: true}));

async function read(content: string | Buffer): Promise<[string, string, number][]> {
  const path = join(folder, 'a.fa');
  writeFileSync(path, content);
  const found: [string, string, number][] = [];
  for await (const {name, sequence, line} of readFasta(path)) found.push([name, Buffer.from(sequence).toString(), line]);
  return found;
}

test('names end at the first space; lower case, blank lines and Windows line ends are the same sequence', async () => {
  expect(await read('\n>a one\nacgt\r\nNN\r\n\r\n>b\tx\nryT')).toEqual([['a', 'ACGTNN', 2], ['b', 'RYT', 6]]);
});

test('sequences and headers that lie across the pieces in which a file is read are whole, plain and gzip', async () => {
  // Pieces are 1 MiB: a header begins just before the first border, a sequence spans the second.
  const [first, second] = ['ACGTTGCA'.repeat(131_070), 'GGCAT'.repeat(300_000)];
  const text = `>first\n${first}\n>second ${'w'.repeat(40)}\n${second.match(/.{1,60}/g)?.join('\n')}\n`;
  expect(text.indexOf('>second')).toBeLessThan(1 << 20);
  expect(text.indexOf('\n', text.indexOf('>second'))).toBeGreaterThan(1 << 20);
  for (const content of [text, gzipSync(text), Buffer.concat([gzipSync(text.slice(0, 700_000)), gzipSync(text.slice(700_000))])]) {
    expect((await read(content)).map(([name, sequence]) => [name, sequence === first, sequence === second])).toEqual([['first', true, false], ['second', false, true]]);
  }
});

test('exons: attributes in any order, quoted or not, the last line without an end', async () => {
  const path = join(folder, 'a.gtf');
  writeFileSync(path, '#!x\nc\ts\tgene\t1\t9\t.\t+\t.\tgene_id "g"\nc\ts\texon\t2\t5\t.\t-\t.\ttranscript_id t1; ref_gene_id "other"; gene_id "g"; gene_biotype "lncRNA"\r\nc\ts\texon\t7\t9\t.\t.\t.\tgene_name "N"; gene_id "g"; transcript_id "t2"');
  const exons = [];
  for await (const batch of readExons(path, {withTypes: true})) exons.push(...batch);
  expect(exons).toMatchObject([
    {contig: 'c', start: 2, end: 5, strand: '-', gene_id: 'g', gene_name: 'g', transcript_id: 't1', gene_type: 'lncRNA', line: 3},
    {start: 7, end: 9, strand: '.', gene_id: 'g', gene_name: 'N', transcript_id: 't2', gene_type: '', line: 4},
  ]);
});
