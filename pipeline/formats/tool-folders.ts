// Output folders of Cell Ranger 2 to 9 (count, vdj, multi) and STARsolo: where in them the matrix and the contigs of a library lie.
import {existsSync, readdirSync, statSync} from 'node:fs';
import {basename, join} from 'node:path';
import {FormatProblem} from '../base/format-problem.ts';

const matrixFiles = ['filtered_feature_bc_matrix.h5', 'sample_filtered_feature_bc_matrix.h5', 'sample_feature_bc_matrix.h5', 'filtered_gene_bc_matrices_h5.h5'];
const matrixFolders = ['filtered_feature_bc_matrix', 'sample_filtered_feature_bc_matrix', 'sample_feature_bc_matrix', 'filtered_gene_bc_matrices', 'filtered'];
const contigFiles = ['filtered_contig_annotations.csv', 'filtered_contig_annotations.csv.gz', 'airr_rearrangement.tsv', 'airr_rearrangement.tsv.gz'];
/** Folders of a library within those of a run; gamma-delta T cells have one of their own. */
const receptorFolders: Readonly<Record<string, readonly string[]>> = {tcr: ['vdj_t', 'vdj_t_gd'], bcr: ['vdj_b'], vdj: ['vdj_t', 'vdj_t_gd', 'vdj_b']};

/** The matrix of called cells: a file, or a folder with matrix.mtx. */
export function findMatrix(folder: string): string {
  const found = matrixIn(folder);
  if (found !== undefined) return found;
  throw new FormatProblem(folder, {found: `a folder with ${namesOf(folder).slice(0, 5).join(', ') || 'nothing in it'}`, expected: 'matrix.mtx, or the outs folder of Cell Ranger', advice: 'Name the folder that holds the matrix.'});
}

/** The contig tables of a library (`tcr`, `bcr`, or `vdj` for both receptors). */
export function findContigs(folder: string, library: string): string[] {
  const found = contigsIn(folder, library);
  if (found.length > 0) return found;
  throw new FormatProblem(folder, {found: `a folder without filtered_contig_annotations.csv for ${library} (it has ${namesOf(folder).slice(0, 5).join(', ') || 'nothing'})`, expected: 'a contig table, or the outs folder of Cell Ranger', advice: 'Name the file itself.'});
}

export function matrixIn(folder: string): string | undefined {
  if (isMatrixFolder(folder)) return folder;
  const file = matrixFiles.map((name) => join(folder, name)).find((path) => existsSync(path));
  if (file !== undefined) return file;
  for (const name of matrixFolders) {
    const inside = join(folder, name);
    if (isMatrixFolder(inside)) return inside;
    // Cell Ranger 2 has a folder a genome.
    const genomes = isFolder(inside) ? namesOf(inside).filter((genome) => isMatrixFolder(join(inside, genome))) : [];
    if (genomes.length > 1) throw new FormatProblem(inside, {found: `the genomes ${genomes.join(', ')}`, expected: 'one matrix', advice: 'Name the folder of one genome, or filtered_gene_bc_matrices_h5.h5 for all.'});
    if (genomes.length === 1) return join(inside, genomes[0]);
  }
  // Deepest last: Solo.out/Gene/filtered of STARsolo, outs/per_sample_outs/SAMPLE/count of Cell Ranger multi.
  const below = ['outs', 'count', 'Solo.out', 'Gene', 'GeneFull'].filter((name) => isFolder(join(folder, name)));
  for (const name of below) {
    const found = matrixIn(join(folder, name));
    if (found !== undefined) return found;
  }
  const sample = onlySample(folder);
  return sample === undefined ? undefined : matrixIn(sample);
}

export function contigsIn(folder: string, library: string): string[] {
  const own = contigFiles.map((name) => join(folder, name)).find((path) => existsSync(path));
  if (own !== undefined) return [own];
  const found = (receptorFolders[library] ?? []).flatMap((name) => (isFolder(join(folder, name)) ? contigsIn(join(folder, name), library) : []));
  if (found.length > 0) return found;
  if (isFolder(join(folder, 'outs'))) return contigsIn(join(folder, 'outs'), library);
  const sample = onlySample(folder);
  return sample === undefined ? [] : contigsIn(sample, library);
}

const rawFiles = ['raw_feature_bc_matrix.h5', 'raw_gene_bc_matrices_h5.h5'];
const rawFolders = ['raw_feature_bc_matrix', 'raw_gene_bc_matrices', 'raw'];

/** The matrix of every barcode beside the one of called cells, which may hold empty droplets; undefined where there is none, or one a genome. */
export function rawMatrixIn(folder: string): string | undefined {
  const file = rawFiles.map((name) => join(folder, name)).find((path) => existsSync(path));
  if (file !== undefined) return file;
  for (const name of rawFolders) {
    const inside = join(folder, name);
    if (isMatrixFolder(inside)) return inside;
    const genomes = isFolder(inside) ? namesOf(inside).filter((genome) => isMatrixFolder(join(inside, genome))) : [];
    if (genomes.length === 1) return join(inside, genomes[0]);
  }
  const below = ['outs', 'multi', 'count', 'Solo.out', 'Gene', 'GeneFull'].filter((name) => isFolder(join(folder, name)));
  return below.map((name) => rawMatrixIn(join(folder, name))).find((found) => found !== undefined);
}

/** The samples of a multi run, by the names of their folders. */
export function samplesIn(folder: string): readonly string[] {
  const inside = join(folder, 'per_sample_outs');
  return isFolder(inside) ? namesOf(inside).filter((name) => isFolder(join(inside, name))) : [];
}

function onlySample(folder: string): string | undefined {
  const samples = samplesIn(folder);
  if (samples.length > 1) {
    throw new FormatProblem(folder, {found: `the samples ${samples.join(', ')} under per_sample_outs`, expected: 'the folder of one sample', advice: `Give each its own rows, with ${join(basename(folder), 'per_sample_outs', samples[0])} as path.`});
  }
  return samples.length === 0 ? undefined : join(folder, 'per_sample_outs', samples[0]);
}

function isMatrixFolder(folder: string): boolean {
  return ['matrix.mtx', 'matrix.mtx.gz'].some((name) => existsSync(join(folder, name)));
}

export function isFolder(path: string): boolean {
  return statSync(path, {throwIfNoEntry: false})?.isDirectory() === true;
}

function namesOf(folder: string): string[] {
  return readdirSync(folder).sort();
}
