// Rows of tracking_power and clone_trajectories: what each pair could show, and the course of each clone over all timepoints.
import {followClones} from '../../pipeline/analysis/clone-trajectory.ts';
import {smallestCallableChange} from '../../pipeline/analysis/tracking-power.ts';
import type {Row} from '../../pipeline/data/table.ts';
import type {StepJob} from '../../pipeline/step-runtime/run-step.ts';
import {totalOf} from './abundance-tables.ts';
import {allCells, type Repertoires} from './repertoires.ts';
import {trackedPairs} from './tracked-pairs.ts';

const alpha = 0.05;
/** Shares before for which the smallest change is stated; 0 is a clone that was not there. */
const frequencies = [0, 0.001, 0.01, 0.1];

export function powerRows(repertoires: Repertoires, design: StepJob['design']): Row[] {
  const sampleOf = new Map(repertoires.samples.map((sample) => [sample.sample_id, sample]));
  return trackedPairs(design).flatMap(({name: contrast, pairs}) => repertoires.receptors.flatMap((receptor) => pairs.flatMap(({patient_id, before, after}): Row[] => {
    const keys = {patient_id, receptor, contrast};
    const sides = [sampleOf.get(before)!, sampleOf.get(after)!];
    const sizes = sides.map((side) => repertoires.sizes(side, receptor, allCells));
    const [nCellsBefore, nCellsAfter] = sizes.map(totalOf);
    const absent = sides.map((side) => repertoires.missing(side, receptor, allCells)).find((text) => text !== '');
    const missing = absent ?? (nCellsBefore === 0 || nCellsAfter === 0 ? `no cells with a clone ${nCellsBefore === 0 ? 'before' : 'after'}` : undefined);
    if (missing !== undefined) return [{...keys, n_cells_before: absent === undefined ? nCellsBefore : null, n_cells_after: absent === undefined ? nCellsAfter : null, missing}];
    const nClones = new Set(sizes.flatMap((own) => [...own.keys()])).size;
    return frequencies.map((frequency): Row => {
      const change = smallestCallableChange({frequency, nCellsBefore, nCellsAfter, alpha: alpha / nClones});
      const common = {...keys, n_cells_before: nCellsBefore, n_cells_after: nCellsAfter, n_clones: nClones, frequency_before: frequency};
      if (frequency > 0 && change.nBefore === 0) return {...common, missing: `${nCellsBefore} cells before hold less than one of such a clone`};
      const none = [change.nAfterExpanded === null ? 'no growth is large enough to be called' : '', frequency === 0 ? 'a clone that was not seen cannot shrink' : change.nAfterContracted === null ? 'not even its absence would be called' : ''].filter((text) => text !== '');
      return {
        ...common, n_before: change.nBefore, n_after_expanded: change.nAfterExpanded, fold_expanded: change.foldExpanded,
        n_after_contracted: change.nAfterContracted, fold_contracted: change.foldContracted, missing: none.join('; ') || null,
      };
    });
  })));
}

/** Of patients with at least two timepoints that were counted; a word for the course is about the blood, and what was chosen in culture would turn it: the infusion product is followed by pairs only. */
export function trajectoryRows(repertoires: Repertoires, design: StepJob['design']): Row[] {
  const timepoints = design.timepoints ?? [];
  return [...Map.groupBy(repertoires.samples.filter((sample) => !sample.isProduct), (sample) => sample.patient_id)].flatMap(([patient_id, samples]) => repertoires.receptors.flatMap((receptor): Row[] => {
    const counted = samples.filter((sample) => repertoires.missing(sample, receptor, allCells) === '' && totalOf(repertoires.sizes(sample, receptor, allCells)) > 0);
    const inTime = timepoints.flatMap((timepoint) => {
      const own = counted.filter((sample) => sample.keys['timepoint'] === timepoint);
      // Two tissues of one visit are no course.
      return own.length === 1 ? [{timepoint, sizes: repertoires.sizes(own[0], receptor, allCells)}] : [];
    });
    if (inTime.length < 2) return [{patient_id, receptor, missing: `${inTime.length} timepoints with cells and one sample each, 2 needed`}];
    return followClones(inTime).map(({counts, ...course}) => ({patient_id, receptor, ...course, timepoints: inTime.map(({timepoint}) => timepoint).join(','), counts: counts.join(','), missing: null}));
  }));
}
