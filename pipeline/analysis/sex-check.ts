// Whose cells these are, as far as sex tells: XIST, which only cells with an inactive X make, against genes of the Y chromosome. Knows counts, not sheets;
// what the samples of a patient say together is compared at the end.
import type {SparseMatrix} from '../data/matrix.ts';

export type Sex = 'female' | 'male' | 'both';

export interface SexEvidence {
  /** UMIs over all cells; null where the matrix has none of the genes. */
  readonly xistUmis: number | null;
  readonly yUmis: number | null;
  /** Genes of the Y chromosome that the matrix has. */
  readonly nYGenes: number;
  /** Y / (Y + XIST). */
  readonly yShare: number | null;
  readonly sex: Sex | null;
  readonly missing: string | null;
}

/** Made by blood cells and outside of the parts that X and Y share; of Skaletsky et al. 2003 (Nature 423:825). Mice have the same names but for Eif2s3y. */
const yGenes = new Set(['RPS4Y1', 'DDX3Y', 'EIF1AY', 'KDM5D', 'UTY', 'USP9Y', 'ZFY', 'TXLNGY', 'NLGN4Y', 'EIF2S3Y']);

/** Fewer UMIs of XIST and the Y genes together say nothing. */
export const leastSexUmis = 10;
/** A share of Y of at most this is female, of at least 1 minus this male; between them the cells are of both. */
export const sexShare = 0.2;

/** `symbols`: one a column. */
export function readSex(counts: SparseMatrix, symbols: readonly string[]): SexEvidence {
  const kinds = Uint8Array.from(symbols, (symbol) => (symbol.toUpperCase() === 'XIST' ? 1 : yGenes.has(symbol.toUpperCase()) ? 2 : 0));
  const umis = [0, 0, 0];
  for (let k = 0; k < counts.values.length; k++) umis[kinds[counts.indices[k]]] += counts.values[k];
  const nYGenes = kinds.filter((kind) => kind === 2).length;
  const hasXist = kinds.includes(1);
  const found = {xistUmis: hasXist ? umis[1] : null, yUmis: nYGenes > 0 ? umis[2] : null, nYGenes};
  const without = (missing: string): SexEvidence => ({...found, yShare: null, sex: null, missing});
  if (!hasXist || nYGenes === 0) return without(`${[...(hasXist ? [] : ['XIST']), ...(nYGenes > 0 ? [] : ['genes of the Y chromosome'])].join(' and ')} not in the matrix`);
  if (umis[1] + umis[2] < leastSexUmis) return without(`${umis[1] + umis[2]} UMIs of XIST and the Y chromosome, ${leastSexUmis} needed`);
  const yShare = umis[2] / (umis[1] + umis[2]);
  return {...found, yShare, sex: yShare <= sexShare ? 'female' : yShare >= 1 - sexShare ? 'male' : 'both', missing: null};
}

export interface SampleSex {
  readonly sample_id: string;
  readonly patient_id: string;
  readonly sex: Sex | null;
  /** What the patients sheet says, as written; null where it says nothing. */
  readonly stated: string | null;
}

/** Why a sample may not be the one it is called, by sample_id; only those with a doubt. */
export function sexDoubts(samples: readonly SampleSex[]): Map<string, string> {
  const doubts = new Map<string, string>();
  for (const [patient, own] of Map.groupBy(samples, (sample) => sample.patient_id)) {
    const seen = new Set(own.flatMap(({sex}) => (sex === null || sex === 'both' ? [] : [sex])));
    for (const {sample_id, sex, stated} of own) {
      const said = sexOf(stated);
      const reasons = [
        ...(sex === 'both' ? ['cells of both sexes: a pool, a swap of cells, or a transplant'] : []),
        ...(sex !== null && sex !== 'both' && said !== null && said !== sex ? [`${sex} by its cells, ${said} by the patients sheet: possible swap`] : []),
        ...(sex !== null && sex !== 'both' && seen.size > 1 ? [`${sex}, while another sample of ${patient} is ${sex === 'male' ? 'female' : 'male'}: possible swap`] : []),
      ];
      if (reasons.length > 0) doubts.set(sample_id, reasons.join('; '));
    }
  }
  return doubts;
}

/** `F`, `female`, `woman`, …; null for what is neither. */
export function sexOf(written: string | null): 'female' | 'male' | null {
  const word = (written ?? '').trim().toLowerCase();
  if (['f', 'female', 'w', 'woman'].includes(word)) return 'female';
  return ['m', 'male', 'man'].includes(word) ? 'male' : null;
}
