// V genes and mutations of heavy chains, sample by sample: what a repertoire is made of beyond its clones.
import type {Row} from '../data/table.ts';
import {absentFigure} from './absent.ts';
import {leftAxis} from './axis.ts';
import {numberOf, patientDash, type Figure, type FigureData} from './figure.ts';
import {fitted} from './patient-grid.ts';
import {linearScale} from './scale.ts';
import {drawing, element, escapeXml, fullWidth, line, polyline, text} from './svg.ts';

/** Its germline binds self carbohydrates: always drawn, even where rare. */
const watched = 'IGHV4-34';
const mostGenes = 24;
const geneColumns = ['v_gene', 'sample_id', 'patient_id', 'timepoint', 'n', 'n_cells', 'share', 'missing'];

export function drawVGenes(data: FigureData): Figure {
  const rows = (data.tables['bcr_features'] ?? []).filter((row) => row['feature'] === 'v_gene');
  const samples = [...Map.groupBy(data.tables['bcr_features'] ?? [], (row) => String(row['sample_id']))].map(([id, own]) => ({id, patient: String(own[0]['patient_id']), timepoint: String(own[0]['timepoint']), reason: own.find((row) => row['missing'] !== null)?.['missing']}))
    .sort((a, b) => data.patients.indexOf(a.patient) - data.patients.indexOf(b.patient) || data.timepoints.indexOf(a.timepoint) - data.timepoints.indexOf(b.timepoint));
  const measured = rows.filter((row) => numberOf(row, 'value') !== null);
  if (measured.length === 0) return absentFigure({id: 'v-genes', title: 'No V genes', reason: rows.length === 0 ? 'no BCR library in the samples sheet' : 'no sample has enough heavy chains', columns: geneColumns.slice(0, -1)});
  const sum = new Map([...Map.groupBy(measured, (row) => String(row['level']))].map(([gene, own]) => [gene, own.reduce((total, row) => total + (numberOf(row, 'value') ?? 0), 0)]));
  const genes = [...sum.keys()].sort((a, b) => Number(b === watched) - Number(a === watched) || sum.get(b)! - sum.get(a)! || (a < b ? -1 : 1)).slice(0, mostGenes);
  const valueOf = new Map(measured.map((row) => [`${String(row['level'])}\t${String(row['sample_id'])}`, row]));
  const highest = Math.max(...measured.map((row) => numberOf(row, 'value') ?? 0), 0.01);
  const [left, top, rowHeight] = [64, 46, 10];
  const side = Math.min(18, (fullWidth - left - 8) / samples.length);
  const values: Row[] = [];
  const body: string[] = [];
  samples.forEach((sample, s) => {
    const nBefore = new Set(samples.slice(0, s).map(({patient}) => patient)).size;
    const every = Math.ceil(14 / (side * samples.filter(({patient}) => patient === sample.patient).length));
    if ((s === 0 || samples[s - 1].patient !== sample.patient) && nBefore % every === 0) body.push(text(left + s * side + 3, top - 14, fitted(sample.patient, 44, 7, data.patients), {size: 7, weight: 'bold', rotate: -30}));
    if (side >= 7) body.push(text(left + (s + 0.5) * side, top - 3, String(data.timepoints.indexOf(sample.timepoint) + 1), {size: 6.5, anchor: 'middle', colour: '#444444'}));
  });
  genes.forEach((gene, g) => {
    const y = top + g * rowHeight;
    body.push(text(left - 4, y + 7.5, gene, {size: 7, anchor: 'end', weight: gene === watched ? 'bold' : undefined}));
    samples.forEach(({id, patient, timepoint, reason}, s) => {
      const row = valueOf.get(`${gene}\t${id}`);
      const isMeasured = measured.some((one) => one['sample_id'] === id);
      const share = isMeasured ? (numberOf(row, 'value') ?? 0) : null;
      body.push(element('g', {}, `<title>${escapeXml(`${id}, ${gene}: ${share === null ? String(reason) : `${(100 * share).toFixed(1)} %`}`)}</title>`, element('rect', {x: left + s * side, y, width: side, height: rowHeight, fill: share === null ? 'url(#hatch)' : blue(share / highest), stroke: '#ffffff', 'stroke-width': 0.4})));
      values.push({v_gene: gene, sample_id: id, patient_id: patient, timepoint, n: row?.['n'] ?? (isMeasured ? 0 : null), n_cells: row?.['n_cells'] ?? null, share, missing: share === null ? String(reason ?? 'no value') : null});
    });
  });
  const bottom = top + genes.length * rowHeight;
  // Where the next patient begins.
  samples.forEach(({patient}, s) => void (s > 0 && samples[s - 1].patient !== patient && body.push(line(left + s * side, top - 9, left + s * side, bottom, {stroke: '#222222', 'stroke-width': 0.7}))));
  for (let k = 0; k <= 20; k++) body.push(element('rect', {x: left + k * 5, y: bottom + 8, width: 5, height: 6, fill: blue(k / 20)}));
  body.push(text(left - 4, bottom + 14, '0', {size: 6.5, anchor: 'end'}), text(left + 109, bottom + 14, `${(100 * highest).toFixed(0)} % of the heavy chains of a sample`, {size: 6.5}), text(left + 270, bottom + 14, data.timepoints.map((timepoint, i) => `${i + 1} ${fitted(timepoint, 60, 6.5)}`).join('  '), {size: 6.5, colour: '#444444'}));
  const peak = measured.filter((row) => row['level'] === watched).reduce((most, row) => Math.max(most, numberOf(row, 'value') ?? 0), 0);
  const title = `${watched} is at most ${(100 * peak).toFixed(0)} % of the heavy chains of a sample`;
  return {
    id: 'v-genes', title, caption: `Share of each V gene among the cells with a heavy chain, a column a sample in order of time; hatched: too few cells. ${watched}, frequent in lupus, comes first${sum.size > genes.length ? `; the ${genes.length} most frequent of ${sum.size} genes are drawn` : ''}.`,
    svg: drawing({id: 'figure-v-genes', title, description: 'Heat map of heavy-chain V genes by sample.', width: fullWidth, height: bottom + 24, body}),
    values: {columns: geneColumns, rows: values}, parameters: {n_genes: genes.length, n_samples: samples.length, n_patients: data.patients.length},
  };
}

const mutationColumns = ['measure', 'patient_id', 'timepoint', 'n_cells', 'median', 'lower', 'upper', 'missing'];

export function drawMutations(data: FigureData): Figure {
  const rows = (data.tables['bcr_features'] ?? []).filter((row) => row['feature'] === 'mutation_frequency' || row['feature'] === 'junction_length_aa');
  const panels = [['mutation_frequency', 'V mutations, share of bases'], ['junction_length_aa', 'heavy junction, amino acids']] as const;
  if (rows.every((row) => numberOf(row, 'value') === null)) return absentFigure({id: 'mutations', title: 'No heavy chains to measure', reason: rows.length === 0 ? 'no BCR library in the samples sheet' : String(rows[0]['missing']), columns: mutationColumns.slice(0, -1)});
  const [left, gap, top, bottom] = [42, 60, 24, 120];
  const width = (fullWidth - left - gap - 14) / 2;
  const values: Row[] = [];
  const body: string[] = [];
  panels.forEach(([feature, label], i) => {
    const own = rows.filter((row) => row['feature'] === feature);
    const panel = {left: left + i * (width + gap), right: left + i * (width + gap) + width, top, bottom};
    body.push(text(panel.left - 30, 11, label, {weight: 'bold'}));
    for (const row of own) values.push({measure: feature, patient_id: row['patient_id'], timepoint: row['timepoint'], n_cells: row['n_cells'], median: row['value'], lower: row['lower'], upper: row['upper'], missing: row['missing']});
    const seen = own.flatMap((row) => numberOf(row, 'value') ?? []);
    if (seen.length === 0) {
      const reason = String(own.find((row) => !String(row['missing']).startsWith('only'))?.['missing'] ?? own[0]?.['missing'] ?? 'not measured');
      body.push(element('rect', {x: panel.left, y: top, width, height: bottom - top, fill: 'url(#hatch)', stroke: '#bbbbbb', 'stroke-width': 0.5}), text((panel.left + panel.right) / 2, (top + bottom) / 2, fitted(reason, width - 10, 7), {size: 7, anchor: 'middle', colour: '#444444'}));
      return;
    }
    const [low, high] = [Math.min(...seen), Math.max(...seen)];
    const pad = (high - low) * 0.12 || Math.abs(high) * 0.1 || 1;
    const y = linearScale([feature === 'mutation_frequency' ? 0 : low - pad, high + pad], [bottom, top], 4);
    const x = (timepoint: string): number => panel.left + width * (data.timepoints.length <= 1 ? 0.5 : 0.08 + (0.84 * data.timepoints.indexOf(timepoint)) / (data.timepoints.length - 1));
    body.push(...leftAxis(panel, y), ...data.timepoints.map((timepoint) => text(x(timepoint), bottom + 10, fitted(timepoint, width / data.timepoints.length, 7), {size: 7, anchor: 'middle'})));
    for (const patient of data.patients) {
      const points = own.filter((row) => row['patient_id'] === patient).flatMap((row): [number, number][] => {
        const value = numberOf(row, 'value');
        return value === null ? [] : [[x(String(row['timepoint'])), y.at(value)]];
      });
      body.push(element('g', {}, `<title>${escapeXml(patient)}</title>`, polyline(points, {stroke: '#3b3b3b', 'stroke-dasharray': patientDash(data, patient) || undefined}), ...points.map(([cx, cy]) => element('circle', {cx, cy, r: 1.8, fill: '#3b3b3b'}))));
    }
    body.push(text(panel.left, bottom + 20, `n ${new Set(own.filter((row) => numberOf(row, 'value') !== null).map((row) => row['patient_id'])).size} patients, ${seen.length} of ${own.length} samples`, {size: 6.5, colour: '#444444'}));
  });
  const measured = rows.filter((row) => row['feature'] === 'mutation_frequency' && numberOf(row, 'value') !== null);
  const title = measured.length === 0 ? 'Length of heavy junctions; mutations could not be counted' : `Mutations of heavy chains in ${measured.length} samples`;
  return {
    id: 'mutations', title, caption: 'Median over the cells of a sample, a line a patient. Mutations are differences from the V germline allele, where the input has the alignment.',
    svg: drawing({id: 'figure-mutations', title, description: 'Median mutation frequency and junction length of heavy chains over timepoints, a line a patient.', width: fullWidth, height: 146, body}),
    values: {columns: mutationColumns, rows: values}, parameters: {n_patients: data.patients.length},
  };
}

function blue(value: number): string {
  const t = Math.sqrt(Math.min(1, Math.max(0, value)));
  const mix = (from: number, to: number): string => Math.round(from + t * (to - from)).toString(16).padStart(2, '0');
  return `#${mix(247, 8)}${mix(251, 48)}${mix(255, 107)}`;
}
