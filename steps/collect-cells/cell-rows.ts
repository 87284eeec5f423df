// One row for every barcode: quality, label, clones, and the reasons for what is absent.
import {checkLabel, receptorDoublet, receptorOf, type CellChains} from '../../pipeline/analysis/receptor-check.ts';
import type {Row} from '../../pipeline/data/table.ts';
import type {SampleDesign} from './sample-design.ts';

export const cellColumns = [
  'sample_id', 'patient_id', 'timepoint', 'day', 'cell_id', 'n_counts', 'n_genes', 'percent_mito', 'kept', 'removed_because', 'cluster', 'lineage', 'cell_type',
  'umap_1', 'umap_2', 'tcr_clone_id', 'bcr_clone_id', 'tcr_chain_status', 'bcr_chain_status', 'car_call', 'missing', 'car_umi', 'doublet_score', 'doublet_call',
  'cell_subtype', 'label_source', 'lineage_margin', 'type_margin', 'subtype_margin', 'label_note', 'receptor_check', 'receptor_doublet', 'doublet_threshold',
] as const;

export interface CellFacts {
  /** Rows of the qc step for one sample, in the order of the file. */
  readonly quality: readonly Row[];
  /** By cell_id; kept cells only. */
  readonly labels: ReadonlyMap<string, Row>;
  /** By `<receptor> <cell_id>`. */
  readonly clonotypes: ReadonlyMap<string, Row>;
  /** By cell_id; kept cells only. null where the run file names no transgene. */
  readonly transgene: ReadonlyMap<string, Row> | null;
}

export function cellRows(sample: SampleDesign, {quality, labels, clonotypes, transgene}: CellFacts): Row[] {
  return quality.map((cell) => {
    const cellId = String(cell.cell_id);
    const label = labels.get(cellId);
    const tcr = receptorFacts('TCR', cellId, sample, clonotypes);
    const bcr = receptorFacts('BCR', cellId, sample, clonotypes);
    const car = transgeneFacts(cellId, transgene);
    const chains: CellChains = {tcr: tcr.chain_status, bcr: bcr.chain_status};
    const reasons = [cell.missing, label === undefined ? 'cluster, lineage, cell_type, umap: not kept' : label.missing, tcr.missing, bcr.missing, car.missing, cell.doublet_score === undefined ? 'doublet_score: not looked for' : null];
    return {
      ...sample.keys,
      cell_id: cellId,
      n_counts: number(cell.n_counts),
      n_genes: number(cell.n_genes),
      percent_mito: number(cell.percent_mito),
      kept: cell.kept === 'true',
      removed_because: cell.removed_because,
      cluster: label?.cluster ?? null,
      lineage: label?.lineage ?? null,
      cell_type: label?.cell_type ?? null,
      umap_1: number(label?.umap_1),
      umap_2: number(label?.umap_2),
      tcr_clone_id: tcr.clone_id,
      bcr_clone_id: bcr.clone_id,
      tcr_chain_status: tcr.chain_status,
      bcr_chain_status: bcr.chain_status,
      car_call: car.car_call,
      missing: reasons.filter((reason) => reason !== null && reason !== undefined && reason !== '').join('; '),
      car_umi: car.car_umi,
      doublet_score: number(cell.doublet_score),
      doublet_call: cell.doublet_call ?? null,
      cell_subtype: label?.cell_subtype ?? null,
      label_source: label?.label_source ?? null,
      lineage_margin: number(label?.lineage_margin),
      type_margin: number(label?.type_margin),
      subtype_margin: number(label?.subtype_margin),
      label_note: label?.label_note ?? null,
      receptor_check: label === undefined || receptorOf(chains) === null ? null : checkLabel(String(label.lineage), receptorOf(chains)),
      receptor_doublet: receptorDoublet(chains),
      doublet_threshold: number(cell.doublet_threshold),
    };
  });
}

function receptorFacts(receptor: 'TCR' | 'BCR', cellId: string, sample: SampleDesign, clonotypes: CellFacts['clonotypes']): {clone_id: string | null; chain_status: string | null; missing: string | null} {
  const found = clonotypes.get(`${receptor} ${cellId}`);
  const name = receptor.toLowerCase();
  if (found !== undefined) {
    const clone_id = found.clone_id === null ? null : String(found.clone_id);
    return {clone_id, chain_status: String(found.chain_status), missing: clone_id === null ? `${name}_clone_id: ${found.missing ?? 'no clone'}` : null};
  }
  if (!sample.receptors.has(receptor)) return {clone_id: null, chain_status: null, missing: `${name}: no ${receptor} library`};
  return {clone_id: null, chain_status: 'no IR', missing: `${name}_clone_id: no ${receptor} contig`};
}

function transgeneFacts(cellId: string, transgene: CellFacts['transgene']): {car_umi: number | null; car_call: string | null; missing: string | null} {
  if (transgene === null) return {car_umi: null, car_call: null, missing: 'car_call: the transgene is not called'};
  const found = transgene.get(cellId);
  if (found === undefined) return {car_umi: null, car_call: null, missing: 'car_call: not kept'};
  return {car_umi: number(found.car_umi), car_call: String(found.car_call), missing: found.missing === null ? null : String(found.missing)};
}

/** Tables come as text. */
function number(cell: Row[string] | undefined): number | null {
  return cell === null || cell === undefined || cell === '' ? null : Number(cell);
}
