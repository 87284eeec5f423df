// Kept cells in the embedding, coloured by lineage: a panel a timepoint, each with the same number of cells.
import type {Random} from '../base/random.ts';
import type {Row} from '../data/table.ts';
import {numberOf, quietColour, type Figure, type FigureData} from './figure.ts';
import {linearScale} from './scale.ts';
import {drawing, element, fixed, fullWidth, missingBox, text} from './svg.ts';

const mostCells = 2500;

/** `random`: draws the cells of each panel. */
export function drawUmap(data: FigureData, random: Random): Figure {
  const cells = (data.tables['cells'] ?? []).filter((row) => row['kept'] === 'true' && row['umap_1'] !== null && row['umap_2'] !== null);
  const byTimepoint = data.timepoints.map((timepoint) => cells.filter((row) => row['timepoint'] === timepoint));
  const nShown = Math.min(mostCells, ...byTimepoint.filter((group) => group.length > 0).map((group) => group.length));
  const n = Math.max(1, data.timepoints.length);
  const gap = 10;
  const size = Math.min(190, (fullWidth - gap * (n - 1)) / n);
  const body: string[] = [];
  const values: Row[] = [];
  const range = (column: string): [number, number] => {
    const all = cells.map((row) => numberOf(row, column) ?? 0);
    return all.length === 0 ? [0, 1] : [all.reduce((a, b) => Math.min(a, b)), all.reduce((a, b) => Math.max(a, b))];
  };
  const [xRange, yRange] = [range('umap_1'), range('umap_2')];
  data.timepoints.forEach((timepoint, i) => {
    const left = i * (size + gap);
    const [x, y] = [linearScale(xRange, [left + 5, left + size - 5]), linearScale(yRange, [20 + size - 5, 25])];
    body.push(text(left + 2, 12, timepoint, {weight: 'bold'}), element('rect', {x: left, y: 20, width: size, height: size, fill: 'none', stroke: '#dddddd', 'stroke-width': 0.5}));
    const group = byTimepoint[i];
    if (group.length === 0) {
      body.push(missingBox({x: left + 4, y: 24, width: size - 8, height: size - 8, reason: 'no kept cells'}));
      values.push({timepoint, missing: 'no kept cells'});
      return;
    }
    const shown = sample(group, nShown, random);
    body.push(text(left + size - 2, 12, `${shown.length} of ${group.length} cells`, {size: 6.5, anchor: 'end', colour: '#444444'}));
    const byLineage = Map.groupBy(shown, (row) => String(row['lineage']));
    for (const [lineage, colour] of [...data.lineageColours, ['', quietColour] as const]) {
      const own = byLineage.get(lineage) ?? [];
      if (own.length === 0) continue;
      // One path of dots: a zero-length line with round caps is a dot.
      body.push(element('path', {d: own.map((row) => `M${fixed(x.at(numberOf(row, 'umap_1') ?? 0))} ${fixed(y.at(numberOf(row, 'umap_2') ?? 0))}h0`).join(''), stroke: colour, 'stroke-width': 1.8, 'stroke-linecap': 'round', fill: 'none', 'stroke-opacity': 0.75}));
    }
    values.push(...shown.map((row): Row => ({timepoint, cell_id: row['cell_id'], lineage: row['lineage'], umap_1: row['umap_1'], umap_2: row['umap_2']})));
  });
  const present = [...data.lineageColours].filter(([lineage]) => cells.some((row) => row['lineage'] === lineage));
  let x = 0;
  for (const [lineage, colour] of present) {
    body.push(element('circle', {cx: x + 4, cy: size + 36, r: 3, fill: colour}), text(x + 10, size + 39, lineage, {size: 7.5}));
    x += 22 + lineage.length * 4.4;
  }
  const title = cells.length === 0 ? 'No embedding' : `${present.length} lineages in ${cells.length} kept cells`;
  return {
    id: 'umap', title, caption: 'Cells placed by similarity of expression; distances between groups have no scale. Each panel shows the same number of cells, drawn at random with a fixed seed.',
    svg: drawing({id: 'figure-umap', title, description: 'UMAP of kept cells by timepoint, coloured by lineage.', width: fullWidth, height: size + 48, body}),
    values: {columns: ['timepoint', 'cell_id', 'lineage', 'umap_1', 'umap_2', 'missing'], rows: values},
    parameters: {cells_per_panel: Number.isFinite(nShown) ? nShown : 0, n_cells: cells.length},
  };
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
