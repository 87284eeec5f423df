// The libraries in a folder of Cell Ranger, or in those that it holds.
import {readdirSync} from 'node:fs';
import {basename, dirname, join, resolve} from 'node:path';
import {FormatProblem} from '../../pipeline/base/format-problem.ts';
import {readReceptors} from '../../pipeline/formats/read-receptors.ts';
import {contigsIn, isFolder, matrixIn, samplesIn} from '../../pipeline/formats/tool-folders.ts';

export interface FoundLibrary {
  readonly sample_id: string;
  readonly library: 'gex' | 'tcr' | 'bcr' | 'vdj';
  readonly path: string;
}

export async function findLibraries(given: string): Promise<readonly FoundLibrary[]> {
  const folder = resolve(given);
  if (!isFolder(folder)) throw new FormatProblem(given, {found: 'no folder', expected: 'a folder of Cell Ranger, or one that holds some', advice: 'Check the path.'});
  const own = await librariesOfRun(folder);
  if (own.length > 0) return own;
  const below: FoundLibrary[] = [];
  for (const name of readdirSync(folder).sort()) if (isFolder(join(folder, name))) below.push(...(await librariesOfRun(join(folder, name))));
  if (below.length > 0) return below;
  throw new FormatProblem(given, {found: `no output of Cell Ranger in it or one level below (it has ${readdirSync(folder).sort().slice(0, 5).join(', ') || 'nothing'})`, expected: 'outs with a matrix of called cells, filtered_contig_annotations.csv or per_sample_outs', advice: 'Name the folder that cellranger made with --id.'});
}

async function librariesOfRun(folder: string): Promise<FoundLibrary[]> {
  const outs = isFolder(join(folder, 'outs')) ? join(folder, 'outs') : folder;
  const samples = samplesIn(outs);
  const found: FoundLibrary[] = [];
  for (const sample of samples) found.push(...(await librariesOf(join(outs, 'per_sample_outs', sample), sample)));
  return samples.length > 0 ? found : librariesOf(outs, sampleOf(outs));
}

async function librariesOf(folder: string, sample_id: string): Promise<FoundLibrary[]> {
  const matrix = matrixIn(folder);
  const [tcr, bcr] = ['tcr', 'bcr'].map((library) => contigsIn(folder, library));
  const libraries: FoundLibrary[] = matrix === undefined ? [] : [{sample_id, library: 'gex', path: matrix}];
  // A run of `vdj` has its one table at the top: it is found as both.
  if (tcr.length === 1 && bcr.length === 1 && tcr[0] === bcr[0]) return [...libraries, {sample_id, library: await receptorOf(tcr[0]), path: tcr[0]}];
  for (const [library, paths] of [['tcr', tcr], ['bcr', bcr]] as const) for (const path of paths) libraries.push({sample_id, library, path});
  return libraries;
}

/** By its chains; `vdj` where both receptors are in the table, and where it has none. */
async function receptorOf(path: string): Promise<'tcr' | 'bcr' | 'vdj'> {
  const {rearrangements} = await readReceptors(path, '');
  const receptors = new Set(rearrangements.map(({locus}) => locus.slice(0, 2)));
  return receptors.size !== 1 ? 'vdj' : receptors.has('TR') ? 'tcr' : 'bcr';
}

/** The folder that `cellranger --id` made, without an ending that says the library. */
function sampleOf(outs: string): string {
  const id = basename(outs) === 'outs' ? basename(dirname(outs)) : basename(outs);
  return id.replace(/[-_.](gex|5gex|3gex|count|multi|tcr|bcr|vdj([-_]?[tb])?)$/i, '');
}
