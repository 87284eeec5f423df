// When what happened: a lane a patient over days from the infusion, with samples by library, biopsies, toxicity and the last visit.
import type {Row} from '../data/table.ts';
import {absentFigure} from './absent.ts';
import {numberOf, type Figure, type FigureData} from './figure.ts';
import {fitted} from './patient-grid.ts';
import {linearScale} from './scale.ts';
import {drawing, element, escapeXml, fixed, fullWidth, line, text} from './svg.ts';

const libraries: readonly (readonly [string, string])[] = [['gex', '#0072b2'], ['tcr', '#009e73'], ['bcr', '#d55e00'], ['vdj', '#8c2d04'], ['adt', '#cc79a7']];
const columns = ['patient_id', 'kind', 'what', 'day', 'day_end', 'missing'];
const [left, laneHeight, top] = [62, 19, 34];

export function drawCohortDesign(data: FigureData): Figure {
  const sheet = data.tables['sheet'] ?? [];
  const events = eventsOf(data);
  const patients = [...new Set([...data.patients, ...events.map((event) => event.patient_id)])];
  if (patients.length === 0 || sheet.length + events.length === 0) return absentFigure({id: 'cohort-design', title: 'No patients', reason: 'no row in the samples sheet', columns: columns.slice(0, -1)});
  // Without a day samples stand in the order of their timepoints.
  const isByDay = sheet.some((row) => numberOf(row, 'day') !== null);
  const dayOf = (row: Row): number | null => (isByDay ? numberOf(row, 'day') : data.timepoints.indexOf(String(row['timepoint'])));
  const placed = isByDay ? events : [];
  const days = [...sheet.flatMap((row) => dayOf(row) ?? []), ...placed.flatMap((event) => [event.day, event.dayEnd])];
  const x = linearScale([Math.min(0, ...days), Math.max(1, ...days)], [left + 10, fullWidth - 14], 6);
  const bottom = top + patients.length * laneHeight;
  const values: Row[] = [];
  const body: string[] = legend(placed, new Set(sheet.map((row) => (row['library'] === '' || row['excluded'] ? 'gap' : String(row['library'])))));
  if (isByDay && Math.min(...days) < 0) body.push(line(x.at(0), top - 6, x.at(0), bottom, {stroke: '#999999', 'stroke-dasharray': '2 2'}), text(x.at(0), top - 8, 'infusion', {size: 6.5, anchor: 'middle', colour: '#444444'}));
  patients.forEach((patient, p) => {
    const y = top + p * laneHeight + laneHeight / 2;
    const own = placed.filter((event) => event.patient_id === patient);
    const samples = sheet.filter((row) => row['patient_id'] === patient);
    const ownDays = [...samples.flatMap((row) => dayOf(row) ?? []), ...own.map((event) => event.dayEnd)];
    body.push(text(left - 6, y + 2.8, fitted(patient, left - 8, 7.5, patients), {size: 7.5, anchor: 'end'}));
    if (ownDays.length > 0) body.push(line(x.at(Math.min(...ownDays)), y, x.at(Math.max(...ownDays)), y, {stroke: '#cccccc', 'stroke-width': 2.5}));
    for (const event of own) {
      body.push(drawEvent(event, x.at(event.day), x.at(event.dayEnd), y));
      values.push({patient_id: patient, kind: event.kind, what: event.what, day: event.day, day_end: event.dayEnd, missing: null});
    }
    for (const [, visit] of Map.groupBy(samples, (row) => `${String(row['timepoint'])}\t${String(row['day'])}`)) body.push(...drawSamples({visit, day: dayOf(visit[0]), y, x, values, isByDay}));
  });
  if (isByDay) body.push(line(left + 10, bottom + 2, fullWidth - 14, bottom + 2), ...x.ticks.flatMap((tick) => [line(x.at(tick), bottom + 2, x.at(tick), bottom + 5), text(x.at(tick), bottom + 12.5, String(tick), {size: 7, anchor: 'middle'})]), text((left + fullWidth) / 2, bottom + 23, 'days from infusion', {anchor: 'middle'}));
  else data.timepoints.forEach((timepoint, t) => body.push(text(x.at(t), bottom + 12, fitted(timepoint, 90, 7.5), {size: 7.5, anchor: 'middle'})));
  const nSamples = new Set(sheet.filter((row) => row['library'] !== '' && !row['excluded']).map((row) => row['sample_id'])).size;
  const gaps = sheet.filter((row) => row['library'] === '' || row['excluded']).length;
  const title = `${nSamples} ${nSamples === 1 ? 'sample' : 'samples'} of ${patients.length} ${patients.length === 1 ? 'patient' : 'patients'}${gaps === 0 ? '' : `; ${gaps} declared ${gaps === 1 ? 'gap' : 'gaps'}`}`;
  return {
    id: 'cohort-design', title,
    caption: `A lane a patient. Coloured squares are sequenced samples by library, hollow ones declared gaps (the reason is in the values and in the table below)${placed.length === 0 ? '' : '; diamonds biopsies, bars toxicity with its grade, the end stroke the last visit'}.${isByDay ? '' : ' The sheet has no days: samples stand in the order of their timepoints.'}`,
    svg: drawing({id: 'figure-cohort-design', title, description: 'Samples, biopsies, adverse events and visits of each patient over days from the infusion.', width: fullWidth, height: bottom + 28, body}),
    values: {columns, rows: values},
    parameters: {n_patients: patients.length, n_samples: nSamples, n_gaps: gaps, axis: isByDay ? 'day' : 'timepoint'},
  };
}

interface Event {
  readonly patient_id: string;
  readonly kind: 'biopsy' | 'crs' | 'icans' | 'infection' | 'last visit';
  readonly what: string;
  readonly day: number;
  readonly dayEnd: number;
}

/** Without a day an event has no place; the tables have it. */
function eventsOf(data: FigureData): Event[] {
  const biopsies = (data.tables['biopsies'] ?? []).flatMap((row): Event[] => {
    const day = numberOf(row, 'day');
    return day === null ? [] : [{patient_id: String(row['patient_id']), kind: 'biopsy', what: 'biopsy', day, dayEnd: day}];
  });
  const toxic = (data.tables['adverse_events'] ?? []).flatMap((row): Event[] => {
    const [day, end, kind] = [numberOf(row, 'day_start'), numberOf(row, 'day_end'), String(row['category']).toLowerCase()];
    if (day === null || (kind !== 'crs' && kind !== 'icans' && kind !== 'infection')) return [];
    return [{patient_id: String(row['patient_id']), kind, what: `${kind === 'infection' ? 'infection' : kind.toUpperCase()}${row['grade'] === null || row['grade'] === '' ? '' : ` grade ${String(row['grade'])}`}`, day, dayEnd: Math.max(day, end ?? day)}];
  });
  const visits = Map.groupBy((data.tables['clinical_visits'] ?? []).filter((row) => numberOf(row, 'day') !== null), (row) => String(row['patient_id']));
  const last = [...visits].map(([patient_id, own]): Event => {
    const day = Math.max(...own.map((row) => numberOf(row, 'day') ?? 0));
    return {patient_id, kind: 'last visit', what: 'last visit', day, dayEnd: day};
  });
  return [...biopsies, ...toxic, ...last];
}

function drawEvent({patient_id, kind, what, day, dayEnd}: Event, x1: number, x2: number, y: number): string {
  const title = `<title>${escapeXml(`${patient_id}: ${what}, day ${day}${dayEnd > day ? ` to ${dayEnd}` : ''}`)}</title>`;
  if (kind === 'last visit') return element('g', {}, title, line(x1, y - 5, x1, y + 5, {stroke: '#222222', 'stroke-width': 1.2}));
  if (kind === 'biopsy') return element('g', {}, title, element('path', {d: `M${fixed(x1)} ${fixed(y - 4.5)}L${fixed(x1 + 4.5)} ${fixed(y)}L${fixed(x1)} ${fixed(y + 4.5)}L${fixed(x1 - 4.5)} ${fixed(y)}Z`, fill: '#ffffff', stroke: '#222222', 'stroke-width': 0.9}));
  const grade = /\d+/.exec(what)?.[0] ?? '';
  return element('g', {}, title, element('rect', {x: x1, y: y - 8.5, width: Math.max(6, x2 - x1), height: 4, fill: kind === 'infection' ? '#999999' : '#b2182b'}), text(Math.max(x1 + 6, x2) + 1.5, y - 4.2, `${kind === 'infection' ? 'inf' : kind.toUpperCase()} ${grade}`, {size: 6}));
}

function drawSamples({visit, day, y, x, values, isByDay}: {visit: readonly Row[]; day: number | null; y: number; x: {at: (value: number) => number}; values: Row[]; isByDay: boolean}): string[] {
  const present = visit.filter((row) => row['library'] !== '' && !row['excluded']);
  const shown = present.length === 0 ? visit.slice(0, 1) : [...new Map(present.map((row) => [row['library'], row])).values()];
  for (const row of shown) values.push({patient_id: row['patient_id'], kind: 'sample', what: present.length === 0 ? 'gap' : row['library'], day: isByDay ? day : null, missing: present.length === 0 ? String(row['excluded'] || 'no sequencing at this visit') : day === null ? 'no day in the sheet' : null});
  if (day === null) return [];
  const size = 5;
  return shown.map((row, i) => {
    const at = x.at(day) - (shown.length * (size + 0.8)) / 2 + i * (size + 0.8);
    const isGap = present.length === 0;
    const colour = libraries.find(([name]) => name === row['library'])?.[1] ?? '#666666';
    return element('g', {}, `<title>${escapeXml(`${String(row['patient_id'])}, ${String(row['timepoint'])}: ${isGap ? String(row['excluded'] || 'no sequencing at this visit') : String(row['library'])}`)}</title>`, element('rect', {x: at, y: y - size / 2, width: size, height: size, fill: isGap ? '#ffffff' : colour, stroke: isGap ? '#666666' : colour, 'stroke-width': 0.7, 'stroke-dasharray': isGap ? '1.2 1' : undefined}));
  });
}

function legend(events: readonly Event[], present: ReadonlySet<string>): string[] {
  let x = left + 10;
  const item = (width: number, draw: (at: number) => string[]): string[] => {
    const at = x;
    x += width;
    return draw(at);
  };
  const square = (name: string, colour: string): string[] => item(24 + name.length * 4, (at) => [element('rect', {x: at, y: 6, width: 6, height: 6, fill: colour, stroke: colour}), text(at + 9, 12, name, {size: 7.5})]);
  return [
    ...libraries.filter(([name]) => present.has(name)).flatMap(([name, colour]) => square(name, colour)),
    ...(present.has('gap') ? item(50, (at) => [element('rect', {x: at, y: 6, width: 6, height: 6, fill: '#ffffff', stroke: '#666666', 'stroke-dasharray': '1.2 1'}), text(at + 9, 12, 'gap', {size: 7.5})]) : []),
    ...(events.some((event) => event.kind === 'biopsy') ? item(58, (at) => [element('path', {d: `M${fixed(at + 3)} 5L${fixed(at + 7)} 9L${fixed(at + 3)} 13L${fixed(at - 1)} 9Z`, fill: '#ffffff', stroke: '#222222'}), text(at + 10, 12, 'biopsy', {size: 7.5})]) : []),
    ...(events.some((event) => event.kind === 'last visit') ? item(60, (at) => [line(at + 3, 4, at + 3, 14, {'stroke-width': 1.2}), text(at + 8, 12, 'last visit', {size: 7.5})]) : []),
  ];
}
