// Which sample of which patient stands on which side of a contrast, and why a patient has no pair.

/** A sample with every sheet column it has, as text; empty where empty. */
export type SampleRow = Readonly<Record<string, string>>;

export interface ContrastDefinition {
  readonly name: string;
  /** Sheet column whose values are the sides. */
  readonly by: string;
  readonly before: string;
  readonly after: string;
  /** Other columns that must have this value. */
  readonly where: Readonly<Record<string, string>>;
}

export interface SamplePair {
  readonly patient_id: string;
  readonly before: string;
  readonly after: string;
}

export interface ContrastPairs {
  /** By patient_id, ascending. */
  readonly pairs: readonly SamplePair[];
  /** Patients of the sheet without a complete pair, ascending, each under one reason. */
  readonly dropped: readonly {readonly patient_id: string; readonly reason: string}[];
}

/**
 * `rows`: one a library, declared gaps included (`excluded` filled in, or `library` and `path` both empty). A sample counts where at least one
 * of its rows is no gap. Two samples of one patient on one side are no pair either: `where` has to tell them apart.
 */
export function pairSamples(rows: readonly SampleRow[], contrast: ContrastDefinition): ContrastPairs {
  const patients = [...new Set(rows.map((row) => row.patient_id))].sort();
  const matching = matchingRows(rows, contrast);
  const pairs: SamplePair[] = [];
  const dropped: {patient_id: string; reason: string}[] = [];
  for (const patient_id of patients) {
    const own = matching.filter((row) => row.patient_id === patient_id);
    const before = sampleOfSide(own, contrast.by, contrast.before);
    const after = sampleOfSide(own, contrast.by, contrast.after);
    if ('missing' in before) dropped.push({patient_id, reason: before.missing});
    else if ('missing' in after) dropped.push({patient_id, reason: after.missing});
    else pairs.push({patient_id, before: before.sample_id, after: after.sample_id});
  }
  return {pairs, dropped};
}

export interface SampleOnSide {
  readonly sample_id: string;
  readonly patient_id: string;
  /** Its value in the column that the contrast goes by. */
  readonly side: string;
}

/** Every sample that the contrast's `where` takes, of all sides: what a model of all visits stands on. A side with two samples of one patient is left out. */
export function samplesOfAllSides(rows: readonly SampleRow[], contrast: ContrastDefinition): SampleOnSide[] {
  const matching = matchingRows(rows, contrast);
  return [...new Set(matching.map((row) => row.patient_id))].sort().flatMap((patient_id) =>
    [...new Set(matching.map((row) => row[contrast.by] ?? ''))].flatMap((side) => {
      const found = sampleOfSide(matching.filter((row) => row.patient_id === patient_id), contrast.by, side);
      return 'missing' in found ? [] : [{sample_id: found.sample_id, patient_id, side}];
    }));
}

function matchingRows(rows: readonly SampleRow[], contrast: ContrastDefinition): SampleRow[] {
  // The infusion product is no sample of the patient's blood: it takes part only where the contrast names the tissue.
  const namesTissue = contrast.by === 'tissue' || 'tissue' in contrast.where;
  return rows
    .filter((row) => namesTissue || row.tissue !== 'infusion product')
    .filter((row) => Object.entries(contrast.where).every(([column, value]) => (row[column] ?? '') === value));
}

function sampleOfSide(rows: readonly SampleRow[], by: string, side: string): {sample_id: string} | {missing: string} {
  const here = rows.filter((row) => row[by] === side);
  if (here.length === 0) return {missing: `no sample at ${by} ${side}`};
  const samples = [...new Set(here.filter((row) => !isGap(row)).map((row) => row.sample_id))];
  if (samples.length === 1) return {sample_id: samples[0]};
  if (samples.length > 1) return {missing: `${samples.length} samples at ${by} ${side} (${samples.join(', ')}): one is needed`};
  const reason = here.find((row) => row.excluded)?.excluded;
  return {missing: `${by} ${side} ${reason ? `excluded: ${reason}` : 'has no sequencing'}`};
}

/** With the `cells` block a `gex` row has no path of its own, so an empty path alone is no gap. */
function isGap(row: SampleRow): boolean {
  return Boolean(row.excluded) || (!row.library && !row.path);
}
