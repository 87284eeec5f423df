// Which samples clones are followed between: the contrasts of the run, and the infusion product from and to each timepoint of the patient.
import {pairSamples, type ContrastPairs} from '../../pipeline/analysis/contrast-pairs.ts';
import type {StepJob} from '../../pipeline/step-runtime/run-step.ts';

export interface TrackedPairs extends ContrastPairs {
  readonly name: string;
}

const product = 'infusion product';
const productWord = 'infusion-product';

/** A contrast of the run keeps its name where ours would be the same. */
export function trackedPairs(design: StepJob['design']): TrackedPairs[] {
  const named = (design.contrasts ?? []).map((contrast) => ({name: contrast.name, ...pairSamples(design.rows, contrast)}));
  return [...named, ...productPairs(design).filter(({name}) => !named.some((one) => one.name === name))];
}

/** None where the sheet has no product. The product stands after the timepoint whose label it has: blood of that visit is drawn before the infusion. */
function productPairs({rows, timepoints = []}: StepJob['design']): TrackedPairs[] {
  const [products, others] = [true, false].map((isProduct) => rows.filter((row) => (row['tissue'] === product) === isProduct));
  const productAt = Math.min(...products.map((row) => timepoints.indexOf(row['timepoint'])));
  // As a timepoint of its own it has no tissue by which a contrast would have to name it.
  const inTime = [...others, ...products.map((row) => ({...row, timepoint: product, tissue: ''}))];
  return timepoints.flatMap((timepoint, at): TrackedPairs[] => {
    if (products.length === 0 || !others.some((row) => row['timepoint'] === timepoint)) return [];
    const isEarlier = at <= productAt;
    const [before, after] = isEarlier ? [timepoint, product] : [product, timepoint];
    const name = isEarlier ? `${productWord}-vs-${timepoint}` : `${timepoint}-vs-${productWord}`;
    return [{name, ...pairSamples(inTime, {name, by: 'timepoint', before, after, where: {}})}];
  });
}
