// What any two samples share: within a patient the course of one repertoire, between patients the background, where nothing should be.
import type {Row} from '../data/table.ts';
import {numberOf, shortNumber, upColour, type Figure, type FigureData} from './figure.ts';
import {fitted} from './patient-grid.ts';
import {drawing, element, fullWidth, missingBox, text, wrap} from './svg.ts';

interface Sample {
  readonly id: string;
  readonly patient: string;
  readonly timepoint: string;
}

export function drawRepertoireOverlap(data: FigureData): Figure {
  const rows = data.tables['repertoire_overlap'] ?? [];
  const alarms = data.tables['repertoire_alarms'] ?? [];
  const receptors = ['BCR', 'TCR'].filter((receptor) => rows.some((row) => row['receptor'] === receptor));
  const values: Row[] = [];
  const body: string[] = [];
  const half = (fullWidth - 24) / 2;
  let height = 60;
  receptors.forEach((receptor, r) => {
    const own = rows.filter((row) => row['receptor'] === receptor);
    const samples = samplesOf(data, own);
    const [left, top] = [r * (half + 24) + 52, 48];
    const side = Math.min(14, (half - 66) / Math.max(1, samples.length));
    body.push(text(left - 48, 12, `${receptor}: similarity of samples (Morisita-Horn)`, {weight: 'bold'}));
    const cellOf = new Map(own.flatMap((row): [string, Row][] => [[`${String(row['sample_id_a'])}\t${String(row['sample_id_b'])}`, row], [`${String(row['sample_id_b'])}\t${String(row['sample_id_a'])}`, row]]));
    samples.forEach((a, i) => {
      const isFirst = i === 0 || samples[i - 1].patient !== a.patient;
      const size = Math.max(6, Math.min(7, side * 0.8));
      if (isFirst) {
        const n = samples.filter((sample) => sample.patient === a.patient).length;
        // Names need 7 pt each: where patients are many, every second or third is named.
        const every = Math.ceil(7 / (n * side));
        if (new Set(samples.slice(0, i).map((sample) => sample.patient)).size % every === 0) body.push(text(left - 4, top + (i + n / 2) * side + 2.5, fitted(a.patient, 46, 7, data.patients), {size: 7, anchor: 'end'}), text(left + (i + n / 2) * side, top - 4, fitted(a.patient, 36, size, data.patients), {size, rotate: -45}));
      }
      samples.forEach((b, j) => {
        if (j > i) return;
        const [x, y] = [left + j * side, top + i * side];
        if (i === j) return void body.push(element('rect', {x, y, width: side, height: side, fill: '#eeeeee'}));
        const row = cellOf.get(`${a.id}\t${b.id}`);
        const value = numberOf(row, 'morisita_horn');
        const isSuspect = a.patient !== b.patient && (numberOf(row, 'n_shared') ?? 0) > 0;
        body.push(element('rect', {x, y, width: side, height: side, fill: value === null ? 'url(#hatch)' : shade(value), stroke: isSuspect ? upColour : '#ffffff', 'stroke-width': isSuspect ? 1 : 0.4}));
        values.push({receptor, sample_id_a: b.id, sample_id_b: a.id, same_patient: a.patient === b.patient, n_shared: row?.['n_shared'] ?? null, jaccard: row?.['jaccard'] ?? null, morisita_horn: row?.['morisita_horn'] ?? null, missing: value === null ? row?.['missing'] ?? 'a sample without a count' : null});
      });
    });
    const bottom = top + samples.length * side;
    const groups = [['one patient', 'true'], ['two patients', 'false']] as const;
    const lines = groups.map(([words, same]) => {
      const found = own.filter((row) => row['same_patient'] === same).flatMap((row) => numberOf(row, 'morisita_horn') ?? []).sort((a, b) => a - b);
      return found.length === 0 ? `${words}: no pair` : `${words}: median ${shortNumber(found[found.length >> 1])}, largest ${shortNumber(found[found.length - 1])} (${found.length} pairs)`;
    });
    const raised = alarms.filter((row) => row['receptor'] === receptor);
    const warning = raised.length === 0 ? [] : wrap(`${raised.length} alarms, the first: ${String(raised[0]['kind'])}, libraries ${String(raised[0]['libraries'])}`, Math.floor(half / 4));
    [...lines, ...warning].forEach((words, k) => body.push(text(left - 48, bottom + 12 + 9 * k, words, {size: 7, colour: k >= lines.length ? upColour : '#444444'})));
    height = Math.max(height, bottom + 36 + 9 * (lines.length + warning.length - 1));
  });
  if (receptors.length > 0) {
    const [x, y] = [52, height - 12];
    for (let k = 0; k <= 20; k++) body.push(element('rect', {x: x + k * 5, y, width: 5, height: 6, fill: shade(k / 20)}));
    body.push(text(x - 4, y + 6, '0', {size: 6.5, anchor: 'end'}), text(x + 109, y + 6, '1', {size: 6.5}), element('rect', {x: x + 130, y, width: 10, height: 6, fill: 'url(#hatch)'}), text(x + 144, y + 6, 'no value', {size: 6.5}),
      element('rect', {x: x + 190, y, width: 10, height: 6, fill: '#ffffff', stroke: upColour}), text(x + 204, y + 6, 'junctions shared by two patients', {size: 6.5}));
  } else body.push(missingBox({x: 4, y: 20, width: fullWidth - 8, height: 36, reason: 'no receptor library in the samples sheet'}));
  const between = alarms.filter((row) => String(row['kind']).startsWith('paired clone'));
  const title = receptors.length === 0 ? 'No receptor was sequenced'
    : between.length > 0 ? `${between.length} paired clones are in several patients: check for swaps, carry-over or index hopping`
      : 'No paired clone is in two patients; what samples share they share within a patient';
  return {
    id: 'repertoire-overlap', title, absent: receptors.length === 0 ? 'no receptor library in the samples sheet' : undefined,
    caption: 'Each square is a pair of samples: darker means more of the same clones at the same sizes. Between patients the exact nucleotide junctions are compared, which two people do not share by chance.',
    svg: drawing({id: 'figure-repertoire-overlap', title, description: 'Morisita-Horn similarity of every two samples, by receptor.', width: fullWidth, height: height + 4, body}),
    values: {columns: ['receptor', 'sample_id_a', 'sample_id_b', 'same_patient', 'n_shared', 'jaccard', 'morisita_horn', 'missing'], rows: values},
    parameters: {index: 'morisita_horn', n_patients: data.patients.length, n_alarms: alarms.length},
  };
}

/** In the order of patients, then time; only samples that some row names. */
function samplesOf(data: FigureData, rows: readonly Row[]): Sample[] {
  const named = new Set(rows.flatMap((row) => [String(row['sample_id_a']), String(row['sample_id_b'])]));
  const keys = new Map((data.tables['clonal_diversity'] ?? []).map((row) => [String(row['sample_id']), {id: String(row['sample_id']), patient: String(row['patient_id']), timepoint: String(row['timepoint'])}]));
  return [...named].map((id) => keys.get(id) ?? {id, patient: id, timepoint: ''})
    .sort((a, b) => data.patients.indexOf(a.patient) - data.patients.indexOf(b.patient) || data.timepoints.indexOf(a.timepoint) - data.timepoints.indexOf(b.timepoint) || (a.id < b.id ? -1 : 1));
}

/** White to dark blue; the root spreads the small values that overlaps are. */
function shade(value: number): string {
  const t = Math.sqrt(Math.min(1, Math.max(0, value)));
  const mix = (from: number, to: number): string => Math.round(from + t * (to - from)).toString(16).padStart(2, '0');
  return `#${mix(247, 8)}${mix(251, 48)}${mix(255, 107)}`;
}
