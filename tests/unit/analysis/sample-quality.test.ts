import {describe, expect, test} from 'vitest';
import {ambientRna, emptyDropletsOf, type Well} from '../../../pipeline/analysis/ambient-rna.ts';
import {judgeCellsBy, measureCells} from '../../../pipeline/analysis/cell-quality.ts';
import {sampleQualityRow} from '../../../pipeline/analysis/sample-quality.ts';
import {readSex, sexDoubts, sexOf} from '../../../pipeline/analysis/sex-check.ts';
import type {SparseMatrix} from '../../../pipeline/data/matrix.ts';

function sparse(rows: readonly (readonly number[])[]): SparseMatrix {
  const stored = rows.map((row) => [...row.keys()].filter((j) => row[j] !== 0));
  return {
    kind: 'sparse', nRows: rows.length, nColumns: rows[0].length, indptr: Uint32Array.from([0, ...stored.map((_, i) => stored.slice(0, i + 1).flat().length)]),
    indices: Uint32Array.from(stored.flat()), values: Float32Array.from(stored.flatMap((columns, i) => columns.map((j) => rows[i][j]))),
  };
}

describe('sex', () => {
  const symbols = ['XIST', 'RPS4Y1', 'DDX3Y', 'CD3D'];
  const of = (xist: number, rps4y1: number, ddx3y: number): ReturnType<typeof readSex> => readSex(sparse([[xist, rps4y1, ddx3y, 900]]), symbols);

  test('is female up to a fifth of Y, male from four fifths, both between', () => {
    // 2 of 10 = 0.2; 3 of 10; 8 of 10; 7 of 10.
    expect([of(8, 1, 1), of(7, 2, 1), of(2, 4, 4), of(3, 7, 0)].map(({sex, yShare}) => [sex, yShare])).toEqual([['female', 0.2], ['both', 0.3], ['male', 0.8], ['both', 0.7]]);
  });

  test('is missing with fewer than ten UMIs, and where the matrix lacks the genes', () => {
    expect(of(9, 0, 0)).toMatchObject({sex: null, yShare: null, missing: '9 UMIs of XIST and the Y chromosome, 10 needed'});
    expect(readSex(sparse([[50, 3]]), ['XIST', 'CD3D'])).toMatchObject({sex: null, xistUmis: 50, yUmis: null, missing: 'genes of the Y chromosome not in the matrix'});
    expect(readSex(sparse([[50, 3]]), ['Ddx3y', 'Cd3d'])).toMatchObject({sex: null, xistUmis: null, yUmis: 50, missing: 'XIST not in the matrix'});
  });

  test('is doubted against the sheet and within a patient, each sample by name', () => {
    const sample = (sample_id: string, patient_id: string, sex: 'female' | 'male' | 'both' | null, stated: string | null): Parameters<typeof sexDoubts>[0][number] => ({sample_id, patient_id, sex, stated});
    const doubts = sexDoubts([
      sample('A1', 'A', 'female', 'F'), sample('A2', 'A', 'female', 'F'),
      sample('B1', 'B', 'male', 'female'), sample('B2', 'B', null, 'female'),
      sample('C1', 'C', 'female', null), sample('C2', 'C', 'male', null),
      sample('D1', 'D', 'both', 'M'),
    ]);
    expect([...doubts.keys()]).toEqual(['B1', 'C1', 'C2', 'D1']);
    expect(doubts.get('B1')).toBe('male by its cells, female by the patients sheet: possible swap');
    expect(doubts.get('C2')).toBe('male, while another sample of C is female: possible swap');
    expect(doubts.get('D1')).toMatch(/^cells of both sexes/);
    expect([' Female', 'm', 'Man', 'unknown', null].map(sexOf)).toEqual(['female', 'male', 'male', null, null]);
  });
});

describe('ambient RNA', () => {
  // 40 B cells with 5 % IGKC, 60 monocytes with 8 % LYZ, 100 T cells; the soup is their mean (1 % IGKC, 2.4 % LYZ) and a tenth of each cell of 5,000 UMIs:
  // B 0.9 x 250 + 5 = 230 IGKC and 12 LYZ, monocytes 0.9 x 400 + 12 = 372 LYZ and 5 IGKC, T 5 and 12.
  const cell = (igkc: number, lyz: number, hbb = 0): number[] => [igkc, lyz, hbb, 5000 - igkc - lyz - hbb];
  const symbols = ['IGKC', 'LYZ', 'HBB', 'ACTB'];
  const sample = (hbb = 0): SparseMatrix => sparse([...Array.from({length: 40}, () => cell(230, 12, hbb)), ...Array.from({length: 60}, () => cell(5, 372, hbb)), ...Array.from({length: 100}, () => cell(5, 12, hbb))]);
  const well = (counts: SparseMatrix, emptyDroplets: Float64Array | null = null): Well => ({counts, symbols, emptyDroplets});

  test('is the tenth that was poured in, with the empty droplets and without', () => {
    // (160 x 5 + 140 x 12) / (160 x 50 + 140 x 120)
    expect(ambientRna([well(sample())])).toEqual({fraction: 0.1, nUmis: 2480, expected: 24_800, genes: ['immunoglobulin', 'monocyte'], missing: null});
    expect(ambientRna([well(sample(), Float64Array.of(100, 240, 0, 9660))]).fraction).toBeCloseTo(0.1, 12);
  });

  test('haemoglobin that no cell makes tells only beside empty droplets', () => {
    // 10 of 5,000 UMIs in every cell: without droplets it looks as common in each cell as in all.
    expect(ambientRna([well(sample(10))]).genes).toEqual(['immunoglobulin', 'monocyte']);
    // 2 % of the droplets' UMIs: all 200 cells hold 10 where 100 would be expected.
    const told = ambientRna([well(sample(10), Float64Array.of(100, 240, 200, 9460))]);
    expect([told.genes, told.fraction]).toEqual([['haemoglobin', 'immunoglobulin', 'monocyte'], (2480 + 2000) / (24_800 + 20_000)]);
  });

  test('is missing where no such genes are made, and the reason says so', () => {
    expect(ambientRna([well(sparse(Array.from({length: 50}, () => cell(0, 0))))])).toMatchObject({fraction: null, missing: expect.stringContaining('no haemoglobin, immunoglobulin or monocyte genes')});
    expect(ambientRna([])).toMatchObject({fraction: null});
  });

  test('empty droplets have between 1 and 100 UMIs', () => {
    expect(emptyDropletsOf(sparse([[0, 0], [60, 40], [60, 41], [0, 3]]))).toEqual({counts: Float64Array.of(60, 43), nDroplets: 2});
  });
});

describe('quality of a sample', () => {
  const flags = {flag_below_cells: 3, flag_lost_share: 0.5};
  const bounds = {min_genes: 2, max_genes: null, min_counts: 1, max_percent_mito: 10, mad: 5};
  const symbols = ['A', 'B', 'C', 'MT-CO1'];
  const judged = (rows: readonly (readonly number[])[], given: ('demux_doublet' | null)[] = []): ReturnType<typeof sampleQualityRow> => {
    const counts = sparse(rows);
    const metrics = measureCells(counts, symbols);
    return sampleQualityRow({metrics, bounds, ...judgeCellsBy(metrics, bounds, given), countsFrom: 'h5ad X', wells: [{counts, symbols, emptyDroplets: null}]}, flags);
  };

  test('a barcode over the mitochondrial bound is dead, also where another rule removed it first', () => {
    // Row 2: one gene, 100 % mitochondrial, removed by min_genes. Row 3: 2 of 10.
    expect(judged([[5, 5, 0, 0], [0, 0, 0, 9], [4, 4, 0, 2], [6, 5, 0, 0], [3, 3, 3, 0]])).toMatchObject({n_barcodes: 5, n_kept: 3, n_dead: 2, n_outside_bounds: 2, flag: null, counts_from: 'h5ad X'});
  });

  test('more than half lost, or too few left, is a flag; a pooled well’s doublets are no loss', () => {
    const bad = [1, 0, 0, 0];
    const good = [5, 5, 1, 0];
    expect(judged([bad, bad, bad, bad, good, good, good]).flag).toBe('lost 4 of 7 barcodes, more than 50 %');
    expect(judged([bad, bad, good, good]).flag).toBe('2 cells kept, fewer than 3');
    expect(judged([good, good, good, good, good, good, good], ['demux_doublet', 'demux_doublet', 'demux_doublet', 'demux_doublet', null, null, null]).flag).toBeNull();
  });

  test('the limits of the outliers are shown on the scale of counts', () => {
    // Counts 10 20 40: ln's median ln 20, MAD ln 2: the limits are 20 / 2^(5 x 1.4826) and 20 x 2^(5 x 1.4826) = 3409.5.
    const row = judged([[5, 5, 0, 0], [10, 10, 0, 0], [20, 20, 0, 0]]);
    expect(row.counts_upper).toBeCloseTo(20 * 2 ** 7.413, 6);
    expect(row.counts_lower).toBeCloseTo(20 / 2 ** 7.413, 6);
    expect(row.missing).toContain('genes_lower, genes_upper, percent_mito_upper: most cells are equal');
  });
});
