// What the sheets say of each sample: its keys, which receptors were sequenced, why it has no cells, its lymphocyte count.
import type {CompositionSample} from '../../pipeline/analysis/composition.ts';
import type {Row} from '../../pipeline/data/table.ts';
import type {StepJob} from '../../pipeline/step-runtime/run-step.ts';

type SheetRow = StepJob['design']['rows'][number];

export interface SampleDesign {
  readonly sample_id: string;
  /** sample_id, patient_id, timepoint, day. */
  readonly keys: Row;
  /** `TCR`, `BCR`: receptors that have a library. */
  readonly receptors: ReadonlySet<string>;
  /** Why the sheet promises no cells of this sample; null where it does. */
  readonly gap: string | null;
  readonly lymphocytesPerUl: CompositionSample['lymphocytesPerUl'];
}

const receptorsOf: Readonly<Record<string, readonly string[]>> = {tcr: ['TCR'], bcr: ['BCR'], vdj: ['TCR', 'BCR']};

/** In the order of the sheet. */
export function readDesign(design: StepJob['design']): SampleDesign[] {
  return [...Map.groupBy(design.rows, (row) => row.sample_id)].map(([sample_id, rows]) => {
    const {patient_id, timepoint, day} = rows[0];
    const present = rows.filter((row) => !row.excluded && row.library);
    return {
      sample_id,
      keys: {sample_id, patient_id, timepoint, day: day || null},
      receptors: new Set(present.flatMap((row) => receptorsOf[row.library] ?? [])),
      gap: gapOf(rows, present),
      lymphocytesPerUl: lymphocyteCount(rows, design.visits ?? []),
    };
  });
}

function gapOf(rows: readonly SheetRow[], present: readonly SheetRow[]): string | null {
  if (present.some((row) => row.library === 'gex')) return null;
  const excluded = rows.find((row) => row.excluded);
  if (excluded !== undefined) return `declared gap: ${excluded.excluded}`;
  return present.length === 0 ? 'no sequencing at this visit' : 'no gene expression library';
}

/** The samples sheet wins over the visits sheet; a count per microlitre of blood says nothing of sorted cells or of another tissue. */
function lymphocyteCount(rows: readonly SheetRow[], visits: readonly SheetRow[]): CompositionSample['lymphocytesPerUl'] {
  const {patient_id, timepoint, day} = rows[0];
  const tissue = rows[0].tissue || 'blood';
  const subset = rows[0].cell_subset || 'PBMC';
  if (!/^(peripheral )?blood$|^pbmc$/i.test(tissue)) return {missing: `the sample is ${tissue}, not blood`};
  if (!/^(pbmcs?|(whole )?blood|all)$/i.test(subset)) return {missing: `sorted cells (${subset})`};
  const ofVisit = visits.filter((visit) => visit.patient_id === patient_id && visit.timepoint === timepoint && visit.lymphocytes_per_ul);
  const visit = ofVisit.find((one) => one.day === day) ?? ofVisit[0];
  const text = rows.map((row) => row.lymphocytes_per_ul).find((value) => value) ?? visit?.lymphocytes_per_ul;
  if (text === undefined) return {missing: 'no lymphocytes_per_ul for this sample'};
  const value = Number(text);
  return Number.isFinite(value) && value >= 0 ? {value} : {missing: `lymphocytes_per_ul "${text}" is no number`};
}
