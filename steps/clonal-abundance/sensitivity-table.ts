// Rows of clone_rule_sensitivity: the numbers that matter under other clone rules, on the same cells.
import {pairSamples} from '../../pipeline/analysis/contrast-pairs.ts';
import type {Receptor} from '../../pipeline/analysis/receptor-chains.ts';
import type {Row} from '../../pipeline/data/table.ts';
import type {StepJob} from '../../pipeline/step-runtime/run-step.ts';
import type {Repertoires} from './repertoires.ts';

/** As call-clonotypes writes it, of one patient. */
export interface Alternatives {
  readonly patient_id: string;
  readonly cells: readonly string[];
  readonly rules: readonly {readonly receptor: Receptor; readonly rule: string; readonly linkage: string | null; readonly threshold: number | null; readonly missing: string; readonly clones: readonly (number | null)[]}[];
}

/** More than this change of the largest clone's share, either way, is flagged. */
const mostChange = 2;

export interface SensitivityQuestion {
  readonly design: StepJob['design'];
  readonly alternatives: readonly Alternatives[];
  /** Table `rules` of call-clonotypes. */
  readonly rules: readonly Row[];
  readonly clones: readonly Row[];
  readonly minCells: number;
}

export function sensitivityRows(repertoires: Repertoires, {design, alternatives, rules, clones, minCells}: SensitivityQuestion): Row[] {
  const contrast = design.contrasts?.find((one) => one.primary) ?? design.contrasts?.at(-1);
  const pairs = contrast === undefined ? [] : pairSamples(design.rows, contrast).pairs;
  return alternatives.flatMap(({patient_id, cells, rules: others}) => repertoires.receptors.flatMap((receptor): Row[] => {
    const samples = repertoires.samples.filter((sample) => sample.patient_id === patient_id && !sample.isProduct && repertoires.missing(sample, receptor, {cell_type: 'all', level: 'all'}) === '');
    const pair = pairs.find((one) => one.patient_id === patient_id);
    const count = (cloneOf: (cell: Row) => string | null): Counts => {
      const bySample = new Map(samples.map((sample) => {
        const sizes = new Map<string, number>();
        for (const cell of repertoires.counted(sample, receptor).cells) {
          const clone = cloneOf(cell);
          if (clone !== null) sizes.set(clone, (sizes.get(clone) ?? 0) + 1);
        }
        return [sample.sample_id, sizes] as const;
      }));
      return summarise(bySample, pair, minCells);
    };
    const own = count((cell) => (cell['clone_id'] === null ? null : String(cell['clone_id'])));
    if (own.nClones === 0) return [];
    const called = rules.find((row) => row['patient_id'] === patient_id && row['receptor'] === receptor);
    const first: Row = {
      patient_id, receptor, rule: String(clones.find((clone) => clone['patient_id'] === patient_id && clone['receptor'] === receptor)?.['rule'] ?? ''),
      linkage: called?.['linkage'] ?? null, threshold: called?.['threshold'] ?? null, ...columnsOf(own), flag: 'as called', missing: reasonOf(own, called?.['threshold'] ?? null),
    };
    const at = new Map(cells.map((cell, index) => [cell, index]));
    return [first, ...others.filter((other) => other.receptor === receptor).map(({rule, linkage, threshold, missing, clones: numbers}): Row => {
      if (missing !== '') return {patient_id, receptor, rule, linkage, threshold, missing};
      const other = count((cell) => {
        const number = numbers[at.get(String(cell['cell_id'])) ?? -1];
        return number === undefined || number === null ? null : String(number);
      });
      const ratio = own.top === null || other.top === null ? null : other.top / own.top;
      const flag = ratio !== null && (ratio > mostChange || ratio < 1 / mostChange) ? `top clone ${ratio > 1 ? `${ratio.toFixed(1)} times larger` : `${(1 / ratio).toFixed(1)} times smaller`}` : null;
      return {patient_id, receptor, rule, linkage, threshold, ...columnsOf(other), flag, missing: reasonOf(other, threshold)};
    })];
  }));
}

interface Counts {
  /** In any of the samples. */
  readonly nClones: number;
  /** Largest share of a clone in any one sample that reaches the minimum. */
  readonly top: number | null;
  readonly nShared: number | null;
  readonly missing: string | null;
}

const reasonOf = ({missing}: Counts, threshold: unknown): string | null => [threshold === null ? 'threshold: no distances are compared' : '', missing ?? ''].filter((text) => text !== '').join('; ') || null;

const columnsOf = ({nClones, top, nShared}: Counts): Row => ({n_clones: nClones, top_clone_fraction: top, n_shared_before_after: nShared});

function summarise(bySample: ReadonlyMap<string, ReadonlyMap<string, number>>, pair: {readonly before: string; readonly after: string} | undefined, minCells: number): Counts {
  const totals = [...bySample.values()].map((sizes) => ({sizes, n: [...sizes.values()].reduce((a, b) => a + b, 0)}));
  const tops = totals.filter(({n}) => n >= minCells).map(({sizes, n}) => Math.max(...sizes.values()) / n);
  const [before, after] = [bySample.get(pair?.before ?? ''), bySample.get(pair?.after ?? '')];
  const nShared = before === undefined || after === undefined ? null : [...before.keys()].filter((clone) => after.has(clone)).length;
  const reasons = [tops.length === 0 ? `top_clone_fraction: no sample has ${minCells} cells` : '', nShared === null ? 'n_shared_before_after: no pair of the primary contrast' : ''].filter((text) => text !== '');
  return {nClones: new Set(totals.flatMap(({sizes}) => [...sizes.keys()])).size, top: tops.length === 0 ? null : Math.max(...tops), nShared, missing: reasons.join('; ') || null};
}
