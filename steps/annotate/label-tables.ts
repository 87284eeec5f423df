// A labelling and the user's own labels as tables: a row a cell, and for each cluster how its lineage was decided.
import type {MappedLabel} from '../../pipeline/analysis/cell-annotation-labels.ts';
import type {Level} from '../../pipeline/analysis/cell-annotation.ts';
import type {Row, Table} from '../../pipeline/data/table.ts';
import type {Cohort, Labelling} from './cohort.ts';

const levels: readonly Level[] = ['lineage', 'type', 'subtype'];

export function labelTable({cellIds, sampleIds, clusters, embedding}: Cohort, labelling: Labelling, own: ReadonlyMap<string, MappedLabel>): Table {
  const umap = embedding.obsm?.get('X_umap');
  return {
    columns: [
      'cell_id', 'sample_id', 'cluster', 'lineage', 'cell_type', 'umap_1', 'umap_2', 'missing', 'cell_subtype', 'label_source',
      ...levels.flatMap((level) => [`${level}_score`, `${level}_margin`]), 'label_note',
    ],
    rows: cellIds.map((cell_id, cell): Row => {
      const named = own.get(cell_id);
      const {lineage, cell_type, cell_subtype} = named ?? {lineage: labelling.lineage[cell], cell_type: labelling.cell_type[cell], cell_subtype: labelling.cell_subtype[cell]};
      const missing = [named === undefined ? labelling.missing : null, umap === undefined ? 'umap: too few cells for an embedding' : null].filter((reason) => reason !== null);
      return {
        cell_id, sample_id: sampleIds[cell], cluster: clusters[cell], lineage, cell_type,
        umap_1: umap === undefined ? null : umap.values[2 * cell],
        umap_2: umap === undefined ? null : umap.values[2 * cell + 1],
        missing: missing.join('; ') || null,
        cell_subtype,
        label_source: named === undefined ? labelling.source : 'user',
        ...(named === undefined ? evidenceOf(labelling, cell) : {}),
        label_note: named === undefined ? labelling.notes[cell].join('; ') || null : null,
      };
    }),
  };
}

function evidenceOf({evidence}: Labelling, cell: number): Row {
  const value = (number: number): number | null => (Number.isNaN(number) ? null : number);
  return Object.fromEntries(levels.flatMap((level) => [[`${level}_score`, value(evidence[level].score[cell])], [`${level}_margin`, value(evidence[level].margin[cell])]]));
}

/**
 * Clusters in order of their number, each with every lineage that was compared, best first. `n_labelled`: its cells that bear the lineage in the end. Behind them a row
 * for each lineage that was not compared, without a cluster.
 */
export function evidenceTable({clusters, cellIds}: Cohort, {lineage, lineageScores, notCompared}: Labelling, own: ReadonlyMap<string, MappedLabel>): Table {
  const members = [...Map.groupBy(clusters.keys(), (cell) => clusters[cell])].sort(([a], [b]) => a.localeCompare(b, 'en', {numeric: true}));
  return {
    columns: ['cluster', 'n_cells', 'lineage', 'mean_score', 'lead', 'rank', 'n_labelled', 'missing'],
    rows: [...members.flatMap(([cluster, cells]) => {
      const means = [...lineageScores].map(([name, scores]) => ({name, mean: cells.reduce((sum, cell) => sum + scores[cell], 0) / cells.length})).sort((a, b) => b.mean - a.mean);
      const labels = cells.map((cell) => own.get(cellIds[cell])?.lineage ?? lineage[cell]);
      return means.map(({name, mean}, k): Row => ({
        cluster, n_cells: cells.length, lineage: name, mean_score: mean,
        // Over the next for the best, behind the best for the others.
        lead: k === 0 ? (means.length > 1 ? mean - means[1].mean : null) : mean - means[0].mean,
        rank: k + 1,
        n_labelled: labels.filter((label) => label === name).length,
        missing: k === 0 && means.length === 1 ? 'lead: only one lineage was compared' : null,
      }));
    }), ...[...notCompared].map(([name, missing]): Row => ({lineage: name, missing}))],
  };
}
