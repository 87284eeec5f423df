// Lymphocytes per microlitre of a sample and the lymphoid cells they are shared among.
import type {Row} from '../../pipeline/data/table.ts';
import type {StepJob} from '../../pipeline/step-runtime/run-step.ts';
import type {AbundanceSetting} from './abundance-tables.ts';

const lymphoid: readonly unknown[] = ['T cell', 'NK cell', 'B cell', 'plasma cell'];

/** The samples sheet wins over the patient's visit at that timepoint. */
export function concentrations(design: StepJob['design'], labels: readonly Row[]): AbundanceSetting['concentration'] {
  const nLymphoidOf = new Map<string, number>();
  for (const label of labels) if (lymphoid.includes(label['lineage'])) nLymphoidOf.set(String(label['sample_id']), (nLymphoidOf.get(String(label['sample_id'])) ?? 0) + 1);
  return ({sample_id, patient_id, keys}) => {
    const inSheet = design.rows.find((row) => row['sample_id'] === sample_id && row['lymphocytes_per_ul']);
    const atVisit = design.visits?.find((visit) => visit['patient_id'] === patient_id && visit['timepoint'] === keys['timepoint'] && visit['lymphocytes_per_ul']);
    const text = (inSheet ?? atVisit)?.['lymphocytes_per_ul'];
    const nLymphoid = nLymphoidOf.get(sample_id) ?? 0;
    if (text === undefined) return {missing: 'no lymphocytes_per_ul for this sample'};
    if (!(Number(text) >= 0)) return {missing: `lymphocytes_per_ul is "${text}"`};
    return nLymphoid === 0 ? {missing: 'no lymphoid cells kept'} : {perUl: Number(text), nLymphoid};
  };
}
