// AnnData files: read in every encoding of anndata 0.5 to 0.13, written in that of 0.8 and later.
import type {AnnotatedMatrix} from '../data/annotated-matrix.ts';
import type {DenseMatrix, Matrix} from '../data/matrix.ts';
import {FormatProblem} from '../base/format-problem.ts';
import {readDataFrame, writeDataFrame} from './anndata-frames.ts';
import {readDense, readMatrix, writeMatrix} from './anndata-matrices.ts';
import {readMapping, writeMapping} from './anndata-uns.ts';
import {attributeOf, datasetAt, groupAt, readHdf5, writeHdf5, type Group} from './hdf5.ts';

/** What to read besides obs and var; everything by default. */
export interface H5adParts {
  readonly X?: boolean;
  readonly layers?: boolean;
  readonly obsm?: boolean;
  readonly uns?: boolean;
}

/**
 * Matrices come as compressed rows whatever the file held (CSC and dense are converted); obsm elements that are not dense numbers are left out.
 * `raw/X`, where a file has it, is read as the layer `raw/X` if it has the columns of X.
 */
export function readH5ad(path: string, want: H5adParts = {}): Promise<AnnotatedMatrix> {
  return readHdf5(path, (root) => {
    const obs = readDataFrame(path, root, 'obs');
    const varFrame = readDataFrame(path, root, 'var');
    const shape: [number, number] = [obs.index.length, varFrame.index.length];
    const X = want.X === false ? null : readMatrix(path, root, 'X', shape);
    return {
      obs,
      var: varFrame,
      X,
      ...(want.layers === false ? {} : {layers: readLayers(path, root, shape)}),
      ...(want.obsm === false ? {} : {obsm: readObsm(path, root, obs.index.length)}),
      ...(want.uns === false ? {} : {uns: readMapping(path, groupAt(root, 'uns'))}),
    };
  });
}

export function writeH5ad(path: string, data: AnnotatedMatrix): Promise<void> {
  check(path, data);
  return writeHdf5(path, (writer) => {
    writer.group('', {'encoding-type': 'anndata', 'encoding-version': '0.1.0'});
    if (data.X !== null) writeMatrix(writer, 'X', data.X);
    writeDataFrame(writer, 'obs', data.obs);
    writeDataFrame(writer, 'var', data.var);
    const dictionary = {'encoding-type': 'dict', 'encoding-version': '0.1.0'};
    for (const name of ['layers', 'obsm', 'obsp', 'varm', 'varp']) writer.group(name, dictionary);
    for (const [name, layer] of data.layers ?? []) writeMatrix(writer, `layers/${name}`, layer);
    for (const [name, matrix] of data.obsm ?? []) writeMatrix(writer, `obsm/${name}`, matrix);
    writeMapping(writer, 'uns', data.uns ?? {});
  });
}

function readLayers(path: string, root: Group, shape: [number, number]): ReadonlyMap<string, Matrix> {
  const layers = new Map<string, Matrix>();
  const group = groupAt(root, 'layers');
  for (const name of group?.keys() ?? []) {
    const layer = readMatrix(path, group as Group, name, shape);
    if (layer !== null) layers.set(name, layer);
  }
  const raw = groupAt(root, 'raw');
  const rawX = raw === undefined ? null : readMatrix(path, raw, 'X', undefined);
  if (rawX !== null && rawX.nColumns === shape[1]) layers.set('raw/X', rawX);
  return layers;
}

function readObsm(path: string, root: Group, nRows: number): ReadonlyMap<string, DenseMatrix> {
  const obsm = new Map<string, DenseMatrix>();
  const group = groupAt(root, 'obsm');
  for (const name of group?.keys() ?? []) {
    const dataset = datasetAt(group as Group, name);
    if (dataset === undefined || attributeOf(dataset, 'encoding-type') === 'rec-array') continue;
    const matrix = readDense(path, dataset);
    if (matrix !== undefined && matrix.nRows === nRows) obsm.set(name, matrix);
  }
  return obsm;
}

/** A matrix that does not fit its frames would make a file that nothing opens. */
function check(path: string, data: AnnotatedMatrix): void {
  const matrices: [string, Matrix, boolean][] = [
    ...(data.X === null ? [] : [['X', data.X, true] as [string, Matrix, boolean]]),
    ...[...(data.layers ?? [])].map(([name, matrix]): [string, Matrix, boolean] => [`layers/${name}`, matrix, true]),
    ...[...(data.obsm ?? [])].map(([name, matrix]): [string, Matrix, boolean] => [`obsm/${name}`, matrix, false]),
  ];
  for (const [name, {nRows, nColumns}, hasVars] of matrices) {
    if (nRows !== data.obs.index.length || (hasVars && nColumns !== data.var.index.length)) {
      throw new FormatProblem(path, {found: `${name} of ${nRows} x ${nColumns}`, expected: `${data.obs.index.length} x ${hasVars ? data.var.index.length : 'any'}`, advice: 'This is a bug of the step that writes it.'});
    }
  }
}
