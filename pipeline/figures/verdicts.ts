// The findings in words, from the rows of timepoint_comparisons: what changed, by how much, in how many patients, or why it could not be tested.
import type {Row} from '../data/table.ts';
import {mainContrast, numberOf, shortNumber, type FigureData} from './figure.ts';
import {transgeneNotes} from './transgene.ts';

export interface Finding {
  readonly id: string;
  readonly heading: string;
  readonly sentence: string;
  /** Estimate with its interval; '' where there is none. */
  readonly estimate: string;
  readonly figure: string;
  /** The verdict on the outcome that `estimate` is of, with the checks that it passes; '' where there is none. */
  readonly verdict: string;
  /** One value a patient and side; null where missing. */
  readonly pairs: readonly {readonly patient_id: string; readonly before: number | null; readonly after: number | null; readonly reason: string}[];
  readonly isTested: boolean;
}

const alpha = 0.05;

export function comparisonOf(data: FigureData, wanted: {family: string; outcome: string; cell_type: string}): Row | undefined {
  const contrast = mainContrast(data)?.name;
  return (data.tables['timepoint_comparisons'] ?? []).find((row) =>
    row['contrast'] === contrast && row['variant'] === 'main' && row['family'] === wanted.family && row['outcome'] === wanted.outcome && row['cell_type'] === wanted.cell_type);
}

/** `6 of 7 patients down`. */
export function directionText(row: Row): string {
  const [up, down, n] = ['n_up', 'n_down', 'n_pairs'].map((name) => numberOf(row, name) ?? 0);
  return down >= up ? `${down} of ${n} patients down` : `${up} of ${n} patients up`;
}

export function estimateText(row: Row): string {
  const [mean, lower, upper, q] = ['mean_difference', 'ci_lower', 'ci_upper', 'q_t'].map((name) => numberOf(row, name));
  if (mean === null) return '';
  const interval = lower === null || upper === null ? '' : ` (95 % CI ${shortNumber(lower)} to ${shortNumber(upper)})`;
  return `mean difference ${shortNumber(mean)}${interval}${q === null ? '' : `, q = ${shortNumber(q)}`}`;
}

/** true and false where it was tested. */
export function isCalled(row: Row | undefined): boolean | null {
  const q = numberOf(row, 'q_t');
  return q === null ? null : q < alpha;
}

/** What a declared outcome rests on, as compare-timepoints wrote it: one sentence with the checks that it passes. */
export function verdictSentence(data: FigureData, wanted: {family: string; outcome: string; cell_type: string}): string {
  const contrast = mainContrast(data)?.name;
  return String((data.tables['verdicts'] ?? []).find((row) => row['contrast'] === contrast && row['family'] === wanted.family && row['outcome'] === wanted.outcome && row['cell_type'] === wanted.cell_type)?.['sentence'] ?? '');
}

export function clonalSentence(data: FigureData, receptor: string): string {
  const row = comparisonOf(data, {family: 'clonal', outcome: `${receptor} top_clone`, cell_type: 'all'});
  const after = mainContrast(data)?.after ?? 'after';
  if (row === undefined) return `${receptor}: nothing to compare.`;
  const called = isCalled(row);
  if (called === null) return `${receptor}: not tested (${String(row['missing'] ?? 'no value')}).`;
  if (!called) return `${receptor} clones: no change of dominance seen at ${after} (${directionText(row)}).`;
  return `${receptor} clones are ${(numberOf(row, 'mean_difference') ?? 0) < 0 ? 'less' : 'more'} dominant at ${after} (${directionText(row)}).`;
}

export function clonalFinding(data: FigureData, receptor: string): Finding {
  const row = comparisonOf(data, {family: 'clonal', outcome: `${receptor} top_clone`, cell_type: 'all'});
  const contrast = mainContrast(data);
  const valueAt = (patient: string, side: string): Row | undefined =>
    (data.tables['clonal_diversity'] ?? []).find((one) => one['patient_id'] === patient && one['timepoint'] === side && one['receptor'] === receptor && one['cell_type'] === 'all' && one['measure'] === 'top_clone' && one['method'] === 'depth-matched');
  return {
    id: `clonal-${receptor}`, heading: `Clonal abundance, ${receptor}`, sentence: clonalSentence(data, receptor), estimate: row === undefined ? '' : `Share of the largest clone: ${estimateText(row) || String(row['missing'] ?? '')}`,
    verdict: verdictSentence(data, {family: 'clonal', outcome: `${receptor} top_clone`, cell_type: 'all'}), figure: 'clonal-abundance', isTested: isCalled(row) !== null,
    pairs: data.patients.map((patient_id) => {
      const [before, after] = [contrast?.before ?? '', contrast?.after ?? ''].map((side) => valueAt(patient_id, side));
      return {patient_id, before: numberOf(before, 'value'), after: numberOf(after, 'value'), reason: String(before?.['missing'] ?? after?.['missing'] ?? '')};
    }),
  };
}

/** The lineages of a family of signatures, in the order of the legend. */
export function testedLineages(data: FigureData): string[] {
  const found = new Set((data.tables['timepoint_comparisons'] ?? []).filter((row) => row['family'] === 'primary-signatures' && row['level'] === 'lineage').map((row) => String(row['cell_type'])));
  return [...data.lineageColours.keys()].filter((name) => found.has(name) && name !== 'unassigned');
}

export function primarySignatures(data: FigureData): string[] {
  return [...new Set((data.tables['timepoint_comparisons'] ?? []).filter((row) => row['family'] === 'primary-signatures').map((row) => String(row['outcome'])))];
}

/** `HALLMARK_INTERFERON_ALPHA_RESPONSE` -> `interferon alpha response`. */
export function shortSignature(name: string): string {
  const free = name.endsWith('_NO_IFN');
  return `${name.replace(/_NO_IFN$/, '').replace(/^HALLMARK_/, '').toLowerCase().replaceAll('_', ' ')}${free ? ', no IFN genes' : ''}`;
}

/** The summary value that the main row of a comparison was computed from: thinned where it exists. */
export function summaryValue(data: FigureData, wanted: {patient: string; timepoint: string; cellType: string; signature: string}): Row | undefined {
  const contrast = mainContrast(data);
  const summary = data.tables['signature_summary'] ?? [];
  // The claimed method leads the table; other methods only check it.
  const own = summary.filter((row) => row['method'] === summary[0]['method'] && row['patient_id'] === wanted.patient && row['timepoint'] === wanted.timepoint && row['cell_type'] === wanted.cellType && row['signature'] === wanted.signature);
  return own.find((row) => row['variant'] === `thinned:${contrast?.name ?? ''}`) ?? own.find((row) => row['variant'] === 'as-counted');
}

export function inflammationFinding(data: FigureData, lineage: string): Finding {
  const signatures = primarySignatures(data);
  const rows = signatures.map((outcome) => ({outcome, row: comparisonOf(data, {family: 'primary-signatures', outcome, cell_type: lineage})}));
  const called = rows.filter(({row}) => isCalled(row) === true);
  const tested = rows.filter(({row}) => isCalled(row) !== null);
  const after = mainContrast(data)?.after ?? 'after';
  // A set that changes with its interferon genes and not without them says nothing beyond interferon.
  const isInterferonOnly = (outcome: string): boolean => isCalled(rows.find((one) => one.outcome === `${outcome}_NO_IFN`)?.row) === false;
  const list = (sign: -1 | 1): string =>
    called.filter(({row}) => Math.sign(numberOf(row, 'mean_difference') ?? 0) === sign)
      .map(({outcome}) => `${shortSignature(outcome)}${isInterferonOnly(outcome) ? ' (by its interferon genes only)' : ''}`).join('; ');
  const parts = [list(-1) === '' ? '' : `lower at ${after}: ${list(-1)}`, list(1) === '' ? '' : `${list(-1) === '' ? 'higher' : 'Higher'} at ${after}: ${list(1)}`].filter((part) => part !== '');
  const sentence = tested.length === 0 ? `${lineage}: not tested (${String(rows[0]?.row?.['missing'] ?? 'no scores')}).`
    : parts.length === 0 ? `${lineage}: no change seen in ${tested.length} signatures.` : `${lineage}: ${parts.join('. ')}.`;
  const first = called[0] ?? tested[0];
  const contrast = mainContrast(data);
  return {
    id: `inflammation-${lineage.replaceAll(' ', '-')}`, heading: `Inflammatory status, ${lineage}`, sentence,
    estimate: first?.row === undefined ? '' : `${shortSignature(first.outcome)}: ${estimateText(first.row)}, ${directionText(first.row)}`,
    verdict: first === undefined ? '' : verdictSentence(data, {family: 'primary-signatures', outcome: first.outcome, cell_type: lineage}), figure: 'signature-change', isTested: tested.length > 0,
    pairs: data.patients.map((patient_id) => {
      // A sample with too few cells has a mean and is not compared.
      if (String(first?.row?.['patients_dropped'] ?? '').split(',').includes(patient_id)) return {patient_id, before: null, after: null, reason: 'left out of the comparison: its note says why'};
      const signature = first?.outcome ?? signatures[0] ?? '';
      const [before, later] = [contrast?.before ?? '', contrast?.after ?? ''].map((timepoint) => summaryValue(data, {patient: patient_id, timepoint, cellType: lineage, signature}));
      return {patient_id, before: numberOf(before, 'mean'), after: numberOf(later, 'mean'), reason: String(before?.['missing'] ?? later?.['missing'] ?? '')};
    }),
  };
}

export interface CellCount {
  readonly read: number;
  readonly analysed: number;
  /** Reason -> cells removed, most first. */
  readonly removed: readonly (readonly [string, number])[];
}

export function countCells(data: FigureData): CellCount {
  const rows = data.tables['attrition'] ?? [];
  const sum = (stage: string): number => rows.filter((row) => row['stage'] === stage).reduce((total, row) => total + (numberOf(row, 'n_cells') ?? 0), 0);
  const removed = new Map<string, number>();
  for (const row of rows) {
    const n = numberOf(row, 'n_removed') ?? 0;
    if (n > 0) removed.set(String(row['reason']), (removed.get(String(row['reason'])) ?? 0) + n);
  }
  return {read: sum('read'), analysed: sum('analysed'), removed: [...removed].sort(([a, n], [b, m]) => m - n || (a < b ? -1 : 1))};
}

export function cellSentence({read, analysed, removed}: CellCount): string {
  if (read === 0) return 'no gene expression was read.';
  const reasons = removed.map(([reason, n]) => `${n} ${reason}`).join(', ');
  return `${analysed} of ${read} barcodes were analysed${reasons === '' ? '' : `; removed: ${reasons}`}.`;
}

/** The answers, for the end of a run; `clinical`: its line, where there is one. */
export function findingsText(data: FigureData, clinical = ''): string {
  const receptors = ['BCR', 'TCR'].filter((receptor) => (data.tables['clonal_diversity'] ?? []).some((row) => row['receptor'] === receptor));
  const clonal = receptors.length === 0 ? 'no receptor was sequenced.' : receptors.map((receptor) => clonalSentence(data, receptor)).join(' ');
  const lineages = testedLineages(data);
  const inflammation = lineages.length === 0 ? 'no signature was compared.' : lineages.map((lineage) => inflammationFinding(data, lineage)).filter((finding) => finding.isTested).map((finding) => finding.sentence).join(' ') || 'no lineage had enough complete pairs.';
  return `Clonal abundance: ${clonal}\nInflammatory status: ${inflammation}\nCells: ${cellSentence(countCells(data))}\n${clinical}${transgeneNotes(data).map(({heading, sentence}) => `${heading}: ${sentence}\n`).join('')}`;
}
