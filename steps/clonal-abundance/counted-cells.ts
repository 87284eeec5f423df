// Which V(D)J cells of a sample count, and under which one reason each of the others does not.
import type {Receptor} from '../../pipeline/analysis/receptor-chains.ts';
import type {Row} from '../../pipeline/data/table.ts';
import type {SampleInfo} from './samples.ts';

export type Denominator = 'kept' | 'vdj_cells' | 'paired';

export interface CountedCells {
  /** Rows of call-clonotypes that count. */
  readonly cells: readonly Row[];
  /** The denominator was asked for among kept cells and the sample has gene expression. */
  readonly areKept: boolean;
  /** Why the sample has no count; '' where it has one. */
  readonly missing: string;
  /** Of the table receptor_attrition. */
  readonly attrition: readonly Row[];
}

/** Rows of the cells tables of QC. */
export type QcCells = ReadonlyMap<string, Row>;

const pairedStatus: readonly string[] = ['single pair', 'extra VJ', 'extra VDJ', 'two full chains'];
/** Fewer V(D)J cells may all be barcodes that the count matrix does not call cells. */
const leastUnmatched = 10;

export interface CountQuestion {
  readonly sample: SampleInfo;
  readonly receptor: Receptor;
  /** Every row of this sample and receptor. */
  readonly cells: readonly Row[];
  readonly qcCells: QcCells;
  /** Some barcode of the sample's count matrix; undefined where QC says nothing of the sample. */
  readonly anyBarcode: string | undefined;
  readonly denominator: Denominator;
}

export function countCells(question: CountQuestion): CountedCells {
  const {sample, receptor, cells, qcCells, anyBarcode, denominator} = question;
  const keys = {...sample.keys, receptor};
  const nothing = (missing: string): CountedCells => ({cells: [], areKept: false, missing, attrition: [{...keys, missing}]});
  const absent = sample.noLibrary(receptor);
  if (absent !== '') return nothing(absent);
  const areKept = denominator !== 'vdj_cells' && (sample.hasGex || anyBarcode !== undefined);
  if (areKept && anyBarcode === undefined) return nothing('no QC result of its gene expression');
  const withClone = cells.filter((cell) => cell['clone_id'] !== null);
  if (areKept && withClone.length >= leastUnmatched && !withClone.some((cell) => qcCells.has(String(cell['cell_id'])))) {
    return nothing(`none of ${withClone.length} ${receptor} cells is a barcode of the count matrix (${String(withClone[0]['cell_id'])} against ${anyBarcode})`);
  }
  const stages: {stage: string; reasonOf: (cell: Row) => string}[] = [
    {stage: 'clone', reasonOf: (cell) => (cell['clone_id'] === null ? String(cell['missing']) : '')},
    ...(areKept ? [{stage: 'kept', reasonOf: (cell: Row) => qcReason(qcCells.get(String(cell['cell_id'])))}] : []),
    ...(denominator === 'paired' ? [{stage: 'paired', reasonOf: (cell: Row) => (pairedStatus.includes(String(cell['chain_status'])) ? '' : 'only one arm of the receptor')}] : []),
  ];
  let left = cells;
  const attrition: Row[] = [{...keys, stage: 'read', n_cells: left.length, n_removed: 0, reason: 'cells with a contig'}];
  for (const {stage, reasonOf} of stages) {
    const byReason = Map.groupBy(left, reasonOf);
    let n_cells = left.length;
    for (const reason of [...byReason.keys()].filter((text) => text !== '').sort()) {
      const n_removed = byReason.get(reason)!.length;
      n_cells -= n_removed;
      attrition.push({...keys, stage, n_cells, n_removed, reason});
    }
    left = byReason.get('') ?? [];
  }
  const words = areKept ? 'cells kept by QC with a clone' : sample.hasGex ? 'V(D)J cells with a clone' : 'V(D)J cells with a clone: the sample has no gene expression';
  attrition.push({...keys, stage: 'counted', n_cells: left.length, n_removed: 0, reason: words});
  return {cells: left, areKept, missing: '', attrition};
}

function qcReason(cell: Row | undefined): string {
  if (cell === undefined) return 'no barcode of the count matrix';
  return cell['kept'] === 'true' ? '' : `removed by QC: ${String(cell['removed_because'] ?? 'no reason given')}`;
}
