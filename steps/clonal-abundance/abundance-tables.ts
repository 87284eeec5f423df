// Rows of clonal_abundance, and the groups of cells that every table of a sample has rows for.
import {cloneAbundances, exactInterval} from '../../pipeline/analysis/clonal-abundance.ts';
import type {Receptor} from '../../pipeline/analysis/receptor-chains.ts';
import type {Row} from '../../pipeline/data/table.ts';
import type {CellGroup, Repertoires} from './repertoires.ts';
import type {SampleInfo} from './samples.ts';

export interface AbundanceSetting {
  readonly minCells: number;
  readonly expandedMinCells: number;
  readonly classCuts: readonly number[];
  /** Draws without replacement for measures without a closed form. */
  readonly draws: number;
  /** Samples from the estimated community for intervals. */
  readonly bootstraps: number;
  /** Rows as alakazam gives them beside ours: draws from the complete distribution at one depth for the cohort. */
  readonly alakazam: boolean;
  readonly seed: number;
  /** Absolute lymphocyte count and lymphoid cells of a sample, or why there is no concentration. */
  readonly concentration: (sample: SampleInfo) => {readonly perUl: number; readonly nLymphoid: number} | {readonly missing: string};
}

/** A sample, receptor and cell type with what was counted. */
export interface Counted {
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
      const perUl = 'missing' in concentration ? {cells_per_ul: null} : concentrationOf(row.clone_size, concentration);
      const reasons = [missing, 'missing' in concentration ? `cells_per_ul: ${concentration.missing}` : ''].filter((text) => text !== '');
      return {...keys, ...row, ...perUl, missing: reasons.join('; ') || null};
    });
  });
}

/** The interval is that of the share of the lymphoid cells; the lymphocyte count itself has no error in the sheet. */
function concentrationOf(size: number, {perUl, nLymphoid}: {readonly perUl: number; readonly nLymphoid: number}): Row {
  // Cells of the receptor that no lymphoid lineage has may be more than its cells: then there is no share.
  const [lower, upper] = size <= nLymphoid ? exactInterval(size, nLymphoid) : [null, null];
  return {cells_per_ul: (size / nLymphoid) * perUl, cells_per_ul_lower: lower === null ? null : lower * perUl, cells_per_ul_upper: upper === null ? null : upper * perUl};
}

export function eachGroup(repertoires: Repertoires, {minCells}: AbundanceSetting, rowsOf: (counted: Counted) => Row[]): Row[] {
  return repertoires.samples.flatMap((sample) => repertoires.receptors.flatMap((receptor) => repertoires.groups(sample, receptor).flatMap((group) => {
    const sizes = repertoires.sizes(sample, receptor, group);
    const nCells = totalOf(sizes);
    const missing = repertoires.missing(sample, receptor, group) || (nCells < minCells ? `only ${nCells} ${receptor}+ cells, ${minCells} needed` : '');
    return rowsOf({sample, receptor, group, sizes, nCells, missing});
  })));
}

export function totalOf(sizes: ReadonlyMap<string, number>): number {
  let total = 0;
  for (const size of sizes.values()) total += size;
  return total;
}
