// What a path holds, told by its content and not by its name.
import {existsSync, readdirSync, statSync} from 'node:fs';
import {join} from 'node:path';
import {constants, gunzipSync} from 'node:zlib';
import {readStart} from '../base/file-start.ts';
import {FormatProblem} from '../base/format-problem.ts';
import {readHdf5} from './hdf5.ts';
import {isTrust4Report} from './trust4.ts';

export interface Sniffed<Kind> {
  readonly kind: Kind;
  /** The file or folder itself, which may lie inside the path that was given. */
  readonly path: string;
}

/** A Cell Ranger `outs` folder stands for its filtered matrix. */
export async function sniffCounts(path: string): Promise<Sniffed<'tenx-h5' | 'matrix-market' | 'h5ad'>> {
  const stat = statSync(path, {throwIfNoEntry: false});
  if (stat === undefined) throw new FormatProblem(path, {found: 'nothing there', expected: 'a count matrix', advice: 'Check the path.'});
  if (stat.isDirectory()) return sniffFolder(path);
  if (!isHdf5(path)) throw new FormatProblem(path, {found: 'a file that is not HDF5', expected: 'a 10x H5, an h5ad, or a Matrix Market folder', advice: 'For Matrix Market, name the folder that holds matrix.mtx.'});
  const keys = await readHdf5(path, (root) => root.keys());
  if (keys.includes('mod')) throw new FormatProblem(path, {found: 'a MuData file (h5mu)', expected: 'a 10x H5, an h5ad, or a Matrix Market folder', advice: "Write its expression as h5ad: mudata.read(path)['rna'].write_h5ad(…)."});
  if (keys.includes('obs') && keys.includes('var')) return {kind: 'h5ad', path};
  if (keys.includes('row_attrs') || keys.includes('col_attrs')) throw new FormatProblem(path, {found: 'a loom file', expected: 'a 10x H5, an h5ad, or a Matrix Market folder', advice: 'Convert it: anndata.read_loom(path).write_h5ad(…).'});
  return {kind: 'tenx-h5', path};
}

async function sniffFolder(folder: string): Promise<Sniffed<'tenx-h5' | 'matrix-market' | 'h5ad'>> {
  const names = readdirSync(folder);
  if (names.some((name) => /^matrix\.mtx(\.gz)?$/.test(name))) return {kind: 'matrix-market', path: folder};
  for (const inside of ['filtered_feature_bc_matrix.h5', 'sample_filtered_feature_bc_matrix.h5', 'filtered_feature_bc_matrix', 'sample_filtered_feature_bc_matrix', 'count', 'outs']) {
    if (names.includes(inside)) return sniffCounts(join(folder, inside));
  }
  throw new FormatProblem(folder, {found: `a folder with ${names.slice(0, 5).join(', ') || 'nothing in it'}`, expected: 'matrix.mtx, or the outs folder of Cell Ranger', advice: 'Name the folder that holds the matrix.'});
}

export type ReceptorKind = 'tenx-contigs' | 'tenx-contigs-json' | 'airr' | 'trust4-report';

export async function sniffReceptors(path: string): Promise<Sniffed<ReceptorKind>> {
  const stat = statSync(path, {throwIfNoEntry: false});
  if (stat === undefined) throw new FormatProblem(path, {found: 'nothing there', expected: 'a contig table', advice: 'Check the path.'});
  if (stat.isDirectory()) {
    const inside = ['filtered_contig_annotations.csv', 'airr_rearrangement.tsv', 'vdj_t', 'vdj_b', 'outs'].map((name) => join(path, name)).find((candidate) => existsSync(candidate));
    if (inside !== undefined) return sniffReceptors(inside);
    throw new FormatProblem(path, {found: 'a folder without filtered_contig_annotations.csv', expected: 'a contig table, or the outs folder of Cell Ranger', advice: 'Name the file itself.'});
  }
  const head = headOf(path).replace(/^\uFEFF/, '');
  if (head.trimStart().startsWith('[')) return {kind: 'tenx-contigs-json', path};
  const header = head.split(/\r?\n/, 1)[0];
  const columns = header.split(header.includes('\t') ? '\t' : ',').map((name) => name.replaceAll('"', ''));
  if (columns.includes('contig_id') && columns.includes('barcode')) return {kind: 'tenx-contigs', path};
  if (columns.includes('sequence_id') && columns.includes('junction')) return {kind: 'airr', path};
  if (isTrust4Report(columns)) return {kind: 'trust4-report', path};
  throw new FormatProblem(path, {found: `the columns ${columns.slice(0, 5).join(', ')}`, expected: '10x contig annotations (barcode, contig_id, …), an AIRR rearrangement table (sequence_id, junction, …) or a barcode report of TRUST4 (#barcode, chain1, …)', advice: 'Name filtered_contig_annotations.csv, airr_rearrangement.tsv or PREFIX_barcode_report.tsv.', line: 1});
}

/** Does its first line begin as a FASTA file's does? */
export function isFasta(path: string): boolean {
  return headOf(path).trimStart().startsWith('>');
}

/** The signature lies at 0 or, behind a user block, at 512, 1024, … */
function isHdf5(path: string): boolean {
  const head = readStart(path, 4096);
  return [0, 512, 1024, 2048].some((at) => head.subarray(at, at + 8).equals(Buffer.from('\x89HDF\r\n\x1a\n', 'latin1')));
}

function headOf(path: string): string {
  const start = readStart(path, 1 << 16);
  if (start[0] !== 0x1f || start[1] !== 0x8b) return start.toString('utf8');
  try {
    return gunzipSync(start, {finishFlush: constants.Z_SYNC_FLUSH}).toString('utf8');
  } catch (error) {
    throw new FormatProblem(path, {found: `damaged gzip (${(error as Error).message})`, expected: 'a whole gzip file', advice: 'Copy the file again.'});
  }
}
