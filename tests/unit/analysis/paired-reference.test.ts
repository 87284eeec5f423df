// 252 comparisons of Kang 2018 (6 scores x 6 sets x 7 groups of cells), from their sample means, against R 4.2.2. The columns over cells are what is never computed.
import {expect, test} from 'vitest';
import {adjustBenjaminiHochberg, summarisePairs} from '../../../pipeline/analysis/exact-paired-tests.ts';
import {effectInterval, hodgesLehmannInterval} from '../../../pipeline/analysis/paired-intervals.ts';
import {hasKang, readReference} from './kang-reference.ts';

const close = (ours: number | null, theirs: number, relative: number): boolean => Math.abs((ours ?? Number.NaN) - theirs) <= relative * Math.max(Math.abs(theirs), 1e-12);

test.runIf(hasKang)('every patient-level column of the table', () => {
  const [header, ...lines] = readReference('paired_tests.csv');
  const [meansHeader, ...means] = readReference('sample_celltype_means.csv');
  const of = (line: string[], name: string): string => line[meansHeader.indexOf(name)];
  const valueOf = new Map(means.map((line) => [['method', 'set', 'group', 'condition', 'patient'].map((name) => of(line, name)).join(' '), Number(of(line, 'mean'))]));
  const p: {method: string; ours: {t: number | null; wilcoxon: number; signFlip: number}; theirs: {t: number; wilcoxon: number; signFlip: number}}[] = [];
  for (const line of lines) {
    const cell = (name: string): string => line[header.indexOf(name)];
    const number = (name: string): number => Number(cell(name));
    const key = `${cell('method')} ${cell('set')} ${cell('group')}`;
    const side = (condition: string): number[] => cell('patients').split(' ').map((patient) => valueOf.get([cell('method'), cell('set'), cell('group'), condition, patient].join(' ')) ?? Number.NaN);
    const [before, after] = [side('ctrl'), side('stim')];
    const differences = after.map((value, i) => value - before[i]);
    const summary = summarisePairs(differences);
    if ('missing' in summary) throw new Error(summary.missing);
    // The means have ten digits, a difference of them fewer.
    const loss = Math.max(...before.map(Math.abs), ...after.map(Math.abs)) / Math.max(1e-12, Math.abs(number('mean_diff')));
    const relative = 1e-8 * (1 + loss) * 4;
    for (const [ours, name] of [[summary.meanDifference, 'mean_diff'], [summary.ciLower, 't_lo'], [summary.ciUpper, 't_hi'], [summary.pT, 'p_t'], [summary.dz, 'dz'], [summary.hedgesGz, 'g_z']] as const) {
      expect(Math.abs((ours ?? NaN) - number(name)) <= relative * Math.max(Math.abs(number(name)), Math.abs(number('mean_diff'))), `${key} ${name} ${String(ours)} ${number(name)}`).toBe(true);
    }
    expect(close(summary.pSignFlip, number('p_signflip'), 1e-9), `${key} sign-flip`).toBe(true);
    expect(Math.abs(summary.hodgesLehmann - number('HL')), `${key} HL`).toBeLessThan(1e-4);
    // R is exact without ties and zeros, and says so by a whole V and the confidence that it reaches.
    const distinct = new Set(differences.map((value) => Math.abs(Number(value.toPrecision(7)))));
    const isExactInR = distinct.size === differences.length && !distinct.has(0);
    if (isExactInR) {
      expect(close(summary.pWilcoxon, number('p_wilcox'), 1e-9), `${key} Wilcoxon`).toBe(true);
      const rank = hodgesLehmannInterval(differences);
      if ('missing' in rank) throw new Error(rank.missing);
      expect(Math.abs(rank.ciLower - number('HL_lo')), `${key} HL_lo`).toBeLessThan(1e-4);
      expect(Math.abs(rank.ciUpper - number('HL_hi')), `${key} HL_hi`).toBeLessThan(1e-4);
    }
    const effect = effectInterval(summary.dz ?? 0, differences.length);
    if ('missing' in effect) throw new Error(effect.missing);
    // Beyond a non-centrality of 37.62 R takes a normal approximation.
    if (Math.abs(number('dz_hi')) * Math.sqrt(differences.length) < 37.6) {
      expect(Math.abs(effect.dzLower - number('dz_lo')), `${key} dz_lo`).toBeLessThan(1e-4 + 10 * relative);
      expect(Math.abs(effect.dzUpper - number('dz_hi')), `${key} dz_hi`).toBeLessThan(1e-4 + 10 * relative);
    }
    p.push({method: cell('method'), ours: {t: summary.pT, wilcoxon: number('p_wilcox'), signFlip: summary.pSignFlip}, theirs: {t: number('BH_p_t'), wilcoxon: number('BH_p_wilcox'), signFlip: number('BH_p_signflip')}});
  }
  for (const own of Map.groupBy(p, ({method}) => method).values()) {
    for (const which of ['t', 'wilcoxon', 'signFlip'] as const) {
      const q = adjustBenjaminiHochberg(own.map(({ours}) => ours[which]));
      own.forEach(({theirs}, i) => expect(close(q[i], theirs[which], 1e-4), `${own[i].method} BH ${which}`).toBe(true));
    }
  }
  expect(lines.length).toBe(252);
});
