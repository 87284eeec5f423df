// How much a cell expresses genes together that cells of its sample express one without the other (cxds of Bais & Kostka 2020, Bioinformatics 36:1150):
// the mark of two kinds of cells in a droplet, which needs no neighbours.
import normalCdf from '@stdlib/stats-base-dists-normal-cdf';
import type {SparseMatrix} from '../data/matrix.ts';

/** Genes whose detection says most: nearest to half of the cells. */
const nGenes = 500;

/**
 * Of each row: sum over the pairs of genes that it expresses of -log p, p the chance that so many cells express one of the two alone, were they
 * independent (binomial, by the normal distribution). Genes and pairs are judged on `cells`; what is returned scores these and others with the same columns.
 */
export function coexpressionScorer(cells: SparseMatrix): (rows: SparseMatrix) => Float64Array {
  const {nRows: nCells, nColumns} = cells;
  const {genes, nDetected} = chooseGenes(cells);
  const place = new Int32Array(nColumns).fill(-1);
  for (const [k, gene] of genes.entries()) place[gene] = k;
  const nChosen = genes.length;
  const together = new Uint32Array(nChosen * nChosen);
  for (let cell = 0; cell < nCells; cell++) {
    const own = chosenOf(cells, cell, place);
    for (const a of own) for (const b of own) together[a * nChosen + b]++;
  }
  const weights = new Float64Array(nChosen * nChosen);
  for (let a = 0; a < nChosen; a++) {
    for (let b = 0; b < a; b++) {
      const [shareA, shareB] = [nDetected[a] / nCells, nDetected[b] / nCells];
      const p = shareA * (1 - shareB) + shareB * (1 - shareA);
      const alone = nDetected[a] + nDetected[b] - 2 * together[a * nChosen + b];
      weights[a * nChosen + b] = p > 0 && p < 1 ? surprise((alone - nCells * p) / Math.sqrt(nCells * p * (1 - p))) : 0;
    }
  }
  return (rows) => Float64Array.from({length: rows.nRows}, (_, row) => {
    const own = chosenOf(rows, row, place).sort((a, b) => b - a);
    let sum = 0;
    for (let i = 0; i < own.length; i++) for (let j = i + 1; j < own.length; j++) sum += weights[own[i] * nChosen + own[j]];
    return sum;
  });
}

function chooseGenes({nRows: nCells, nColumns, indices}: SparseMatrix): {genes: number[]; nDetected: number[]} {
  const detected = new Uint32Array(nColumns);
  for (let k = 0; k < indices.length; k++) detected[indices[k]]++;
  const spread = (gene: number): number => detected[gene] * (nCells - detected[gene]);
  const genes = Array.from({length: nColumns}, (_, gene) => gene).filter((gene) => spread(gene) > 0).sort((a, b) => spread(b) - spread(a) || a - b).slice(0, nGenes);
  return {genes, nDetected: genes.map((gene) => detected[gene])};
}

function chosenOf({indptr, indices}: SparseMatrix, row: number, place: Int32Array): number[] {
  const own: number[] = [];
  for (let k = indptr[row]; k < indptr[row + 1]; k++) if (place[indices[k]] >= 0) own.push(place[indices[k]]);
  return own;
}

/** -log of the upper tail of the normal distribution; far out by its asymptote, where the tail itself is 0. */
const surprise = (z: number): number => (z > 5 ? (z * z) / 2 + Math.log(z * Math.sqrt(2 * Math.PI)) : -Math.log(normalCdf(-z, 0, 1)));
