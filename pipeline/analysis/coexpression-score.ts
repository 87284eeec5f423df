// How much a cell expresses genes together that cells of its sample express one without the other (cxds of Bais & Kostka 2020, Bioinformatics 36:1150):
// the mark of two kinds of cells in a droplet, which needs no neighbours.
import normalCdf from '@stdlib/stats-base-dists-normal-cdf';
import type {SparseMatrix} from '../data/matrix.ts';

/** Genes whose detection says most: nearest to half of the cells. */
const nGenes = 500;

export interface CoexpressionScorer {
  readonly cell: (cell: number) => number;
  /** Of a droplet with both cells, which expresses what either does. */
  readonly pair: (a: number, b: number) => number;
}

/**
 * Of a droplet: sum over the pairs of genes that it expresses of -log p, p the chance that so many cells express one of the two alone, were they
 * independent (binomial, by the normal distribution). Genes and pairs of genes are judged on `cells`.
 */
export function coexpressionScorer(cells: SparseMatrix): CoexpressionScorer {
  const {nRows: nCells, nColumns} = cells;
  const {genes, nDetected} = chooseGenes(cells);
  const place = new Int32Array(nColumns).fill(-1);
  for (const [k, gene] of genes.entries()) place[gene] = k;
  const nChosen = genes.length;
  const expressed = Array.from({length: nCells}, (_, cell) => chosenOf(cells, cell, place));
  const together = new Uint32Array(nChosen * nChosen);
  for (const own of expressed) for (let i = 0; i < own.length; i++) for (let j = 0; j < i; j++) together[own[i] * nChosen + own[j]]++;
  const weights = new Float64Array(nChosen * nChosen);
  for (let a = 0; a < nChosen; a++) {
    for (let b = 0; b < a; b++) {
      const [shareA, shareB] = [nDetected[a] / nCells, nDetected[b] / nCells];
      const p = shareA * (1 - shareB) + shareB * (1 - shareA);
      const alone = nDetected[a] + nDetected[b] - 2 * together[a * nChosen + b];
      weights[a * nChosen + b] = p > 0 && p < 1 ? surprise((alone - nCells * p) / Math.sqrt(nCells * p * (1 - p))) : 0;
    }
  }
  const score = (own: Uint16Array): number => {
    let sum = 0;
    for (let i = 0; i < own.length; i++) for (let j = 0, row = own[i] * nChosen; j < i; j++) sum += weights[row + own[j]];
    return sum;
  };
  return {cell: (cell) => score(expressed[cell]), pair: (a, b) => score(union(expressed[a], expressed[b]))};
}

function chooseGenes({nRows: nCells, nColumns, indices}: SparseMatrix): {genes: number[]; nDetected: number[]} {
  const detected = new Uint32Array(nColumns);
  for (let k = 0; k < indices.length; k++) detected[indices[k]]++;
  const spread = (gene: number): number => detected[gene] * (nCells - detected[gene]);
  const genes = Array.from({length: nColumns}, (_, gene) => gene).filter((gene) => spread(gene) > 0).sort((a, b) => spread(b) - spread(a) || a - b).slice(0, nGenes);
  return {genes, nDetected: genes.map((gene) => detected[gene])};
}

/** Places of a cell's genes among the chosen, ascending. */
function chosenOf({indptr, indices}: SparseMatrix, row: number, place: Int32Array): Uint16Array {
  const own: number[] = [];
  for (let k = indptr[row]; k < indptr[row + 1]; k++) if (place[indices[k]] >= 0) own.push(place[indices[k]]);
  return Uint16Array.from(own).sort();
}

/** Both ascending, and so is what they have together. */
function union(a: Uint16Array, b: Uint16Array): Uint16Array {
  const all = new Uint16Array(a.length + b.length);
  let at = 0;
  let i = 0;
  let j = 0;
  while (i < a.length || j < b.length) {
    const left = i < a.length ? a[i] : Infinity;
    const right = j < b.length ? b[j] : Infinity;
    all[at++] = Math.min(left, right);
    if (left <= right) i++;
    if (right <= left) j++;
  }
  return all.subarray(0, at);
}

/** -log of the upper tail of the normal distribution; far out by its asymptote, where the tail itself is 0. */
const surprise = (z: number): number => (z > 5 ? (z * z) / 2 + Math.log(z * Math.sqrt(2 * Math.PI)) : -Math.log(normalCdf(-z, 0, 1)));
