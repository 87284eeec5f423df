import {mkdirSync, mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {gzipSync} from 'node:zlib';
import {afterEach, beforeEach, expect, test} from 'vitest';
import {readMatrixMarketFolder} from '../../../pipeline/formats/matrix-market.ts';
import {sniffCounts, sniffReceptors} from '../../../pipeline/formats/sniff.ts';
import {readTenxH5} from '../../../pipeline/formats/tenx-h5.ts';
import {dataFile, sharedData} from '../../rig/shared-data.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lymphline-mtx-'));
});
afterEach(() => rmSync(folder, {recursive: true}));

function write(matrix: string, isGzip = false): void {
  const put = (name: string, text: string): void => writeFileSync(join(folder, isGzip ? `${name}.gz` : name), isGzip ? gzipSync(text) : text);
  put('matrix.mtx', matrix);
  put('barcodes.tsv', 'AAAC-1\nCCCA-1\n');
  put('features.tsv', 'E1\tCD3E\tGene Expression\nE2\tMT-ND1\tGene Expression\nE3\tCD19\tAntibody Capture\n');
}
const banner = '%%MatrixMarket matrix coordinate integer general\n%metadata\n';

test.each([false, true])('plain or gzip (%s), unsorted, with Windows line ends', async (isGzip) => {
  write(`${banner}3 2 3\r\n3 1 5\r\n1 1 2\r\n2 2 7\r\n`, isGzip);
  const read = await readMatrixMarketFolder(folder);
  expect(read).toMatchObject({barcodes: ['AAAC-1', 'CCCA-1'], features: {symbols: ['CD3E', 'MT-ND1', 'CD19'], types: ['Gene Expression', 'Gene Expression', 'Antibody Capture']}});
  expect([...read.counts.indptr, ...read.counts.indices, ...read.counts.values]).toEqual([0, 2, 3, 0, 2, 1, 2, 5, 7]);
});

test.each([
  ['3 2 1\n4 1 5\n', ':4 found "4 1 5"; expected a row of 1..3, a column of 1..2 and a number'],
  ['3 2 1\n1 1 x\n', ':4 found "1 1 x"'],
  ['3 2 2\n1 1 1\n', ':5 found 1 entries; expected 2, as the third line says: the file is cut off'],
  ['3 2 1\n1 1 1\n2 2 1\n', ':5 found more entries; expected 1'],
  ['3 2 90000\n1 1 1\n', 'found 90000 entries in a file of'],
  ['3 9 1\n1 1 1\n', 'found 3 x 9; expected 3 features x 2 barcodes'],
])('%j is refused at its line', async (rest, message) => {
  write(banner + rest);
  await expect(readMatrixMarketFolder(folder)).rejects.toThrow(message);
});

test.skipIf(sharedData === undefined)('the folder and the H5 of one matrix hold the same', async () => {
  const h5 = await readTenxH5(dataFile('tenx_tiny/3.0.0/filtered_feature_bc_matrix.h5'));
  const mtx = await readMatrixMarketFolder(dataFile('tenx_tiny/3.0.0/filtered_feature_bc_matrix'));
  expect(mtx.counts).toEqual(h5.counts);
  expect([mtx.barcodes, mtx.features.ids, mtx.features.symbols]).toEqual([h5.barcodes, h5.features.ids, h5.features.symbols]);
  // Sum of 3,524,098 UMIs: data/README.md.
  expect((await readMatrixMarketFolder(dataFile('pbmc_1k_v2/filtered_feature_bc_matrix'))).counts.values.reduce((sum, value) => sum + value, 0)).toBe(3_524_098);
});

test.skipIf(sharedData === undefined)('contents are told apart whatever the file is called', async () => {
  expect((await sniffCounts(dataFile('tenx_tiny/3.0.0/filtered_feature_bc_matrix.h5'))).kind).toBe('tenx-h5');
  expect((await sniffCounts(dataFile('tenx_tiny/3.0.0'))).path).toBe(dataFile('tenx_tiny/3.0.0/filtered_feature_bc_matrix.h5'));
  expect((await sniffCounts(dataFile('tenx_tiny/raw_feature_bc_matrix_plain'))).kind).toBe('matrix-market');
  expect((await sniffCounts(dataFile('h5ad/scp_anndata_test_40x4.h5ad'))).kind).toBe('h5ad');
  expect((await sniffCounts(dataFile('loom/kb_genes_17x29.loom'))).kind).toBe('loom');
  expect((await sniffCounts(dataFile('h5ad/anndata_current/scirpy_gex_airr.h5mu'))).kind).toBe('h5mu');
  await expect(sniffCounts(dataFile('README.md'))).rejects.toThrow('not HDF5');
  mkdirSync(join(folder, 'empty'));
  await expect(sniffCounts(join(folder, 'empty'))).rejects.toThrow('nothing in it');
  expect(await sniffReceptors(dataFile('ards_blood_lung_tcr/P17B/filtered_contig_annotations.csv.gz'))).toBe('tenx-contigs');
  await expect(sniffReceptors(dataFile('README.md'))).rejects.toThrow('10x contig annotations');
});
