// Receptors from files of scirpy and BD Rhapsody, real ones, and those of scirpy's first versions.
import {mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterEach, beforeEach, describe, expect, test} from 'vitest';
import type {Column} from '../../../pipeline/data/annotated-matrix.ts';
import {writeH5ad} from '../../../pipeline/formats/h5ad.ts';
import {readReceptors} from '../../../pipeline/formats/read-receptors.ts';
import {dataFile, sharedData} from '../../rig/shared-data.ts';
import {expectedFiles} from './anndata-expected.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lymphline-scirpy-'));
});
afterEach(() => rmSync(folder, {recursive: true}));

describe.skipIf(sharedData === undefined)('real files', () => {
  test.each(['scirpy_airr.h5ad', 'scirpy_gex_airr.h5mu'])('%s: the chains of every cell, as they were in memory', async (name) => {
    const expected = expectedFiles()[name];
    const {obs, obsm} = name.endsWith('mu') ? expected.mod['airr'] : expected;
    const chains = (obsm['airr'].values as unknown as Record<string, unknown>[][]).flatMap((row, cell) => row.map(({locus, productive, junction_aa, v_call, umi_count}) => [obs.index[cell], locus, productive, junction_aa ?? '', v_call ?? '', umi_count]));
    const {rearrangements} = await readReceptors(dataFile(`h5ad/anndata_current/${name}`), 'S1');
    expect(rearrangements.map((chain) => [chain.barcode, chain.locus, chain.productive, chain.junction_aa, chain.v_call, chain.umi_count])).toEqual(chains);
    expect(chains).toHaveLength(26);
  });

  test('obs columns of scirpy 0.7 to 0.12', async () => {
    const {rearrangements} = await readReceptors(dataFile('h5ad/t-cells_8x4_layers_raw_counts.h5ad'), 'dLN-66');
    // Counted in the obs columns with anndata: 4 VJ and 7 VDJ chains in 8 cells.
    expect([rearrangements.filter((chain) => chain.locus === 'TRA').length, rearrangements.filter((chain) => chain.locus === 'TRB').length]).toEqual([4, 7]);
    expect(rearrangements[0]).toMatchObject({
      cell_id: 'dLN-66_AAACCTGAGCACGCCT-1_dLN-66', locus: 'TRB', productive: true, v_call: 'TRBV15', j_call: 'TRBJ1-2', c_call: 'TRBC1', junction_aa: 'CASSFGGNSDYTF', junction: 'TGTGCCAGCAGTTTTGGGGGGAACTCCGACTACACCTTC', umi_count: 15, consensus_count: 4468,
    });
  });

  test('BD Rhapsody: putative cells only, comments before the header', async () => {
    const {rearrangements, dropped} = await readReceptors(dataFile('vdj/scirpy/bd/test_per_cell_chain.csv'), 'S');
    expect(rearrangements.map((chain) => [chain.barcode, chain.locus, chain.junction_aa, chain.umi_count, chain.productive])).toEqual([['39', 'TRG', 'ATWDEYYKKL', 1, true], ['108', 'TRA', 'LVAGNMLT', 1, true]]);
    expect([...dropped]).toEqual([['not a called cell', 7]]);
  });

  test('an h5ad without receptors is refused', async () => {
    await expect(readReceptors(dataFile('h5ad/pbmc-small_X_csr.h5ad'), 'S')).rejects.toThrow('an HDF5 file without receptors');
  });
});

const text = (values: readonly (string | null)[]): Column => ({kind: 'string', values});

test('obs columns of scirpy before 0.7; a file of several samples gives the cells of the one', async () => {
  const path = join(folder, 'old.h5ad');
  await writeH5ad(path, {
    obs: {
      index: ['AAAC-1', 'CCCA-1', 'GGGT-1'],
      columns: new Map([
        ['sample', text(['P1', 'P2', 'P1'])], ['TRA_1_cdr3', text(['CAVF', 'CAAF', null])], ['TRA_1_cdr3_nt', text(['TGTGCTGTGTTC', 'TGTGCTGCTTTC', null])], ['TRA_1_v_gene', text(['TRAV1', 'TRAV2', null])],
        ['TRA_1_expr', {kind: 'float', values: Float64Array.of(3, 4, NaN)}], ['TRB_1_cdr3', text([null, 'CASF', 'CASW'])], ['TRB_1_cdr3_nt', text([null, 'TGTGCCAGCTTC', 'TGTGCCAGCTGG'])],
      ]),
    },
    var: {index: [], columns: new Map()}, X: null,
  });
  const {rearrangements} = await readReceptors(path, 'P1');
  expect(rearrangements.map((chain) => [chain.cell_id, chain.locus, chain.junction_aa, chain.v_call, chain.umi_count])).toEqual([['P1_AAAC-1', 'TRA', 'CAVF', 'TRAV1', 3], ['P1_GGGT-1', 'TRB', 'CASW', '', null]]);
  await expect(readReceptors(path, 'P3')).rejects.toThrow('cells of P1, P2 in obs column sample; expected cells of P3');
});
