// Loom files (loompy, kb-python, velocyto): a dense matrix of genes x cells, with names among the attributes of rows and columns.
import {FormatProblem} from '../base/format-problem.ts';
import type {FeatureMatrix} from '../data/feature-matrix.ts';
import {transposed} from '../data/matrix.ts';
import {sparseFromDense} from './anndata-matrices.ts';
import {datasetAt, groupAt, readHdf5, readStrings, type Group} from './hdf5.ts';

/** Loom prescribes no names; these are in use, the first that is there is taken. */
const geneNames = ['Gene', 'gene_name', 'gene_names', 'GeneName', 'gene_symbol', 'Symbol', 'var_names'];
const geneIds = ['Accession', 'gene_id', 'gene_ids', 'GeneID', 'ID', 'var_names'];
const cellNames = ['CellID', 'obs_names', 'cell_id', 'barcode', 'barcodes', 'cell_names'];

export function readLoom(path: string): Promise<FeatureMatrix> {
  return readHdf5(path, (root) => {
    const matrix = datasetAt(root, 'matrix');
    if (matrix === undefined) throw new FormatProblem(path, {found: 'a loom file without matrix', expected: 'genes x cells', advice: 'Check how the file was made.'});
    const barcodes = named(path, root, 'col_attrs', cellNames);
    const symbols = named(path, root, 'row_attrs', [...geneNames, ...geneIds]);
    const ids = named(path, root, 'row_attrs', [...geneIds, ...geneNames]);
    const genesByCells = sparseFromDense(path, matrix);
    if (genesByCells.nRows !== symbols.length || genesByCells.nColumns !== barcodes.length) {
      throw new FormatProblem(path, {found: `matrix of ${genesByCells.nRows} x ${genesByCells.nColumns}`, expected: `${symbols.length} genes x ${barcodes.length} cells, as the names beside it say`, advice: 'Check how the file was made.'});
    }
    return {counts: transposed(genesByCells), barcodes, features: {ids, symbols, types: ids.map(() => 'Gene Expression'), genomes: ids.map(() => '')}};
  });
}

function named(path: string, root: Group, group: string, names: readonly string[]): string[] {
  const attributes = groupAt(root, group);
  const keys = attributes?.keys() ?? [];
  const name = names.find((one) => keys.includes(one));
  const dataset = attributes === undefined || name === undefined ? undefined : datasetAt(attributes, name);
  if (dataset === undefined) throw new FormatProblem(path, {found: `${group} with ${keys.join(', ') || 'nothing'}`, expected: `one of ${names.join(', ')}`, advice: 'Name the attribute so, for instance with loompy.'});
  return readStrings(path, dataset);
}
