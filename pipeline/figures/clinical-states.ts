// The states of each visit as tiles, a row a patient: dark holds, half for partial, white does not hold, hatched is not known.
import type {Row} from '../data/table.ts';
import {numberOf} from './figure.ts';
import {fitted} from './patient-grid.ts';
import {element, escapeXml, fullWidth, text} from './svg.ts';

const measures: readonly (readonly [string, string])[] = [['doris_2021', 'DORIS 2021'], ['doris_2017_complete_on', 'DORIS 2017 complete'], ['lldas', 'LLDAS'], ['renal_kdigo2024', 'renal, KDIGO 2024']];
const rowHeight = 10;
const left = 40;

export const statesHeight = (nPatients: number): number => 46 + nPatients * rowHeight;

export function drawStates({visits, patients, top, values}: {visits: readonly Row[]; patients: readonly string[]; top: number; values: Row[]}): string[] {
  const byPatient = new Map(patients.map((patient) => [patient, visits.filter((row) => row['patient_id'] === patient)]));
  const days = [...new Set(visits.flatMap((row) => numberOf(row, 'day') ?? []))].sort((a, b) => a - b);
  // Where every patient has days of their own, tiles stand by the order of visits.
  const mostVisits = Math.max(1, ...[...byPatient.values()].map((own) => own.length));
  const isByDay = days.length <= Math.max(8, mostVisits);
  const nPlaces = isByDay ? Math.max(1, days.length) : mostVisits;
  const blockWidth = (fullWidth - left - 8) / measures.length;
  const tile = Math.min(18, (blockWidth - 10) / nPlaces);
  const body = patients.map((patient, p) => text(left - 6, top + 24 + p * rowHeight, fitted(patient, left - 8, 6.5, patients), {size: 6.5, anchor: 'end'}));
  measures.forEach(([measure, label], m) => {
    const x0 = left + m * blockWidth;
    body.push(text(x0, top + 8, label, {weight: 'bold'}));
    patients.forEach((patient, p) => byPatient.get(patient)?.forEach((row, v) => {
      const day = numberOf(row, 'day');
      const at = isByDay ? (day === null ? -1 : days.indexOf(day)) : v;
      const state = row[measure] === null || row[measure] === undefined || row[measure] === '' ? null : String(row[measure]);
      const reason = reasonOf(row, measure) ?? 'not recorded';
      values.push({measure, patient_id: patient, timepoint: row['timepoint'] ?? null, day, value: state, missing: state === null ? reason : null});
      if (at >= 0) body.push(drawTile(x0 + at * tile, top + 17 + p * rowHeight, tile, state, `${patient}, day ${day ?? 'not known'}: ${state ?? reason}`));
    }));
    const below = top + 17 + patients.length * rowHeight;
    // Every second day where the tiles are narrow.
    if (isByDay) days.forEach((day, i) => (tile >= 15 || i % 2 === 0 ? body.push(text(x0 + (i + 0.5) * tile - 0.5, below + 7, String(day), {size: 6, anchor: 'middle'})) : undefined));
  });
  const legendTop = top + 30 + patients.length * rowHeight;
  ([['true', 'yes'], ['partial', 'partial'], ['false', 'no'], [null, 'not known']] as const).forEach(([state, word], i) => body.push(drawTile(left + i * 76, legendTop, 12, state, word), text(left + 15 + i * 76, legendTop + 6.5, word, {size: 7})));
  body.push(text(left + 310, legendTop + 6.5, isByDay ? 'columns: day from infusion' : 'columns: visits in order', {size: 7}));
  return body;
}

function drawTile(x: number, y: number, width: number, state: string | null, title: string): string {
  const box = {x, y, width: width - 1.5, height: rowHeight - 2};
  const dark = '#08519c';
  const fill = state === null ? 'url(#hatch)' : state === 'true' || state === 'complete' ? dark : '#ffffff';
  const half = state === 'partial' ? [element('rect', {...box, y: y + box.height / 2, height: box.height / 2, fill: dark})] : [];
  return element('g', {}, `<title>${escapeXml(title)}</title>`, element('rect', {...box, fill, stroke: state === null ? '#bbbbbb' : dark, 'stroke-width': 0.6}), ...half);
}

/** Of `measure: reason; measure: reason`. */
export function reasonOf(row: Row, measure: string): string | undefined {
  return String(row['missing'] ?? '').split('; ').find((one) => one.startsWith(`${measure}: `))?.slice(measure.length + 2);
}
