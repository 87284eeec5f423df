// MuData files (h5mu): several AnnData in one file, each a modality under `mod`.
import {FormatProblem} from '../base/format-problem.ts';
import type {AnnotatedMatrix} from '../data/annotated-matrix.ts';
import {readAnnData, readH5ad, type H5adParts} from './h5ad.ts';
import {groupAt, readHdf5, type Group} from './hdf5.ts';

/** What people call the counts of genes. */
const expressionNames = ['rna', 'gex', 'gene_expression', 'gene expression', 'expression', 'transcriptome'];

/** The modality of genes, by its name. */
export function readExpression(path: string, want: H5adParts = {}): Promise<AnnotatedMatrix & {readonly modality: string}> {
  return readHdf5(path, (root) => {
    const found = modalitiesOf(path, root);
    const modality = [...found.keys()].find((name) => expressionNames.includes(name.toLowerCase()));
    if (modality === undefined) throw new FormatProblem(path, {found: `the modalities ${[...found.keys()].join(', ') || 'none'}`, expected: `one of ${expressionNames.join(', ')}`, advice: 'Write the expression as h5ad: mudata.read(path)[name].write_h5ad(other).'});
    return {...readAnnData(path, found.get(modality) as Group, want), modality};
  });
}

/** An h5ad, or the genes of an h5mu. */
export async function readCellsOfAny(path: string, want: H5adParts = {}): Promise<AnnotatedMatrix> {
  return (await readHdf5(path, isMuData)) ? readExpression(path, want) : readH5ad(path, want);
}

export function isMuData(root: Group): boolean {
  return groupAt(root, 'mod') !== undefined;
}

export function modalitiesOf(path: string, root: Group): ReadonlyMap<string, Group> {
  const group = groupAt(root, 'mod');
  if (group === undefined) throw new FormatProblem(path, {found: 'no modalities', expected: 'a MuData file', advice: 'Check that the path names the right file.'});
  return new Map(group.keys().flatMap((name): [string, Group][] => {
    const part = groupAt(group, name);
    return part === undefined ? [] : [[name, part]];
  }));
}
