// What the sheet promises of each sample: its receptors, whether it has gene expression, and why something is absent.
import type {Receptor} from '../../pipeline/analysis/receptor-chains.ts';
import type {Row} from '../../pipeline/data/table.ts';
import type {StepJob} from '../../pipeline/step-runtime/run-step.ts';

export interface SampleInfo {
  readonly sample_id: string;
  readonly patient_id: string;
  /** sample_id patient_id timepoint day. */
  readonly keys: Row;
  readonly hasGex: boolean;
  readonly isProduct: boolean;
  /** Why it has no library of a receptor; '' where it has one. */
  readonly noLibrary: (receptor: Receptor) => string;
}

const librariesOf: Readonly<Record<Receptor, readonly string[]>> = {TCR: ['tcr', 'vdj'], BCR: ['bcr', 'vdj']};

/** In the order of the sheet. */
export function describeSamples(design: StepJob['design']): SampleInfo[] {
  return [...Map.groupBy(design.rows, (row) => row['sample_id'])].map(([sample_id, rows]) => {
    const {patient_id, timepoint, day} = rows[0];
    const present = rows.filter((row) => !row['excluded'] && row['library']);
    const noLibrary = (receptor: Receptor): string => {
      if (present.some((row) => librariesOf[receptor].includes(row['library']))) return '';
      const declared = rows.filter((row) => row['excluded']);
      const excluded = declared.find((row) => librariesOf[receptor].includes(row['library'])) ?? (present.length === 0 ? declared[0] : undefined);
      if (excluded !== undefined) return `declared gap: ${excluded['excluded']}`;
      return present.length === 0 ? 'declared gap: no sequencing at this visit' : `no ${receptor} library`;
    };
    return {
      sample_id, patient_id, keys: {sample_id, patient_id, timepoint, day: day || null},
      hasGex: present.some((row) => row['library'] === 'gex'), isProduct: rows[0]['tissue'] === 'infusion product', noLibrary,
    };
  });
}
