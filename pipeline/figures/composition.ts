// Share of each lineage over time, a line a patient.
import type {Row} from '../data/table.ts';
import {leftAxis} from './axis.ts';
import {mainContrast, numberOf, patientDash, quietColour, type Figure, type FigureData} from './figure.ts';
import {linearScale} from './scale.ts';
import {drawing, element, fullWidth, missingBox, polyline, text} from './svg.ts';
import {comparisonOf, isCalled} from './verdicts.ts';

export function drawComposition(data: FigureData): Figure {
  const rows = (data.tables['composition'] ?? []).filter((row) => row['level'] === 'lineage');
  const lineages = [...data.lineageColours.keys()].filter((name) => rows.some((row) => row['cell_type'] === name && (numberOf(row, 'n_cells') ?? 0) > 0));
  const nColumns = 4;
  const [left, gap, panelHeight, top] = [34, 34, 78, 22];
  const width = (fullWidth - left - 14 - gap * (nColumns - 1)) / nColumns;
  const values: Row[] = [];
  const body: string[] = [];
  lineages.forEach((lineage, i) => {
    const [column, at] = [i % nColumns, Math.floor(i / nColumns)];
    const panel = {left: left + column * (width + gap), right: left + column * (width + gap) + width, top: top + at * (panelHeight + 54), bottom: top + at * (panelHeight + 54) + panelHeight};
    const own = rows.filter((row) => row['cell_type'] === lineage);
    const y = linearScale([0, Math.max(0.05, ...own.flatMap((row) => numberOf(row, 'fraction') ?? [])) * 1.08], [panel.bottom, panel.top], 3);
    const x = (timepoint: string): number => panel.left + width * (0.12 + (0.76 * data.timepoints.indexOf(timepoint)) / Math.max(1, data.timepoints.length - 1));
    const comparison = comparisonOf(data, {family: 'composition', outcome: 'fraction', cell_type: lineage});
    const called = isCalled(comparison);
    body.push(text(panel.left, panel.top - 7, lineage, {weight: 'bold'}), ...leftAxis(panel, y));
    data.timepoints.forEach((timepoint) => body.push(text(x(timepoint), panel.bottom + 10, timepoint, {size: 6.5, anchor: 'middle'})));
    const colour = data.lineageColours.get(lineage) ?? quietColour;
    for (const patient of data.patients) {
      const points = data.timepoints.flatMap((timepoint): [number, number][] => {
        const row = own.find((one) => one['patient_id'] === patient && one['timepoint'] === timepoint);
        const fraction = numberOf(row, 'fraction');
        values.push({cell_type: lineage, patient_id: patient, timepoint, n_cells: row?.['n_cells'] ?? null, fraction: row?.['fraction'] ?? null, missing: row === undefined ? 'no sample' : fraction === null ? row['missing'] : null});
        return fraction === null ? [] : [[x(timepoint), y.at(fraction)]];
      });
      body.push(polyline(points, {stroke: colour, 'stroke-dasharray': patientDash(data, patient) || undefined}), ...points.map(([cx, cy]) => element('circle', {cx, cy, r: 1.5, fill: colour})));
    }
    const missing = values.filter((row) => row['cell_type'] === lineage && row['missing'] !== null && row['missing'] !== undefined).length;
    const contrast = mainContrast(data);
    const nPairs = numberOf(comparison, 'n_pairs');
    // A patient whose sample has too few cells is drawn, and not compared.
    const compared = called === null || nPairs === null || nPairs === data.patients.length ? '' : ` (${nPairs} compared)`;
    const verdict = called === true ? 'changed' : called === false ? 'no change seen' : 'not tested';
    body.push(
      text(panel.left, panel.bottom + 19, `${contrast === undefined ? '' : `${contrast.after}: `}${verdict}${compared}`, {size: 6.5, colour: '#444444'}),
      text(panel.left, panel.bottom + 27, `n ${data.patients.length} ${data.patients.length === 1 ? 'patient' : 'patients'}${missing === 0 ? '' : `, ${missing} ${missing === 1 ? 'sample' : 'samples'} missing`}`, {size: 6.5, colour: '#444444'}),
    );
  });
  const absent = lineages.length === 0 ? 'no cells with a lineage' : undefined;
  if (absent !== undefined) body.push(missingBox({x: 4, y: 10, width: fullWidth - 8, height: 36, reason: absent}));
  const changed = lineages.filter((lineage) => isCalled(comparisonOf(data, {family: 'composition', outcome: 'fraction', cell_type: lineage})) === true);
  const title = lineages.length === 0 ? 'No composition' : changed.length === 0 ? 'No lineage changed its share beyond chance' : `The share of ${changed.join(', ')} changed`;
  return {
    id: 'composition', title, absent, caption: 'Share of each lineage among the kept cells of a sample, a line a patient. Shares add up to 1: where one lineage is gone, the others rise.',
    svg: drawing({id: 'figure-composition', title, description: 'Fraction of each lineage over timepoints, a line a patient.', width: fullWidth, height: lineages.length === 0 ? 60 : top + Math.ceil(lineages.length / nColumns) * (panelHeight + 54), body}),
    values: {columns: ['cell_type', 'patient_id', 'timepoint', 'n_cells', 'fraction', 'missing'], rows: values},
    parameters: {level: 'lineage', n_patients: data.patients.length},
  };
}
