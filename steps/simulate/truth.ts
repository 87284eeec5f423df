// What was planted, as tables.
import type {Programme} from '../../pipeline/analysis/simulated-cohort/sample.ts';
import type {Row, Table} from '../../pipeline/data/table.ts';

/** Singlets of each clone by sample. */
export function cloneTruth(cells: readonly Row[]): Table {
  const singlets = cells.filter((cell) => cell['kind'] === 'singlet' && cell['clone_id'] !== null);
  const groups = Map.groupBy(singlets, (cell) => `${String(cell['sample_id'])}\t${String(cell['clone_id'])}`);
  const rows = [...groups.values()].map(([first, ...rest]): Row => {
    const {sample_id, patient_id, timepoint, day, clone_id} = first;
    return {sample_id, patient_id, timepoint, day, receptor: String(clone_id).includes('-TCR-') ? 'TCR' : 'BCR', clone_id, n_cells: 1 + rest.length, is_planted: !/-s\d+$/.test(String(clone_id))};
  });
  return {columns: ['sample_id', 'patient_id', 'timepoint', 'day', 'receptor', 'clone_id', 'n_cells', 'is_planted'], rows};
}

export function programmeTruth({programmes, nullSet, isOn}: {programmes: readonly Programme[]; nullSet: string; isOn: boolean}): Table {
  const planted = programmes.flatMap(({signature, lineages, factor, genes}) => lineages.map((cell_type): Row => ({signature, cell_type, factor_before: factor, n_genes: genes.length, expected: 'down'})));
  return {columns: ['signature', 'cell_type', 'factor_before', 'n_genes', 'expected'], rows: [...planted, {signature: nullSet, cell_type: 'every lineage', factor_before: 1, n_genes: 0, expected: isOn ? 'no change' : 'no change (no programme has one)'}]};
}

export const truthReadme = `# Truth of this simulated cohort
- \`cells.tsv.gz\`: every barcode: singlet, doublet (its first cell is named) or dying; lineage, type and clone.
- \`clones.tsv\`: singlets of each clone by sample; planted clones are expanded, the others singletons.
- \`programmes.tsv\`: which signatures were raised before the infusion, in which lineages, by which factor. The last one has no change.

The depth rises from the first timepoint to the last. B cells are absent at the second of three timepoints in every patient, and still at the third in
every seventh. The fourth patient has no sample at the second timepoint. Every seventh patient, from the fifth on, is a man: genes of the Y chromosome in place of XIST.
`;
