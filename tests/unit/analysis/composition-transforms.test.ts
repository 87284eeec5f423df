import {expect, test} from 'vitest';
import {centredLogRatios, logitShares} from '../../../pipeline/analysis/composition-transforms.ts';
import {adjustBenjaminiHochberg, summarisePairs} from '../../../pipeline/analysis/exact-paired-tests.ts';
import {moderatedCorrelatedT, moderatedPairedT, moderatedUnpairedT} from '../../../pipeline/analysis/moderated-t.ts';
import {hasKang, readReference} from './kang-reference.ts';

test('half a cell is added to each type', () => {
  // (3.5, 0.5) of 4: log(3.5 / 0.5) = log 7.
  expect(logitShares([3, 0])).toEqual([Math.log(7), Math.log(1 / 7)]);
  expect(centredLogRatios([3, 0])[0]).toBeCloseTo(Math.log(7) / 2, 14);
});

// Origin: R 4.2.2, limma 3.54.1 (lmFit with a patient coefficient, eBayes not robust; without patients; duplicateCorrelation) on 8 types of Kang 2018.
test.runIf(hasKang).each(['logit', 'asin', 'clr'])('composition of Kang by %s: every column of the table', (transform) => {
  const [[, ...types], ...counts] = readReference('composition_counts.csv');
  const patients = counts.filter(([sample]) => sample.startsWith('ctrl')).map(([sample]) => sample.slice(4)).sort();
  const shares = new Map(counts.map(([sample, ...cells]): [string, number[]] => {
    const n = cells.map(Number);
    const total = n.reduce((sum, one) => sum + one, 0);
    return [sample, transform === 'logit' ? logitShares(n) : transform === 'clr' ? centredLogRatios(n) : n.map((one) => Math.asin(Math.sqrt(one / total)))];
  }));
  const rows = types.map((_, k) => {
    const side = (condition: string): number[] => patients.map((patient) => shares.get(`${condition}${patient}`)?.[k] ?? Number.NaN);
    return {before: side('ctrl'), after: side('stim')};
  });
  const [paired, unpaired, correlated] = [moderatedPairedT(rows), moderatedUnpairedT(rows), moderatedCorrelatedT(rows)];
  const q = adjustBenjaminiHochberg(paired.tests.map((one) => one?.p ?? null));
  const [header, ...lines] = readReference('composition_propeller_style.csv');
  const own = lines.filter(([name]) => name === transform);
  expect(own.map(([, type]) => type)).toEqual(types);
  own.forEach((line, k) => {
    const number = (name: string): number => Number(line[header.indexOf(name)]);
    const summary = summarisePairs(rows[k].after.map((value, i) => value - rows[k].before[i]));
    if ('missing' in summary) throw new Error(summary.missing);
    const ours: readonly (readonly [string, number | null | undefined, number])[] = [
      ['diff', paired.tests[k]?.difference, 1e-8], ['t', paired.tests[k]?.t, 1e-7], ['p_block', paired.tests[k]?.p, 1e-8], ['p_unpaired', unpaired.tests[k]?.p, 1e-8], ['p_t', summary.pT, 1e-8],
      // statmod's iterations stop at a change of 1e-6.
      ['p_dupcor', correlated.tests[k]?.p, 1e-4], ['dupcor', correlated.correlation, 1e-5], ['s2_prior', paired.priorVariance, 1e-8], ['FDR_block', q[k], 1e-7],
    ];
    for (const [name, value, tolerance] of ours) expect(Math.abs((value ?? NaN) - number(name)), `${types[k]} ${name}`).toBeLessThan(tolerance);
    if (line[header.indexOf('df_prior')] === 'Inf') expect(paired.priorDf).toBe(Infinity);
    else expect(paired.priorDf / number('df_prior')).toBeCloseTo(1, 6);
    // The exact test where R had no ties.
    const sizes = new Set(rows[k].after.map((value, i) => Math.abs(Number((value - rows[k].before[i]).toPrecision(9)))));
    if (sizes.size === patients.length && !sizes.has(0)) expect(summary.pWilcoxon).toBeCloseTo(number('p_wilcox'), 9);
  });
  // Little change is expected, and none is called.
  expect(Math.min(...q.map((value) => value ?? 1))).toBeGreaterThan(0.05);
});
