// 10x feature-barcode matrices in HDF5: Cell Ranger 3 and later (`matrix/`), and 2 (one group a genome). Written as Cell Ranger 3 does.
import {FormatProblem} from '../base/format-problem.ts';
import type {FeatureMatrix} from '../data/feature-matrix.ts';
import {tidyRows, type SparseMatrix} from '../data/matrix.ts';
import {datasetAt, groupAt, readHdf5, readNumbers, readStrings, type Group} from './hdf5.ts';
import {writeHdf5} from './hdf5-write.ts';

/** 10x stores columns of features x barcodes, which are rows of cells x features. */
export function readTenxH5(path: string): Promise<FeatureMatrix> {
  return readHdf5(path, (root) => {
    const matrix = groupAt(root, 'matrix');
    if (matrix !== undefined) return withPlainNames(readVersion3(path, matrix));
    const genomes = root.keys().filter((name) => datasetAt(groupAt(root, name) ?? root, 'gene_names') !== undefined);
    if (genomes.length === 0) throw new FormatProblem(path, {found: `an HDF5 file with ${root.keys().slice(0, 6).join(', ') || 'nothing in it'}`, expected: 'a 10x matrix', advice: 'Name the filtered_feature_bc_matrix.h5 of Cell Ranger, or an h5ad.'});
    return joinGenomes(genomes.map((genome) => readVersion2(path, groupAt(root, genome) as Group, genome)));
  });
}

function readVersion3(path: string, matrix: Group): FeatureMatrix {
  const features = groupAt(matrix, 'features');
  if (features === undefined) throw new FormatProblem(path, {found: 'matrix/ without features/', expected: 'a 10x matrix of Cell Ranger 3 or later', advice: 'Check how the file was made.'});
  const ids = textsOf(path, features, 'id');
  const optional = (name: string, otherwise: string): string[] => (datasetAt(features, name) === undefined ? ids.map(() => otherwise) : textsOf(path, features, name));
  const barcodes = textsOf(path, matrix, 'barcodes');
  return {counts: readCounts(path, matrix, {nCells: barcodes.length, nFeatures: ids.length}), barcodes, features: {ids, symbols: textsOf(path, features, 'name'), types: optional('feature_type', 'Gene Expression'), genomes: optional('genome', '')}};
}

function readVersion2(path: string, group: Group, genome: string): FeatureMatrix {
  const ids = textsOf(path, group, 'genes');
  const barcodes = textsOf(path, group, 'barcodes');
  return {
    counts: readCounts(path, group, {nCells: barcodes.length, nFeatures: ids.length}), barcodes,
    features: {ids, symbols: textsOf(path, group, 'gene_names'), types: ids.map(() => 'Gene Expression'), genomes: ids.map(() => genome)},
  };
}

/** Version 2 has a matrix a genome, each with the barcodes that it called: the genes side by side, the barcodes of any. */
function joinGenomes(parts: readonly FeatureMatrix[]): FeatureMatrix {
  if (parts.length === 1) return parts[0];
  const barcodes = [...new Set(parts.flatMap((part) => part.barcodes))];
  const rowOf = parts.map((part) => new Map(part.barcodes.map((barcode, row) => [barcode, row])));
  const first = parts.map((_, k) => parts.slice(0, k).reduce((sum, part) => sum + part.features.ids.length, 0));
  const indptr = new Uint32Array(barcodes.length + 1);
  const indices: number[] = [];
  const values: number[] = [];
  for (const [cell, barcode] of barcodes.entries()) {
    for (const [k, {counts}] of parts.entries()) {
      const row = rowOf[k].get(barcode);
      if (row === undefined) continue;
      for (let at = counts.indptr[row]; at < counts.indptr[row + 1]; at++) {
        indices.push(first[k] + counts.indices[at]);
        values.push(counts.values[at]);
      }
    }
    indptr[cell + 1] = indices.length;
  }
  const all = (name: keyof FeatureMatrix['features']): string[] => parts.flatMap((part) => part.features[name]);
  const features = {ids: all('ids'), symbols: all('symbols'), types: all('types'), genomes: all('genomes')};
  return withPlainNames({counts: {kind: 'sparse', nRows: barcodes.length, nColumns: features.ids.length, indptr, indices: Uint32Array.from(indices), values: Float32Array.from(values)}, barcodes, features});
}

/** With several genomes Cell Ranger writes each gene as `GRCh38_CD3E`, or with more underscores: no marker gene has such a name. */
function withPlainNames(matrix: FeatureMatrix): FeatureMatrix {
  const {features} = matrix;
  if (new Set(features.genomes.filter((genome) => genome !== '')).size < 2) return matrix;
  const plain = (names: readonly string[]): string[] => names.map((name, k) => (features.genomes[k] !== '' && name.startsWith(`${features.genomes[k]}_`) ? name.slice(features.genomes[k].length).replace(/^_+/, '') : name));
  return {...matrix, features: {...features, ids: plain(features.ids), symbols: plain(features.symbols)}};
}

function textsOf(path: string, group: Group, name: string): string[] {
  const dataset = datasetAt(group, name);
  if (dataset === undefined) throw new FormatProblem(path, {found: `${group.path} without ${name}`, expected: 'a 10x matrix', advice: 'Check how the file was made.'});
  return readStrings(path, dataset);
}

function readCounts(path: string, group: Group, {nCells, nFeatures}: {nCells: number; nFeatures: number}): SparseMatrix {
  const [data, indices, indptr, shape] = ['data', 'indices', 'indptr', 'shape'].map((name) => {
    const dataset = datasetAt(group, name);
    if (dataset === undefined) throw new FormatProblem(path, {found: `${group.path} without ${name}`, expected: 'a 10x matrix', advice: 'Check how the file was made.'});
    return readNumbers(path, dataset);
  });
  const fits = shape[0] === nFeatures && shape[1] === nCells && indptr.length === nCells + 1 && indptr[nCells] === indices.length && data.length === indices.length;
  if (!fits || indices.some((index) => index >= nFeatures)) {
    throw new FormatProblem(path, {found: `${group.path} of shape ${Array.from(shape).join(' x ')} with ${nFeatures} features, ${nCells} barcodes and ${indices.length} values`, expected: 'parts that fit each other', advice: 'The file may be damaged: copy it again.'});
  }
  return tidyRows({kind: 'sparse', nRows: nCells, nColumns: nFeatures, indptr: Uint32Array.from(indptr), indices: Uint32Array.from(indices), values: Float32Array.from(data)});
}

export function writeTenxH5(path: string, {counts, barcodes, features}: FeatureMatrix): Promise<void> {
  return writeHdf5(path, (writer) => {
    writer.group('', {filetype: 'matrix', version: 2});
    writer.group('matrix');
    writer.strings('matrix/barcodes', barcodes);
    writer.numbers('matrix/data', Int32Array.from(counts.values));
    writer.numbers('matrix/indices', BigInt64Array.from(counts.indices, BigInt));
    writer.numbers('matrix/indptr', BigInt64Array.from(counts.indptr, BigInt));
    writer.numbers('matrix/shape', Int32Array.of(counts.nColumns, counts.nRows));
    writer.group('matrix/features');
    writer.strings('matrix/features/_all_tag_keys', ['genome']);
    writer.strings('matrix/features/id', features.ids);
    writer.strings('matrix/features/name', features.symbols);
    writer.strings('matrix/features/feature_type', features.types);
    writer.strings('matrix/features/genome', features.genomes);
  });
}
