// Rows of clonal_diversity: as observed, at equal cells, at equal coverage, as they would be with ever more cells.
import {commonDepth, resampleAsAlakazam} from '../../pipeline/analysis/alakazam-resampling.ts';
import {sampleCoverage} from '../../pipeline/analysis/clonal-abundance.ts';
import {describeDiversity} from '../../pipeline/analysis/clonal-diversity.ts';
import {drawDiversity, type DrawnValue} from '../../pipeline/analysis/depth-matched-diversity.ts';
import {bootstrapIntervals, chao1Interval} from '../../pipeline/analysis/diversity-intervals.ts';
import {asymptoticHill, coverageAtSize, hillAtSize, sizeAtCoverage} from '../../pipeline/analysis/hill-at-size.ts';
import {randomStream, type Random} from '../../pipeline/base/random.ts';
import type {Row} from '../../pipeline/data/table.ts';
import {eachGroup, totalOf, type AbundanceSetting, type Counted} from './abundance-tables.ts';
import type {Repertoires} from './repertoires.ts';

const orders = [0, 1, 2, 3, 4];
/** Below it more than half of the cells belong to clones that were not seen. */
const leastCoverage = 0.5;
/** Cells. */
const leastMatched = 2;

export function diversityRows(repertoires: Repertoires, setting: AbundanceSetting): Row[] {
  const {minCells} = setting;
  return eachGroup(repertoires, setting, (counted): Row[] => {
    const {sample, receptor, group, nCells, sizes} = counted;
    const counts = [...sizes.values()];
    const isKnown = repertoires.missing(sample, receptor, group) === '';
    const coverage = sampleCoverage(counts);
    const note = isKnown && coverage !== null && coverage < leastCoverage && nCells >= minCells ? `coverage ${coverage.toFixed(2)}: most cells of the blood belong to clones that were not seen` : null;
    const common = {...sample.keys, receptor, ...group, n_cells: nCells, n_clones: counts.length};
    const others = samplesOf(repertoires, counted, minCells);
    const rows = [
      ...observedRows(counted, setting),
      ...depthRows(counted, others.length === 0 ? null : Math.min(...others.map((one) => totalOf(one))), setting),
      ...coverageRows(counted, others.length === 0 ? null : Math.min(...others.map((one) => sampleCoverage([...one.values()])!)), setting),
      ...asymptoticRows(counted, setting),
      ...(setting.alakazam ? alakazamRows(repertoires, counted, setting) : []),
    ];
    return rows.map((row) => ({...common, ...row, note, ...(isKnown ? {} : {n_cells: null, n_clones: null, depth: null})}));
  });
}

/** This patient's samples that reach the minimum; the infusion product is no sample of the patient's blood, and has no partner to be matched to. */
function samplesOf(repertoires: Repertoires, {sample, receptor, group}: Counted, minCells: number): ReadonlyMap<string, number>[] {
  if (sample.isProduct) return [];
  return repertoires.samples.filter((other) => other.patient_id === sample.patient_id && !other.isProduct)
    .map((other) => repertoires.sizes(other, receptor, group)).filter((sizes) => totalOf(sizes) >= minCells);
}

function observedRows({sizes, nCells, missing}: Counted, setting: AbundanceSetting): Row[] {
  const counts = [...sizes.values()];
  return describeDiversity(counts, {orders, minCells: 0, expandedMinCells: setting.expandedMinCells}).map((row): Row => {
    const interval = row.measure === 'chao1' && missing === '' && counts.length > 0 ? chao1Interval(counts) : null;
    return {
      ...row, method: 'observed', depth: nCells, coverage: sampleCoverage(counts), lower: interval?.lower ?? null, upper: interval?.upper ?? null,
      ...(missing === '' ? {missing: row.missing || null} : {value: null, missing}),
    };
  });
}

function depthRows(counted: Counted, depth: number | null, setting: AbundanceSetting): Row[] {
  const counts = [...counted.sizes.values()];
  const missing = counted.missing || (depth === null ? 'the depth of an infusion product is not matched' : '');
  const isMeasured = missing === '' && depth !== null;
  const none: DrawnValue = {value: null, lower: null, upper: null};
  const row = (measure: string, drawn: DrawnValue, q: number | null = null): Row => ({
    measure, q, method: 'depth-matched', depth, coverage: isMeasured ? coverageAtSize(counts, depth) : null, value: drawn.value, lower: drawn.lower, upper: drawn.upper,
    missing: missing || (drawn.value === null ? 'no draw has two clones, and one has no evenness' : null),
  });
  const drawn = isMeasured ? drawDiversity(counts, {depth, nDraws: setting.draws, expandedMinCells: setting.expandedMinCells, random: streamOf(counted, setting, 'depth-matched')}) : null;
  const hill = isMeasured ? hillAtSize(counts, depth, orders) : orders.map(() => null);
  return [
    ...orders.map((q, k) => row('hill', {...none, value: hill[k]}, q)),
    row('clonality', drawn?.clonality ?? none),
    row('top_clone', drawn?.top_clone ?? none),
    row('expanded_fraction', drawn?.expanded_fraction ?? none),
  ];
}

/** To the smallest coverage of this patient's samples: interpolated, never beyond what was seen. */
function coverageRows(counted: Counted, coverage: number | null, setting: AbundanceSetting): Row[] {
  const counts = [...counted.sizes.values()];
  const missing = counted.missing || (coverage === null ? 'the coverage of an infusion product is not matched' : '');
  const reached = missing === '' && coverage !== null ? sizeAtCoverage(counts, coverage) : null;
  // One cell is one clone, whatever the repertoire: a comparison there would be of nothing.
  const size = reached === null || reached < leastMatched ? null : reached;
  const at = (own: readonly number[]): (number | null)[] => {
    const cells = sizeAtCoverage(own, coverage ?? 0);
    return cells === null || cells < leastMatched ? orders.map(() => null) : hillAtSize(own, cells, orders);
  };
  const values = size === null ? orders.map(() => null) : hillAtSize(counts, size, orders);
  const intervals = size === null ? [] : bootstrapIntervals(counts, {estimates: at, nDraws: setting.bootstraps, random: streamOf(counted, setting, 'coverage-matched')});
  return orders.map((q, k): Row => ({
    measure: 'hill', q, method: 'coverage-matched', depth: size, coverage: missing === '' ? coverage : null, value: values[k], lower: intervals[k]?.lower ?? null, upper: intervals[k]?.upper ?? null,
    missing: missing || (values[k] === null ? `the patient's least covered sample has a coverage of ${coverage?.toFixed(2)}, which fewer than ${leastMatched} cells of this one reach` : null),
  }));
}

function asymptoticRows(counted: Counted, setting: AbundanceSetting): Row[] {
  const counts = [...counted.sizes.values()];
  const estimates = (own: readonly number[]): (number | null)[] => orders.map((q) => asymptoticHill(own, q));
  const values = counted.missing === '' ? estimates(counts) : orders.map(() => null);
  const intervals = counted.missing === '' ? bootstrapIntervals(counts, {estimates, nDraws: setting.bootstraps, random: streamOf(counted, setting, 'asymptotic')}) : [];
  return orders.map((q, k): Row => ({
    measure: 'hill', q, method: 'asymptotic', depth: null, coverage: null, value: values[k], lower: intervals[k]?.lower ?? null, upper: intervals[k]?.upper ?? null,
    missing: counted.missing || (values[k] === null ? `no clone has ${q} cells` : null),
  }));
}

/** Its depth is the smallest sample of the cohort that reaches the minimum, so these rows of a patient hang on the others: a parity mode. */
function alakazamRows(repertoires: Repertoires, counted: Counted, setting: AbundanceSetting): Row[] {
  const totals = repertoires.samples.filter((sample) => !sample.isProduct).map((sample) => totalOf(repertoires.sizes(sample, counted.receptor, counted.group)));
  const missing = counted.missing || (counted.sample.isProduct ? 'the depth of an infusion product is not matched' : '');
  const depth = missing === '' ? commonDepth(totals, setting.minCells) : null;
  const counts = [...counted.sizes.values()].sort((a, b) => b - a);
  const resampled = depth !== null ? resampleAsAlakazam(counts, {depth, nDraws: setting.draws, orders, random: streamOf(counted, setting, 'alakazam')}) : undefined;
  return orders.map((q, k): Row => {
    const own = resampled?.diversity[k];
    return {measure: 'hill', q, method: 'alakazam', depth, coverage: null, value: own?.mean ?? null, lower: own?.lower ?? null, upper: own?.upper ?? null, missing: missing || null};
  });
}

/** A stream of its own: the draws of a sample depend on no other sample. */
function streamOf({sample, receptor, group}: Counted, {seed}: AbundanceSetting, method: string): Random {
  return randomStream(seed, [method, sample.sample_id, receptor, group.level, group.cell_type].join(' '));
}
