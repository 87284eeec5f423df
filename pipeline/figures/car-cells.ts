// Cells that carry the transgene, beside cells that cannot: the share of the controls is the floor of every other number.
import type {Row} from '../data/table.ts';
import {absentFigure} from './absent.ts';
import {bottomAxis} from './axis.ts';
import {numberOf, quietColour, type Figure, type FigureData} from './figure.ts';
import {fitted} from './patient-grid.ts';
import {linearScale} from './scale.ts';
import {drawing, element, fullWidth, line, missingBox, text} from './svg.ts';

const columns = ['sample_id', 'patient_id', 'timepoint', 'lineage', 'role', 'min_umi', 'n_cells', 'n_positive', 'fraction', 'fraction_lower', 'fraction_upper', 'missing'];
const [left, right, top, rowHeight] = [200, 400, 26, 11];
const isControl = (row: Row): boolean => String(row['role']).startsWith('negative control');

export function drawCarCells(data: FigureData): Figure {
  const rows = (data.tables['car_calls'] ?? []).filter((row) => row['used'] === 'true');
  if (rows.length === 0) return absentFigure({id: 'car-cells', title: 'No transgene', reason: 'the run file names no transgene (car)', columns: columns.slice(0, -1)});
  const ordered = [...rows.filter((row) => !isControl(row)), ...rows.filter(isControl)];
  const seen = ordered.flatMap((row) => numberOf(row, 'fraction_upper') ?? []);
  const x = linearScale([0, Math.min(1, Math.max(0.02, ...seen))], [left, right], 4);
  const bottom = top + ordered.length * rowHeight;
  const body: string[] = [text(left, 12, 'filled: may carry it; hollow: negative controls', {size: 7.5, colour: '#444444'})];
  ordered.forEach((row, i) => {
    const y = top + i * rowHeight + 5;
    const name = row['sample_id'] === null ? `all, ${String(row['role'])}` : `${String(row['sample_id'])}, ${String(row['lineage'] ?? row['role'])}`;
    const [fraction, lower, upper] = ['fraction', 'fraction_lower', 'fraction_upper'].map((column) => numberOf(row, column));
    body.push(text(left - 6, y + 2.5, fitted(name, left - 10, 7), {size: 7, anchor: 'end', weight: row['sample_id'] === null ? 'bold' : undefined}), line(left, y, right, y, {stroke: '#eeeeee', 'stroke-width': 0.5}));
    if (fraction === null || lower === null || upper === null) {
      body.push(missingBox({x: left, y: y - 4.5, width: right - left, height: 9, reason: fitted(String(row['missing'] ?? 'no cells'), right - left - 8, 6.5)}));
      return;
    }
    const colour = isControl(row) ? quietColour : '#08519c';
    body.push(line(x.at(lower), y, x.at(upper), y, {stroke: colour}), element('circle', {cx: x.at(fraction), cy: y, r: 2.3, fill: isControl(row) ? '#ffffff' : colour, stroke: colour}), text(right + 8, y + 2.5, `${String(row['n_positive'])} of ${String(row['n_cells'])} cells`, {size: 7}));
  });
  body.push(...bottomAxis({left, right, top, bottom}, x, 'share of cells with the transgene (exact 95 % interval)'));
  const of = (keep: (row: Row) => boolean): string => {
    const own = rows.filter((row) => row['sample_id'] === null && keep(row));
    const sum = (column: string): number => own.reduce((total, row) => total + (numberOf(row, column) ?? 0), 0);
    return `${sum('n_positive')} of ${sum('n_cells')}`;
  };
  const title = `Transgene in ${of((row) => !isControl(row))} cells that may carry it, and in ${of(isControl)} controls`;
  return {
    id: 'car-cells', title, caption: 'Calls are insensitive: a cell without the transgene may have lost it in the library. Controls are samples before the infusion and cells that are no T cells; what they show is the floor.',
    svg: drawing({id: 'figure-car-cells', title, description: 'Share of cells with the transgene by sample and lineage, with negative controls.', width: fullWidth, height: bottom + 28, body}),
    values: {columns, rows: ordered}, parameters: {min_umi: Number(rows[0]['min_umi']), n_rows: rows.length},
  };
}
