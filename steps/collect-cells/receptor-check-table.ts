// How labels and receptors agree, counted: rows of receptor_check.tsv.
import {checkLabel, receptorOf, type ReceptorFound} from '../../pipeline/analysis/receptor-check.ts';
import type {Row, Table} from '../../pipeline/data/table.ts';
import type {SampleDesign} from './sample-design.ts';

const kinds: readonly ReceptorFound[] = ['TCR', 'BCR', 'both', 'none'];

/** Kept cells of each sample by lineage and receptor; combinations that no cell has are left out. `cells`: rows of cells.tsv.gz. */
export function receptorCheckTable(samples: readonly SampleDesign[], cells: ReadonlyMap<string, readonly Row[]>, lineages: readonly string[]): Table {
  return {
    columns: ['sample_id', 'patient_id', 'timepoint', 'day', 'lineage', 'receptor', 'verdict', 'n_cells', 'n_receptor_doublets', 'missing'],
    rows: samples.flatMap((sample) => {
      const own = cells.get(sample.sample_id) ?? [];
      if (own.length === 0) return [];
      if (sample.receptors.size === 0) return [{...sample.keys, lineage: null, receptor: null, verdict: null, n_cells: null, n_receptor_doublets: null, missing: 'no receptor library'}];
      const found = Map.groupBy(own, (cell) => `${cell.lineage} ${receptorOf({tcr: cell.tcr_chain_status as string | null, bcr: cell.bcr_chain_status as string | null})}`);
      return lineages.flatMap((lineage) => kinds.flatMap((receptor): Row[] => {
        const group = found.get(`${lineage} ${receptor}`) ?? [];
        if (group.length === 0) return [];
        return [{...sample.keys, lineage, receptor, verdict: checkLabel(lineage, receptor), n_cells: group.length, n_receptor_doublets: group.filter((cell) => cell.receptor_doublet !== null).length, missing: null}];
      }));
    }),
  };
}
