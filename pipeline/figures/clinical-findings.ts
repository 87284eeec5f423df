// The clinical findings in words, from the rows of clinical_summary and clinical_patients.
import type {Row} from '../data/table.ts';
import {numberOf, type FigureData} from './figure.ts';
import type {Finding} from './verdicts.ts';

export function endpointRow(data: FigureData, endpoint: string): Row | undefined {
  return (data.tables['clinical_summary'] ?? []).find((row) => row['endpoint'] === endpoint);
}

/** The reasons of all patients may be many: the table has them all. */
function whyMissing(row: Row | undefined): string {
  const reason = String(row?.['missing'] ?? 'no such endpoint');
  return reason.length <= 60 ? reason : `${reason.slice(0, 58).replace(/[\s,]+\S*$/, '')} …`;
}

/** `5 of 7`, or why there is no count. */
export function countText(row: Row | undefined): string {
  const [k, n] = [numberOf(row, 'k'), numberOf(row, 'n')];
  if (k === null || n === null || n === 0) return `an unknown number (${whyMissing(row)})`;
  const nMissing = numberOf(row, 'n_missing') ?? 0;
  return `${k} of ${n}${nMissing === 0 ? '' : ` (${nMissing} not known)`}`;
}

/** `71.4 % (95 % CI 29.0 to 96.3)`; '' where there is none. */
export function percentText(row: Row | undefined): string {
  const [percent, lower, upper] = ['percent', 'ci_lower', 'ci_upper'].map((name) => numberOf(row, name));
  return percent === null || lower === null || upper === null ? '' : `${percent.toFixed(1)} % (95 % CI ${lower.toFixed(1)} to ${upper.toFixed(1)})`;
}

/** `18 (10 to 22)`. */
export function medianText(row: Row | undefined): string {
  const [middle, low, high] = ['median', 'low', 'high'].map((name) => numberOf(row, name));
  return middle === null ? `not known (${whyMissing(row)})` : `${middle} (${low} to ${high})`;
}

export function hasClinic(data: FigureData): boolean {
  return (data.tables['clinical_summary'] ?? []).length > 0;
}

function activitySentence(data: FigureData): string {
  return `SLEDAI-2K, median and range: ${medianText(endpointRow(data, 'sledai_2k_baseline'))} before the infusion, ${medianText(endpointRow(data, 'sledai_2k_last_visit'))} at the last visit.`;
}

export function remissionClaim(data: FigureData): string {
  return `DORIS 2017 complete remission in ${countText(endpointRow(data, 'doris_2017_complete'))}; DORIS 2021, which ignores serology, in ${countText(endpointRow(data, 'doris_2021'))}.`;
}

export function bCellClaim(data: FigureData): string {
  return `Gone by month 1 in ${countText(endpointRow(data, 'b_cell_depletion_by_month1'))}, back by month 3 in ${countText(endpointRow(data, 'b_cell_recovery_by_month3'))}.`;
}

export function safetyClaim(data: FigureData): string {
  const of = (endpoint: string): string => countText(endpointRow(data, endpoint));
  return `CRS in ${of('crs_any')}, grade 1 in ${of('crs_grade_1')}; ICANS in ${of('icans_any')}; infection of grade 3 or more in ${of('infection_grade_3')}; hypogammaglobulinaemia in ${of('hypogammaglobulinaemia')}.`;
}

export function depositClaim(data: FigureData): string {
  const row = endpointRow(data, 'biopsy_deposition_change');
  const n = numberOf(row, 'n') ?? 0;
  if (n === 0) return `Not known (${whyMissing(row)}).`;
  return `Less in ${numberOf(row, 'k')} of ${n} patients with a biopsy before and after; ${numberOf(row, 'n_missing') ?? 0} have no such pair.`;
}

/** Nothing where the run has no clinical sheet. */
export function clinicalFindings(data: FigureData): Finding[] {
  if (!hasClinic(data)) return [];
  const follow = endpointRow(data, 'follow_up_days');
  const percent = (endpoint: string): string => percentText(endpointRow(data, endpoint));
  const finding = (id: string, heading: string, sentence: string, estimate: string, figure = 'endpoints', pairs: Finding['pairs'] = []): Finding => ({id: `clinical-${id}`, heading, sentence, estimate, verdict: '', figure, pairs, isTested: true});
  return [
    finding('activity', 'Disease activity', activitySentence(data), `last visit, median day and range: ${medianText(follow)}`, 'clinical-course', activityPairs(data)),
    finding('remission', 'Remission', remissionClaim(data), `2017 complete: ${percent('doris_2017_complete') || 'no estimate'}. ${flipSentence(data, 'doris_')}`),
    finding('b-cells', 'B cells in blood', bCellClaim(data), `back: ${percent('b_cell_recovery_by_month3') || 'no estimate'}`, 'clinical-course'),
    finding('safety', 'Safety', safetyClaim(data), `CRS: ${percent('crs_any') || 'no estimate'}; ICANS: ${percent('icans_any') || 'no estimate'}`),
    finding('deposits', 'Immune deposits in the kidney', depositClaim(data), `change of the summed stains, median and range: ${medianText(endpointRow(data, 'biopsy_deposition_change'))}`),
  ];
}

/** Whether a status hangs on how sources that disagree are read. */
export function flipSentence(data: FigureData, prefix = ''): string {
  const flips = (data.tables['clinical_conflicts'] ?? []).filter((row) => String(row['endpoint']).startsWith(prefix) && (numberOf(row, 'n_flipped') ?? 0) > 0);
  if (flips.length === 0) return 'No status flips where sources are read the other way.';
  return `${flips.map((row) => `${words(String(row['endpoint']))} flips for ${String(row['patients_flipped']).replaceAll(',', ', ')} if ${words(String(row['conflict']))} is read as ${String(row['reading_other'])} instead of ${String(row['reading_used'])}`).join('; ')}.`;
}

const words = (name: string): string => name.replaceAll('_', ' ').replace('doris', 'DORIS').replace('lldas', 'LLDAS').replace('ivig', 'IVIG').replace('car t', 'CAR-T').replace('kdigo2024', 'KDIGO 2024');

function activityPairs(data: FigureData): Finding['pairs'] {
  const of = (patient: string, endpoint: string): Row | undefined => (data.tables['clinical_patients'] ?? []).find((row) => row['patient_id'] === patient && row['endpoint'] === endpoint);
  return clinicalPatients(data).map((patient_id) => {
    const [before, after] = ['sledai_2k_baseline', 'sledai_2k_last_visit'].map((endpoint) => of(patient_id, endpoint));
    return {patient_id, before: numberOf(before, 'value'), after: numberOf(after, 'value'), reason: String(before?.['missing'] ?? after?.['missing'] ?? '')};
  });
}

/** In the order of the clinical tables; those of the samples sheet keep their place in it. */
export function clinicalPatients(data: FigureData): string[] {
  const found = new Set((data.tables['clinical_patients'] ?? []).map((row) => String(row['patient_id'])));
  return [...data.patients.filter((patient) => found.has(patient)), ...[...found].filter((patient) => !data.patients.includes(patient))];
}

/** One line for the end of a run; '' where the run has no clinical sheet. */
export function clinicalLine(data: FigureData): string {
  if (!hasClinic(data)) return '';
  return `Clinical: ${activitySentence(data)} ${remissionClaim(data)} B cells: ${bCellClaim(data)} ${safetyClaim(data)} Immune deposits: ${depositClaim(data)}\n`;
}
