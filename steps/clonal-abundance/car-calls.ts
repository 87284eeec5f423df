// Does a cell carry the transgene, as call-car says: three answers, and a cell that it does not list was not assayed.
import type {Row} from '../../pipeline/data/table.ts';

export type CarCall = 'assayed_pos' | 'assayed_neg' | 'not_assayed';

/** By cell_id. */
export type CarCalls = ReadonlyMap<string, CarCall>;

/** `rows`: table cells of call-car. */
export function readCarCalls(rows: readonly Row[]): CarCalls {
  return new Map(rows.map((row) => [String(row['cell_id']), row['car_call'] as CarCall]));
}

export function carCallOf(calls: CarCalls, cell: Row): CarCall {
  return calls.get(String(cell['cell_id'])) ?? 'not_assayed';
}
