// Rows of clone_phenotypes: which cell types the largest clones of a patient are in, at each time, in cells.
import type {Row} from '../../pipeline/data/table.ts';
import {totalOf} from './abundance-tables.ts';
import {allCells, type Repertoires} from './repertoires.ts';

export function phenotypeRows(repertoires: Repertoires, nClones: number): Row[] {
  return [...Map.groupBy(repertoires.samples, (sample) => sample.patient_id)].flatMap(([patient_id, samples]) => repertoires.receptors.flatMap((receptor): Row[] => {
    const total = new Map<string, number>();
    for (const sample of samples) for (const [clone, n] of repertoires.sizes(sample, receptor, allCells)) total.set(clone, (total.get(clone) ?? 0) + n);
    const largest = [...total].sort(([a, n], [b, m]) => m - n || a.length - b.length || (a < b ? -1 : 1)).slice(0, nClones).map(([clone]) => clone);
    return largest.flatMap((clone_id, rank) => samples.flatMap((sample): Row[] => {
      const n = repertoires.sizes(sample, receptor, allCells).get(clone_id) ?? 0;
      const common = {...sample.keys, patient_id, receptor, clone_id, rank: rank + 1, n_clone_cells: n};
      const absent = repertoires.missing(sample, receptor, allCells);
      if (absent !== '') return [{...common, n_clone_cells: null, missing: absent}];
      if (totalOf(repertoires.sizes(sample, receptor, allCells)) === 0 || n === 0) return [{...common, missing: n === 0 ? 'no cell of this clone in the sample' : 'no cells with a clone'}];
      const types = repertoires.groups(sample, receptor).filter((group) => group.level !== 'all');
      const rows = types.flatMap((group): Row[] => {
        const n_cells = repertoires.missing(sample, receptor, group) === '' ? repertoires.sizes(sample, receptor, group).get(clone_id) ?? 0 : 0;
        return n_cells === 0 ? [] : [{...common, ...group, n_cells, fraction: n_cells / n, missing: null}];
      });
      return rows.length > 0 ? rows : [{...common, missing: 'no cell of this clone has a cell type of its receptor'}];
    }));
  }));
}
