// Rows of clonal_abundance and clonal_diversity.
import {cloneAbundances, sampleCoverage} from '../../pipeline/analysis/clonal-abundance.ts';
import {describeDiversity} from '../../pipeline/analysis/clonal-diversity.ts';
import {drawDiversity, hillAtDepth, type DrawnValue} from '../../pipeline/analysis/depth-matched-diversity.ts';
import type {Receptor} from '../../pipeline/analysis/receptor-chains.ts';
import {randomStream} from '../../pipeline/base/random.ts';
import type {Row} from '../../pipeline/data/table.ts';
import {noLibrary, type CellGroup, type Repertoires, type SampleInfo} from './repertoires.ts';

export interface AbundanceSetting {
  readonly minCells: number;
  readonly expandedMinCells: number;
  readonly classCuts: readonly number[];
  readonly draws: number;
  readonly seed: number;
  /** Absolute lymphocyte count and lymphoid cells of a sample, or why there is no concentration. */
  readonly concentration: (sample: string) => {readonly perUl: number; readonly nLymphoid: number} | {readonly missing: string};
}

export function abundanceRows(repertoires: Repertoires, setting: AbundanceSetting): Row[] {
  return eachGroup(repertoires, ({sample, receptor, group, reason, sizes}): Row[] => {
    const keys = {...sample.keys, receptor, ...group};
    if (reason !== '') return [{...keys, missing: reason}];
    if (sizes.size === 0) return [{...keys, n_cells: 0, missing: `only 0 cells, ${setting.minCells} needed`}];
    const concentration = setting.concentration(sample.sample_id);
    return cloneAbundances(sizes, {minCells: setting.minCells, classCuts: setting.classCuts, confidence: 0.95}).map((row) => {
      const cells_per_ul = 'missing' in concentration ? null : (row.clone_size / concentration.nLymphoid) * concentration.perUl;
      const reasons = [row.missing, 'missing' in concentration ? `cells_per_ul: ${concentration.missing}` : ''].filter((text) => text !== '');
      return {...keys, ...row, cells_per_ul, missing: reasons.join('; ') || null};
    });
  });
}

export function diversityRows(repertoires: Repertoires, setting: AbundanceSetting): Row[] {
  return eachGroup(repertoires, ({sample, receptor, group, reason, sizes}): Row[] => {
    const counts = [...sizes.values()];
    const n_cells = counts.reduce((total, size) => total + size, 0);
    const common = {...sample.keys, receptor, ...group, coverage: sampleCoverage(counts), n_cells, n_clones: counts.length};
    const observed = describeDiversity(counts, {orders: [0, 1, 2], minCells: setting.minCells, expandedMinCells: setting.expandedMinCells})
      .map((row): Row => ({...common, ...row, method: 'observed', depth: n_cells, missing: reason || row.missing || null}));
    const depth = sample.isProduct ? null : matchedDepth(repertoires, {sample, receptor, group}, setting.minCells);
    return [...observed, ...matchedRows({counts, depth, n_cells, reason, setting, name: [sample.sample_id, receptor, group.level, group.cell_type].join(' ')}).map((row) => ({...common, ...row}))];
  }).map((row) => (row['n_cells'] === 0 ? {...row, n_clones: 0} : row));
}

/** Cells of the smallest of this patient's samples that reach the minimum; null where none does. The infusion product is no sample of the patient's blood. */
function matchedDepth(repertoires: Repertoires, {sample, receptor, group}: {sample: SampleInfo; receptor: Receptor; group: CellGroup}, minCells: number): number | null {
  const depths = repertoires.samples
    .filter((other) => other.patient_id === sample.patient_id && !other.isProduct)
    .map((other) => [...repertoires.sizes(other.sample_id, receptor, group).values()].reduce((total, size) => total + size, 0))
    .filter((n) => n >= minCells);
  return depths.length === 0 ? null : Math.min(...depths);
}

interface MatchedQuestion {
  readonly counts: readonly number[];
  readonly depth: number | null;
  readonly n_cells: number;
  readonly reason: string;
  readonly setting: AbundanceSetting;
  /** Of the random stream: the draws of a sample depend on no other sample. */
  readonly name: string;
}

function matchedRows({counts, depth, n_cells, reason, setting, name}: MatchedQuestion): Row[] {
  const missing = reason || (n_cells < setting.minCells ? `only ${n_cells} cells, ${setting.minCells} needed` : depth === null ? 'no depth to match' : '');
  const row = (measure: string, q: number | null, drawn: DrawnValue, otherwise: string): Row => ({
    measure, q, method: 'depth-matched', depth, value: drawn.value, lower: drawn.lower, upper: drawn.upper, missing: missing || (drawn.value === null ? otherwise : null),
  });
  const none: DrawnValue = {value: null, lower: null, upper: null};
  const drawn = missing !== '' || depth === null ? null
    : drawDiversity(counts, {depth, nDraws: setting.draws, expandedMinCells: setting.expandedMinCells, random: randomStream(setting.seed, `depth-matched ${name}`)});
  const hill = (q: number): DrawnValue => ({...none, value: missing !== '' || depth === null ? null : hillAtDepth(counts, depth, q)});
  return [
    ...[0, 1, 2].map((q) => row('hill', q, hill(q), 'not defined')),
    row('clonality', null, drawn?.clonality ?? none, 'a single clone has no evenness'),
    row('top_clone', null, drawn?.top_clone ?? none, 'not defined'),
    row('expanded_fraction', null, drawn?.expanded_fraction ?? none, 'not defined'),
  ];
}

interface Visit {
  readonly sample: SampleInfo;
  readonly receptor: Receptor;
  readonly group: CellGroup;
  readonly reason: string;
  readonly sizes: ReadonlyMap<string, number>;
}

function eachGroup(repertoires: Repertoires, rowsOf: (visit: Visit) => Row[]): Row[] {
  return repertoires.samples.flatMap((sample) =>
    repertoires.receptors.flatMap((receptor) =>
      repertoires.groups(receptor).flatMap((group) => rowsOf({sample, receptor, group, reason: noLibrary(sample, receptor), sizes: repertoires.sizes(sample.sample_id, receptor, group)})),
    ),
  );
}
