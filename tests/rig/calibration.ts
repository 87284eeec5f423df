// How often each test rejects when nothing changed: means of patients simulated without a change, and what the tests that the program makes say of them.
import {centredLogRatios, logitShares} from '../../pipeline/analysis/composition-transforms.ts';
import {summarisePairs} from '../../pipeline/analysis/exact-paired-tests.ts';
import {fitMixedModel, testContrast} from '../../pipeline/analysis/mixed-model.ts';
import {moderatedCorrelatedT, moderatedPairedT, type PairedRow} from '../../pipeline/analysis/moderated-t.ts';
import {randomStream, type Random} from '../../pipeline/base/random.ts';

export interface Rates {
  readonly test: string;
  readonly n: number;
  readonly nTests: number;
  /** Share of p below 0.05, 0.01 and 0.001. */
  readonly below: readonly [number, number, number];
}

/** The spreads of bench/science: patients 0.5, a patient's visit 0.25, cells 1, 15 to 44 cells a visit. */
const spread = {patient: 0.5, visit: 0.25, cell: 1};

function visitMean(random: Random, patient: number): number {
  const nCells = 15 + random.integer(30);
  return patient + spread.visit * random.normal() + (spread.cell * random.normal()) / Math.sqrt(nCells);
}

function pairs(random: Random, n: number): PairedRow {
  const patients = Array.from({length: n}, () => spread.patient * random.normal());
  return {before: patients.map((patient) => visitMean(random, patient)), after: patients.map((patient) => visitMean(random, patient))};
}

type Simulation = (random: Random, n: number) => readonly number[];

const differencesOf = ({before, after}: PairedRow): number[] => before.map((value, i) => Number(after[i]) - Number(value));
const paired = (differences: readonly number[]): {t: number; wilcoxon: number; signFlip: number} => {
  const summary = summarisePairs(differences);
  if ('missing' in summary) throw new Error(summary.missing);
  return {t: summary.pT ?? 1, wilcoxon: summary.pWilcoxon, signFlip: summary.pSignFlip};
};

/** Three visits, a fifth of them missing, the third against the first; where the patient variance is 0 the paired t, as the program does. */
const mixedModel: Simulation = (random, n) => {
  const rows = Array.from({length: n}, (_, i) => {
    const patient = spread.patient * random.normal();
    return [0, 1, 2].map((visit) => ({patient: String(i), visit, value: visitMean(random, patient), isThere: random.uniform() < 0.8}));
  });
  const held = rows.flat().filter(({isThere}) => isThere);
  const complete = rows.filter(([first, , third]) => first.isThere && third.isThere).map(([first, , third]) => third.value - first.value);
  const fit = fitMixedModel({values: held.map(({value}) => value), patients: held.map(({patient}) => patient), design: held.map(({visit}) => [1, visit === 1 ? 1 : 0, visit === 2 ? 1 : 0])});
  if ('missing' in fit || complete.length < 3) return [];
  return [fit.isSingular ? paired(complete).t : testContrast(fit, [0, 0, 1]).p];
};

/** Eight lineages, 300 cells, each patient with shares of its own and each visit around them. */
function compositions(random: Random, n: number): {before: number[][]; after: number[][]} {
  const centre = [2, 1, 0.5, 0, -0.5, -1, -2, -3];
  const draw = (patient: readonly number[]): number[] => {
    const weights = patient.map((value) => Math.exp(value + 0.3 * random.normal()));
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    const counts = weights.map(() => 0);
    for (let cell = 0; cell < 300; cell++) {
      let left = random.uniform() * total;
      let at = 0;
      while (at < weights.length - 1 && (left -= weights[at]) > 0) at++;
      counts[at]++;
    }
    return counts;
  };
  const patients = Array.from({length: n}, () => centre.map((value) => value + 0.5 * random.normal()));
  return {before: patients.map(draw), after: patients.map(draw)};
}

function compositionTest(transform: (counts: readonly number[]) => number[], isModerated: boolean): Simulation {
  return (random, n) => {
    const {before, after} = compositions(random, n);
    const [first, second] = [before.map(transform), after.map(transform)];
    const rows = first[0].map((_, k): PairedRow => ({before: first.map((own) => own[k]), after: second.map((own) => own[k])}));
    return isModerated ? moderatedPairedT(rows).tests.flatMap((test) => test?.p ?? []) : rows.map((row) => paired(differencesOf(row)).t);
  };
}

/** Six sets, a pair in five incomplete. */
const correlated: Simulation = (random, n) => {
  const gaps = Array.from({length: n}, () => (random.uniform() < 0.2 ? (random.uniform() < 0.5 ? 'before' : 'after') : 'none'));
  const rows = Array.from({length: 6}, () => pairs(random, n)).map(({before, after}): PairedRow => ({before: before.map((value, i) => (gaps[i] === 'before' ? null : value)), after: after.map((value, i) => (gaps[i] === 'after' ? null : value))}));
  if (gaps.filter((gap) => gap === 'none').length < 3) return [];
  return moderatedCorrelatedT(rows).tests.flatMap((test) => test?.p ?? []);
};

const simulations: Readonly<Record<string, Simulation>> = {
  'paired t': (random, n) => [paired(differencesOf(pairs(random, n))).t],
  'exact Wilcoxon': (random, n) => [paired(differencesOf(pairs(random, n))).wilcoxon],
  'exact sign-flip': (random, n) => [paired(differencesOf(pairs(random, n))).signFlip],
  'mixed model, three visits with gaps': mixedModel,
  'moderated t, six sets': (random, n) => moderatedPairedT(Array.from({length: 6}, () => pairs(random, n))).tests.flatMap((test) => test?.p ?? []),
  'moderated t, incomplete pairs': correlated,
  'composition, logit, paired t': compositionTest(logitShares, false),
  'composition, logit, moderated t': compositionTest(logitShares, true),
  'composition, CLR, paired t': compositionTest(centredLogRatios, false),
};

export const calibratedTests = Object.keys(simulations);

export function rejectionRates(test: string, n: number, nRuns: number, seed = 1): Rates {
  const p = Array.from({length: nRuns}, (_, run) => simulations[test](randomStream(seed, `calibrate ${test} ${n} ${run}`), n)).flat();
  const share = (level: number): number => p.filter((value) => value < level).length / p.length;
  return {test, n, nTests: p.length, below: [share(0.05), share(0.01), share(0.001)]};
}
