// Every endpoint that is a share: k of n as a dot with its exact interval, or why it is not known.
import type {Row} from '../data/table.ts';
import {bottomAxis} from './axis.ts';
import {countText, endpointRow} from './clinical-findings.ts';
import {numberOf, type Figure, type FigureData} from './figure.ts';
import {linearScale} from './scale.ts';
import {drawing, element, fullWidth, line, missingBox, text} from './svg.ts';

const groups: readonly (readonly [string, readonly (readonly [string, string])[]])[] = [
  ['Remission at the last visit', [['doris_2017_complete', 'DORIS 2017 complete'], ['doris_2017_complete_off_therapy', 'DORIS 2017 complete, off therapy'], ['doris_2017_clinical', 'DORIS 2017 clinical'], ['doris_2017_clinical_off_therapy', 'DORIS 2017 clinical, off therapy'], ['doris_2021', 'DORIS 2021'], ['lldas', 'LLDAS']]],
  ['Renal response at the last visit', [['renal_response_kdigo2024_complete', 'KDIGO 2024 complete'], ['renal_response_kdigo2024_any', 'KDIGO 2024 complete or partial'], ['renal_response_bliss_ln_crr', 'BLISS-LN complete (CRR)'], ['renal_response_bliss_ln_perr', 'BLISS-LN primary (PERR)'], ['renal_response_lunar', 'LUNAR complete']]],
  ['B cells', [['b_cell_depletion_by_month1', 'gone by month 1'], ['b_cell_recovery_by_month3', 'back by month 3']]],
  ['Safety', [['crs_any', 'CRS, any grade'], ['crs_grade_1', 'CRS, worst grade 1'], ['crs_grade_2_or_more', 'CRS, grade 2 or more'], ['icans_any', 'ICANS, any grade'], ['infection_any', 'infection, any grade'], ['infection_grade_3', 'infection, grade 3 or more'], ['hypogammaglobulinaemia_baseline', 'low IgG before the infusion'], ['hypogammaglobulinaemia', 'low IgG after it (6 g/L or less)'], ['hypogammaglobulinaemia_severe', 'very low IgG after it (4 g/L or less)']]],
  ['Biopsies before and after', [['biopsy_deposition_change', 'immune deposits fell']]],
];

const colour = '#08519c';
const [left, right, rowHeight, top] = [160, 330, 13, 14];

export function drawEndpoints(data: FigureData): Figure {
  const hasTable = (data.tables['clinical_summary'] ?? []).length > 0;
  const values: Row[] = [];
  const body: string[] = [];
  let y = top;
  const x = linearScale([0, 100], [left, right], 4);
  for (const [heading, own] of hasTable ? groups : []) {
    body.push(text(4, y + 4, heading, {weight: 'bold'}));
    y += rowHeight + 1;
    for (const [endpoint, label] of own) {
      const row = endpointRow(data, endpoint);
      const [percent, lower, upper] = ['percent', 'ci_lower', 'ci_upper'].map((name) => numberOf(row, name));
      body.push(text(12, y + 3, label, {size: 7.5}), line(left, y, right, y, {stroke: '#eeeeee', 'stroke-width': 0.5}));
      values.push({endpoint, label, k: row?.['k'] ?? null, n: row?.['n'] ?? null, percent: row?.['percent'] ?? null, ci_lower: row?.['ci_lower'] ?? null, ci_upper: row?.['ci_upper'] ?? null, n_missing: row?.['n_missing'] ?? null, rule_id: row?.['rule_id'] ?? null, missing: row === undefined ? 'not in the table' : row['missing']});
      if (percent === null || lower === null || upper === null) {
        body.push(missingBox({x: left, y: y - 5.5, width: right - left, height: 11, reason: shortened(String(row?.['missing'] ?? 'not in the table'))}), text(right + 10, y + 3, 'not known', {size: 7.5, colour: '#444444'}));
      } else {
        body.push(line(x.at(lower), y, x.at(upper), y, {stroke: colour, 'stroke-width': 1}), element('circle', {cx: x.at(percent), cy: y, r: 2.6, fill: colour}), text(right + 10, y + 3, `${countText(row)}, ${percent.toFixed(0)} % (${lower.toFixed(1)}-${upper.toFixed(1)})`, {size: 7.5}));
      }
      y += rowHeight;
    }
    y += 6;
  }
  if (hasTable) body.push(...bottomAxis({left, right, top, bottom: y}, x, 'patients, % (exact 95 % interval)'));
  const absent = !hasTable ? 'no visits sheet in the run file' : undefined;
  if (absent !== undefined) body.push(missingBox({x: 4, y: 10, width: fullWidth - 8, height: 36, reason: absent}));
  const complete = endpointRow(data, 'doris_2017_complete');
  const title = hasTable ? `DORIS 2017 complete remission: ${countText(complete)}; DORIS 2021: ${countText(endpointRow(data, 'doris_2021'))}` : 'No clinical endpoints';
  return {
    id: 'endpoints', title, absent,
    caption: 'Patients with each endpoint among those in whom it is known, with the exact interval of Clopper and Pearson. Patients in whom it is not known are in brackets and in no denominator. The rule of each endpoint is in the table of rules.',
    svg: drawing({id: 'figure-endpoints', title, description: 'Share of patients with each clinical endpoint, with exact 95 % intervals.', width: fullWidth, height: hasTable ? y + 28 : 60, body}),
    values: {columns: ['endpoint', 'label', 'k', 'n', 'percent', 'ci_lower', 'ci_upper', 'n_missing', 'rule_id', 'missing'], rows: values},
    parameters: {interval: 'Clopper-Pearson 95 %', n_patients: new Set((data.tables['clinical_patients'] ?? []).map((row) => row['patient_id'])).size},
  };
}

const shortened = (reason: string): string => (reason.length > 44 ? `${reason.slice(0, 42).replace(/[\s,]+\S*$/, '')} …` : reason);
