import {expect, test} from 'vitest';
import {digamma, inverseTrigamma, trigamma} from '../../../pipeline/analysis/gamma-derivatives.ts';
import {consensusCorrelation, moderatedCorrelatedT, moderatedPairedT, type PairedRow} from '../../../pipeline/analysis/moderated-t.ts';
import {hasKang, readReference} from './kang-reference.ts';

const row = (values: readonly (number | null)[]): PairedRow => ({before: values.slice(0, values.length / 2), after: values.slice(values.length / 2)});
const rows = [
  [0.52, 0.61, 0.47, 0.58, 0.66, 0.49, 0.31, 0.4, 0.35, 0.33, 0.51, 0.42],
  [1.1, 1.4, 1.2, null, 1.6, 1.3, 1.0, 1.5, 1.1, 1.2, 1.9, 1.2],
  [0.2, 0.25, 0.22, 0.3, 0.31, 0.27, 0.21, 0.33, 0.25, null, 0.3, 0.36],
  [2, 2.5, 2.2, 2.9, 3.1, 2.4, 1.1, 2.6, 2.5, 2.2, 2.3, 2.9],
].map(row);

// Origin: R 4.2.2.
test('derivatives of log gamma', () => {
  for (const [x, first, second] of [[0.5, -1.9635100260214231, 4.934802200544679], [3, 0.9227843350984675, 0.39493406684822635], [20, 2.9705239922421489, 0.05127082293520313]]) {
    expect(digamma(x)).toBeCloseTo(first, 13);
    expect(trigamma(x)).toBeCloseTo(second, 13);
  }
  for (const [value, x] of [[0.1, 10.4916818210784211], [1, 1.4262551202150788], [5, 0.4961687347041069]]) expect(inverseTrigamma(value)).toBeCloseTo(x, 12);
});

// Origin: limma 3.54.1, lmFit(~ patient + time), eBayes; two of the rows have a pair less.
test('four rows, pairs missing: p, t and the prior of limma', () => {
  const {tests, priorDf, priorVariance} = moderatedPairedT(rows);
  expect(priorDf).toBeCloseTo(1.00140454062, 9);
  expect(priorVariance).toBeCloseTo(0.003222110558906, 12);
  const [p, t] = [[0.001017529919603, 0.795943717756944, 0.152326830044698, 0.320698184753512], [-5.9381123082211, 0.2727566210133, 1.687338651942, -1.0822489458182]];
  tests.forEach((one, i) => {
    expect(one?.p).toBeCloseTo(p[i], 10);
    expect(one?.t).toBeCloseTo(t[i], 9);
  });
});

// Origin: limma 3.54.1 with statmod 1.5.0, duplicateCorrelation(~ time, block = patient).
test('incomplete pairs by the correlation within patients', () => {
  // statmod's iterations stop at a change of 1e-6.
  expect(consensusCorrelation(rows)).toBeCloseTo(0.6087652131231, 5);
  const {tests, priorDf} = moderatedCorrelatedT(rows);
  expect(priorDf).toBeCloseTo(1.006327722049, 4);
  const p = [7.103203400524e-5, 0.9091557346636, 0.118909881218, 0.2515329024805];
  const difference = [-0.16833333333333, 0.01087118830621, 0.03673971010936, -0.25];
  tests.forEach((one, i) => {
    expect(one?.p).toBeCloseTo(p[i], 5);
    expect(one?.difference).toBeCloseTo(difference[i], 5);
  });
});

test('variances closer than chance are pooled, a single row has no prior, a row without pairs no test', () => {
  // Equal spreads: t on the pooled variance, with the degrees of freedom of both rows.
  const even = [row([1, 2, 3, 2, 4, 6]), row([5, 6, 7, 6, 8, 10])];
  expect(moderatedPairedT(even)).toMatchObject({priorDf: Infinity, tests: [{df: 4}, {df: 4}]});
  expect(moderatedPairedT([rows[0]])).toMatchObject({priorDf: 0, tests: [{df: 5}]});
  expect(moderatedPairedT([rows[0], row([1, null, null, 2])]).tests[1]).toBeNull();
});

// Origin: limma on the sample means of Kang 2018, six sets a fit, 42 fits.
test.runIf(hasKang)('252 rows of Kang: paired and by correlation', () => {
  const [header, ...lines] = readReference('paired_tests.csv');
  const [meansHeader, ...means] = readReference('sample_celltype_means.csv');
  const of = (line: string[], name: string): string => line[meansHeader.indexOf(name)];
  const valueOf = new Map(means.map((line) => [['method', 'set', 'group', 'condition', 'patient'].map((name) => of(line, name)).join(' '), Number(of(line, 'mean'))]));
  const cell = (line: string[], name: string): string => line[header.indexOf(name)];
  const groups = Map.groupBy(lines, (line) => `${cell(line, 'method')} ${cell(line, 'group')}`);
  expect([groups.size, lines.length]).toEqual([42, 252]);
  for (const [key, own] of groups) {
    const paired = own.map((line): PairedRow => {
      const side = (condition: string): number[] => cell(line, 'patients').split(' ').map((patient) => valueOf.get([cell(line, 'method'), cell(line, 'set'), cell(line, 'group'), condition, patient].join(' ')) ?? Number.NaN);
      return {before: side('ctrl'), after: side('stim')};
    });
    const [block, correlated] = [moderatedPairedT(paired), moderatedCorrelatedT(paired)];
    expect(Math.abs((correlated.correlation ?? NaN) - Number(cell(own[0], 'dupcor'))), key).toBeLessThan(1e-5);
    own.forEach((line, i) => {
      expect(Math.abs(Math.log10((block.tests[i]?.p ?? NaN) / Number(cell(line, 'p_limma_block')))), key).toBeLessThan(1e-5);
      expect(Math.abs(Math.log10((correlated.tests[i]?.p ?? NaN) / Number(cell(line, 'p_limma_dupcor')))), key).toBeLessThan(1e-3);
    });
  }
});
