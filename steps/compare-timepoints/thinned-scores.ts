// Scores of a group of cells on counts thinned to a common depth, and how much they depend on which molecules were kept.
import {selectCompactRows} from '../../pipeline/analysis/compact-counts.ts';
import type {ContrastPairs} from '../../pipeline/analysis/contrast-pairs.ts';
import {mean} from '../../pipeline/analysis/arithmetic.ts';
import {isInGroup, summaryRows, type CellGroup} from '../../pipeline/analysis/score-groups.ts';
import {scoreSignatures, type ScoreMethod, type SignatureUniverse} from '../../pipeline/analysis/score-signatures.ts';
import {thinCounts} from '../../pipeline/analysis/thin-counts.ts';
import type {SampleValue} from '../../pipeline/analysis/timepoint-comparison.ts';
import {randomStream} from '../../pipeline/base/random.ts';
import type {Row} from '../../pipeline/data/table.ts';
import type {SampleCells} from './cohort-counts.ts';

export interface Thinning {
  readonly contrast: string;
  readonly samples: ReadonlyMap<string, SampleCells>;
  readonly universe: SignatureUniverse;
  readonly seed: number;
  readonly thinningDraws: number;
  readonly group: CellGroup;
  /** sample_id -> share of UMIs kept, of both samples of each complete pair. */
  readonly keep: ReadonlyMap<string, number>;
  readonly keysOf: ReadonlyMap<string, Row>;
}

/** Summary rows of every method from the same thinned counts. Draw 0 is the one that is claimed. */
export function thinGroup({contrast, samples, universe, seed, group, keep, keysOf}: Thinning, methods: readonly ScoreMethod[], draw: number): Row[] {
  return [...keep].flatMap(([id, probability]) => {
    const sample = samples.get(id)!;
    const own = sample.cells.flatMap((_cell, i) => (isInGroup(sample.labels[i], group) ? [i] : []));
    const counts = thinCounts(selectCompactRows(sample.counts, own.map((i) => sample.rows[i])), {
      keepProbability: () => probability,
      randomOf: (row) => randomStream(seed, `thin ${contrast} ${group.level} ${group.cell_type} ${sample.cells[own[row]]}${draw === 0 ? '' : ` draw ${draw}`}`),
    });
    return methods.flatMap((method) => summaryRows({keys: keysOf.get(id) ?? {sample_id: id}, group, belongs: own.map(() => true), universe, scores: scoreSignatures(counts, universe, method), method, variant: `thinned:${contrast}`}));
  });
}

export interface DrawSpread {
  /** The mean of a sample over all draws, the claimed one among them. */
  readonly meanOf: (signature: string, minCells: number) => (sample: string) => SampleValue;
  /** How far the mean difference moves from draw to draw. */
  readonly noteOf: (signature: string, pairs: ContrastPairs) => string;
}

/** undefined where a single draw is asked for. */
export function drawSpread(thinning: Thinning, method: ScoreMethod, first: readonly Row[]): DrawSpread | undefined {
  if (thinning.thinningDraws < 2) return undefined;
  const draws = [first.filter((row) => row['method'] === method), ...Array.from({length: thinning.thinningDraws - 1}, (_, i) => thinGroup(thinning, [method], i + 1))];
  const tables = draws.map((rows) => new Map(rows.map((row) => [`${String(row['signature'])}\t${String(row['sample_id'])}`, row])));
  return {
    meanOf: (signature, minCells) => (sample) => {
      const rows = tables.map((table) => table.get(`${signature}\t${sample}`));
      if (rows.some((row) => row === undefined)) return {missing: 'no partner with enough cells'};
      if (Number(rows[0]?.['n_cells']) < minCells) return {missing: `${String(rows[0]?.['n_cells'])} cells, ${minCells} needed`};
      return {value: mean(rows.map((row) => Number(row?.['mean'])))};
    },
    noteOf: (signature, {pairs}) => {
      const differences = tables.flatMap((table) => {
        const own = pairs.flatMap(({before, after}) => {
          const [a, b] = [before, after].map((sample) => table.get(`${signature}\t${sample}`));
          return a === undefined || b === undefined ? [] : [Number(b['mean']) - Number(a['mean'])];
        });
        return own.length === 0 ? [] : [mean(own)];
      });
      if (differences.length < 2) return '';
      const centre = mean(differences);
      const sd = Math.sqrt(differences.reduce((sum, value) => sum + (value - centre) ** 2, 0) / (differences.length - 1));
      return `means over ${differences.length} draws of the thinning; the mean difference moves by ${Number(sd.toPrecision(2))} (standard deviation) from draw to draw`;
    },
  };
}
