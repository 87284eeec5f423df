// AnnData files: read in every encoding of anndata 0.5 to 0.13, written in that of 0.8 and later.
import type {AnnotatedMatrix, DataFrame} from '../data/annotated-matrix.ts';
import type {DenseMatrix, Matrix, SparseMatrix} from '../data/matrix.ts';
import {FormatProblem} from '../base/format-problem.ts';
import {readDataFrame, readFrameGroup, writeDataFrame} from './anndata-frames.ts';
import {readDenseMembers, readMatrix, writeMatrix} from './anndata-matrices.ts';
import {readMapping, writeMapping} from './anndata-uns.ts';
import {attributeOf, groupAt, readHdf5, type Group} from './hdf5.ts';
import {writeHdf5} from './hdf5-write.ts';

/** What to read besides obs and var; everything but `pairs` by default. */
export interface H5adParts {
  readonly X?: boolean;
  /** With raw. */
  readonly layers?: boolean;
  /** With varm. */
  readonly obsm?: boolean;
  /** obsp: as large as X, and of no use to most. */
  readonly pairs?: boolean;
  readonly uns?: boolean;
}

/** X, layers, raw and obsp come as compressed rows, obsm and varm as dense ones, whatever the file held. Awkward arrays have a reader of their own. */
export function readH5ad(path: string, want: H5adParts = {}): Promise<AnnotatedMatrix> {
  return readHdf5(path, (root) => readAnnData(path, root, want));
}

/** `root`: the file, or a modality of a MuData file. */
export function readAnnData(path: string, root: Group, want: H5adParts = {}): AnnotatedMatrix {
  const obs = readDataFrame(path, root, 'obs');
  const varFrame = readDataFrame(path, root, 'var');
  const [nObs, nVars] = [obs.index.length, varFrame.index.length];
  const raw = want.layers === false ? undefined : readRaw(path, root, nObs);
  const obsp = want.pairs === true ? sparseElements(path, root, 'obsp', [nObs, nObs]) : undefined;
  return {
    obs,
    var: varFrame,
    X: want.X === false ? null : readMatrix(path, root, 'X', [nObs, nVars]),
    ...(want.layers === false ? {} : {layers: sparseElements(path, root, 'layers', [nObs, nVars])}),
    ...(raw === undefined ? {} : {raw}),
    ...(want.obsm === false ? {} : {...readObsm(path, root, nObs), varm: denseElements(path, root, 'varm', nVars)}),
    ...(obsp === undefined ? {} : {obsp}),
    ...(want.uns === false ? {} : {uns: readMapping(path, groupAt(root, 'uns'))}),
  };
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
    if (data.raw !== undefined) {
      writer.group('raw', {'encoding-type': 'raw', 'encoding-version': '0.1.0'});
      writeMatrix(writer, 'raw/X', data.raw.X);
      writeDataFrame(writer, 'raw/var', data.raw.var);
      writer.group('raw/varm', dictionary);
    }
    for (const [name, layer] of data.layers ?? []) writeMatrix(writer, `layers/${name}`, layer);
    for (const [name, matrix] of data.obsm ?? []) writeMatrix(writer, `obsm/${name}`, matrix);
    writeMapping(writer, 'uns', data.uns ?? {});
  });
}

function sparseElements(path: string, root: Group, name: string, shape: [number, number]): ReadonlyMap<string, SparseMatrix> {
  const group = groupAt(root, name);
  return new Map((group?.keys() ?? []).flatMap((key): [string, SparseMatrix][] => {
    const matrix = readMatrix(path, group as Group, key, shape);
    return matrix === null ? [] : [[key, matrix]];
  }));
}

function readRaw(path: string, root: Group, nObs: number): AnnotatedMatrix['raw'] {
  // anndata up to 0.6 wrote raw.X and raw.var beside X.
  const group = groupAt(root, 'raw');
  const [parent, prefix] = group === undefined ? [root, 'raw.'] : [group, ''];
  if (!parent.keys().includes(`${prefix}X`)) return undefined;
  const genes = readDataFrame(path, parent, `${prefix}var`);
  const X = readMatrix(path, parent, `${prefix}X`, [nObs, genes.index.length]);
  return X === null ? undefined : {var: genes, X};
}

function readObsm(path: string, root: Group, nRows: number): Pick<AnnotatedMatrix, 'obsm' | 'obsmFrames'> {
  const group = groupAt(root, 'obsm');
  const frames = (group?.keys() ?? []).flatMap((key): [string, DataFrame][] => {
    const part = groupAt(group as Group, key);
    return part !== undefined && attributeOf(part, 'encoding-type') === 'dataframe' ? [[key, readFrameGroup(path, part)]] : [];
  });
  return {obsm: denseElements(path, root, 'obsm', nRows), ...(frames.length === 0 ? {} : {obsmFrames: new Map(frames)})};
}

function denseElements(path: string, root: Group, name: string, nRows: number): ReadonlyMap<string, DenseMatrix> {
  const dense = new Map<string, DenseMatrix>();
  for (const [key, matrix] of readDenseMembers(path, root, name)) {
    if (matrix.nRows !== nRows) throw new FormatProblem(path, {found: `${name}/${key} of ${matrix.nRows} rows`, expected: `${nRows}`, advice: 'Check how the file was made.'});
    dense.set(key, matrix);
  }
  return dense;
}

/** A matrix that does not fit its frames would make a file that nothing opens. */
function check(path: string, data: AnnotatedMatrix): void {
  const matrices: [string, Matrix, boolean][] = [
    ...(data.X === null ? [] : [['X', data.X, true] as [string, Matrix, boolean]]),
    ...[...(data.layers ?? [])].map(([name, matrix]): [string, Matrix, boolean] => [`layers/${name}`, matrix, true]),
    ...[...(data.obsm ?? [])].map(([name, matrix]): [string, Matrix, boolean] => [`obsm/${name}`, matrix, false]),
  ];
  if (data.raw !== undefined && (data.raw.X.nRows !== data.obs.index.length || data.raw.X.nColumns !== data.raw.var.index.length)) {
    throw new FormatProblem(path, {found: `raw of ${data.raw.X.nRows} x ${data.raw.X.nColumns}`, expected: `${data.obs.index.length} x ${data.raw.var.index.length}`, advice: 'This is a bug of the step that writes it.'});
  }
  for (const [name, {nRows, nColumns}, hasVars] of matrices) {
    if (nRows !== data.obs.index.length || (hasVars && nColumns !== data.var.index.length)) {
      throw new FormatProblem(path, {found: `${name} of ${nRows} x ${nColumns}`, expected: `${data.obs.index.length} x ${hasVars ? data.var.index.length : 'any'}`, advice: 'This is a bug of the step that writes it.'});
    }
  }
}
