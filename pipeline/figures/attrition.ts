// Barcodes of each sample: analysed, and removed by reason.
import type {Row} from '../data/table.ts';
import {bottomAxis} from './axis.ts';
import {numberOf, type Figure, type FigureData} from './figure.ts';
import {fitted} from './patient-grid.ts';
import {linearScale} from './scale.ts';
import {drawing, element, fullWidth, missingBox, text} from './svg.ts';
import {cellSentence, countCells} from './verdicts.ts';

const reasonColours = ['#d55e00', '#cc79a7', '#e69f00', '#999999', '#661100', '#44aa99', '#882255'];

export function drawAttrition(data: FigureData): Figure {
  const rows = data.tables['attrition'] ?? [];
  const samples = [...new Set(rows.map((row) => String(row['sample_id'])))];
  const counts = countCells(data);
  const reasons = counts.removed.map(([reason]) => reason);
  const most = Math.max(1, ...samples.map((sample) => numberOf(rows.find((row) => row['sample_id'] === sample && row['stage'] === 'read'), 'n_cells') ?? 0));
  const [left, barHeight, top] = [100, 11, 24];
  const panel = {left, right: fullWidth - 14, top, bottom: top + samples.length * (barHeight + 3)};
  const x = linearScale([0, most], [left, panel.right]);
  const values: Row[] = [];
  const body: string[] = [];
  let legendX = left;
  [['analysed', '#bcd3e6'] as const, ...reasons.map((reason, i) => [reason, reasonColours[i % reasonColours.length]] as const)].forEach(([name, colour]) => {
    body.push(element('rect', {x: legendX, y: 6, width: 8, height: 8, fill: colour}), text(legendX + 11, 13, name, {size: 7.5}));
    legendX += 22 + name.length * 4.6;
  });
  samples.forEach((sample, i) => {
    const own = rows.filter((row) => row['sample_id'] === sample);
    const y = top + i * (barHeight + 3);
    body.push(text(left - 5, y + 8.5, fitted(sample, left - 8, 7.5), {size: 7.5, anchor: 'end'}));
    const analysed = numberOf(own.find((row) => row['stage'] === 'analysed'), 'n_cells');
    if (analysed === null) {
      const reason = String(own.find((row) => row['missing'] !== null)?.['missing'] ?? 'no cells');
      body.push(missingBox({x: left, y, width: panel.right - left, height: barHeight, reason}));
      values.push({sample_id: sample, missing: reason});
      return;
    }
    let from = 0;
    for (const [name, n, colour] of [['analysed', analysed, '#bcd3e6'] as const, ...reasons.map((reason, k) => [reason, own.filter((row) => row['reason'] === reason).reduce((sum, row) => sum + (numberOf(row, 'n_removed') ?? 0), 0), reasonColours[k % reasonColours.length]] as const)]) {
      if (n > 0) body.push(element('rect', {x: x.at(from), y, width: x.at(from + n) - x.at(from), height: barHeight, fill: colour}));
      from += n;
      values.push({sample_id: sample, reason: name, n_cells: n});
    }
    const label = `${analysed} of ${from}`;
    // Beside the bar where it has no room within.
    const isWithin = x.at(analysed) - x.at(0) > label.length * 3.4 + 4;
    body.push(text(isWithin ? x.at(0) + 3 : x.at(from) + 3, y + 8.5, label, {size: 6.5, colour: '#1a3a52'}));
  });
  const absent = samples.length === 0 ? 'no gene expression was read' : undefined;
  if (absent !== undefined) body.push(missingBox({x: 4, y: 20, width: fullWidth - 8, height: 30, reason: absent}));
  else body.push(...bottomAxis(panel, x, 'barcodes'));
  const title = samples.length === 0 ? 'No cells were read' : cellSentence(counts);
  return {
    id: 'attrition', title, absent, caption: 'Each bar is one sample. Every barcode is counted once: analysed, or under the first reason that removed it.',
    svg: drawing({id: 'figure-attrition', title, description: 'Barcodes analysed and removed by reason, a bar a sample.', width: fullWidth, height: samples.length === 0 ? 60 : panel.bottom + 28, body}),
    values: {columns: ['sample_id', 'reason', 'n_cells', 'missing'], rows: values},
    parameters: {n_samples: samples.length, n_cells_read: counts.read, n_cells_analysed: counts.analysed},
  };
}
