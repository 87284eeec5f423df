// Rows of bcr_features: isotypes, V genes, junction length and somatic mutation of each sample's B cells, from the primary heavy chain of the cells that count.
import {median} from '../../pipeline/analysis/arithmetic.ts';
import {exactInterval} from '../../pipeline/analysis/clonal-abundance.ts';
import {geneOf} from '../../pipeline/analysis/gene-call.ts';
import type {Row} from '../../pipeline/data/table.ts';
import {allCells, type Repertoires} from './repertoires.ts';

/** Autoreactive to red-cell and B-cell glycans, and enriched in lupus (Pugh-Bernard 2001): a row of its own even where no cell has it. */
const markedGene = 'IGHV4-34';

export function bcrFeatureRows(repertoires: Repertoires, rearrangements: readonly Row[], minCells: number): Row[] {
  if (!repertoires.receptors.includes('BCR')) return [];
  const heavyOf = primaryHeavyChains(rearrangements);
  return repertoires.samples.flatMap((sample): Row[] => {
    const row = (feature: string, level: string | null, more: Row): Row => ({...sample.keys, feature, level, ...more});
    const absent = repertoires.missing(sample, 'BCR', allCells);
    const counted = absent === '' ? repertoires.counted(sample, 'BCR').cells : [];
    const chains = counted.map((cell) => heavyOf.get(String(cell['cell_id']))).filter((chain) => chain !== undefined);
    const missing = absent || (chains.length < minCells ? `only ${chains.length} B cells with a heavy chain, ${minCells} needed` : '');
    if (missing !== '') return ['isotype', 'v_gene', 'junction_length_aa', 'mutation_frequency'].map((feature) => row(feature, feature === 'v_gene' ? markedGene : null, {n_cells: absent === '' ? chains.length : null, missing}));
    const shares = (feature: string, named: readonly string[], always: readonly string[], reason: string): Row[] => {
      if (named.length === 0) return [row(feature, null, {n_cells: 0, missing: reason})];
      return [...new Set([...named, ...always])].sort().map((level) => {
        const n = named.filter((name) => name === level).length;
        const [lower, upper] = exactInterval(n, named.length);
        return row(feature, level, {n, n_cells: named.length, value: n / named.length, lower, upper, missing: null});
      });
    };
    const genes = (column: string): string[] => chains.map((chain) => geneOf(String(chain[column] ?? ''))).filter((gene) => gene !== '');
    const isotypes = chains.map((chain) => String(chain['c_call'] ?? '').split(/[*,]/)[0]).filter((isotype) => isotype !== '');
    return [
      ...shares('isotype', isotypes, [], 'no heavy chain names its constant region'),
      ...shares('v_gene', genes('v_call'), [markedGene], 'no heavy chain names its V gene'),
      row('junction_length_aa', null, quartiles(chains.map((chain) => String(chain['junction_aa'] ?? '').length))),
      row('mutation_frequency', null, quartiles(chains.flatMap((chain) => (chain['v_mutation_frequency'] === null || chain['v_mutation_frequency'] === undefined ? [] : [Number(chain['v_mutation_frequency'])])), 'the input has no germline alignments')),
    ];
  });
}

/** Median, and quartiles as its spread; nothing counted is missing, never 0. */
function quartiles(values: readonly number[], reason = 'no heavy chain'): Row {
  if (values.length === 0) return {n_cells: 0, missing: reason};
  const sorted = [...values].sort((a, b) => a - b);
  const at = (share: number): number => sorted[Math.round(share * (sorted.length - 1))];
  return {n_cells: values.length, value: median(values), lower: at(0.25), upper: at(0.75), missing: null};
}

/** cell_id -> its productive IGH chain of most UMIs, then reads, junction, id: the choice of the clone rule. */
function primaryHeavyChains(rearrangements: readonly Row[]): ReadonlyMap<string, Row> {
  const best = new Map<string, Row>();
  const isBetter = (a: Row, b: Row): boolean => {
    const numbers = (['umi_count', 'consensus_count'] as const).map((column) => Number(a[column] ?? 0) - Number(b[column] ?? 0)).find((difference) => difference !== 0);
    if (numbers !== undefined) return numbers > 0;
    const texts = ['junction', 'junction_aa', 'sequence_id'].map((column) => [String(a[column] ?? ''), String(b[column] ?? '')]).find(([x, y]) => x !== y);
    return texts !== undefined && texts[0] > texts[1];
  };
  for (const chain of rearrangements) {
    if (chain['locus'] !== 'IGH' || chain['productive'] !== 'T' || chain['junction_aa'] === null) continue;
    const cell = String(chain['cell_id']);
    const known = best.get(cell);
    if (known === undefined || isBetter(chain, known)) best.set(cell, chain);
  }
  return best;
}
