// Rows of clone_tracking and repertoire_overlap.
import {trackClones} from '../../pipeline/analysis/clone-tracking.ts';
import {compareRepertoires} from '../../pipeline/analysis/repertoire-overlap.ts';
import type {Receptor} from '../../pipeline/analysis/receptor-chains.ts';
import type {Row} from '../../pipeline/data/table.ts';
import type {StepJob} from '../../pipeline/step-runtime/run-step.ts';
import {totalOf} from './abundance-tables.ts';
import {allCells, type Repertoires} from './repertoires.ts';
import type {SampleInfo} from './samples.ts';
import {trackedPairs} from './tracked-pairs.ts';

/** A patient without a pair, or a side without a count, has one row with the reason. */
export function trackingRows(repertoires: Repertoires, design: StepJob['design']): Row[] {
  const sampleOf = new Map(repertoires.samples.map((sample) => [sample.sample_id, sample]));
  return trackedPairs(design).flatMap(({name: contrast, pairs, dropped}) => repertoires.receptors.flatMap((receptor): Row[] => [
    ...pairs.flatMap(({patient_id, before, after}): Row[] => {
      const keys = {patient_id, receptor, contrast};
      const sides = [sampleOf.get(before)!, sampleOf.get(after)!];
      const missing = sides.map((side) => repertoires.missing(side, receptor, allCells)).find((text) => text !== '');
      if (missing !== undefined) return [{...keys, missing}];
      const [sizesBefore, sizesAfter] = sides.map((side) => repertoires.sizes(side, receptor, allCells));
      const tracked = trackClones(sizesBefore, sizesAfter);
      if (tracked.length === 0) return [{...keys, n_cells_before: 0, n_cells_after: 0, missing: 'no cells with a clone before or after'}];
      return tracked.map((clone) => ({...clone, ...keys, missing: clone.missing || null}));
    }),
    ...dropped.map(({patient_id, reason}): Row => ({patient_id, receptor, contrast, missing: reason})),
  ]));
}

/** Every pair of samples; a pair of two patients only where both have a count. Below the minimum of cells the shared clones are counted and the indices missing. `junctionsOf`: what a clone means in any patient. */
export function overlapRows(repertoires: Repertoires, minCells: number, junctionsOf: ReadonlyMap<string, string>): Row[] {
  const {samples, receptors} = repertoires;
  return receptors.flatMap((receptor) => {
    const byId = new Map(samples.map((sample) => [sample, repertoires.sizes(sample, receptor, allCells)]));
    const byJunctions = new Map([...byId].map(([sample, sizes]) => [sample, regroup(sizes, junctionsOf)]));
    const missingOf = (pair: readonly SampleInfo[]): string => pair.map((sample) => repertoires.missing(sample, receptor, allCells)).find((text) => text !== '') ?? '';
    return samples.flatMap((a, i) => samples.slice(i + 1).flatMap((b): Row[] => {
      const same_patient = a.patient_id === b.patient_id;
      const keys = keysOf(receptor, a, b);
      const absent = missingOf([a, b]);
      if (absent !== '') return same_patient ? [{...keys, same_patient, missing: absent}] : [];
      const sizes = same_patient ? byId : byJunctions;
      const {missing, ...overlap} = compareRepertoires(sizes.get(a)!, sizes.get(b)!);
      const fewest = Math.min(...[a, b].map((sample) => totalOf(byId.get(sample)!)));
      if (fewest < minCells) return [{...keys, n_shared: overlap.n_shared, same_patient, missing: `only ${fewest} ${receptor}+ cells in one of the samples, ${minCells} needed`}];
      return [{...keys, ...overlap, same_patient, missing: missing || null}];
    }));
  });
}

function keysOf(receptor: Receptor, a: SampleInfo, b: SampleInfo): Row {
  return {receptor, sample_id_a: a.sample_id, sample_id_b: b.sample_id};
}

function regroup(sizes: ReadonlyMap<string, number>, nameOf: ReadonlyMap<string, string>): Map<string, number> {
  const regrouped = new Map<string, number>();
  for (const [id, size] of sizes) {
    const name = nameOf.get(id) ?? id;
    regrouped.set(name, (regrouped.get(name) ?? 0) + size);
  }
  return regrouped;
}
