// The clinical course: each measure over days from the infusion, a line a patient, and below it the states of every visit as tiles.
import type {Row} from '../data/table.ts';
import {bottomAxis, leftAxis} from './axis.ts';
import {clinicalPatients, countText, endpointRow, medianText} from './clinical-findings.ts';
import {drawStates, reasonOf, statesHeight} from './clinical-states.ts';
import {numberOf, patientDash, type Figure, type FigureData} from './figure.ts';
import {linearScale, logScale, type Scale} from './scale.ts';
import {drawing, element, escapeXml, fullWidth, line, missingBox, polyline, text} from './svg.ts';

interface Measure {
  readonly column: string;
  readonly label: string;
  /** The limit that the sheet gives at each visit. */
  readonly limit?: string;
  readonly isLog?: true;
  /** Neither a count nor a share nor a dose: the axis starts where the data do. */
  readonly isFree?: true;
  /** Drawn only where some visit has a value. */
  readonly isExtra?: true;
  /** Lines at fixed values, with their words. */
  readonly marks?: readonly (readonly [number, string])[];
}

const measures: readonly Measure[] = [
  {column: 'sledai_2k', label: 'SLEDAI-2K, points'},
  {column: 'upcr_g_per_g', label: 'UPCR, g/g', marks: [[0.5, '0.5']]},
  {column: 'egfr_ml_per_min', label: 'eGFR, mL/min', isFree: true},
  {column: 'prednisone_mg_per_day', label: 'prednisone, mg/day', marks: [[5, '5']]},
  {column: 'c3_g_per_l', label: 'C3, g/L', limit: 'c3_lln', isFree: true},
  {column: 'anti_dsdna_iu_per_ml', label: 'anti-dsDNA, IU/mL (log)', limit: 'anti_dsdna_uln', isLog: true},
  {column: 'cd19_per_ul', label: 'B cells + 1, per uL (log)', limit: 'cd19_lod_per_ul', isLog: true},
  {column: 'igg_g_per_l', label: 'IgG, g/L', marks: [[6, '6'], [4, '4']]},
  {column: 'c4_g_per_l', label: 'C4, g/L', limit: 'c4_lln', isFree: true, isExtra: true},
  {column: 'iga_g_per_l', label: 'IgA, g/L', isExtra: true},
  {column: 'igm_g_per_l', label: 'IgM, g/L', isExtra: true},
];

const nColumns = 4;
const [left, gap, panelHeight, top] = [26, 30, 74, 22];
const panelWidth = (fullWidth - left - 8 - gap * (nColumns - 1)) / nColumns;
const lineColour = '#3b3b3b';
const limitColour = '#b35806';

export function drawClinicalCourse(data: FigureData): Figure {
  const visits = data.tables['clinical_visits'] ?? [];
  const patients = clinicalPatients(data);
  // Patients without a sample follow those with one, whose dashes stay as they are elsewhere.
  const all: FigureData = {...data, patients: [...new Set([...data.patients, ...patients])]};
  const days = visits.flatMap((row) => numberOf(row, 'day') ?? []);
  const values: Row[] = [];
  const body: string[] = [];
  // A sheet in mg/mmol has no values in the other unit.
  const inMilligrams = visits.some((row) => numberOf(row, 'upcr_mg_per_mmol') !== null) && !visits.some((row) => numberOf(row, 'upcr_g_per_g') !== null);
  const drawn = measures.filter(({column, isExtra}) => !isExtra || visits.some((row) => numberOf(row, column) !== null)).map((one): Measure => (one.column === 'upcr_g_per_g' && inMilligrams ? {column: 'upcr_mg_per_mmol', label: 'UPCR, mg/mmol', marks: [[50, '50']]} : one));
  if (days.length > 0) drawn.forEach((measure, i) => body.push(...drawMeasure({measure, i, nMeasures: drawn.length, data: all, visits, patients, days, values})));
  const panelsBottom = top + Math.ceil(drawn.length / nColumns) * (panelHeight + 52);
  if (days.length > 0) body.push(...drawStates({visits, patients, top: panelsBottom, values}));
  const absent = days.length === 0 ? (visits.length === 0 ? 'no visits sheet in the run file' : 'no visit has a day') : undefined;
  if (absent !== undefined) body.push(missingBox({x: 4, y: 10, width: fullWidth - 8, height: 36, reason: absent}));
  const title = visits.length === 0 ? 'No clinical course'
    : `SLEDAI-2K ${medianText(endpointRow(data, 'sledai_2k_baseline'))} before the infusion, ${medianText(endpointRow(data, 'sledai_2k_last_visit'))} at the last visit; B cells back by month 3 in ${countText(endpointRow(data, 'b_cell_recovery_by_month3'))}`;
  return {
    id: 'clinical-course', title, absent,
    caption: 'Above: a line a patient, the same dashes as in every figure; brown: the limit of the sheet or of a rule; hollow immunoglobulin values were taken after an infusion of it. Below: the state of each visit; hatched: not known, with the reason in the values.',
    svg: drawing({id: 'figure-clinical-course', title, description: 'Clinical measures over days from the infusion, a line a patient, and the remission and response states of each visit.', width: fullWidth, height: days.length === 0 ? 60 : panelsBottom + statesHeight(patients.length), body}),
    values: {columns: ['measure', 'patient_id', 'timepoint', 'day', 'value', 'missing'], rows: values},
    parameters: {n_patients: patients.length, n_visits: visits.length},
  };
}

interface MeasureScene {
  readonly measure: Measure;
  readonly i: number;
  readonly nMeasures: number;
  readonly data: FigureData;
  readonly visits: readonly Row[];
  readonly patients: readonly string[];
  readonly days: readonly number[];
  readonly values: Row[];
}

function drawMeasure({measure, i, nMeasures, data, visits, patients, days, values}: MeasureScene): string[] {
  const {column, label, limit, marks = []} = measure;
  const panelLeft = left + (i % nColumns) * (panelWidth + gap);
  const panelTop = top + Math.floor(i / nColumns) * (panelHeight + 52);
  const panel = {left: panelLeft, right: panelLeft + panelWidth, top: panelTop, bottom: panelTop + panelHeight};
  const body = [text(panel.left - 18, panel.top - 8, label, {weight: 'bold', size: label.length > 24 ? 7.5 : 8})];
  const shift = column === 'cd19_per_ul' ? 1 : 0;
  const seen = visits.flatMap((row) => numberOf(row, column) ?? []);
  for (const row of visits) values.push({measure: column, patient_id: row['patient_id'], timepoint: row['timepoint'], day: row['day'], value: row[column] ?? null, missing: numberOf(row, column) === null ? (reasonOf(row, column) ?? 'not recorded') : null});
  if (seen.length === 0) return [...body, missingBox({x: panel.left, y: panel.top, width: panelWidth, height: panelHeight, reason: 'not recorded'})];
  const limits = limit === undefined ? [] : [...new Set(visits.flatMap((row) => numberOf(row, limit) ?? []))];
  // Limits that differ between visits (laboratories) are in the values only.
  const lines = [...marks, ...(limits.length === 1 ? [[limits[0] + shift, column === 'cd19_per_ul' ? 'limit' : String(limits[0])] as const] : [])];
  const y = valueScale(measure, [...seen.map((value) => value + shift), ...lines.map(([at]) => at)], panel);
  const x = linearScale([Math.min(0, ...days), Math.max(1, ...days)], [panel.left + 4, panel.right - 2], 3);
  body.push(...leftAxis(panel, y), ...bottomAxis(panel, x, i >= nMeasures - nColumns ? 'days from infusion' : ''), line(x.at(0), panel.top, x.at(0), panel.bottom, {stroke: '#bbbbbb', 'stroke-dasharray': '1 2'}));
  for (const [at, word] of lines) body.push(line(panel.left, y.at(at), panel.right, y.at(at), {stroke: limitColour, 'stroke-dasharray': '3 2', 'stroke-width': 0.6}), text(panel.right + 2, y.at(at) + 2, word, {size: 6, colour: limitColour}));
  for (const patient of patients) {
    const points = visits.filter((row) => row['patient_id'] === patient).flatMap((row): [number, number, boolean][] => {
      const [day, value] = [numberOf(row, 'day'), numberOf(row, column)];
      // A log axis has no place for 0 or less: such a value sits on the axis.
      return day === null || value === null ? [] : [[x.at(day), measure.isLog && value + shift <= 0 ? panel.bottom : y.at(value + shift), /^ig[agm]_/.test(column) && row['after_ivig'] === 'true']];
    });
    const title = `<title>${escapeXml(patient)}</title>`;
    body.push(element('g', {}, title, polyline(points.map(([px, py]) => [px, py]), {stroke: lineColour, 'stroke-width': 0.8, 'stroke-dasharray': patientDash(data, patient) || undefined}), ...points.map(([cx, cy, isHollow]) => element('circle', {cx, cy, r: isHollow ? 1.8 : 1.3, fill: isHollow ? '#ffffff' : lineColour, stroke: isHollow ? lineColour : undefined, 'stroke-width': isHollow ? 0.6 : undefined}))));
  }
  const nMissing = visits.length - seen.length;
  body.push(text(panel.left, panel.bottom + (i >= nMeasures - nColumns ? 30 : 20), `n ${patients.length} patients${nMissing === 0 ? '' : `; ${nMissing} missing`}`, {size: 6.5, colour: '#444444'}));
  return body;
}

function valueScale({isLog, isFree}: Measure, shown: readonly number[], {bottom, top: panelTop}: {bottom: number; top: number}): Scale {
  const [low, high] = [Math.min(...shown), Math.max(...shown)];
  if (isLog) return logScale([Math.min(...shown.filter((value) => value > 0), 1), Math.max(high, 1) * 1.2], [bottom, panelTop]);
  const pad = (high - low) * 0.08 || 1;
  return linearScale([isFree ? low - pad : Math.min(0, low), high + (isFree ? pad : high * 0.08 || 1)], [bottom, panelTop], 3);
}
