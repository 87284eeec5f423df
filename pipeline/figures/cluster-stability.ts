// What the chosen resolution rests on: how alike the clusters of drawn cells are to those of all, and how many there are, at each resolution.
import type {Row} from '../data/table.ts';
import {absentFigure} from './absent.ts';
import {bottomAxis, leftAxis, type Panel} from './axis.ts';
import {numberOf, quietColour, shortNumber, type Figure, type FigureData} from './figure.ts';
import {linearScale, type Scale} from './scale.ts';
import {drawing, element, fullWidth, line, text} from './svg.ts';

const chosenColour = '#08519c';
const [top, height, gap] = [30, 110, 56];

const columns = ['resolution', 'chosen', 'n_clusters', 'n_clusters_lower', 'n_clusters_upper', 'ari', 'ari_lower', 'ari_upper', 'missing'];

export function drawClusterStability(data: FigureData): Figure {
  const rows = data.tables['cluster_stability'] ?? [];
  const swept = rows.filter((row) => numberOf(row, 'ari') !== null);
  if (swept.length === 0) return absentFigure({id: 'cluster-stability', title: 'How stable the clusters are was not looked at', reason: String(rows[0]?.['missing'] ?? 'the clusters are not of this run'), columns: columns.slice(0, -1)});
  const chosen = swept.find((row) => row['chosen'] === 'true');
  const title = chosen === undefined ? 'How stable the clusters of the chosen resolution are was not looked at' : titleOf(chosen);
  const width = (fullWidth - 42 - 14 - gap) / 2;
  const body = [
    ...panelOf(swept, {left: 42, right: 42 + width, top, bottom: top + height}, {value: 'ari', lower: 'ari_lower', upper: 'ari_upper', heading: 'Agreement with the clusters of all', label: 'adjusted Rand index', range: [Math.min(0.5, ...swept.map((row) => numberOf(row, 'ari_lower') ?? 1)), 1]}),
    ...panelOf(swept, {left: 42 + width + gap, right: fullWidth - 14, top, bottom: top + height}, {value: 'n_clusters', lower: 'n_clusters_lower', upper: 'n_clusters_upper', heading: 'Number of clusters', label: 'clusters', range: [0, Math.max(...swept.map((row) => Math.max(numberOf(row, 'n_clusters') ?? 0, numberOf(row, 'n_clusters_upper') ?? 0)))]}),
  ];
  return {
    id: 'cluster-stability', title,
    caption: `${String(swept[0]['n_draws'])} times ${String(swept[0]['n_drawn'])} of ${String(swept[0]['n_cells'])} cells were drawn and clustered anew at each resolution. Points: mean agreement, and the clusters of all cells; lines: the range over the draws. Blue is the resolution that was chosen. An adjusted Rand index of 1 means equal clusters, 0 no more than chance.`,
    svg: drawing({id: 'figure-cluster-stability', title, description: 'Agreement of drawn with all cells and number of clusters, by resolution.', width: fullWidth, height: top + height + 30, body}),
    values: {columns, rows: rows.map((row): Row => ({...row}))},
    parameters: {n_draws: numberOf(swept[0], 'n_draws'), n_cells: numberOf(swept[0], 'n_cells'), n_drawn: numberOf(swept[0], 'n_drawn')},
  };
}

const titleOf = (row: Row): string => `At resolution ${String(row['resolution'])} drawn cells give the clusters of all with an adjusted Rand index of ${shortNumber(numberOf(row, 'ari') ?? 0)}`;

interface Drawn {
  readonly value: string;
  readonly lower: string;
  readonly upper: string;
  readonly heading: string;
  readonly label: string;
  readonly range: readonly [number, number];
}

function panelOf(rows: readonly Row[], panel: Panel, {value, lower, upper, heading, label, range}: Drawn): string[] {
  const resolutions = rows.map((row) => numberOf(row, 'resolution') ?? 0);
  const x = linearScale([0, Math.max(...resolutions) * 1.05], [panel.left, panel.right]);
  const y = linearScale(range, [panel.bottom, panel.top]);
  return [
    text(panel.left, panel.top - 12, heading, {weight: 'bold'}),
    ...leftAxis(panel, y, {label}),
    ...bottomAxis(panel, x, 'resolution'),
    ...rows.flatMap((row) => point(row, x, y, [value, lower, upper])),
  ];
}

function point(row: Row, x: Scale, y: Scale, [value, lower, upper]: readonly string[]): string[] {
  const at = x.at(numberOf(row, 'resolution') ?? 0);
  const [middle, low, high] = [value, lower, upper].map((name) => y.at(numberOf(row, name) ?? 0));
  const isChosen = row['chosen'] === 'true';
  const colour = isChosen ? chosenColour : quietColour;
  const stroke = {stroke: colour, 'stroke-width': isChosen ? 2 : 1};
  // The clusters of all cells may lie outside of the draws' range: its ends are marked.
  return [line(at, low, at, high, stroke), ...[low, high].map((end) => line(at - 3, end, at + 3, end, stroke)), element('circle', {cx: at, cy: middle, r: isChosen ? 3.2 : 2.4, fill: colour})];
}
