// Sheets of nf-core pipelines, recognised by their columns, so that only what they lack is asked for.

interface Dialect {
  readonly name: string;
  /** Columns that only its sheets have. */
  readonly marks: readonly string[];
  /** Its column -> ours. */
  readonly renamed: Readonly<Record<string, string>>;
}

// assets/schema_input.json of nf-core/scrnaseq 4.0.0 and nf-core/airrflow 5.0.0 (`filename` in assembled mode, `filename_R1` in fastq mode).
const dialects: readonly Dialect[] = [
  {name: 'nf-core/airrflow', marks: ['subject_id', 'pcr_target_locus'], renamed: {subject_id: 'patient_id', filename: 'path', filename_R1: 'fastq_1', filename_R2: 'fastq_2', pcr_target_locus: 'library'}},
  {name: 'nf-core/scrnaseq', marks: ['sample', 'fastq_1'], renamed: {sample: 'sample_id'}},
];

const meanings: Readonly<Record<string, string>> = {
  timepoint: 'timepoint (a label of the run file)', day: 'day (days from infusion, may be empty)', library: 'library (gex, tcr, bcr, adt or vdj)', path: 'path',
};

/** What a sheet of another pipeline needs to become ours; undefined where it is none. */
export function foreignSheetAdvice(columns: readonly string[], missing: readonly string[]): {found: string; advice: string} | undefined {
  const dialect = dialects.find(({marks}) => marks.every((mark) => columns.includes(mark)));
  if (dialect === undefined) return undefined;
  const renames = Object.entries(dialect.renamed).filter(([theirs, ours]) => columns.includes(theirs) && !columns.includes(ours));
  const added = missing.filter((name) => !renames.some(([, ours]) => ours === name));
  const steps = [
    ...(renames.length === 0 ? [] : [`rename ${renames.map(([theirs, ours]) => `${theirs} to ${meanings[ours] ?? ours}`).join(', ')}`]),
    ...(added.length === 0 ? [] : [`add ${added.map((name) => meanings[name] ?? name).join(', ')}`]),
  ].join('; ');
  return {found: `this is a sheet of ${dialect.name}: it lacks ${missing.join(', ')}`, advice: `${steps.charAt(0).toUpperCase()}${steps.slice(1)}. Other columns may stay.`};
}
