// The scores of single cells that the page's map can be coloured by, in the order of the kept cells.
import type {Row} from '../../pipeline/data/table.ts';
import type {CellScores} from '../../pipeline/figures/page-content.ts';
import {readH5ad} from '../../pipeline/formats/h5ad.ts';

export async function readCellScores(paths: readonly string[], cells: readonly Row[], signatures: readonly string[]): Promise<CellScores[]> {
  const kept = cells.filter((row) => row['kept'] === 'true').map((row) => String(row['cell_id']));
  const place = new Map(kept.map((cellId, k) => [cellId, k]));
  const scores = signatures.map((signature): CellScores => ({signature, values: new Float32Array(kept.length).fill(NaN)}));
  for (const path of paths) {
    const {obs, obsm, uns} = await readH5ad(path, {X: false, layers: false, pairs: false});
    const matrix = obsm?.get('signature_scores');
    const names = uns?.['signatures'];
    if (matrix === undefined || !Array.isArray(names)) continue;
    const columns = signatures.map((signature) => names.indexOf(signature));
    for (const [row, cellId] of obs.index.entries()) {
      const to = place.get(cellId);
      if (to === undefined) continue;
      columns.forEach((column, i) => {
        if (column >= 0) scores[i].values[to] = matrix.values[row * matrix.nColumns + column];
      });
    }
  }
  return scores.filter(({values}) => values.some((value) => !Number.isNaN(value)));
}
