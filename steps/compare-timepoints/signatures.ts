// The two signature families: depth check, thinned scores where it triggers, and the comparisons with what they are checked by.
import type {ContrastPairs} from '../../pipeline/analysis/contrast-pairs.ts';
import {checkDepth} from '../../pipeline/analysis/depth-check.ts';
import {isInGroup, type CellGroup} from '../../pipeline/analysis/score-groups.ts';
import {noCounts} from '../../pipeline/analysis/recover-counts.ts';
import type {ScoreMethod, SignatureUniverse} from '../../pipeline/analysis/score-signatures.ts';
import {leaveOneOut, mixedModelOf, moderatedIncompleteTs, moderatedTs, type AllVisits} from '../../pipeline/analysis/sensitivity.ts';
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
  const byGroup = Map.groupBy(question.summary, (row) => `${String(row['level'])}\t${String(row['cell_type'])}`);
  const context = {methods: [...new Set(question.summary.map((row) => String(row['method']) as ScoreMethod))], withoutCar: byGroup.get('car\tCAR- T cell')};
  const answers = [...byGroup.values()].map((rows) => compareGroup(question, rows, context));
  return {depth: answers.flatMap(({depth}) => depth), thinned: answers.flatMap(({thinned}) => thinned), comparisons: answers.flatMap(({comparisons}) => comparisons)};
}

interface Context {
  /** The claimed one first. */
  readonly methods: readonly ScoreMethod[];
  /** Summary rows of T cells without the transgene, where calls were made. */
  readonly withoutCar: readonly Row[] | undefined;
}

function compareGroup(question: SignatureQuestion, rows: readonly Row[], {methods, withoutCar}: Context): SignatureAnswer {
  const {contrast, universe, pairs, minPairs, minCells} = question;
  const group = {cell_type: String(rows[0]['cell_type']), level: String(rows[0]['level']) as CellGroup['level']};
  const isFamily = group.level === 'lineage' && group.cell_type !== 'unassigned';
  const check = checkGroup(question, group);
  const thinning = {...question, group, keep: check.keepProbability, keysOf: keysBySample(rows)};
  // Checks are made of what is claimed alone: primary sets by lineage.
  const thinned = check.isThinned ? thinGroup(thinning, isFamily ? methods : methods.slice(0, 1), 0) : [];
  const spread = check.isThinned && isFamily ? drawSpread(thinning, methods[0], thinned) : undefined;
  const bulk = bulkScores(question, group);
  const [mains, asTheyWere]: [Comparison[], Comparison[]] = [[], []];
  const unmatched = check.isThinned ? 'depth not matched' : '';
  const noted = (model: Comparison): Comparison => ({...model, note: [model.note ?? '', unmatched].filter((text) => text !== '').join('; ')});
  const comparisons = universe.sets.flatMap((set): Comparison[] => {
    const row = (method: string, variant: string, valueOf: Comparison['valueOf'], note = ''): Comparison =>
      ({keys: {contrast, family: `${set.role}-signatures`, outcome: set.name, ...group, method, variant}, isInFamily: isFamily && variant === 'main', pairs, minPairs, refused: set.refused, valueOf, note});
    const counted = (method: ScoreMethod, from: readonly Row[] = rows): Comparison['valueOf'] => valuesOf(from.filter((one) => one['method'] === method), set.name, minCells);
    const matched = (method: ScoreMethod): Comparison['valueOf'] => (check.isThinned ? valuesOf(thinned.filter((one) => one['method'] === method), set.name, minCells, counted(method)) : counted(method));
    const [method, ...others] = methods;
    const main = row(method, 'main', matched(method), universe.without_counts ? `depth not compared: ${noCounts}` : check.isThinned ? `median counts differ ${(check.ratio ?? 1).toFixed(2)}-fold: both sides of every pair on thinned counts` : '');
    const asCounted = check.isThinned ? [row(method, 'as-counted', counted(method), unmatched)] : [];
    if (!isFamily || set.role !== 'primary' || set.refused !== '') return [main, ...asCounted];
    mains.push(main);
    // Samples without a partner were not thinned with this contrast: models that take them take every sample as it was counted.
    const allCounted = {...main, valueOf: counted(method)};
    asTheyWere.push(allCounted);
    const model = mixedModelOf(allCounted, question.visits);
    return [
      main, ...asCounted,
      ...others.map((other) => row(other, `method:${other}`, matched(other))),
      ...bulkMethods.map((other) => row(other, `method:${other}`, bulk(other, set), check.isThinned ? `of the sum of the cells, ${unmatched}` : 'of the sum of the cells')),
      ...(spread === undefined ? [] : [row(method, 'thinning draws', spread.meanOf(set.name, minCells), spread.noteOf(set.name, pairs))]),
      ...(group.cell_type === 'T cell' && withoutCar !== undefined ? [row(method, 'without CAR+ cells', counted(method, withoutCar), unmatched)] : []),
      ...(model === null ? [] : [noted(model)]),
      ...leaveOneOut(main),
    ];
  });
  const depth = {
    contrast, ...group, median_counts_before: check.medianCountsBefore, median_counts_after: check.medianCountsAfter, ratio: check.ratio,
    flag: check.ratio === null ? null : check.isThinned ? 'thinned' : 'comparable', missing: universe.without_counts ? noCounts : check.ratio === null ? 'no complete pair' : null,
  };
  return {depth: [depth], thinned, comparisons: [...comparisons, ...moderatedTs(mains), ...moderatedIncompleteTs(asTheyWere, question.visits).map(noted)]};
}

/** Pairs are complete in a group where both samples have enough cells of it. */
function checkGroup({pairs, samples, universe, minCells, maxDepthRatio}: SignatureQuestion, group: CellGroup): ReturnType<typeof checkDepth> {
  if (universe.without_counts) return checkDepth(new Map(), [], maxDepthRatio);
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
