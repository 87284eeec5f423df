// Counts, genes and mitochondrial share of the cells of each sample, kept and removed: what the thresholds cut off.
import type {Row} from '../data/table.ts';
import {absentFigure} from './absent.ts';
import {bottomAxis} from './axis.ts';
import {numberOf, type Figure, type FigureData} from './figure.ts';
import {fitted} from './patient-grid.ts';
import {linearScale, logScale} from './scale.ts';
import {drawing, element, fullWidth, line, text} from './svg.ts';

const measures = [{column: 'n_counts', label: 'counts a cell (log)', isLog: true}, {column: 'n_genes', label: 'genes a cell (log)', isLog: true}, {column: 'percent_mito', label: 'mitochondrial counts, %', isLog: false}] as const;
const groups = [{name: 'kept', isKept: true, colour: '#0072b2'}, {name: 'removed', isKept: false, colour: '#d55e00'}] as const;
const quantiles = [0.05, 0.25, 0.5, 0.75, 0.95];
const columns = ['sample_id', 'measure', 'group', 'n_cells', 'q05', 'q25', 'median', 'q75', 'q95', 'missing'];
const [left, gap, top, rowHeight] = [92, 20, 32, 12];

export function drawQuality(data: FigureData): Figure {
  const bySample = Map.groupBy((data.tables['cells'] ?? []).filter((row) => numberOf(row, 'n_counts') !== null), (row) => String(row['sample_id']));
  if (bySample.size === 0) return absentFigure({id: 'quality', title: 'No quality of cells', reason: 'no gene expression was read', columns: columns.slice(0, -1)});
  const width = (fullWidth - left - 12 - gap * (measures.length - 1)) / measures.length;
  const bottom = top + bySample.size * rowHeight;
  const values: Row[] = [];
  const body: string[] = groups.flatMap(({name, colour}, i) => [element('rect', {x: left + i * 60, y: 6, width: 10, height: 4, fill: colour}), text(left + 14 + i * 60, 11.5, name, {size: 7.5})]);
  [...bySample.keys()].forEach((sample, s) => body.push(text(left - 6, top + s * rowHeight + 8, fitted(sample, left - 10, 7), {size: 7, anchor: 'end'})));
  measures.forEach(({column, label, isLog}, m) => {
    const panel = {left: left + m * (width + gap), right: left + m * (width + gap) + width, top, bottom};
    const summaries = [...bySample].flatMap(([sample, cells], s) => groups.map((group, g) => {
      const numbers = Float64Array.from(cells.filter((row) => (row['kept'] === 'true') === group.isKept).flatMap((row) => numberOf(row, column) ?? [])).sort();
      return {sample, s, group, g, n: numbers.length, at: quantiles.map((q) => quantile(numbers, q))};
    }));
    const seen = summaries.flatMap(({n, at}) => (n === 0 ? [] : [at[0], at[4]])).filter((value) => !isLog || value > 0);
    const [low, high] = [Math.min(...seen), Math.max(...seen)];
    const x = isLog ? logScale([low * 0.9, high * 1.1], [panel.left, panel.right]) : linearScale([0, Math.max(1, high) * 1.05], [panel.left, panel.right], 3);
    const ticks = isLog ? [100, 200, 500, 1000, 2000, 5000, 10_000, 20_000, 50_000].filter((tick) => tick >= low * 0.9 && tick <= high * 1.1).filter((_, i, all) => all.length <= 4 || i % 2 === 0) : x.ticks;
    body.push(...bottomAxis(panel, {...x, ticks}, label));
    for (const {sample, s, group, g, n, at} of summaries) {
      values.push({sample_id: sample, measure: column, group: group.name, n_cells: n, ...(n === 0 ? {} : {q05: at[0], q25: at[1], median: at[2], q75: at[3], q95: at[4]}), missing: n === 0 ? 'no such cell' : null});
      if (n === 0) continue;
      const y = top + s * rowHeight + 3 + g * 5;
      const place = (value: number): number => (isLog && value <= 0 ? panel.left : Math.max(panel.left, x.at(value)));
      body.push(line(place(at[0]), y, place(at[4]), y, {stroke: group.colour, 'stroke-width': 0.8}), element('rect', {x: place(at[1]), y: y - 1.7, width: Math.max(0.6, place(at[3]) - place(at[1])), height: 3.4, fill: group.isKept ? group.colour : '#ffffff', stroke: group.colour, 'stroke-width': 0.8}), line(place(at[2]), y - 2.2, place(at[2]), y + 2.2, {stroke: '#111111', 'stroke-width': 0.9}));
    }
  });
  const nCells = [...bySample.values()].reduce((sum, cells) => sum + cells.length, 0);
  const title = `Counts, genes and mitochondrial share of ${nCells} barcodes in ${bySample.size} ${bySample.size === 1 ? 'sample' : 'samples'}`;
  return {
    id: 'quality', title, caption: 'A row a sample: stroke from the 5th to the 95th percentile, box the middle half, black the median; filled the cells that were kept, hollow those that were removed.',
    svg: drawing({id: 'figure-quality', title, description: 'Quantiles of counts, genes and mitochondrial share of kept and removed cells, a row a sample.', width: fullWidth, height: bottom + 28, body}),
    values: {columns, rows: values}, parameters: {n_samples: bySample.size, n_cells: nCells, quantiles: quantiles.join(', ')},
  };
}

/** Linear between the two nearest (R's type 7). */
function quantile(sorted: Float64Array, q: number): number {
  if (sorted.length === 0) return NaN;
  const at = (sorted.length - 1) * q;
  const low = Math.floor(at);
  return sorted[low] + (at - low) * ((sorted[low + 1] ?? sorted[low]) - sorted[low]);
}
