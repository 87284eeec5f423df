// Rows of clonal_abundance and clonal_diversity.
import {cloneAbundances, sampleCoverage} from '../../pipeline/analysis/clonal-abundance.ts';
import {describeDiversity} from '../../pipeline/analysis/clonal-diversity.ts';
import {coverageAtDepth, drawDiversity, hillAtDepth, type DrawnValue} from '../../pipeline/analysis/depth-matched-diversity.ts';
import type {Receptor} from '../../pipeline/analysis/receptor-chains.ts';
import {randomStream} from '../../pipeline/base/random.ts';
import type {Row} from '../../pipeline/data/table.ts';
import type {CellGroup, Repertoires} from './repertoires.ts';
import type {SampleInfo} from './samples.ts';

export interface AbundanceSetting {
  readonly minCells: number;
  readonly expandedMinCells: number;
  readonly classCuts: readonly number[];
  readonly draws: number;
  readonly seed: number;
  /** Absolute lymphocyte count and lymphoid cells of a sample, or why there is no concentration. */
  readonly concentration: (sample: SampleInfo) => {readonly perUl: number; readonly nLymphoid: number} | {readonly missing: string};
}

/** A sample, receptor and cell type with what was counted. */
interface Counted {
  readonly sample: SampleInfo;
  readonly receptor: Receptor;
  readonly group: CellGroup;
  readonly sizes: ReadonlyMap<string, number>;
  readonly nCells: number;
  /** Why there is no measure; '' where there is one. */
  readonly missing: string;
}

export function abundanceRows(repertoires: Repertoires, setting: AbundanceSetting): Row[] {
  return eachGroup(repertoires, setting, ({sample, receptor, group, sizes, nCells, missing}): Row[] => {
    const keys = {...sample.keys, receptor, ...group};
    if (repertoires.missing(sample, receptor, group) !== '') return [{...keys, missing}];
    if (sizes.size === 0) return [{...keys, n_cells: nCells, missing}];
    const concentration = repertoires.counted(sample, receptor).areKept ? setting.concentration(sample) : {missing: 'the cells counted are not those kept'};
    return cloneAbundances(sizes, {minCells: setting.minCells, classCuts: setting.classCuts, confidence: 0.95}).map((row) => {
      const cells_per_ul = 'missing' in concentration ? null : (row.clone_size / concentration.nLymphoid) * concentration.perUl;
      const reasons = [missing, 'missing' in concentration ? `cells_per_ul: ${concentration.missing}` : ''].filter((text) => text !== '');
      return {...keys, ...row, cells_per_ul, missing: reasons.join('; ') || null};
    });
  });
}

export function diversityRows(repertoires: Repertoires, setting: AbundanceSetting): Row[] {
  return eachGroup(repertoires, setting, (counted): Row[] => {
    const {sample, receptor, group, nCells, missing} = counted;
    const counts = [...counted.sizes.values()];
    const common = {...sample.keys, receptor, ...group, n_cells: nCells, n_clones: counts.length};
    const observed = describeDiversity(counts, {orders: [0, 1, 2], minCells: 0, expandedMinCells: setting.expandedMinCells}).map((row): Row => ({
      ...common, ...row, method: 'observed', depth: nCells, coverage: sampleCoverage(counts),
      ...(missing === '' ? {missing: row.missing || null} : {value: null, missing}),
    }));
    const isKnown = repertoires.missing(sample, receptor, group) === '';
    const depth = sample.isProduct ? null : matchedDepth(repertoires, counted, setting.minCells);
    return [...observed, ...matchedRows(counted, depth, setting).map((row) => ({...common, ...row}))]
      .map((row) => (isKnown ? row : {...row, n_cells: null, n_clones: null, depth: null}));
  });
}

/** Cells of the smallest of this patient's samples that reach the minimum; null where none does. The infusion product is no sample of the patient's blood. */
function matchedDepth(repertoires: Repertoires, {sample, receptor, group}: Counted, minCells: number): number | null {
  const depths = repertoires.samples
    .filter((other) => other.patient_id === sample.patient_id && !other.isProduct)
    .map((other) => totalOf(repertoires.sizes(other, receptor, group)))
    .filter((n) => n >= minCells);
  return depths.length === 0 ? null : Math.min(...depths);
}

function matchedRows({sample, receptor, group, sizes, missing: tooFew}: Counted, depth: number | null, setting: AbundanceSetting): Row[] {
  const counts = [...sizes.values()];
  const missing = tooFew || (depth === null ? 'the depth of an infusion product is not matched' : '');
  const isMeasured = missing === '' && depth !== null;
  const coverage = isMeasured ? coverageAtDepth(counts, depth) : null;
  const none: DrawnValue = {value: null, lower: null, upper: null};
  const row = (measure: string, drawn: DrawnValue, q: number | null = null): Row => ({
    measure, q, method: 'depth-matched', depth, coverage, value: drawn.value, lower: drawn.lower, upper: drawn.upper,
    missing: missing || (drawn.value === null ? 'no draw has two clones, and one has no evenness' : null),
  });
  // A stream of its own: the draws of a sample depend on no other sample.
  const random = randomStream(setting.seed, ['depth-matched', sample.sample_id, receptor, group.level, group.cell_type].join(' '));
  const drawn = isMeasured ? drawDiversity(counts, {depth, nDraws: setting.draws, expandedMinCells: setting.expandedMinCells, random}) : null;
  return [
    ...[0, 1, 2].map((q) => row('hill', {...none, value: isMeasured ? hillAtDepth(counts, depth, q) : null}, q)),
    row('clonality', drawn?.clonality ?? none),
    row('top_clone', drawn?.top_clone ?? none),
    row('expanded_fraction', drawn?.expanded_fraction ?? none),
  ];
}

function eachGroup(repertoires: Repertoires, {minCells}: AbundanceSetting, rowsOf: (counted: Counted) => Row[]): Row[] {
  return repertoires.samples.flatMap((sample) => repertoires.receptors.flatMap((receptor) => repertoires.groups(sample, receptor).flatMap((group) => {
    const sizes = repertoires.sizes(sample, receptor, group);
    const nCells = totalOf(sizes);
    const missing = repertoires.missing(sample, receptor, group) || (nCells < minCells ? `only ${nCells} ${receptor}+ cells, ${minCells} needed` : '');
    return rowsOf({sample, receptor, group, sizes, nCells, missing});
  })));
}

function totalOf(sizes: ReadonlyMap<string, number>): number {
  let total = 0;
  for (const size of sizes.values()) total += size;
  return total;
}
