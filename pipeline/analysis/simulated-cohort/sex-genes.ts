// XIST and genes of the Y chromosome of simulated cells, by the sex of their patient. Drawn from a stream of their own and put behind the other genes, so that
// no count of another gene depends on them.
import {randomStream, type Random} from '../../base/random.ts';
import type {SparseMatrix} from '../../data/matrix.ts';

export type PatientSex = 'female' | 'male';

/** `perUmi`: of the cell's other UMIs; a cell of 2,600 has about one of XIST or two of the Y chromosome, of the order that blood cells have. */
const sexGenes: readonly {readonly gene: string; readonly sex: PatientSex; readonly perUmi: number}[] = [
  {gene: 'XIST', sex: 'female', perUmi: 4e-4},
  {gene: 'RPS4Y1', sex: 'male', perUmi: 4e-4},
  {gene: 'DDX3Y', sex: 'male', perUmi: 1.2e-4},
  {gene: 'EIF1AY', sex: 'male', perUmi: 1e-4},
  {gene: 'KDM5D', sex: 'male', perUmi: 4e-5},
  {gene: 'UTY', sex: 'male', perUmi: 3e-5},
  {gene: 'USP9Y', sex: 'male', perUmi: 2e-5},
];

export const sexGeneNames: readonly string[] = sexGenes.map(({gene}) => gene);

/** The counts with a column more for each of `sexGeneNames`. */
export function addSexGenes(counts: SparseMatrix, {seed, sample, sex}: {readonly seed: number; readonly sample: string; readonly sex: PatientSex}): SparseMatrix {
  const random = randomStream(seed, `sex genes ${sample}`);
  const {nRows, nColumns} = counts;
  const [indptr, indices, values] = [new Uint32Array(nRows + 1), [] as number[], [] as number[]];
  for (let row = 0; row < nRows; row++) {
    const [from, to] = [counts.indptr[row], counts.indptr[row + 1]];
    for (let k = from; k < to; k++) {
      indices.push(counts.indices[k]);
      values.push(counts.values[k]);
    }
    const nUmis = counts.values.subarray(from, to).reduce((sum, n) => sum + n, 0);
    for (const [k, gene] of sexGenes.entries()) {
      const n = gene.sex === sex ? poisson(gene.perUmi * nUmis, random) : 0;
      if (n === 0) continue;
      indices.push(nColumns + k);
      values.push(n);
    }
    indptr[row + 1] = indices.length;
  }
  return {kind: 'sparse', nRows, nColumns: nColumns + sexGenes.length, indptr, indices: Uint32Array.from(indices), values: Float32Array.from(values)};
}

/** Knuth's product of uniforms, for small means. */
function poisson(mean: number, random: Random): number {
  const limit = Math.exp(-mean);
  let n = 0;
  for (let product = random.uniform(); product > limit; product *= random.uniform()) n++;
  return n;
}
