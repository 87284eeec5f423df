// The best genes of each cluster as rows of markers.tsv.
import {columnAsText, type DataFrame} from '../../pipeline/data/annotated-matrix.ts';
import type {Row, Table} from '../../pipeline/data/table.ts';
import type {ClusterMarkers} from './scran-chain.ts';

const effects = ['cohens_d', 'auc', 'log2_fold_change', 'fraction_in', 'fraction_out'] as const;

/**
 * `genes`: the rows of the effects, with `gene_id` and `gene_symbol`. Rank 1 has the largest AUC, which two cells that happen to be alike
 * cannot blow up; ties by Cohen's d, then by the order of genes.
 */
export function markerTable(markers: readonly ClusterMarkers[], genes: DataFrame, nMarkers: number): Table {
  const ids = columnAsText(genes, 'gene_id') ?? genes.index;
  const symbols = columnAsText(genes, 'gene_symbol') ?? genes.index;
  const rows = markers.flatMap((cluster, k) => {
    // A cluster that never shares a sample with another has no effect to rank by.
    const worth = (effect: 'auc' | 'cohens_d', gene: number): number => (Number.isNaN(cluster[effect][gene]) ? -Infinity : cluster[effect][gene]);
    const best = [...genes.index.keys()].sort((a, b) => worth('auc', b) - worth('auc', a) || worth('cohens_d', b) - worth('cohens_d', a) || a - b).slice(0, nMarkers);
    return best.map((gene, at): Row => {
      const values = effects.map((effect) => [effect, Number.isFinite(cluster[effect][gene]) ? cluster[effect][gene] : null] as const);
      return {
        cluster: String(k + 1),
        gene_id: ids[gene],
        gene_symbol: symbols[gene],
        ...Object.fromEntries(values),
        rank: at + 1,
        missing: absence(effects.map((effect) => [effect, cluster[effect][gene]])),
      };
    });
  });
  return {columns: ['cluster', 'gene_id', 'gene_symbol', ...effects, 'rank', 'missing'], rows};
}

function absence(values: readonly (readonly [string, number])[]): string | null {
  const named = (isSo: (value: number) => boolean): string => values.filter(([, value]) => isSo(value)).map(([effect]) => effect).join(', ');
  const unshared = named(Number.isNaN);
  const unvarying = named((value) => Math.abs(value) === Infinity);
  const reasons = [
    ...(unshared === '' ? [] : [`${unshared}: no sample holds two cells of this and of another cluster`]),
    ...(unvarying === '' ? [] : [`${unvarying}: infinite, as the gene varies in neither of two clusters`]),
  ];
  return reasons.length === 0 ? null : reasons.join('; ');
}
