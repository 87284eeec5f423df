// One sentence a primary outcome, built from its rows of timepoint_comparisons and from nothing else: what changed, by how much, and which checks it
// passes. A claim that passes is not proved; one that fails a check should not be made without saying so.
import type {Row} from '../data/table.ts';
import {detectableDz} from './paired-power.ts';

export const verdictColumns = ['contrast', 'family', 'outcome', 'cell_type', 'level', 'verdict', 'n_checks', 'holds', 'does_not_hold', 'sentence', 'missing'] as const;

const level = 0.05;
/** Families whose outcomes were declared beforehand. */
const declared = ['primary-signatures', 'clonal', 'composition'];

const number = (row: Row | undefined, column: string): number | null => (row === undefined || row[column] === null || row[column] === undefined ? null : Number(row[column]));
const short = (value: number): string => (value !== 0 && Math.abs(value) < 0.001 ? value.toExponential(1) : String(Number(value.toPrecision(2))));

/** `rows`: timepoint_comparisons with its q values. `sides`: contrast -> the word for its later side. One row a declared outcome. */
export function verdictRows(rows: readonly Row[], sides: ReadonlyMap<string, string>): Row[] {
  const key = (row: Row, outcome = row['outcome']): string => [row['contrast'], row['family'], outcome, row['level'], row['cell_type']].join('\t');
  const byOutcome = Map.groupBy(rows.filter((row) => declared.includes(String(row['family']))), (row) => key(row));
  const mains = [...byOutcome.values()].flatMap((own) => own.filter((row) => row['variant'] === 'main'));
  return mains.filter(isDeclared).map((main) => {
    const free = byOutcome.get(key(main, `${String(main['outcome'])}_NO_IFN`))?.find((row) => row['variant'] === 'main');
    return verdictOf(main, {checks: (byOutcome.get(key(main)) ?? []).filter((row) => row !== main), free, after: sides.get(String(main['contrast'])) ?? 'the later side'});
  });
}

/** Lineages and `all` for clones; cells without a lineage are no cell type. */
function isDeclared(main: Row): boolean {
  return main['family'] === 'clonal' || (main['level'] === 'lineage' && main['cell_type'] !== 'unassigned');
}

interface Context {
  readonly checks: readonly Row[];
  /** The main row of the set without its interferon genes. */
  readonly free: Row | undefined;
  readonly after: string;
}

function verdictOf(main: Row, {checks, free, after}: Context): Row {
  const row = Object.fromEntries(['contrast', 'family', 'outcome', 'cell_type', 'level'].map((name) => [name, main[name] ?? null]));
  const [mean, q] = [number(main, 'mean_difference'), number(main, 'q_t')];
  if (mean === null || q === null) {
    const reason = String(main['missing'] ?? 'no p value');
    return {...row, verdict: 'not tested', n_checks: 0, holds: null, does_not_hold: null, sentence: `Not tested: ${reason}.`, missing: reason};
  }
  const numbers = numbersOf(main);
  const all = namedChecks(main, checks, free);
  if (q >= level) {
    const n = number(main, 'n_pairs') ?? 0;
    const dz = detectableDz(n);
    const seenBy = all.filter(({isSeen}) => isSeen).map(({name}) => name);
    const power = dz === null ? '' : ` With ${n} patients a change of ${dz.toFixed(2)} standard deviations would be seen with 80 % power.`;
    const elsewhere = seenBy.length === 0 ? '' : ` Seen only ${join(seenBy)}, which is not the declared analysis.`;
    return {...row, verdict: 'no change seen', n_checks: all.length, holds: null, does_not_hold: null, sentence: `No change seen at ${after} (${numbers}).${power}${elsewhere}`, missing: null};
  }
  const direction = mean < 0 ? 'lower' : 'higher';
  const holds = all.filter(({agrees}) => agrees).map(({name}) => name);
  const fails = all.filter(({agrees}) => !agrees).map(({name}) => name);
  const count = `${number(main, mean < 0 ? 'n_down' : 'n_up') ?? 0} of ${number(main, 'n_pairs') ?? 0} patients`;
  const sentence = [`${direction === 'lower' ? 'Lower' : 'Higher'} at ${after} in ${count} (${numbers})`, holds.length === 0 ? '' : `holds ${join(holds)}`, fails.length === 0 ? '' : `does not hold ${join(fails)}`].filter((part) => part !== '').join('; ');
  return {...row, verdict: direction, n_checks: all.length, holds: holds.join('; ') || null, does_not_hold: fails.join('; ') || null, sentence: `${sentence}.`, missing: null};
}

function numbersOf(main: Row): string {
  const [mean, low, high, p, q] = ['mean_difference', 'ci_lower', 'ci_upper', 'p_t', 'q_t'].map((name) => number(main, name) ?? 0);
  return `difference ${main['family'] === 'composition' ? 'of the logit ' : ''}${short(mean)}, 95 % CI ${short(low)} to ${short(high)}, p ${short(p)}, q ${short(q)}`;
}

interface Check {
  /** Reads after `holds` and `does not hold`. */
  readonly name: string;
  /** Same direction as `main`, and p below the level. */
  readonly agrees: boolean;
  /** p below the level, in whichever direction. */
  readonly isSeen: boolean;
}

function namedChecks(main: Row, checks: readonly Row[], free: Row | undefined): Check[] {
  const sign = Math.sign(number(main, 'mean_difference') ?? 0);
  const judge = (row: Row, name: string): Check[] => {
    const [p, mean] = [number(row, 'p_t'), number(row, 'mean_difference')];
    if (p === null || mean === null) return [];
    return [{name, agrees: p < level && Math.sign(mean) === sign, isSeen: p < level}];
  };
  const out = checks.filter((row) => isLeftOut(row)).flatMap((row) => judge(row, `without ${String(row['variant']).slice('without '.length)}`));
  const named = checks.filter((row) => !isLeftOut(row)).flatMap((row) => judge(row, `${wordsOf(String(row['variant']))}${row['variant'] !== 'as-counted' && String(row['note'] ?? '').includes('depth not matched') ? ' without matching depth' : ''}`));
  const failing = out.filter(({agrees}) => !agrees);
  return [
    ...(free === undefined ? [] : judge(free, 'without its interferon genes')),
    ...named,
    ...(out.length === 0 ? [] : failing.length === 0 ? [{name: 'whichever patient is left out', agrees: true, isSeen: true}] : [{name: join(failing.map(({name}) => name)), agrees: false, isSeen: false}]),
    ...exactChecks(main),
  ];
}

const isLeftOut = (row: Row): boolean => String(row['variant']).startsWith('without ') && row['variant'] !== 'without CAR+ cells';

function wordsOf(variant: string): string {
  if (variant === 'method:singscore' || variant === 'method:ssgsea') return `by ${variant.slice('method:'.length)} of summed cells`;
  if (variant.startsWith('method:')) return `by ${variant.slice('method:'.length)}`;
  switch (variant) {
    case 'as-counted':
      return 'without matching depth';
    case 'thinning draws':
      return 'over other draws of the thinning';
    case 'mixed model':
      return 'in a mixed model of all visits';
    case 'moderated t':
      return 'by the moderated t';
    case 'moderated t, incomplete pairs':
      return 'by the moderated t with the samples of incomplete pairs';
    case 'observed':
      return 'at the depth observed';
    case 'clr':
      return 'against the typical cell type (CLR)';
    case 'cells_per_ul':
      return 'in cells per microlitre';
    default:
      return variant;
  }
}

/** The exact tests count only where they could have reached the level. */
function exactChecks(main: Row): Check[] {
  const [floor, wilcoxon, flip] = ['p_floor', 'p_wilcoxon', 'p_sign_flip'].map((name) => number(main, name));
  if (floor === null || floor >= level) return [];
  return [['by the exact Wilcoxon test', wilcoxon] as const, ['by the exact sign-flip test', flip] as const].flatMap(([name, p]) => (p === null ? [] : [{name, agrees: p < level, isSeen: p < level}]));
}

function join(parts: readonly string[]): string {
  return parts.length < 2 ? (parts[0] ?? '') : `${parts.slice(0, -1).join(', ')} and ${parts[parts.length - 1]}`;
}
