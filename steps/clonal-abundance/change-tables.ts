// Rows of clone_tracking and repertoire_overlap.
import {trackClones} from '../../pipeline/analysis/clone-tracking.ts';
import {pairSamples} from '../../pipeline/analysis/contrast-pairs.ts';
import {compareRepertoires} from '../../pipeline/analysis/repertoire-overlap.ts';
import type {Row} from '../../pipeline/data/table.ts';
import type {StepJob} from '../../pipeline/step-runtime/run-step.ts';
import {noLibrary, type Repertoires} from './repertoires.ts';

const all = {cell_type: 'all', level: 'all'} as const;

/** A patient without a pair, or a side without a library, has one row with the reason. */
export function trackingRows(repertoires: Repertoires, design: StepJob['design']): Row[] {
  const sampleOf = new Map(repertoires.samples.map((sample) => [sample.sample_id, sample]));
  return (design.contrasts ?? []).flatMap((contrast) => {
    const {pairs, dropped} = pairSamples(design.rows, contrast);
    return repertoires.receptors.flatMap((receptor): Row[] => [
      ...pairs.flatMap(({patient_id, before, after}): Row[] => {
        const keys = {patient_id, receptor, contrast: contrast.name};
        const reason = [before, after].map((id) => noLibrary(sampleOf.get(id)!, receptor)).find((text) => text !== '');
        if (reason !== undefined) return [{...keys, missing: reason}];
        const tracked = trackClones(repertoires.sizes(before, receptor, all), repertoires.sizes(after, receptor, all));
        if (tracked.length === 0) return [{...keys, missing: 'no cells with a clone before or after'}];
        return tracked.map((clone) => ({...clone, ...keys, missing: clone.missing || null}));
      }),
      ...dropped.map(({patient_id, reason}): Row => ({patient_id, receptor, contrast: contrast.name, missing: reason})),
    ]);
  });
}

/** `sequenceOf`: what a clone means in any patient; ids are compared within one patient only. */
export function overlapRows(repertoires: Repertoires, sequenceOf: ReadonlyMap<string, string>): Row[] {
  return repertoires.receptors.flatMap((receptor) => {
    const samples = repertoires.samples.filter((sample) => noLibrary(sample, receptor) === '');
    const byId = new Map(samples.map((sample) => [sample.sample_id, repertoires.sizes(sample.sample_id, receptor, all)]));
    const bySequence = new Map([...byId].map(([id, sizes]) => [id, regroup(sizes, sequenceOf)]));
    return samples.flatMap((a, i) => samples.slice(i + 1).map((b): Row => {
      const same_patient = a.patient_id === b.patient_id;
      const source = same_patient ? byId : bySequence;
      const {missing, ...overlap} = compareRepertoires(source.get(a.sample_id)!, source.get(b.sample_id)!);
      return {receptor, sample_id_a: a.sample_id, sample_id_b: b.sample_id, ...overlap, same_patient, missing: missing || null};
    }));
  });
}

function regroup(sizes: ReadonlyMap<string, number>, nameOf: ReadonlyMap<string, string>): Map<string, number> {
  const regrouped = new Map<string, number>();
  for (const [id, size] of sizes) {
    const name = nameOf.get(id) ?? id;
    regrouped.set(name, (regrouped.get(name) ?? 0) + size);
  }
  return regrouped;
}
