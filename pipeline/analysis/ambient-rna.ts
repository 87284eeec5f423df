// How much of a sample's counts is RNA that floated in the droplets: genes that one kind of cell makes in plenty are counted in the cells that do not
// make them (as SoupX does, Young and Behjati 2020, GigaScience 9:giaa151). An indicator for quality control; nothing is taken away.
import type {SparseMatrix} from '../data/matrix.ts';

/** Genes of one kind of cell each, in plenty; human and mouse names, upper case. */
const exclusiveGenes: Readonly<Record<string, readonly string[]>> = {
  haemoglobin: ['HBB', 'HBA1', 'HBA2', 'HBB-BS', 'HBB-BT', 'HBA-A1', 'HBA-A2'],
  immunoglobulin: ['IGKC', 'IGLC1', 'IGLC2', 'IGLC3', 'IGHM', 'IGHG1', 'IGHG2', 'IGHG3', 'IGHG4', 'IGHA1', 'IGHA2', 'IGHA', 'IGHG2B', 'IGHG2C', 'JCHAIN'],
  monocyte: ['LYZ', 'LYZ2', 'S100A8', 'S100A9'],
};

/** No sample worth analysing is soup for more than half: a cell with more of a set's UMIs than that could bring makes the genes itself. */
const mostSoup = 0.5;
const leastCells = 20;
const leastExpected = 20;

/** A droplet with fewer UMIs holds no cell (EmptyDrops' own bound, Lun et al. 2019). */
export const mostUmisOfEmpty = 100;

export interface AmbientRna {
  /** Observed / expected; null where it cannot be told. */
  readonly fraction: number | null;
  readonly nUmis: number;
  /** UMIs that cells of nothing but soup would have had. */
  readonly expected: number;
  /** Names of the sets that could be used. */
  readonly genes: readonly string[];
  readonly missing: string | null;
}

export interface Well {
  /** The kept cells. */
  readonly counts: SparseMatrix;
  readonly symbols: readonly string[];
  /** UMIs of each gene in empty droplets; null where there are none: then all cells together stand for the soup. */
  readonly emptyDroplets: Float64Array | null;
}

/** Over the wells of a sample, each with its own soup. */
export function ambientRna(wells: readonly Well[]): AmbientRna {
  const parts = wells.flatMap(readWell);
  const nUmis = parts.reduce((sum, part) => sum + part.nUmis, 0);
  const expected = parts.reduce((sum, part) => sum + part.expected, 0);
  const genes = Object.keys(exclusiveGenes).filter((name) => parts.some((part) => part.name === name));
  const missing = genes.length === 0
    ? 'no haemoglobin, immunoglobulin or monocyte genes that some cells make and others do not'
    : expected < leastExpected ? `${Math.round(expected)} UMIs to expect of soup alone, ${leastExpected} needed` : null;
  return {fraction: missing === null ? nUmis / expected : null, nUmis, expected, genes, missing};
}

interface Part {
  readonly name: string;
  readonly nUmis: number;
  readonly expected: number;
}

function readWell({counts, symbols, emptyDroplets}: Well): Part[] {
  const profile = emptyDroplets ?? genesSummed(counts);
  const inSoup = profile.reduce((sum, value) => sum + value, 0);
  if (inSoup === 0) return [];
  const totals = Float64Array.from({length: counts.nRows}, (_, cell) => counts.values.subarray(counts.indptr[cell], counts.indptr[cell + 1]).reduce((sum, value) => sum + value, 0));
  const upper = symbols.map((symbol) => symbol.toUpperCase());
  return Object.entries(exclusiveGenes).flatMap(([name, list]): Part[] => {
    const isIn = Uint8Array.from(upper, (symbol) => (list.includes(symbol) ? 1 : 0));
    const share = profile.reduce((sum, value, gene) => sum + (isIn[gene] === 1 ? value : 0), 0) / inSoup;
    if (share === 0) return [];
    const own = umisOf(counts, isIn);
    const quiet = [...own.keys()].filter((cell) => own[cell] <= plausible(mostSoup * share * totals[cell]));
    const nUmis = quiet.reduce((sum, cell) => sum + own[cell], 0);
    // Without empty droplets a set that no cell makes looks as common in each cell as in all: it tells only where most of it lies in cells that make it.
    const isMade = emptyDroplets !== null || nUmis * 2 < own.reduce((sum, value) => sum + value, 0);
    return isMade && quiet.length >= leastCells ? [{name, nUmis, expected: quiet.reduce((sum, cell) => sum + share * totals[cell], 0)}] : [];
  });
}

/** Three standard deviations above a Poisson mean, and one more where the mean is next to nothing. */
const plausible = (mean: number): number => mean + 3 * Math.sqrt(mean) + 1;

export function genesSummed({nColumns, indices, values}: SparseMatrix): Float64Array {
  const sums = new Float64Array(nColumns);
  for (let k = 0; k < values.length; k++) sums[indices[k]] += values[k];
  return sums;
}

/** UMIs of each gene over the droplets with few of them, and how many droplets those are; one without a UMI is not counted. */
export function emptyDropletsOf(raw: SparseMatrix): {readonly counts: Float64Array; readonly nDroplets: number} {
  const counts = new Float64Array(raw.nColumns);
  let nDroplets = 0;
  for (let row = 0; row < raw.nRows; row++) {
    const [from, to] = [raw.indptr[row], raw.indptr[row + 1]];
    let total = 0;
    for (let k = from; k < to; k++) total += raw.values[k];
    if (total === 0 || total > mostUmisOfEmpty) continue;
    nDroplets++;
    for (let k = from; k < to; k++) counts[raw.indices[k]] += raw.values[k];
  }
  return {counts, nDroplets};
}

function umisOf({nRows, indptr, indices, values}: SparseMatrix, isIn: Uint8Array): Float64Array {
  const own = new Float64Array(nRows);
  for (let cell = 0; cell < nRows; cell++) for (let k = indptr[cell]; k < indptr[cell + 1]; k++) if (isIn[indices[k]] === 1) own[cell] += values[k];
  return own;
}
