// The clonal family: {BCR, TCR} x {top_clone, expanded_fraction, clonality, hill_q1} at matched depth, and what each is checked by.
import type {ContrastPairs} from '../../pipeline/analysis/contrast-pairs.ts';
import {leaveOneOut, mixedModelOf, valueOfRow, type AllVisits} from '../../pipeline/analysis/sensitivity.ts';
import type {Comparison} from '../../pipeline/analysis/timepoint-comparison.ts';
import type {Row} from '../../pipeline/data/table.ts';

const measures = [['top_clone', null], ['expanded_fraction', null], ['clonality', null], ['hill', '1']] as const;

export interface TableQuestion {
  readonly contrast: string;
  readonly pairs: ContrastPairs;
  readonly visits: AllVisits;
  readonly rows: readonly Row[];
  readonly minPairs: number;
}

export function clonalComparisons({contrast, pairs, visits, rows, minPairs}: TableQuestion): Comparison[] {
  const receptors = ['BCR', 'TCR'].filter((receptor) => rows.some((row) => row['receptor'] === receptor));
  return receptors.flatMap((receptor) => measures.flatMap(([measure, q]) => {
    const outcome = `${receptor} ${measure === 'hill' ? 'hill_q1' : measure}`;
    const by = (method: 'depth-matched' | 'observed', variant: string): Comparison => {
      const own = new Map(rows.filter((row) => row['receptor'] === receptor && row['cell_type'] === 'all' && row['measure'] === measure && row['q'] === q && row['method'] === method).map((row) => [String(row['sample_id']), row]));
      return {keys: {contrast, family: 'clonal', outcome, cell_type: 'all', level: 'all', method, variant}, isInFamily: variant === 'main', pairs, minPairs, valueOf: (sample) => valueOfRow(own.get(sample), 'value')};
    };
    const main = by('depth-matched', 'main');
    const model = mixedModelOf(main, visits);
    return [main, by('observed', 'observed'), ...(model === null ? [] : [model]), ...leaveOneOut(main)];
  }));
}
