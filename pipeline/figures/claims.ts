// The findings in short, a line a claim of the study, so that a reader has all of them before the first scroll. The cards below say the same with estimates.
import {bCellClaim, depositClaim, hasClinic, medianText, endpointRow, remissionClaim, safetyClaim} from './clinical-findings.ts';
import {mainContrast, numberOf, type FigureData} from './figure.ts';
import {clonalSentence, comparisonOf, isCalled, primarySignatures, testedLineages} from './verdicts.ts';

export interface Claim {
  readonly heading: string;
  readonly words: string;
  /** Id of the card, or of the section, that has the estimate. */
  readonly target: string;
}

export function claims(data: FigureData): Claim[] {
  const receptors = ['BCR', 'TCR'].filter((receptor) => (data.tables['clonal_diversity'] ?? []).some((row) => row['receptor'] === receptor));
  const lineages = testedLineages(data);
  return [
    ...(receptors.length === 0 ? [] : [{heading: 'Clonal abundance', words: receptors.map((receptor) => clonalSentence(data, receptor)).join(' '), target: `finding-clonal-${receptors[0]}`}]),
    ...(lineages.length === 0 ? [] : [{heading: 'Inflammatory status', words: inflammationClaim(data, lineages), target: `finding-inflammation-${lineages[0].replaceAll(' ', '-')}`}]),
    ...(hasClinic(data) ? [
      {heading: 'B cells', words: bCellClaim(data), target: 'finding-clinical-b-cells'},
      {heading: 'SLEDAI-2K', words: `${medianText(endpointRow(data, 'sledai_2k_baseline'))} before the infusion, ${medianText(endpointRow(data, 'sledai_2k_last_visit'))} at the last visit (median and range).`, target: 'finding-clinical-activity'},
      {heading: 'Remission', words: remissionClaim(data), target: 'finding-clinical-remission'},
      {heading: 'Safety', words: safetyClaim(data), target: 'finding-clinical-safety'},
      {heading: 'Immune deposits', words: depositClaim(data), target: 'finding-clinical-deposits'},
    ] : []),
  ];
}

/** Lineages by what happened to their primary signatures; a change by interferon genes alone is told apart. */
function inflammationClaim(data: FigureData, lineages: readonly string[]): string {
  const after = mainContrast(data)?.after ?? 'after';
  const groups = Map.groupBy(lineages, (lineage) => changeOf(data, lineage));
  const order: readonly (readonly [string, string])[] = [['lower', `Lower at ${after} in`], ['lower-interferon', `lower by interferon genes only in`], ['higher', `higher at ${after} in`], ['higher-interferon', 'higher by interferon genes only in'], ['both', 'some sets lower and some higher in'], ['none', 'no change seen in'], ['untested', 'not tested in']];
  const text = order.flatMap(([kind, words]) => (groups.has(kind) ? [`${words} ${groups.get(kind)!.join(', ')}`] : [])).join('; ');
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}

function changeOf(data: FigureData, lineage: string): string {
  const rows = primarySignatures(data).map((outcome) => ({outcome, row: comparisonOf(data, {family: 'primary-signatures', outcome, cell_type: lineage})}));
  const isIn = (outcome: string): boolean => rows.some((one) => one.outcome === outcome);
  const called = rows.filter(({row}) => isCalled(row) === true);
  if (rows.every(({row}) => isCalled(row) === null)) return 'untested';
  if (called.length === 0) return 'none';
  const signs = new Set(called.map(({row}) => Math.sign(numberOf(row, 'mean_difference') ?? 0)));
  if (signs.size > 1) return 'both';
  // A set that shares genes with the interferon sets has a variant without them; only that one tells more than interferon.
  const isBeyond = called.some(({outcome}) => outcome.endsWith('_NO_IFN') || (!isIn(`${outcome}_NO_IFN`) && !/INTERFERON/.test(outcome)));
  return `${signs.has(-1) ? 'lower' : 'higher'}${isBeyond ? '' : '-interferon'}`;
}
