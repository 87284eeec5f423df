// Was one side of the contrast sequenced deeper? Median counts a cell of each sample by lineage, a line a patient, and what was done about it.
import type {Row} from '../data/table.ts';
import {leftAxis} from './axis.ts';
import {mainContrast, numberOf, patientDash, quietColour, type Figure, type FigureData} from './figure.ts';
import {logScale, tickText} from './scale.ts';
import {drawing, element, fullWidth, line, missingBox, text} from './svg.ts';

export function drawDepthCheck(data: FigureData): Figure {
  const contrast = mainContrast(data);
  const checks = (data.tables['depth_check'] ?? []).filter((row) => row['contrast'] === contrast?.name && row['level'] === 'lineage' && row['cell_type'] !== 'unassigned');
  const lineages = [...data.lineageColours.keys()].filter((name) => checks.some((row) => row['cell_type'] === name));
  const medians = mediansOf(data);
  const [nColumns, left, gap, panelHeight, top] = [4, 34, 34, 78, 22];
  const width = (fullWidth - left - 14 - gap * (nColumns - 1)) / nColumns;
  const values: Row[] = [];
  const body: string[] = [];
  lineages.forEach((lineage, i) => {
    const [column, at] = [i % nColumns, Math.floor(i / nColumns)];
    const panel = {left: left + column * (width + gap), right: left + column * (width + gap) + width, top: top + at * (panelHeight + 46), bottom: top + at * (panelHeight + 46) + panelHeight};
    const check = checks.find((row) => row['cell_type'] === lineage);
    const ratio = numberOf(check, 'ratio');
    body.push(text(panel.left, panel.top - 7, lineage, {weight: 'bold'}));
    const own = data.patients.map((patient) => ({patient, sides: [contrast?.before ?? '', contrast?.after ?? ''].map((side) => medians.get(`${lineage}\t${patient}\t${side}`) ?? null)}));
    for (const {patient, sides} of own) sides.forEach((value, k) => values.push({cell_type: lineage, patient_id: patient, timepoint: k === 0 ? contrast?.before ?? '' : contrast?.after ?? '', median_counts: value, ratio: check?.['ratio'] ?? null, flag: check?.['flag'] ?? null, missing: value === null ? 'no cells of this lineage' : null}));
    const seen = own.flatMap(({sides}) => sides.flatMap((value) => value ?? []));
    if (ratio === null || seen.length === 0) {
      body.push(missingBox({x: panel.left + 3, y: panel.top + 3, width: width - 6, height: panelHeight - 6, reason: String(check?.['missing'] ?? 'no cells')}));
      return;
    }
    const y = logScale([Math.min(...seen) * 0.85, Math.max(...seen) * 1.15], [panel.bottom, panel.top]);
    const ticks = [500, 1000, 2000, 3000, 5000, 10_000, 20_000].filter((tick) => tick >= Math.min(...seen) * 0.85 && tick <= Math.max(...seen) * 1.15);
    body.push(...leftAxis(panel, {...y, ticks}, {numbers: true}));
    const [x1, x2] = [panel.left + width * 0.22, panel.right - width * 0.22];
    const colour = data.lineageColours.get(lineage) ?? quietColour;
    for (const {patient, sides} of own) {
      const points = sides.flatMap((value, k) => (value === null ? [] : [[k === 0 ? x1 : x2, y.at(value)] as const]));
      if (points.length === 2) body.push(line(points[0][0], points[0][1], points[1][0], points[1][1], {stroke: colour, 'stroke-dasharray': patientDash(data, patient) || undefined}));
      body.push(...points.map(([cx, cy]) => element('circle', {cx, cy, r: 1.5, fill: colour})));
    }
    body.push(
      text(x1, panel.bottom + 10, contrast?.before ?? '', {size: 6.5, anchor: 'middle'}), text(x2, panel.bottom + 10, contrast?.after ?? '', {size: 6.5, anchor: 'middle'}),
      text(panel.left, panel.bottom + 19, `ratio ${tickText(ratio)}: ${check?.['flag'] === 'thinned' ? 'thinned' : 'comparable'}`, {size: 6.5, colour: '#444444', weight: check?.['flag'] === 'thinned' ? 'bold' : undefined}),
    );
  });
  const thinned = lineages.filter((lineage) => checks.some((row) => row['cell_type'] === lineage && row['flag'] === 'thinned'));
  const absent = lineages.length === 0 ? (contrast === undefined ? 'no contrast in the run file' : 'no gene expression to compare') : undefined;
  if (absent !== undefined) body.push(missingBox({x: 4, y: 10, width: fullWidth - 8, height: 36, reason: absent}));
  const title = lineages.length === 0 ? 'No depth to check' : thinned.length === 0 ? 'Both sides were sequenced alike' : `Sequencing depth differs in ${thinned.join(', ')}${isScored(data) ? ': scores there are on thinned counts' : ''}`;
  return {
    id: 'depth-check', title, absent,
    caption: 'Median counts a cell of each sample (log axis), a line a patient, and the geometric mean over patients of after / before. Lines include samples with too few cells to be compared. A score that follows depth would rise with it; beyond the limit both samples of every pair are thinned to the shallower one before scoring.',
    svg: drawing({id: 'figure-depth-check', title, description: 'Median counts a cell by lineage, a line a patient.', width: fullWidth, height: lineages.length === 0 ? 60 : top + Math.ceil(lineages.length / nColumns) * (panelHeight + 46), body}),
    values: {columns: ['cell_type', 'patient_id', 'timepoint', 'median_counts', 'ratio', 'flag', 'missing'], rows: values},
    parameters: {contrast: contrast?.name ?? null, n_patients: data.patients.length},
  };
}

const isScored = (data: FigureData): boolean => (data.tables['timepoint_comparisons'] ?? []).some((row) => String(row['family']).endsWith('-signatures') && numberOf(row, 'mean_difference') !== null);

function mediansOf(data: FigureData): Map<string, number> {
  const counts = new Map<string, number[]>();
  for (const row of data.tables['cells'] ?? []) {
    const n = numberOf(row, 'n_counts');
    if (row['kept'] !== 'true' || n === null) continue;
    const key = `${String(row['lineage'])}\t${String(row['patient_id'])}\t${String(row['timepoint'])}`;
    const held = counts.get(key);
    if (held === undefined) counts.set(key, [n]);
    else held.push(n);
  }
  return new Map([...counts].map(([key, held]) => {
    const sorted = Float64Array.from(held).sort();
    const middle = sorted.length >> 1;
    return [key, sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2];
  }));
}
