// Every matrix and contig table of the real data sets is read, with the contents that h5py 3.16, scipy 1.19 and Python's csv find in it.
import {copyFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {describe, expect, test} from 'vitest';
import {readMatrixMarketFolder} from '../../../pipeline/formats/matrix-market.ts';
import {readLoom} from '../../../pipeline/formats/loom.ts';
import {readReceptors} from '../../../pipeline/formats/read-receptors.ts';
import {readTenxH5} from '../../../pipeline/formats/tenx-h5.ts';
import {dataFile, sharedData} from '../../rig/shared-data.ts';

if (sharedData === undefined) console.log('Real matrices and contigs are skipped: no LYMPHLINE_DATA and no ../shared/data.');

describe.skipIf(sharedData === undefined)('matrices', () => {
  // Cells, features, stored values, their sum.
  test.each([
    ['tenx_tiny/1.2.0/filtered_gene_bc_matrices_h5.h5', 12, 343, 12, 12],
    ['tenx_tiny/1.2.0/filtered_gene_bc_matrices/hg19_chr21', 12, 343, 12, 12],
    ['tenx_tiny/3.0.0/filtered_feature_bc_matrix.h5', 1107, 507, 23_866, 41_549],
    ['tenx_tiny/3.0.0/filtered_feature_bc_matrix', 1107, 507, 23_866, 41_549],
    ['tenx_tiny/raw_feature_bc_matrix_plain', 50, 50, 338, 682],
    ['covid_tcells_citeseq_tcr/filtered_feature_bc_matrix.h5', 320, 33_575, 522_556, 4_231_624],
    ['mouse_spleen_gex_bcr_tcr/BL6/GEX/filtered_feature_bc_matrix', 269, 32_285, 86_903, 133_595],
    ['mouse_spleen_gex_bcr_tcr/MD4/GEX/filtered_feature_bc_matrix', 231, 32_285, 81_626, 130_687],
    ['ards_blood_lung_tcr/P17B/filtered_feature_bc_matrix', 52, 2000, 14_159, 72_394],
    ['ards_blood_lung_tcr/P20L/filtered_feature_bc_matrix', 11, 2000, 2264, 11_457],
    ['pbmc_1k_v2/filtered_feature_bc_matrix', 996, 33_538, 1_102_741, 3_524_098],
  ])('%s', async (path, nCells, nFeatures, nStored, sum) => {
    const {counts, barcodes, features} = path.endsWith('.h5') ? await readTenxH5(dataFile(path)) : await readMatrixMarketFolder(dataFile(path));
    expect([barcodes.length, features.ids.length, counts.values.length, counts.values.reduce((total, value) => total + value, 0)]).toEqual([nCells, nFeatures, nStored, sum]);
  });

  test('the folder and the H5 of Cell Ranger 1 hold the same', async () => {
    const h5 = await readTenxH5(dataFile('tenx_tiny/1.2.0/filtered_gene_bc_matrices_h5.h5'));
    const mtx = await readMatrixMarketFolder(dataFile('tenx_tiny/1.2.0/filtered_gene_bc_matrices/hg19_chr21'));
    expect([mtx.counts, mtx.barcodes, mtx.features.symbols]).toEqual([h5.counts, h5.barcodes, h5.features.symbols]);
  });

  test('antibodies are told from genes', async () => {
    const {counts, features} = await readTenxH5(dataFile('covid_tcells_citeseq_tcr/filtered_feature_bc_matrix.h5'));
    const sums: Record<string, number> = {};
    for (const [k, feature] of counts.indices.entries()) sums[features.types[feature]] = (sums[features.types[feature]] ?? 0) + counts.values[k];
    expect(sums).toEqual({'Gene Expression': 1_799_456, 'Antibody Capture': 2_432_168});
  });

  // The matrix itself is not among the data: genes and barcodes of Cell Ranger are read around one UMI.
  test('features and barcodes of vdj/sc5p_v2_hs_PBMC_1k, with 19 antibodies', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'lymphline-features-'));
    copyFileSync(dataFile('vdj/sc5p_v2_hs_PBMC_1k/gex_features_with_antibodies.tsv.gz'), join(folder, 'features.tsv.gz'));
    copyFileSync(dataFile('vdj/sc5p_v2_hs_PBMC_1k/gex_barcodes.tsv.gz'), join(folder, 'barcodes.tsv.gz'));
    writeFileSync(join(folder, 'matrix.mtx'), '%%MatrixMarket matrix coordinate integer general\n36620 972 1\n36620 3 7\n');
    const {features, barcodes, counts} = await readMatrixMarketFolder(folder);
    rmSync(folder, {recursive: true});
    expect([features.ids[0], features.symbols[0], features.ids.at(-1), features.symbols.at(-1)]).toEqual(['ENSG00000243485', 'MIR1302-2HG', 'HLA-DR', 'HLA-DR_TotalC']);
    expect([features.types.filter((type) => type === 'Gene Expression').length, features.types.filter((type) => type === 'Antibody Capture').length, barcodes.length]).toEqual([36_601, 19, 972]);
    expect([Array.from(counts.values), Array.from(counts.indices), counts.indptr[3]]).toEqual([[7], [36_619], 1]);
  });

  test('loom/kb_genes_17x29.loom', async () => {
    const {counts, barcodes, features} = await readLoom(dataFile('loom/kb_genes_17x29.loom'));
    expect([barcodes.length, features.ids.length, features.symbols[0]]).toEqual([29, 17, 'ENSMUSG00000026034']);
    // Two UMIs, in cells 9 and 15 of 29.
    expect([Array.from(counts.values), Array.from(counts.indptr.slice(9, 17))]).toEqual([[1, 1], [0, 1, 1, 1, 1, 1, 1, 2]]);
  });
});

describe.skipIf(sharedData === undefined)('contigs', () => {
  // By locus, and how many cells; in AIRR tables the locus is told by c_call, where it is NA by j_call.
  test.each([
    ['mouse_spleen_gex_bcr_tcr/BL6/BCR/filtered_contig_annotations.csv.gz', {IGH: 70, IGK: 171, IGL: 10}, 170],
    ['mouse_spleen_gex_bcr_tcr/BL6/BCR/airr_rearrangement.tsv.gz', {IGH: 70, IGK: 171, IGL: 10}, 170],
    ['mouse_spleen_gex_bcr_tcr/BL6/TCR/filtered_contig_annotations.csv.gz', {TRA: 46, TRB: 68}, 65],
    ['mouse_spleen_gex_bcr_tcr/BL6/TCR/airr_rearrangement.tsv.gz', {TRA: 46, TRB: 68}, 65],
    ['mouse_spleen_gex_bcr_tcr/MD4/BCR/filtered_contig_annotations.csv.gz', {IGH: 7, IGK: 158, IGL: 1}, 159],
    ['mouse_spleen_gex_bcr_tcr/MD4/BCR/airr_rearrangement.tsv.gz', {IGH: 7, IGK: 158, IGL: 1}, 159],
    ['mouse_spleen_gex_bcr_tcr/MD4/TCR/filtered_contig_annotations.csv.gz', {TRA: 33, TRB: 57}, 56],
    ['mouse_spleen_gex_bcr_tcr/MD4/TCR/airr_rearrangement.tsv.gz', {TRA: 33, TRB: 57}, 56],
    ['vdj/sc5p_v2_hs_PBMC_1k/tcr/filtered_contig_annotations.csv', {TRA: 578, TRB: 614}, 482],
    ['vdj/sc5p_v2_hs_PBMC_1k/tcr/airr_rearrangement.tsv', {TRA: 468, TRB: 481}, 482],
    ['vdj/sc5p_v2_hs_PBMC_1k/bcr/filtered_contig_annotations.csv', {IGH: 98, IGK: 60, IGL: 44}, 83],
    ['vdj/sc5p_v2_hs_PBMC_1k/bcr/airr_rearrangement.tsv', {IGH: 82, IGK: 55, IGL: 29}, 83],
    ['vdj/scirpy/10x/vdj_nextgem_hs_pbmc3_t_filtered_contig_annotations.csv.gz', {TRA: 1916, TRB: 2076}, 1556],
    ['vdj/scirpy/10x/filtered_contig_annotations.csv', {IGH: 1, IGK: 1, TRA: 10, TRB: 5}, 5],
    ['vdj/scirpy/airr/rearrangement_tra.tsv', {TRA: 4}, 3],
    ['vdj/scirpy/airr/rearrangement_trb.tsv', {TRB: 4}, 3],
    ['vdj/scirpy/airr/rearrangement_ig.tsv', {IGH: 2, IGK: 1, IGL: 1}, 2],
    ['covid_tcells_citeseq_tcr/contigs_rebuilt.csv', {TRA: 258, TRB: 258}, 258],
  ])('%s', async (path, loci, nCells) => {
    const {rearrangements} = await readReceptors(dataFile(path), 'S');
    expect(Object.fromEntries([...Map.groupBy(rearrangements, (chain) => chain.locus)].map(([locus, chains]) => [locus, chains.length]))).toEqual(loci);
    expect(new Set(rearrangements.map((chain) => chain.barcode)).size).toBe(nCells);
  });
});

/** Not read here: which test does. The 48 files of anndata_current are counted in theirs. */
const readElsewhere: Readonly<Record<string, string>> = {
  'covid_tcells_citeseq_tcr/screpertoire_clones.csv': '../../runs/steps/call-clonotypes.test.ts',
  'vdj/formats/TRUST4_barcode_report_1000rows.csv': 'trust4.test.ts',
  'vdj/scirpy/10x/all_contig_annotations.json': 'trust4.test.ts',
  'vdj/scirpy/bd/test_per_cell_chain.csv': 'scirpy.test.ts',
};

test.skipIf(sharedData === undefined)('no file of these folders is without a test', () => {
  const sourceOf = (name: string): string => readFileSync(join(import.meta.dirname, name), 'utf8');
  const [here, archives] = [sourceOf('data-files.test.ts'), Object.keys((JSON.parse(sourceOf('h5ad-archives.json')) as {files: object}).files)];
  const folders = ['h5ad', 'tenx_tiny', 'loom', 'vdj', 'covid_tcells_citeseq_tcr', 'mouse_spleen_gex_bcr_tcr', 'pbmc_1k_v2'];
  const files = folders.flatMap((folder) => readdirSync(dataFile(folder), {recursive: true, withFileTypes: true}).filter((entry) => entry.isFile()).map((entry) => `${entry.parentPath}/${entry.name}`.slice(dataFile('.').length).replace(/^\/+/, '')));
  expect(files.length).toBeGreaterThan(100);
  const isRead = (path: string): boolean => {
    if (path.startsWith('h5ad/anndata_current/')) return true;
    if (path.startsWith('h5ad/')) return archives.includes(path.slice('h5ad/'.length));
    const test = readElsewhere[path];
    if (test !== undefined) return sourceOf(test).includes(`'${path}'`);
    // A matrix of three files is read by its folder.
    return [path, path.slice(0, path.lastIndexOf('/'))].some((name) => here.includes(`'${name}'`));
  };
  expect(files.filter((path) => !isRead(path))).toEqual([]);
});
