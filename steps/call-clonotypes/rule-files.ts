// What the rule did to each patient, and the clones of the same cells under other rules.
import type {RuleAlternative} from '../../pipeline/analysis/clone-rule-alternatives.ts';
import type {CloneSummary} from '../../pipeline/analysis/clonotype.ts';
import type {ClonotypeRule} from '../../pipeline/analysis/clonotype-rule.ts';
import type {Row} from '../../pipeline/data/table.ts';

export const ruleColumns = [
  'patient_id', 'receptor', 'definition', 'threshold', 'threshold_source', 'linkage', 'n_nearest_distances', 'n_cells', 'n_clones', 'n_paired_cells', 'n_paired_clones', 'n_orphan_cells', 'n_orphans_rescued', 'note', 'missing',
];

export function ruleRows(summaries: readonly CloneSummary[], rule: ClonotypeRule): Row[] {
  return summaries.map(({threshold, ...counts}) => ({
    ...counts, definition: rule.definition, threshold: threshold?.value ?? null, threshold_source: threshold?.source ?? null, linkage: threshold === null ? null : rule.definition === 'changeo' ? rule.changeo_link : rule.bcr_linkage,
    n_nearest_distances: threshold?.nDistances ?? null, note: threshold?.source === 'fallback' ? `no automatic threshold: ${threshold.reason}` : null,
    missing: threshold === null ? 'threshold: the rule compares no distances' : threshold.source === 'given' ? 'n_nearest_distances: the threshold is given' : null,
  }));
}

/** One number a cell and rule, in the order of `cells`; null where the rule leaves the cell out. */
export interface AlternativesFile {
  readonly cells: readonly string[];
  readonly rules: readonly {readonly receptor: string; readonly rule: string; readonly linkage: string | null; readonly threshold: number | null; readonly missing: string; readonly clones: readonly (number | null)[]}[];
}

export function alternativesFile(cells: readonly string[], alternatives: readonly RuleAlternative[]): AlternativesFile {
  return {
    cells,
    rules: alternatives.map(({cloneOfCell, ...rule}) => {
      const numbers = new Map<string, number>();
      return {...rule, clones: cells.map((cell) => {
        const clone = cloneOfCell.get(cell);
        if (clone === undefined) return null;
        if (!numbers.has(clone)) numbers.set(clone, numbers.size);
        return numbers.get(clone)!;
      })};
    }),
  };
}
