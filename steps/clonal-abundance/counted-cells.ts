// Which V(D)J cells of a sample count, and under which one reason each of the others does not.
import type {Receptor} from '../../pipeline/analysis/receptor-chains.ts';
import type {Row} from '../../pipeline/data/table.ts';
import {carCallOf, type CarCall, type CarCalls} from './car-calls.ts';
import type {SampleInfo} from './samples.ts';

export type Denominator = 'kept' | 'vdj_cells' | 'paired' | 'car_negative';

export interface CountedCells {
  /** Rows of call-clonotypes that count. */
  readonly cells: readonly Row[];
  /** Those, and the CAR+ cells that only `car_negative` leaves out. */
  readonly withCarPositive: readonly Row[];
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
  readonly carCalls: CarCalls;
  readonly denominator: Denominator;
}

/** `reasonOf`: why a cell is left out here; '' where it stays. */
interface Stage {
  readonly stage: string;
  readonly reasonOf: (cell: Row) => string;
}

export function countCells(question: CountQuestion): CountedCells {
  const {sample, receptor, cells, qcCells, anyBarcode, carCalls, denominator} = question;
  const keys = {...sample.keys, receptor};
  const nothing = (missing: string): CountedCells => ({cells: [], withCarPositive: [], areKept: false, missing, attrition: [{...keys, missing}]});
  const absent = sample.noLibrary(receptor);
  if (absent !== '') return nothing(absent);
  const areKept = denominator !== 'vdj_cells' && (sample.hasGex || anyBarcode !== undefined);
  if (areKept && anyBarcode === undefined) return nothing('no QC result of its gene expression');
  const withClone = cells.filter((cell) => cell['clone_id'] !== null);
  if (areKept && withClone.length >= leastUnmatched && !withClone.some((cell) => qcCells.has(String(cell['cell_id'])))) {
    return nothing(`none of ${withClone.length} ${receptor} cells is a barcode of the count matrix (${String(withClone[0]['cell_id'])} against ${anyBarcode})`);
  }
  const stages: Stage[] = [
    {stage: 'clone', reasonOf: (cell) => (cell['clone_id'] === null ? String(cell['missing']) : '')},
    ...(areKept ? [{stage: 'kept', reasonOf: (cell: Row) => qcReason(qcCells.get(String(cell['cell_id'])))}] : []),
    ...(denominator === 'paired' ? [{stage: 'paired', reasonOf: (cell: Row) => (pairedStatus.includes(String(cell['chain_status'])) ? '' : 'only one arm of the receptor')}] : []),
  ];
  const attrition: Row[] = [{...keys, stage: 'read', n_cells: cells.length, n_removed: 0, reason: 'cells with a contig'}];
  const leave = (left: readonly Row[], {stage, reasonOf}: Stage): readonly Row[] => {
    const byReason = Map.groupBy(left, reasonOf);
    let n_cells = left.length;
    for (const reason of [...byReason.keys()].filter((text) => text !== '').sort()) {
      const n_removed = byReason.get(reason)!.length;
      n_cells -= n_removed;
      attrition.push({...keys, stage, n_cells, n_removed, reason});
    }
    return byReason.get('') ?? [];
  };
  const withCarPositive = stages.reduce(leave, cells);
  const callOf = (cell: Row): CarCall => carCallOf(carCalls, cell);
  const isCarNegative = denominator === 'car_negative';
  const left = isCarNegative ? leave(withCarPositive, {stage: 'car_negative', reasonOf: (cell) => (callOf(cell) === 'assayed_pos' ? 'CAR+ (assayed_pos)' : '')}) : withCarPositive;
  const words = areKept ? 'cells kept by QC with a clone' : sample.hasGex ? 'V(D)J cells with a clone' : 'V(D)J cells with a clone: the sample has no gene expression';
  // Not assayed is not negative; but without those cells a sample whose reference lacks the CAR would be empty, so they count and their number is told.
  const carWords = isCarNegative ? `; CAR+ cells left out, ${left.filter((cell) => callOf(cell) === 'not_assayed').length} not assayed for the CAR counted` : '';
  attrition.push({...keys, stage: 'counted', n_cells: left.length, n_removed: 0, reason: `${words}${carWords}`});
  return {cells: left, withCarPositive, areKept, missing: '', attrition};
}

function qcReason(cell: Row | undefined): string {
  if (cell === undefined) return 'no barcode of the count matrix';
  return cell['kept'] === 'true' ? '' : `removed by QC: ${String(cell['removed_because'] ?? 'no reason given')}`;
}
