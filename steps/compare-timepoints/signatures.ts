// The two signature families: depth check, thinned scores where it triggers, and the comparisons with what they are checked by.
import type {ContrastPairs} from '../../pipeline/analysis/contrast-pairs.ts';
import {checkDepth} from '../../pipeline/analysis/depth-check.ts';
import {isInGroup, type CellGroup} from '../../pipeline/analysis/score-groups.ts';
import type {ScoreMethod, SignatureUniverse} from '../../pipeline/analysis/score-signatures.ts';
import {leaveOneOut, mixedModelOf, moderatedTs, type AllVisits} from '../../pipeline/analysis/sensitivity.ts';
import type {Comparison, SampleValue} from '../../pipeline/analysis/timepoint-comparison.ts';
import type {Row} from '../../pipeline/data/table.ts';
import {bulkMethods, bulkScores} from './bulk-scores.ts';
import type {SampleCells} from './cohort-counts.ts';
import {drawSpread, thinGroup} from './thinned-scores.ts';

export interface SignatureQuestion {
  readonly contrast: string;
  readonly pairs: ContrastPairs;
  readonly visits: AllVisits;
  readonly samples: ReadonlyMap<string, SampleCells>;
  readonly universe: SignatureUniverse;
  /** As-counted rows of signature_summary; the method of the first row is the one that is claimed. */
  readonly summary: readonly Row[];
  readonly minCells: number;
  readonly minPairs: number;
  readonly maxDepthRatio: number;
  readonly thinningDraws: number;
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
  const methods = [...new Set(summary.map((row) => String(row['method']) as ScoreMethod))];
  const byGroup = Map.groupBy(summary, (row) => `${String(row['level'])}\t${String(row['cell_type'])}`);
  const withoutCar = byGroup.get('car\tCAR- T cell');
  const depth: Row[] = [];
  const thinned: Row[] = [];
  const comparisons: Comparison[] = [];
  for (const rows of byGroup.values()) {
    const group = {cell_type: String(rows[0]['cell_type']), level: String(rows[0]['level']) as CellGroup['level']};
    const isFamily = group.level === 'lineage' && group.cell_type !== 'unassigned';
    const check = checkGroup(question, group);
    const thinning = {...question, group, keep: check.keepProbability, keysOf: keysBySample(rows)};
    // Sensitivity rows are made for what is claimed alone: primary sets by lineage.
    const wanted = isFamily ? methods : methods.slice(0, 1);
    const own = check.isThinned ? thinGroup(thinning, wanted, 0) : [];
    thinned.push(...own);
    const spread = check.isThinned && isFamily ? drawSpread(thinning, methods[0], own) : undefined;
    depth.push({
      contrast, ...group, median_counts_before: check.medianCountsBefore, median_counts_after: check.medianCountsAfter, ratio: check.ratio,
      flag: check.ratio === null ? null : check.isThinned ? 'thinned' : 'comparable', missing: check.ratio === null ? 'no complete pair' : null,
    });
    const mains: Comparison[] = [];
    const bulk = bulkScores(question, group);
    for (const set of universe.sets) {
      const common = {contrast, family: `${set.role}-signatures`, outcome: set.name, ...group};
      const note = check.isThinned ? `median counts differ ${(check.ratio ?? 1).toFixed(2)}-fold: both sides of every pair on thinned counts` : '';
      const base = {pairs: question.pairs, minPairs: question.minPairs, refused: set.refused};
      const counted = (method: ScoreMethod, from: readonly Row[] = rows): ((sample: string) => SampleValue) => valuesOf(from.filter((row) => row['method'] === method), set.name, question.minCells);
      const valueBy = (method: ScoreMethod): ((sample: string) => SampleValue) => (check.isThinned ? valuesOf(own.filter((row) => row['method'] === method), set.name, question.minCells, counted(method)) : counted(method));
      const [method, ...others] = methods;
      const main: Comparison = {...base, keys: {...common, method, variant: 'main'}, isInFamily: isFamily, valueOf: valueBy(method), note};
      comparisons.push(main);
      if (check.isThinned) comparisons.push({...base, keys: {...common, method, variant: 'as-counted'}, isInFamily: false, valueOf: counted(method), note: 'depth not matched'});
      if (!isFamily || set.role !== 'primary' || set.refused !== '') continue;
      mains.push(main);
      comparisons.push(...others.map((other): Comparison => ({...base, keys: {...common, method: other, variant: `method:${other}`}, isInFamily: false, valueOf: valueBy(other)})));
      comparisons.push(...bulkMethods.map((other): Comparison => ({...base, keys: {...common, method: other, variant: `method:${other}`}, isInFamily: false, valueOf: bulk(other, set), note: `of the sum of the cells${check.isThinned ? ', depth not matched' : ''}`})));
      if (spread !== undefined) comparisons.push({...base, keys: {...common, method, variant: 'thinning draws'}, isInFamily: false, valueOf: spread.meanOf(set.name, question.minCells), note: spread.noteOf(set.name, question.pairs)});
      if (group.cell_type === 'T cell' && withoutCar !== undefined) comparisons.push({...base, keys: {...common, method, variant: 'without CAR+ cells'}, isInFamily: false, valueOf: counted(method, withoutCar), note: check.isThinned ? 'depth not matched' : ''});
      // The other visits were not thinned with this contrast: the model takes every sample as it was counted.
      const model = mixedModelOf({...main, valueOf: counted(method), note: ''}, question.visits);
      if (model !== null) comparisons.push(check.isThinned ? {...model, note: `${model.note ?? ''}; depth not matched`} : model);
      comparisons.push(...leaveOneOut(main));
    }
    comparisons.push(...moderatedTs(mains));
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
