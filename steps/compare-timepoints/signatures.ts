// The two signature families: depth check, thinned scores where it triggers, and the comparisons of both variants.
import type {ContrastPairs} from '../../pipeline/analysis/contrast-pairs.ts';
import {checkDepth} from '../../pipeline/analysis/depth-check.ts';
import {isInGroup, summaryRows, type CellGroup} from '../../pipeline/analysis/score-groups.ts';
import {scoreSignatures, type ScoreMethod, type SignatureUniverse} from '../../pipeline/analysis/score-signatures.ts';
import {thinCounts} from '../../pipeline/analysis/thin-counts.ts';
import type {Comparison, SampleValue} from '../../pipeline/analysis/timepoint-comparison.ts';
import {randomStream} from '../../pipeline/base/random.ts';
import {selectRows} from '../../pipeline/data/matrix.ts';
import type {Row} from '../../pipeline/data/table.ts';
import type {SampleCells} from './cohort-counts.ts';

export interface SignatureQuestion {
  readonly contrast: string;
  readonly pairs: ContrastPairs;
  readonly samples: ReadonlyMap<string, SampleCells>;
  readonly universe: SignatureUniverse;
  /** As-counted rows of signature_summary. */
  readonly summary: readonly Row[];
  readonly minCells: number;
  readonly minPairs: number;
  readonly maxDepthRatio: number;
  readonly seed: number;
}

export interface SignatureAnswer {
  readonly depth: readonly Row[];
  /** `thinned:<contrast>` rows. */
  readonly thinned: readonly Row[];
  readonly comparisons: readonly Comparison[];
}

export function compareSignatures(question: SignatureQuestion): SignatureAnswer {
  const {contrast, summary, universe} = question;
  const byGroup = Map.groupBy(summary, (row) => `${String(row['level'])}\t${String(row['cell_type'])}`);
  const depth: Row[] = [];
  const thinned: Row[] = [];
  const comparisons: Comparison[] = [];
  for (const rows of byGroup.values()) {
    const group = {cell_type: String(rows[0]['cell_type']), level: String(rows[0]['level']) as CellGroup['level']};
    const check = checkGroup(question, group);
    depth.push({
      contrast, ...group, median_counts_before: check.medianCountsBefore, median_counts_after: check.medianCountsAfter, ratio: check.ratio,
      flag: check.ratio === null ? null : check.isThinned ? 'thinned' : 'comparable', missing: check.ratio === null ? 'no complete pair' : null,
    });
    const method = String(rows[0]['method']) as ScoreMethod;
    const own = check.isThinned ? thinGroup(question, {group, method, keep: check.keepProbability, keysOf: keysBySample(rows)}) : [];
    thinned.push(...own);
    for (const set of universe.sets) {
      const common = {contrast, family: `${set.role}-signatures`, outcome: set.name, ...group, method};
      const isInFamily = group.level === 'lineage' && group.cell_type !== 'unassigned';
      const note = check.isThinned ? `median counts differ ${(check.ratio ?? 1).toFixed(2)}-fold: both sides of every pair on thinned counts` : '';
      const base = {pairs: question.pairs, minPairs: question.minPairs, refused: set.refused};
      const asCounted = valuesOf(rows, set.name, question.minCells);
      comparisons.push({...base, keys: {...common, variant: 'main'}, isInFamily, valueOf: check.isThinned ? valuesOf(own, set.name, question.minCells, asCounted) : asCounted, note});
      if (check.isThinned) comparisons.push({...base, keys: {...common, variant: 'as-counted'}, isInFamily: false, valueOf: asCounted, note: 'depth not matched'});
    }
  }
  return {depth, thinned, comparisons};
}

/** Pairs are complete in a group where both samples have enough cells of it. */
function checkGroup({pairs, samples, minCells, maxDepthRatio}: SignatureQuestion, group: CellGroup): ReturnType<typeof checkDepth> {
  const counts = new Map<string, number[]>();
  for (const {before, after} of pairs.pairs) {
    for (const id of [before, after]) {
      const sample = samples.get(id);
      counts.set(id, sample === undefined ? [] : [...sample.nCounts].filter((_count, i) => isInGroup(sample.labels[i], group)));
    }
  }
  const complete = pairs.pairs.filter(({before, after}) => [before, after].every((id) => (counts.get(id)?.length ?? 0) >= minCells));
  return checkDepth(counts, complete, maxDepthRatio);
}

interface ThinQuestion {
  readonly group: CellGroup;
  readonly method: ScoreMethod;
  /** sample_id -> share of UMIs kept, of both samples of each complete pair. */
  readonly keep: ReadonlyMap<string, number>;
  readonly keysOf: ReadonlyMap<string, Row>;
}

function thinGroup({contrast, samples, universe, seed}: SignatureQuestion, {group, method, keep, keysOf}: ThinQuestion): Row[] {
  return [...keep].flatMap(([id, probability]) => {
    const sample = samples.get(id)!;
    const rows = sample.cells.flatMap((_cell, i) => (isInGroup(sample.labels[i], group) ? [i] : []));
    const counts = thinCounts(selectRows(sample.counts, rows), {
      keepProbability: () => probability,
      randomOf: (row) => randomStream(seed, `thin ${contrast} ${group.level} ${group.cell_type} ${sample.cells[rows[row]]}`),
    });
    return summaryRows({keys: keysOf.get(id) ?? {sample_id: id}, group, belongs: rows.map(() => true), universe, scores: scoreSignatures(counts, universe, method), method, variant: `thinned:${contrast}`});
  });
}

function keysBySample(rows: readonly Row[]): Map<string, Row> {
  return new Map(rows.map((row) => [String(row['sample_id']), {sample_id: row['sample_id'], patient_id: row['patient_id'], timepoint: row['timepoint'], day: row['day']}]));
}

/** `otherwise`: says why a sample without a row has none. */
function valuesOf(rows: readonly Row[], signature: string, minCells: number, otherwise?: (sample: string) => SampleValue): (sample: string) => SampleValue {
  const bySample = new Map(rows.filter((row) => row['signature'] === signature).map((row) => [String(row['sample_id']), row]));
  return (sample) => {
    const row = bySample.get(sample);
    if (row === undefined) {
      const answer = otherwise?.(sample);
      return answer === undefined || 'value' in answer ? {missing: 'no partner with enough cells'} : answer;
    }
    const nCells = Number(row['n_cells']);
    if (nCells < minCells) return {missing: `${nCells} cells, ${minCells} needed`};
    return row['mean'] === null || row['mean'] === undefined ? {missing: String(row['missing'])} : {value: Number(row['mean'])};
  };
}
