// The family of composition: the logit of each lineage's share, with the CLR, cells per microlitre where the blood count is known, and a moderated t beside it.
import {centredLogRatios, logitShares} from '../../pipeline/analysis/composition-transforms.ts';
import {leaveOneOut, mixedModelOf, moderatedIncompleteTs, moderatedTs, valueOfRow} from '../../pipeline/analysis/sensitivity.ts';
import type {Comparison, SampleValue} from '../../pipeline/analysis/timepoint-comparison.ts';
import type {Row} from '../../pipeline/data/table.ts';
import type {TableQuestion} from './clones.ts';

export function compositionComparisons({contrast, pairs, visits, rows, minPairs, minCells}: TableQuestion & {readonly minCells: number}): Comparison[] {
  const lineages = rows.filter((row) => row['level'] === 'lineage');
  const names = [...new Set(lineages.map((row) => String(row['cell_type'])))];
  const bySample = new Map([...Map.groupBy(lineages, (row) => String(row['sample_id']))].map(([sample, own]) => [sample, new Map(own.map((row) => [String(row['cell_type']), row]))]));
  const transformed = (name: string, transform: (counts: readonly number[]) => number[]) => (sample: string): SampleValue => {
    const own = bySample.get(sample);
    const counted = valueOfRow(own?.get(name), 'n_cells');
    if ('missing' in counted) return counted;
    const total = Number(own?.get(name)?.['n_total']);
    if (total < minCells) return {missing: `${total} cells, ${minCells} needed`};
    // Without a second type the share is all of it, and its logit infinite.
    if (names.length < 2) return {missing: `every cell is ${name}`};
    return {value: transform(names.map((one) => Number(own?.get(one)?.['n_cells'] ?? 0)))[names.indexOf(name)]};
  };
  const hasCounts = lineages.some((row) => row['cells_per_ul'] !== null && row['cells_per_ul'] !== undefined);
  const byLineage = names.map((name) => {
    const base = {pairs, minPairs, isInFamily: false};
    const keys = (method: string, variant: string): Row => ({contrast, family: 'composition', outcome: 'fraction', cell_type: name, level: 'lineage', method, variant});
    const main: Comparison = {...base, keys: keys('logit', 'main'), isInFamily: name !== 'unassigned', valueOf: transformed(name, logitShares)};
    if (name === 'unassigned') return {main, checks: []};
    const model = mixedModelOf(main, visits);
    const perUl: Comparison = {
      ...base, keys: keys('cells_per_ul', 'cells_per_ul'), note: 'cells per microlitre: a share can rise because others fell',
      valueOf: (sample) => {
        const own = bySample.get(sample)?.get(name);
        const value = valueOfRow(own, 'cells_per_ul');
        return 'missing' in value && own !== undefined ? {missing: value.missing.replace(/^.*cells_per_ul: /, '')} : value;
      },
    };
    return {main, checks: [{...base, keys: keys('clr', 'clr'), valueOf: transformed(name, centredLogRatios)}, ...(hasCounts ? [perUl] : []), ...(model === null ? [] : [model]), ...leaveOneOut(main)]};
  });
  const family = byLineage.flatMap(({main}) => (main.isInFamily ? [main] : []));
  return [...byLineage.flatMap(({main, checks}) => [main, ...checks]), ...moderatedTs(family), ...moderatedIncompleteTs(family, visits)];
}
