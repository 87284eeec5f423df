// Kang 2018 (1,971 lupus cells x 9,015 genes) and the R reference values on it, for the tests of the signature scores.
import {existsSync, readFileSync} from 'node:fs';
import {resolve} from 'node:path';
import {gunzipSync} from 'node:zlib';
import h5wasm, {type Group} from 'h5wasm/node';
import type {ScoredSet} from '../../../pipeline/analysis/ucell.ts';
import type {GeneSet} from '../../../pipeline/data/gene-set.ts';
import type {SparseMatrix} from '../../../pipeline/data/matrix.ts';
import {readGmt} from '../../../pipeline/formats/gmt.ts';

const root = resolve(import.meta.dirname, '../../..');
const data = resolve(root, process.env.LYMPHLINE_DATA ?? '../shared/data');
const reference = resolve(data, '../ref/kang');

export const hasKang = existsSync(resolve(data, 'kang/kang2k.h5ad')) && existsSync(reference);
if (!hasKang) console.log('Reference values on Kang 2018 are skipped: no LYMPHLINE_DATA and no ../shared/data.');

/** Column names of ref/kang -> sets of configs/signatures/signatures.gmt. */
export const kangSets = {
  IFNA: 'HALLMARK_INTERFERON_ALPHA_RESPONSE', IFNG: 'HALLMARK_INTERFERON_GAMMA_RESPONSE', INFLAM: 'HALLMARK_INFLAMMATORY_RESPONSE',
  TNFA: 'HALLMARK_TNFA_SIGNALING_VIA_NFKB', IL6: 'HALLMARK_IL6_JAK_STAT3_SIGNALING', IFNGS4: 'SLE_IFNGS_4GENE',
} as const;

export interface Kang {
  readonly counts: SparseMatrix;
  readonly genes: readonly string[];
  readonly cells: readonly string[];
  /** obs column -> value of each cell. */
  readonly obs: (column: string) => string[];
}

export async function readKang(): Promise<Kang> {
  await h5wasm.ready;
  const file = new h5wasm.File(resolve(data, 'kang/kang2k.h5ad'), 'r');
  const read = (path: string): ArrayLike<number> & Iterable<string> => (file.get(path) as unknown as {value: ArrayLike<number> & Iterable<string>}).value;
  const indexOf = (frame: string): string[] => [...read(`${frame}/${String((file.get(frame) as Group).attrs._index.value)}`)];
  const genes = indexOf('var');
  const cells = indexOf('obs');
  const counts: SparseMatrix = {
    kind: 'sparse', nRows: cells.length, nColumns: genes.length,
    indptr: Uint32Array.from(read('X/indptr')), indices: Uint32Array.from(read('X/indices')), values: Float32Array.from(read('X/data')),
  };
  const columns = new Map(['sample', 'patient', 'condition', 'cell_type_major'].map((column) => {
    const categories = [...read(`obs/${column}/categories`)];
    return [column, Array.from(read(`obs/${column}/codes`), (code) => categories[Number(code)])];
  }));
  file.close();
  return {counts, genes, cells, obs: (column) => columns.get(column) ?? []};
}

export function readSignatures(): GeneSet[] {
  return readGmt(resolve(root, 'configs/signatures/signatures.gmt'));
}

export function signature(name: string): GeneSet {
  const found = readSignatures().find((set) => set.name === name);
  if (found === undefined) throw new Error(`no set ${name}`);
  return found;
}

/** A set on the columns of `genes`, by its own names only: the references were made without aliases. */
export function onColumns(set: GeneSet, genes: readonly string[]): ScoredSet {
  const column = new Map(genes.map((gene, k) => [gene, k]));
  const columns = set.genes.flatMap((gene) => column.get(gene) ?? []);
  return {name: set.name, columns, negativeColumns: [], nMissing: set.genes.length - columns.length, nNegativeMissing: 0};
}

/** The rows of a file of ref/kang, header first. */
export function readReference(name: string, separator = ','): string[][] {
  return readRows(resolve(reference, name), separator);
}

/** The rows of a file of ref/scverse: values of the Python tools, executed. */
export function readScverse(name: string, separator = ','): string[][] {
  return readRows(resolve(reference, '../scverse', name), separator);
}

function readRows(path: string, separator: string): string[][] {
  const bytes = readFileSync(path);
  return (path.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString().trim().replaceAll('"', '').split('\n').map((line) => line.split(separator));
}

export function readAliases(): {symbol: string; legacy: string}[] {
  const lines = readFileSync(resolve(root, 'configs/signatures/aliases.tsv'), 'utf8').trim().split(/\r?\n/).slice(1);
  return lines.map((line) => ({symbol: line.split('\t')[0], legacy: line.split('\t')[1]}));
}

export interface PairedFixture {
  readonly name: string;
  readonly pre: readonly number[];
  readonly post: readonly number[];
  readonly lmm_p: number;
  readonly lmm_df: number;
  readonly lmm_singular: boolean;
}

/** Hand-sized vectors with results of R 4.2.2. */
export function readFixtures(): {readonly paired: readonly PairedFixture[]; readonly paired_t_power: readonly {readonly n: number; readonly dz_80: number; readonly dz_90: number}[]; readonly wilcoxon_floor: readonly {readonly n: number; readonly min_p_two_sided: number}[]} {
  return JSON.parse(readFileSync(resolve(reference, 'stat_fixtures.json'), 'utf8'));
}
