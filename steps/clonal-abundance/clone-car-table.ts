// Rows of clone_car: the cells of each clone by CAR call, so that a clone of infused cells is told from one of the patient's own.
import {exactInterval} from '../../pipeline/analysis/clonal-abundance.ts';
import {compareIds} from '../../pipeline/analysis/clone-tracking.ts';
import type {Row} from '../../pipeline/data/table.ts';
import {carCallOf, type CarCalls} from './car-calls.ts';
import type {Repertoires} from './repertoires.ts';

/** Of the cells that count, and of the CAR+ cells beside them where `car_negative` leaves them out: a clone that it removes is found here. */
export function cloneCarRows({samples, receptors, counted}: Repertoires, carCalls: CarCalls): Row[] {
  return samples.flatMap((sample) => receptors.flatMap((receptor): Row[] => {
    const keys = {...sample.keys, receptor};
    const {withCarPositive, missing} = counted(sample, receptor);
    if (missing !== '') return [{...keys, missing}];
    if (withCarPositive.length === 0) return [{...keys, n_cells: 0, missing: 'no cells with a clone'}];
    const clones = Map.groupBy(withCarPositive, (cell) => String(cell['clone_id']));
    return [...clones.keys()].sort(compareIds).map((clone_id) => ({...keys, clone_id, ...countCalls(clones.get(clone_id)!, carCalls)}));
  }));
}

/** The share is of the assayed cells. */
function countCalls(cells: readonly Row[], carCalls: CarCalls): Row {
  const byCall = Map.groupBy(cells, (cell) => carCallOf(carCalls, cell));
  const [nPos, nNeg, nNot] = (['assayed_pos', 'assayed_neg', 'not_assayed'] as const).map((call) => byCall.get(call)?.length ?? 0);
  const nAssayed = nPos + nNeg;
  const counts = {n_cells: cells.length, n_assayed_pos: nPos, n_assayed_neg: nNeg, n_not_assayed: nNot};
  if (nAssayed === 0) return {...counts, missing: 'fraction: no cell of this clone was assayed for the CAR'};
  const [lower, upper] = exactInterval(nPos, nAssayed);
  return {...counts, fraction: nPos / nAssayed, fraction_lower: lower, fraction_upper: upper, missing: null};
}
