// Small real files with random bytes turned and ends cut off: an answer or a clear refusal, never a crash, a hang or, under a checksum, other numbers.
import {spawnSync} from 'node:child_process';
import {cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join, resolve} from 'node:path';
import {afterAll, beforeAll, describe, expect, test} from 'vitest';
import {randomStream, type Random} from '../../../pipeline/base/random.ts';
import {readHdf5, type Dataset} from '../../../pipeline/formats/hdf5.ts';
import {storedParts, withBytes} from '../../../pipeline/formats/hdf5-layout.ts';
import type {DamagedFile} from '../../rig/read-damaged.ts';
import {dataFile, sharedData} from '../../rig/shared-data.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'lymphline-damaged-'));
});
afterAll(() => rmSync(folder, {recursive: true}));

const reader = resolve(import.meta.dirname, '../../rig/read-damaged.ts');
const nVariants = 40;

/** The answer to each file, in order; a reader that aborted is started again behind the file it aborted on. */
function answersOf(files: readonly DamagedFile[]): string[] {
  const list = join(folder, 'list.json');
  writeFileSync(list, JSON.stringify(files));
  const answers: string[] = [];
  while (answers.length < files.length) {
    const run = spawnSync(process.execPath, [reader, list, String(answers.length)], {encoding: 'utf8', timeout: 120_000, maxBuffer: 1 << 26});
    const lines = run.stdout.split('\n').filter((line) => line !== '');
    if (lines.length === 0 || run.signal !== 'SIGKILL') {
      throw new Error(`the reader ended with ${run.status ?? run.signal} at ${files[answers.length + lines.length]?.path}: ${run.stderr.slice(0, 2000)}`);
    }
    answers.push(...lines);
  }
  return answers;
}

/** One to three bytes turned, or the end cut off. */
function damage(bytes: Buffer, random: Random): Buffer {
  if (random.uniform() < 0.3) return bytes.subarray(0, random.integer(bytes.length));
  const damaged = Buffer.from(bytes);
  for (let n = 1 + random.integer(3); n > 0; n--) damaged[random.integer(bytes.length)] ^= 1 << random.integer(8);
  return damaged;
}

describe.skipIf(sharedData === undefined)('random damage', () => {
  test.each<[DamagedFile['kind'], string]>([
    ['h5ad', 'h5ad/anndata_current/csr_float32.h5ad'], ['h5ad', 'h5ad/anndata_current/libver_latest_gzip.h5ad'], ['h5ad', 'h5ad/anndata_current/lzf.h5ad'], ['h5ad', 'h5ad/anndata_current/nullable.h5ad'], ['h5ad-rows', 'h5ad/anndata_current/gzip_shuffle_fletcher32.h5ad'],
    ['tenx-h5', 'tenx_tiny/1.2.0/filtered_gene_bc_matrices_h5.h5'], ['loom', 'loom/kb_genes_17x29.loom'], ['receptors', 'h5ad/anndata_current/scirpy_gex_airr.h5mu'],
    ['receptors', 'vdj/scirpy/10x/filtered_contig_annotations.csv'], ['receptors', 'vdj/scirpy/10x/all_contig_annotations.json'], ['receptors', 'vdj/scirpy/airr/rearrangement_tra.tsv'], ['receptors', 'vdj/scirpy/bd/test_per_cell_chain.csv'],
  ])('%s %s: no crash, no hang', (kind, path) => {
    const bytes = readFileSync(dataFile(path));
    const random = randomStream(1, path);
    const files = Array.from({length: nVariants}, (_, k): DamagedFile => {
      const damaged = join(folder, `${k}-${path.replaceAll('/', '-')}`);
      writeFileSync(damaged, damage(bytes, random));
      return {kind, path: damaged};
    });
    const answers = answersOf(files);
    expect(answers.filter((answer) => !/^(ok|problem) /.test(answer))).toEqual([]);
    expect(answers.some((answer) => answer.startsWith('problem')), 'some damage is seen').toBe(true);
  });

  test('a heap of strings in which the library goes round for ever', () => {
    const bytes = readFileSync(dataFile('loom/kb_genes_17x29.loom'));
    for (const [at, bits] of [[3383, 4], [9233, 8], [14956, 32]]) bytes[at] ^= bits;
    const damaged = join(folder, 'heap.loom');
    writeFileSync(damaged, bytes);
    expect(answersOf([{kind: 'loom', path: damaged}])).toHaveLength(1);
  });

  test.each(['matrix.mtx.gz', 'barcodes.tsv.gz', 'features.tsv.gz'])('%s carries a checksum: the same matrix or a refusal', (name) => {
    const original = dataFile('tenx_tiny/3.0.0/filtered_feature_bc_matrix');
    const random = randomStream(2, name);
    const folders = Array.from({length: nVariants / 2}, (_, k): DamagedFile => {
      const copy = join(folder, `${k}-of-${name}`);
      mkdirSync(copy);
      cpSync(original, copy, {recursive: true});
      rmSync(join(copy, name), {force: true});
      writeFileSync(join(copy, name), damage(readFileSync(join(original, name)), random));
      return {kind: 'matrix-market', path: copy};
    });
    const [right, ...answers] = answersOf([{kind: 'matrix-market', path: original}, ...folders]);
    expect(answers.filter((answer) => answer !== right && !answer.startsWith('problem'))).toEqual([]);
  });

  test.each(['libver_earliest_gzip.h5ad', 'csr_int64_gzip.h5ad', 'gzip_shuffle_fletcher32.h5ad'])('%s: a byte turned inside a compressed chunk of X is never other numbers', async (name) => {
    const path = dataFile(`h5ad/anndata_current/${name}`);
    const headers = await readHdf5(path, (root) => ['data', 'indices', 'indptr'].map((part) => Number(Buffer.from((root.get(`X/${part}`) as Dataset).create_reference().ref_data).readBigUInt64LE(0))));
    const chunks = withBytes(path, (file) => headers.flatMap((header) => storedParts(file, header) ?? []));
    expect(chunks).toHaveLength(3);
    const random = randomStream(3, name);
    const files = chunks.flatMap((chunk, part) => Array.from({length: 12}, (_, k): DamagedFile => {
      const bytes = readFileSync(path);
      bytes[chunk.address + random.integer(chunk.bytes)] ^= 1 << random.integer(8);
      const damaged = join(folder, `${part}-${k}-chunk-${name}`);
      writeFileSync(damaged, bytes);
      return {kind: 'h5ad', path: damaged};
    }));
    const [right, ...answers] = answersOf([{kind: 'h5ad', path}, ...files]);
    expect(answers.filter((answer) => answer !== right && !answer.startsWith('problem'))).toEqual([]);
  });
});
