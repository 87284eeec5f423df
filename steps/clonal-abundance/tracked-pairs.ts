// Which samples clones are followed between: the contrasts of the run, and from and to the infusion product of a patient.
import {pairSamples, type ContrastPairs} from '../../pipeline/analysis/contrast-pairs.ts';
import type {StepJob} from '../../pipeline/step-runtime/run-step.ts';

export interface TrackedPairs extends ContrastPairs {
  readonly name: string;
}

const product = 'infusion product';
const productWord = 'infusion-product';

/** First those of the run; one of the product whose name the run has is left out. */
export function trackedPairs(design: StepJob['design']): TrackedPairs[] {
  const named = (design.contrasts ?? []).map((contrast) => ({name: contrast.name, ...pairSamples(design.rows, contrast)}));
  return [...named, ...productPairs(design).filter(({name}) => !named.some((one) => one.name === name))];
}

/** By patient, so that the product of another patient adds no rows to this one and turns none. */
function productPairs({rows, timepoints = []}: StepJob['design']): TrackedPairs[] {
  const patients = [...new Set(rows.map((row) => row['patient_id']))].sort();
  const own = patients.flatMap((patient_id) => pairsOfPatient(rows.filter((row) => row['patient_id'] === patient_id), timepoints));
  return [...Map.groupBy(own, ({name}) => name)].map(([name, found]) => ({name, pairs: found.flatMap(({pairs}) => pairs), dropped: found.flatMap(({dropped}) => dropped)}));
}

/** The product stands after the timepoint whose label it has: blood of that visit is drawn before the infusion. */
function pairsOfPatient(rows: StepJob['design']['rows'], timepoints: readonly string[]): TrackedPairs[] {
  const [products, others] = [true, false].map((isProduct) => rows.filter((row) => (row['tissue'] === product) === isProduct));
  if (products.length === 0) return [];
  const productAt = Math.min(...products.map((row) => timepoints.indexOf(row['timepoint'])));
  // As a timepoint of its own it has no tissue by which a contrast would have to name it.
  const inTime = [...others, ...products.map((row) => ({...row, timepoint: product, tissue: ''}))];
  return timepoints.filter((timepoint) => others.some((row) => row['timepoint'] === timepoint)).map((timepoint) => {
    const isEarlier = timepoints.indexOf(timepoint) <= productAt;
    const [before, after] = isEarlier ? [timepoint, product] : [product, timepoint];
    const name = isEarlier ? `${productWord}-vs-${timepoint}` : `${timepoint}-vs-${productWord}`;
    return {name, ...pairSamples(inTime, {name, by: 'timepoint', before, after, where: {}})};
  });
}
