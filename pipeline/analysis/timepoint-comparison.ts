// One outcome in one contrast: a value a patient and side -> paired statistics, with every patient that is left out under its reason.
import type {Row} from '../data/table.ts';
import type {ContrastPairs} from './contrast-pairs.ts';
import {adjustBenjaminiHochberg, summarisePairs} from './exact-paired-tests.ts';
import {effectInterval, hodgesLehmannInterval} from './paired-intervals.ts';

/** The value of a sample, or why there is none. */
export type SampleValue = {readonly value: number} | {readonly missing: string};

export interface Comparison {
  /** contrast, family, outcome, cell_type, level, method, variant. */
  readonly keys: Row;
  /** Counts in its family's Benjamini-Hochberg correction. */
  readonly isInFamily: boolean;
  readonly pairs: ContrastPairs;
  readonly valueOf: (sample: string) => SampleValue;
  readonly minPairs: number;
  readonly note?: string;
  /** Why the outcome as a whole has no values; '' where it has. */
  readonly refused?: string;
  /** An estimate by another model than that of the differences; it takes the place of the tests of the differences. */
  readonly model?: ModelEstimate | {readonly missing: string};
}

export interface ModelEstimate {
  readonly estimate: number;
  readonly ciLower: number;
  readonly ciUpper: number;
  readonly p: number;
}

/** Rows of timepoint_comparisons. q values are taken over the rows of a contrast and family that are `isInFamily`; m counts computed p values. */
export function comparisonRows(comparisons: readonly Comparison[]): Row[] {
  const rows = comparisons.map((comparison) => ({comparison, row: compare(comparison)}));
  const families = Map.groupBy(rows.filter(({comparison}) => comparison.isInFamily), ({comparison: {keys}}) => `${String(keys['contrast'])}\t${String(keys['family'])}`);
  const q = new Map<Row, Row>();
  for (const members of families.values()) {
    const adjusted = (p: string): (number | null)[] => adjustBenjaminiHochberg(members.map(({row}) => row[p] as number | null));
    const [qT, qWilcoxon] = [adjusted('p_t'), adjusted('p_wilcoxon')];
    members.forEach(({row}, i) => q.set(row, {q_t: qT[i], q_wilcoxon: qWilcoxon[i]}));
  }
  return rows.map(({row}) => ({...row, ...q.get(row)}));
}

export interface PairedValues {
  readonly values: readonly {readonly patient_id: string; readonly before: number; readonly after: number}[];
  /** By patient_id. */
  readonly dropped: readonly {readonly patient_id: string; readonly reason: string}[];
}

/** The complete pairs of values, and every other patient with the reason. */
export function pairValues(pairs: ContrastPairs, valueOf: (sample: string) => SampleValue): PairedValues {
  const values: {patient_id: string; before: number; after: number}[] = [];
  const dropped = pairs.dropped.map(({patient_id, reason}) => ({patient_id, reason}));
  for (const {patient_id, before, after} of pairs.pairs) {
    const [first, second] = [valueOf(before), valueOf(after)];
    if ('missing' in first) dropped.push({patient_id, reason: `before: ${first.missing}`});
    else if ('missing' in second) dropped.push({patient_id, reason: `after: ${second.missing}`});
    else values.push({patient_id, before: first.value, after: second.value});
  }
  return {values, dropped: dropped.sort((a, b) => (a.patient_id < b.patient_id ? -1 : 1))};
}

/** The same pairs without one patient, who is dropped with that reason. */
export function withoutPatient({pairs, dropped}: ContrastPairs, patient: string): ContrastPairs {
  return {pairs: pairs.filter(({patient_id}) => patient_id !== patient), dropped: [...dropped, {patient_id: patient, reason: 'left out to see what rests on this patient'}]};
}

function compare({keys, pairs, valueOf, minPairs, note = '', refused = '', model}: Comparison): Row {
  const {values, dropped} = pairValues(pairs, valueOf);
  const differences = values.map(({before, after}) => after - before);
  const reasons = refused === '' ? dropped.map(({patient_id, reason}) => `${patient_id} ${reason}`) : [];
  const empty: Row = {
    mean_difference: null, ci_lower: null, ci_upper: null, hodges_lehmann: null, hl_lower: null, hl_upper: null, n_up: null, n_down: null, p_t: null, p_wilcoxon: null,
    p_sign_flip: null, p_floor: null, q_t: null, q_wilcoxon: null, dz: null, hedges_gz: null, gz_lower: null, gz_upper: null,
  };
  const row: Row = {...keys, n_pairs: differences.length, patients_dropped: dropped.map(({patient_id}) => patient_id).join(',') || null, ...empty, note: [note, ...reasons].filter((text) => text !== '').join('; ') || null};
  if (refused !== '') return {...row, missing: refused};
  if (model !== undefined) {
    if ('missing' in model) return {...row, missing: model.missing};
    const signs = {n_up: differences.filter((value) => value > 0).length, n_down: differences.filter((value) => value < 0).length};
    return {...row, ...signs, mean_difference: model.estimate, ci_lower: model.ciLower, ci_upper: model.ciUpper, p_t: model.p, missing: null};
  }
  if (differences.length < minPairs) return {...row, missing: `${differences.length} complete ${differences.length === 1 ? 'pair' : 'pairs'}, ${minPairs} needed`};
  const summary = summarisePairs(differences);
  if ('missing' in summary) return {...row, missing: summary.missing};
  const rank = hodgesLehmannInterval(differences);
  const effect = summary.dz === null ? {missing: ''} : effectInterval(summary.dz, differences.length);
  return {
    ...row,
    mean_difference: summary.meanDifference, ci_lower: summary.ciLower, ci_upper: summary.ciUpper, hodges_lehmann: summary.hodgesLehmann,
    hl_lower: 'missing' in rank ? null : rank.ciLower, hl_upper: 'missing' in rank ? null : rank.ciUpper, n_up: summary.nUp, n_down: summary.nDown,
    p_t: summary.pT, p_wilcoxon: summary.pWilcoxon, p_sign_flip: summary.pSignFlip, p_floor: summary.pFloor,
    dz: summary.dz, hedges_gz: summary.hedgesGz, gz_lower: 'missing' in effect ? null : effect.gzLower, gz_upper: 'missing' in effect ? null : effect.gzUpper,
    missing: [
      summary.dz === null ? 'every patient changed by the same amount: t, dz and their intervals divide by 0' : '',
      'missing' in rank ? `hl_lower, hl_upper: ${rank.missing}` : '',
      summary.dz !== null && 'missing' in effect ? `gz_lower, gz_upper: ${effect.missing}` : '',
    ].filter((text) => text !== '').join('; ') || null,
  };
}
