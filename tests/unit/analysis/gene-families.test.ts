import {execFileSync} from 'node:child_process';
import {join} from 'node:path';
import {expect, test} from 'vitest';
import {adjustedRandIndex} from '../../../pipeline/analysis/adjusted-rand.ts';
import {columnsOfFamilies, geneFamilyNames} from '../../../pipeline/analysis/gene-families.ts';
import {readMatrixMarketFolder} from '../../../pipeline/formats/matrix-market.ts';
import {dataFile, sharedData} from '../../rig/shared-data.ts';

const names = [
  'TRAV1-2', 'TRBV20-1', 'TRGV9', 'TRGVA', 'TRDV2', 'IGHV3-23', 'IGKV1D-39', 'IGLV2-14', 'IGHVIII-26-1', 'TRBJ2-7', 'TRBD1', 'IGHD3-10', 'IGHJ4', 'Trav14d-1', 'Ighv1-11',
  'TRAC', 'TRBC1', 'TRDC', 'TRAT1', 'TRAF2', 'TRDN', 'IGHD', 'IGHM', 'IGKC', 'Ighd', 'IGLL5',
  'RPS6', 'RPL13A', 'RPS4Y1', 'RPSA', 'RPLP0', 'RPL36AL', 'RPS6KA1', 'RPS6KB2', 'RPS19BP1', 'RPS10-NUDT3', 'Rpl7a', 'Rps27rt',
  'MT-CO1', 'mt-Nd1', 'MTOR', 'MT1X', 'CD3E', '', 'TRAV1\n', 'RPS6\n',
];

test('segments of receptors are a family, their constant genes and other TR- and IG- names are not', () => {
  expect(columnsOfFamilies(names, ['receptor']).map((at) => names[at])).toEqual([...names.slice(0, 15), 'TRAV1\n']);
});

test('proteins of the ribosome are a family, its kinases are not; mitochondrial genes have a hyphen', () => {
  expect(columnsOfFamilies(names, ['ribosomal']).map((at) => names[at])).toEqual(['RPS6', 'RPL13A', 'RPS4Y1', 'RPSA', 'RPLP0', 'Rpl7a']);
  expect(columnsOfFamilies(names, ['mitochondrial']).map((at) => names[at])).toEqual(['MT-CO1', 'mt-Nd1']);
  expect(columnsOfFamilies(names, [])).toEqual([]);
});

test('the scanpy variant has the same patterns', () => {
  const script = 'import json, sys\nfrom gene_families import is_of_family\nnames, families = json.load(sys.stdin)\nprint(json.dumps([[k for k, name in enumerate(names) if is_of_family(name, [family])] for family in families]))';
  const found = execFileSync('python3', ['-B', '-c', script], {cwd: join(import.meta.dirname, '../../../steps/cluster'), input: JSON.stringify([names, geneFamilyNames]), encoding: 'utf8'});
  expect(JSON.parse(found)).toEqual(geneFamilyNames.map((family) => columnsOfFamilies(names, [family])));
});

// Counted with Python's re on the 33,538 genes of GRCh38 3.0.0 and the 32,285 of mm10 2020-A.
test.skipIf(!sharedData).each([['pbmc_1k_v2/filtered_feature_bc_matrix', [609, 86, 13]], ['mouse_spleen_gex_bcr_tcr/BL6/GEX/filtered_feature_bc_matrix', [633, 83, 13]]])('in the genes of %s', async (path, counts) => {
  const {features} = await readMatrixMarketFolder(dataFile(path));
  expect(geneFamilyNames.map((family) => columnsOfFamilies(features.symbols, [family]).length)).toEqual(counts);
});

test('the adjusted Rand index is that of scikit-learn 1.9', () => {
  expect(adjustedRandIndex([0, 0, 1, 1], [0, 0, 1, 2])).toBeCloseTo(0.5714285714285714, 14);
  expect(adjustedRandIndex([0, 0, 0, 1, 1, 1, 2, 2], [0, 0, 1, 1, 2, 2, 2, 2])).toBeCloseTo(0.18181818181818182, 14);
  expect([adjustedRandIndex([0, 0, 0, 0], [0, 1, 2, 3]), adjustedRandIndex([0, 0], [1, 1]), adjustedRandIndex([0, 1, 2], [2, 1, 0])]).toEqual([0, 1, 1]);
});
