// Rank-frequency curves of each patient, a curve a timepoint, equal axes: how dominant the largest clones are.
import type {Row} from '../data/table.ts';
import {bottomAxis, leftAxis} from './axis.ts';
import {mainContrast, numberOf, timepointColour, type Figure, type FigureData} from './figure.ts';
import {fitted, patientGrid} from './patient-grid.ts';
import {logScale} from './scale.ts';
import {drawing, element, fixed, fullWidth, line, missingBox, polyline, text} from './svg.ts';
import {clonalSentence} from './verdicts.ts';

export function drawClonalAbundance(data: FigureData): Figure {
  const rows = (data.tables['clonal_abundance'] ?? []).filter((row) => row['level'] === 'all');
  const receptors = ['BCR', 'TCR'].filter((receptor) => rows.some((row) => row['receptor'] === receptor));
  const curves = Map.groupBy(rows, (row) => `${String(row['receptor'])}\t${String(row['patient_id'])}\t${String(row['timepoint'])}`);
  const longest = Math.max(10, ...[...curves.values()].map((curve) => curve.length));
  const smallest = Math.min(0.1, ...rows.flatMap((row) => numberOf(row, 'frequency') ?? []));
  const [left, gap, panelHeight, top] = [40, 8, 82, 34];
  const grid = patientGrid(data.patients.length, {left, gap});
  const {width} = grid;
  const blockHeight = grid.nRows * (panelHeight + 44);
  const values: Row[] = [];
  const body: string[] = [...legend(data, left)];
  receptors.forEach((receptor, r) => {
    data.patients.forEach((patient, p) => {
      const place = grid.at(p);
      const panelTop = top + r * blockHeight + place.row * (panelHeight + 44);
      const panel = {left: place.left, right: place.right, top: panelTop, bottom: panelTop + panelHeight};
      const x = logScale([1, longest], [panel.left, panel.right]);
      const y = logScale([smallest, 1], [panel.bottom, panel.top]);
      body.push(...bottomAxis(panel, x, r === receptors.length - 1 && place.row === grid.nRows - 1 && place.isFirst ? 'rank of the clone (log)' : ''), ...leftAxis(panel, y, {label: place.isFirst ? `${receptor} frequency (log)` : '', numbers: place.isFirst}));
      body.push(text((panel.left + panel.right) / 2, panel.top - 5, fitted(patient, width + gap, 8, data.patients), {anchor: 'middle', weight: 'bold'}));
      const missing: {readonly timepoint: string; readonly reason: string}[] = [];
      data.timepoints.forEach((timepoint) => {
        const curve = (curves.get(`${receptor}\t${patient}\t${timepoint}`) ?? []).filter((row) => row['clone_id'] !== null);
        if (curve.length === 0) {
          const reason = curves.get(`${receptor}\t${patient}\t${timepoint}`)?.[0]?.['missing'];
          missing.push({timepoint, reason: String(reason ?? 'no sample')});
          return;
        }
        const points = curve.map((row, i): [number, number] => [x.at(i + 1), y.at(numberOf(row, 'frequency') ?? smallest)]);
        const colour = timepointColour(data.timepoints, timepoint);
        const edge = (column: string): [number, number][] => curve.map((row, i) => [x.at(i + 1), y.at(Math.max(smallest, numberOf(row, column) ?? numberOf(row, 'frequency') ?? smallest))]);
        body.push(element('polygon', {points: [...edge('frequency_upper'), ...edge('frequency_lower').reverse()].map(([px, py]) => `${fixed(px)},${fixed(py)}`).join(' '), fill: colour, 'fill-opacity': 0.1, stroke: 'none'}));
        body.push(polyline(points, {stroke: colour, 'stroke-width': 1.25}), element('circle', {cx: points[0][0], cy: points[0][1], r: 1.8, fill: colour}));
        curve.forEach((row, i) => values.push({receptor, patient_id: patient, timepoint, rank: i + 1, clone_id: row['clone_id'], frequency: row['frequency'], frequency_lower: row['frequency_lower'] ?? null, frequency_upper: row['frequency_upper'] ?? null, n_cells: row['n_cells']}));
      });
      const counts = data.timepoints.map((timepoint) => String(curves.get(`${receptor}\t${patient}\t${timepoint}`)?.[0]?.['n_cells'] ?? '–')).join(' · ');
      body.push(text(panel.right, panel.top + 5, `n ${counts}`, {size: 6, anchor: 'end', colour: '#444444'}));
      if (missing.length > 0) {
        // Above the tail of the curves, where a few large clones leave room.
        const words = [...Map.groupBy(missing, ({reason}) => shorten(reason))].map(([reason, own]) => `${own.map(({timepoint}) => timepoint).join(', ')}: ${reason}`);
        body.push(missingBox({x: panel.left + width * 0.36, y: panel.top + 9, width: width * 0.64, height: 34, reason: words.join('; ')}));
        values.push(...missing.map(({timepoint, reason}): Row => ({receptor, patient_id: patient, timepoint, missing: reason})));
      }
    });
  });
  const contrast = mainContrast(data);
  const title = receptors.length === 0 ? 'No receptor was sequenced' : receptors.map((receptor) => clonalSentence(data, receptor)).join(' ');
  const height = receptors.length === 0 ? 60 : top + receptors.length * blockHeight + 2;
  if (receptors.length === 0) body.push(missingBox({x: 4, y: 20, width: fullWidth - 8, height: 36, reason: noReceptor}));
  return {
    id: 'clonal-abundance', title, absent: receptors.length === 0 ? noReceptor : undefined,
    caption: 'Each curve is one sample: its clones from the largest to the smallest. A curve that starts high and falls steeply has dominant clones; bands are exact 95 % intervals. n: cells with a clone at each timepoint.',
    svg: drawing({id: 'figure-clonal-abundance', title, description: 'Rank-frequency curves of clones, a panel a patient and receptor, a curve a timepoint.', width: fullWidth, height, body}),
    values: {columns: ['receptor', 'patient_id', 'timepoint', 'rank', 'clone_id', 'frequency', 'frequency_lower', 'frequency_upper', 'n_cells', 'missing'], rows: values},
    parameters: {contrast: contrast?.name ?? null, n_patients: data.patients.length, level: 'all'},
  };
}

const noReceptor = 'no receptor library in the samples sheet';
const shorten = (reason: string): string => reason.replace(/only (\d+)( [A-Z]+\+)? cells, \d+ needed/, '$1 cells').replace('no sequencing at this visit', 'not sequenced').replace(/declared gap: |excluded: /, '');

function legend(data: FigureData, left: number): string[] {
  return data.timepoints.flatMap((timepoint, i) => {
    const x = left + i * 80;
    return [line(x, 9, x + 14, 9, {stroke: timepointColour(data.timepoints, timepoint), 'stroke-width': 2}), text(x + 18, 12, timepoint)];
  });
}
