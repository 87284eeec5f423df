// The best genes of each cluster as rows of markers.tsv.
import {columnAsText, type DataFrame} from '../../pipeline/data/annotated-matrix.ts';
import type {Row, Table} from '../../pipeline/data/table.ts';
import type {ClusterMarkers} from './scran-chain.ts';

const effects = ['cohens_d', 'auc', 'log2_fold_change', 'fraction_in', 'fraction_out'] as const;

/** `genes`: the rows of the effects, with `gene_id` and `gene_symbol`. Rank 1 has the largest Cohen's d; ties by the order of genes. */
export function markerTable(markers: readonly ClusterMarkers[], genes: DataFrame, nMarkers: number): Table {
  const ids = columnAsText(genes, 'gene_id') ?? genes.index;
  const symbols = columnAsText(genes, 'gene_symbol') ?? genes.index;
  const rows = markers.flatMap((cluster, k) => {
    // A cluster that never shares a sample with another has no effect to rank by.
    const worth = (gene: number): number => (Number.isNaN(cluster.cohens_d[gene]) ? -Infinity : cluster.cohens_d[gene]);
    const best = [...genes.index.keys()].sort((a, b) => worth(b) - worth(a) || a - b).slice(0, nMarkers);
    return best.map((gene, at): Row => {
      const values = effects.map((effect) => [effect, Number.isFinite(cluster[effect][gene]) ? cluster[effect][gene] : null] as const);
      const absent = values.filter(([, value]) => value === null).map(([effect]) => effect);
      return {
        cluster: String(k + 1),
        gene_id: ids[gene],
        gene_symbol: symbols[gene],
        ...Object.fromEntries(values),
        rank: at + 1,
        missing: absent.length === 0 ? null : `${absent.join(', ')}: no sample holds this and another cluster`,
      };
    });
  });
  return {columns: ['cluster', 'gene_id', 'gene_symbol', ...effects, 'rank', 'missing'], rows};
}
