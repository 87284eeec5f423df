// Kept cells in the embedding, coloured by lineage: all timepoints in one panel, then a panel a timepoint, each with the same number of cells.
import type {Random} from '../base/random.ts';
import type {Row} from '../data/table.ts';
import {absentFigure} from './absent.ts';
import {numberOf, quietColour, type Figure, type FigureData} from './figure.ts';
import {fitted} from './patient-grid.ts';
import {linearScale} from './scale.ts';
import {drawing, element, fixed, fullWidth, missingBox, text} from './svg.ts';

const mostCells = 2500;
const mostInRow = 4;
const gap = 10;
const columns = ['timepoint', 'cell_id', 'lineage', 'umap_1', 'umap_2', 'missing'];

/** `random`: draws the cells of each panel. */
export function drawUmap(data: FigureData, random: Random): Figure {
  const cells = (data.tables['cells'] ?? []).filter((row) => row['kept'] === 'true' && row['umap_1'] !== null && row['umap_2'] !== null);
  if (cells.length === 0) return absentFigure({id: 'umap', title: 'No embedding', reason: 'no kept cell has a place in an embedding', columns: columns.slice(0, -1)});
  const byTimepoint = data.timepoints.map((timepoint) => cells.filter((row) => row['timepoint'] === timepoint));
  const nShown = Math.min(mostCells, ...byTimepoint.filter((group) => group.length > 0).map((group) => group.length));
  const split = data.timepoints.map((timepoint, i) => ({name: timepoint, nAll: byTimepoint[i].length, shown: byTimepoint[i].length === 0 ? [] : sample(byTimepoint[i], nShown, random)}));
  // The joint panel shows what the others show, so that no timepoint outweighs another in it.
  const panels = [...(data.timepoints.length > 1 ? [{name: 'all', nAll: cells.length, shown: split.flatMap(({shown}) => shown)}] : []), ...split];
  const nColumns = Math.max(1, Math.min(mostInRow, panels.length));
  const size = Math.min(190, (fullWidth - gap * (nColumns - 1)) / nColumns);
  const body: string[] = [];
  const values: Row[] = split.flatMap(({name, shown}) => (shown.length === 0 ? [{timepoint: name, missing: 'no kept cells'}] : shown.map((row): Row => ({timepoint: name, cell_id: row['cell_id'], lineage: row['lineage'], umap_1: row['umap_1'], umap_2: row['umap_2']}))));
  const [xRange, yRange] = [range(cells, 'umap_1'), range(cells, 'umap_2')];
  panels.forEach(({name, nAll, shown}, i) => {
    const [left, top] = [(i % nColumns) * (size + gap), Math.floor(i / nColumns) * (size + 34)];
    const [x, y] = [linearScale(xRange, [left + 5, left + size - 5]), linearScale(yRange, [top + 15 + size, top + 25])];
    body.push(text(left + 2, top + 12, fitted(name, size * 0.5), {weight: 'bold'}), element('rect', {x: left + 0.5, y: top + 20, width: size - 1, height: size, fill: 'none', stroke: '#dddddd', 'stroke-width': 0.5}));
    if (shown.length === 0) return void body.push(missingBox({x: left + 4, y: top + 24, width: size - 8, height: size - 8, reason: 'no kept cells'}));
    body.push(text(left + size - 2, top + 12, `${shown.length} of ${nAll} cells`, {size: 6.5, anchor: 'end', colour: '#444444'}));
    const byLineage = Map.groupBy(shown, (row) => String(row['lineage']));
    for (const [lineage, colour] of [...data.lineageColours, ['', quietColour] as const]) {
      const own = byLineage.get(lineage) ?? [];
      // One path of dots: a zero-length line with round caps is a dot.
      if (own.length > 0) body.push(element('path', {d: own.map((row) => `M${fixed(x.at(numberOf(row, 'umap_1') ?? 0))} ${fixed(y.at(numberOf(row, 'umap_2') ?? 0))}h0`).join(''), stroke: colour, 'stroke-width': 1.8, 'stroke-linecap': 'round', fill: 'none', 'stroke-opacity': 0.75}));
    }
  });
  const present = [...data.lineageColours].filter(([lineage]) => cells.some((row) => row['lineage'] === lineage));
  const bottom = Math.ceil(panels.length / nColumns) * (size + 34) - 12;
  let [x, y] = [0, bottom + 8];
  for (const [lineage, colour] of present) {
    const width = 22 + lineage.length * 4.4;
    if (x + width > fullWidth) [x, y] = [0, y + 12];
    body.push(element('circle', {cx: x + 4, cy: y, r: 3, fill: colour}), text(x + 10, y + 3, lineage, {size: 7.5}));
    x += width;
  }
  const title = `${present.length} lineages in ${cells.length} kept cells`;
  return {
    id: 'umap', title,
    caption: 'Cells placed by similarity of expression; distances between groups have no scale. Each timepoint shows the same number of cells, drawn at random with a fixed seed; the first panel shows them together.',
    svg: drawing({id: 'figure-umap', title, description: 'UMAP of kept cells, together and by timepoint, coloured by lineage.', width: fullWidth, height: y + 10, body}),
    values: {columns, rows: values},
    parameters: {cells_per_panel: Number.isFinite(nShown) ? nShown : 0, n_cells: cells.length, n_patients: new Set(cells.map((row) => row['patient_id'])).size},
  };
}

function range(cells: readonly Row[], column: string): [number, number] {
  const all = cells.map((row) => numberOf(row, column) ?? 0);
  return all.length === 0 ? [0, 1] : [all.reduce((a, b) => Math.min(a, b)), all.reduce((a, b) => Math.max(a, b))];
}

/** `n` of the rows, in their order. */
function sample(rows: readonly Row[], n: number, random: Random): Row[] {
  const order = rows.map((_row, i) => i);
  for (let i = 0; i < n; i++) {
    const j = i + random.integer(order.length - i);
    [order[i], order[j]] = [order[j], order[i]];
  }
  return order.slice(0, n).sort((a, b) => a - b).map((i) => rows[i]);
}
