// What a claim is checked with: other scores, every patient left out in turn, other models. Each check is a row of timepoint_comparisons beside `main`, never in
// its place.
import tQuantile from '@stdlib/stats-base-dists-t-quantile';
import type {Row} from '../data/table.ts';
import type {SampleOnSide} from './contrast-pairs.ts';
import {summarisePairs} from './exact-paired-tests.ts';
import {fitMixedModel, testContrast} from './mixed-model.ts';
import {moderatedCorrelatedT, moderatedPairedT, type ModeratedTest} from './moderated-t.ts';
import {pairValues, withoutPatient, type Comparison, type ModelEstimate, type SampleValue} from './timepoint-comparison.ts';

/** `main` again without each of its complete pairs. */
export function leaveOneOut(main: Comparison): Comparison[] {
  return pairValues(main.pairs, main.valueOf).values.map(({patient_id}) => ({...main, keys: {...main.keys, variant: `without ${patient_id}`}, isInFamily: false, note: '', pairs: withoutPatient(main.pairs, patient_id)}));
}

export interface AllVisits {
  readonly samples: readonly SampleOnSide[];
  readonly before: string;
  readonly after: string;
}

/**
 * A random-intercept model of every sample of every visit; none where it could say nothing new (two sides, all pairs complete). Where the patient variance is 0
 * the paired t on complete pairs stands in its place, and the note says so.
 */
export function mixedModelOf(main: Comparison, {samples, before, after}: AllVisits): Comparison | null {
  const measured = samples.flatMap(({sample_id, patient_id, side}) => {
    const value = main.valueOf(sample_id);
    return 'missing' in value ? [] : [{value: value.value, patient_id, side}];
  });
  const sides = [before, ...[...new Set(measured.map(({side}) => side))].filter((side) => side !== before)];
  const paired = pairValues(main.pairs, main.valueOf).values;
  const isComplete = sides.length === 2 && measured.length === 2 * paired.length;
  if (isComplete || !sides.includes(after) || !measured.some(({side}) => side === before) || paired.length < main.minPairs) return null;
  const fit = fitMixedModel({values: measured.map(({value}) => value), patients: measured.map(({patient_id}) => patient_id), design: measured.map(({side}) => sides.map((one, k) => (k === 0 || one === side ? 1 : 0)))});
  const comparison = {...main, keys: {...main.keys, variant: 'mixed model'}, isInFamily: false};
  const scope = `random intercept a patient, ${measured.length} samples of ${new Set(measured.map(({patient_id}) => patient_id)).size} patients`;
  if ('missing' in fit) return {...comparison, model: fit, note: scope};
  if (fit.isSingular) return {...comparison, model: pairedEstimate(paired.map((pair) => pair.after - pair.before)), note: `${scope}: patient variance 0, so the paired t on complete pairs instead`};
  const test = testContrast(fit, sides.map((side) => (side === after ? 1 : 0)));
  return {...comparison, model: test, note: `${scope}, REML, Satterthwaite df ${test.df.toFixed(2)}`};
}

function pairedEstimate(differences: readonly number[]): ModelEstimate | {missing: string} {
  const summary = summarisePairs(differences);
  if ('missing' in summary) return summary;
  const {meanDifference, ciLower, ciUpper, pT} = summary;
  return ciLower === null || ciUpper === null || pT === null ? {missing: 'every patient changed by the same amount'} : {estimate: meanDifference, ciLower, ciUpper, p: pT};
}

/** Outcomes whose variances inform each other: one moderated t each, on complete pairs. */
export function moderatedTs(mains: readonly Comparison[]): Comparison[] {
  const usable = mains.filter(hasEnoughPairs);
  if (usable.length < 2) return [];
  const pairs = usable.map((main) => pairValues(main.pairs, main.valueOf).values);
  const {tests, priorDf} = moderatedPairedT(pairs.map((own) => ({before: own.map(({before}) => before), after: own.map(({after}) => after)})));
  return usable.map((main, i) => moderatedRow(main, {variant: 'moderated t', note: priorNote(priorDf, usable.length), test: tests[i]}));
}

/**
 * The same for outcomes with patients of whom one side alone is measured: every value of the two sides counts, by a correlation within patients that all outcomes
 * have in common. No row for an outcome whose pairs are complete, which would be its moderated t again.
 */
export function moderatedIncompleteTs(mains: readonly Comparison[], {samples, before, after}: AllVisits): Comparison[] {
  const usable = mains.filter(hasEnoughPairs);
  if (usable.length < 2) return [];
  const patients = [...new Set(samples.map(({patient_id}) => patient_id))];
  const sampleOf = new Map(samples.map(({sample_id, patient_id, side}) => [`${patient_id}\t${side}`, sample_id]));
  const rows = usable.map(({valueOf}) => {
    const measured = (side: string): (number | null)[] => patients.map((patient) => {
      const sample = sampleOf.get(`${patient}\t${side}`);
      const value = sample === undefined ? {missing: 'no sample'} : valueOf(sample);
      return 'missing' in value ? null : value.value;
    });
    return {before: measured(before), after: measured(after)};
  });
  const nSides = rows.map((row) => patients.map((_, i) => Number(row.before[i] !== null) + Number(row.after[i] !== null)));
  if (!nSides.some((each) => each.includes(1))) return [];
  const {tests, priorDf, correlation} = moderatedCorrelatedT(rows);
  return usable.flatMap((main, i) => {
    const held = nSides[i].filter((n) => n > 0);
    if (!held.includes(1)) return [];
    const scope = `${held.reduce((sum, n) => sum + n, 0)} samples of ${held.length} patients, correlation within patients ${(correlation ?? 0).toFixed(2)}`;
    return [moderatedRow(main, {variant: 'moderated t, incomplete pairs', note: `${scope}, ${priorNote(priorDf, usable.length)}`, test: tests[i]})];
  });
}

function hasEnoughPairs({refused = '', pairs, valueOf, minPairs}: Comparison): boolean {
  return refused === '' && pairValues(pairs, valueOf).values.length >= minPairs;
}

function priorNote(priorDf: number, nOutcomes: number): string {
  return `prior df ${priorDf === Number.POSITIVE_INFINITY ? 'infinite' : priorDf.toFixed(2)}${nOutcomes < 6 ? `; ${nOutcomes} outcomes make a weak prior` : ''}`;
}

function moderatedRow(main: Comparison, {variant, note, test}: {variant: string; note: string; test: ModeratedTest | null}): Comparison {
  const margin = test === null ? 0 : Math.abs(test.difference / test.t) * tQuantile(0.975, test.df);
  return {
    ...main, keys: {...main.keys, variant}, isInFamily: false, note,
    model: test === null || test.t === 0 ? {missing: 'no residual variance'} : {estimate: test.difference, ciLower: test.difference - margin, ciUpper: test.difference + margin, p: test.p},
  };
}

/** Keeps a reason beside a value of another table. */
export function valueOfRow(row: Row | undefined, column: string): SampleValue {
  if (row === undefined) return {missing: 'no such sample in the table'};
  return row[column] === null || row[column] === undefined ? {missing: String(row['missing'] ?? 'no value')} : {value: Number(row[column])};
}
