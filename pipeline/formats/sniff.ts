// What a path holds, told by its content and not by its name.
import {existsSync, statSync} from 'node:fs';
import {constants, gunzipSync} from 'node:zlib';
import {readStart} from '../base/file-start.ts';
import {FormatProblem} from '../base/format-problem.ts';
import {isComment} from './delimited-text.ts';
import {readHdf5} from './hdf5.ts';
import {isMuData} from './mudata.ts';
import {isRhapsody} from './rhapsody.ts';
import {hasScirpyReceptors} from './scirpy.ts';
import {findMatrix, isFolder} from './tool-folders.ts';
import {isTrust4Report} from './trust4.ts';

export interface Sniffed<Kind> {
  readonly kind: Kind;
  /** The file or folder itself, which may lie inside the path that was given. */
  readonly path: string;
}

export type CountsKind = 'tenx-h5' | 'matrix-market' | 'h5ad' | 'h5mu' | 'loom';

/** A folder of Cell Ranger or STARsolo stands for its filtered matrix. */
export async function sniffCounts(path: string): Promise<Sniffed<CountsKind>> {
  const stat = statSync(path, {throwIfNoEntry: false});
  if (stat === undefined) throw new FormatProblem(path, {found: 'nothing there', expected: 'a count matrix', advice: 'Check the path.'});
  if (stat.isDirectory()) {
    const inside = findMatrix(path);
    return isFolder(inside) ? {kind: 'matrix-market', path: inside} : sniffCounts(inside);
  }
  if (!isHdf5(path)) throw new FormatProblem(path, {found: 'a file that is not HDF5', expected: 'a 10x H5, an h5ad, h5mu or loom file, or a Matrix Market folder', advice: 'For Matrix Market, name the folder that holds matrix.mtx.'});
  const {keys, isMulti} = await readHdf5(path, (root) => ({keys: root.keys(), isMulti: isMuData(root)}));
  if (isMulti) return {kind: 'h5mu', path};
  if (keys.includes('obs') && keys.includes('var')) return {kind: 'h5ad', path};
  if (keys.includes('row_attrs') || keys.includes('col_attrs')) return {kind: 'loom', path};
  return {kind: 'tenx-h5', path};
}

export type ReceptorKind = 'tenx-contigs' | 'tenx-contigs-json' | 'airr' | 'trust4-report' | 'rhapsody' | 'scirpy';

/** Of a file. */
export async function sniffReceptors(path: string): Promise<ReceptorKind> {
  if (!existsSync(path)) throw new FormatProblem(path, {found: 'nothing there', expected: 'a contig table', advice: 'Check the path.'});
  if (isHdf5(path)) {
    if (await readHdf5(path, (root) => hasScirpyReceptors(path, root))) return 'scirpy';
    throw new FormatProblem(path, {found: 'an HDF5 file without receptors', expected: 'obsm/airr, or obs columns IR_VJ_1_junction_aa or TRA_1_cdr3, as scirpy writes them', advice: 'Name the contig table, or the h5ad that scirpy wrote.'});
  }
  const head = headOf(path).replace(/^\uFEFF/, '');
  if (head.trimStart().startsWith('[')) return 'tenx-contigs-json';
  const header = head.split(/\r?\n/).find((line) => !isComment(line)) ?? '';
  const columns = header.split(header.includes('\t') ? '\t' : ',').map((name) => name.replaceAll('"', ''));
  if (columns.includes('contig_id') && columns.includes('barcode')) return 'tenx-contigs';
  if (columns.includes('sequence_id') && columns.includes('junction')) return 'airr';
  if (isTrust4Report(columns)) return 'trust4-report';
  if (isRhapsody(columns)) return 'rhapsody';
  throw new FormatProblem(path, {found: `the columns ${columns.slice(0, 5).join(', ')}`, expected: '10x contig annotations (barcode, contig_id, …), an AIRR rearrangement table (sequence_id, junction, …), a barcode report of TRUST4 (#barcode, chain1, …) or a per-cell-chain table of BD Rhapsody (Cell_Index, Chain_Type, …)', advice: 'Name filtered_contig_annotations.csv, airr_rearrangement.tsv or PREFIX_barcode_report.tsv.', line: 1});
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
