// What makes a cluster: its best marker genes, with the share of cells that express them inside and outside of it.
import type {Row} from '../data/table.ts';
import {absentFigure} from './absent.ts';
import {numberOf, quietColour, type Figure, type FigureData} from './figure.ts';
import {fitted} from './patient-grid.ts';
import {linearScale} from './scale.ts';
import {drawing, element, fullWidth, line, text} from './svg.ts';

const genesEach = 4;
const columns = ['cluster', 'lineage', 'n_cells', 'gene_symbol', 'rank', 'fraction_in', 'fraction_out', 'cohens_d', 'missing'];

export function drawMarkers(data: FigureData): Figure {
  const rows = data.tables['markers'] ?? [];
  const clusters = [...new Set(rows.map((row) => String(row['cluster'])))];
  if (clusters.length === 0) return absentFigure({id: 'markers', title: 'No marker genes', reason: 'no clusters were made: cells with types of their own are taken as they are', columns: columns.slice(0, -1)});
  const counted = lineagesOf(data);
  const [nColumns, left, gap, top, rowHeight] = [4, 58, 66, 34, 9.5];
  const width = (fullWidth - left - 12 - gap * (nColumns - 1)) / nColumns;
  const blockHeight = genesEach * rowHeight + 34;
  const values: Row[] = [];
  const body = [element('circle', {cx: left + 4, cy: 9, r: 2.6, fill: '#333333'}), text(left + 10, 12, 'in the cluster', {size: 7.5}), element('circle', {cx: left + 84, cy: 9, r: 2.6, fill: '#ffffff', stroke: '#333333', 'stroke-width': 0.8}), text(left + 90, 12, 'in other cells', {size: 7.5}), text(left + 160, 12, 'share of cells that express the gene, 0 to 1', {size: 7.5, colour: '#444444'})];
  clusters.forEach((cluster, i) => {
    const [x0, y0] = [left + (i % nColumns) * (width + gap), top + Math.floor(i / nColumns) * blockHeight];
    const {lineage, n} = counted.get(cluster) ?? {lineage: null, n: 0};
    const colour = (lineage === null ? undefined : data.lineageColours.get(lineage)) ?? quietColour;
    const x = linearScale([0, 1], [x0, x0 + width], 2);
    body.push(text(x0 - 54, y0 - 2, fitted(`${cluster}: ${lineage ?? 'no lineage'}, n ${n}`, width + gap - 10, 7.5), {size: 7.5, weight: 'bold'}));
    rows.filter((row) => String(row['cluster']) === cluster).sort((a, b) => (numberOf(a, 'rank') ?? 0) - (numberOf(b, 'rank') ?? 0)).slice(0, genesEach).forEach((row, k) => {
      const y = y0 + 8 + k * rowHeight;
      const [inside, outside] = [numberOf(row, 'fraction_in') ?? 0, numberOf(row, 'fraction_out') ?? 0];
      body.push(text(x0 - 4, y + 2.4, fitted(String(row['gene_symbol']), 50, 7), {size: 7, anchor: 'end'}), line(x0, y, x0 + width, y, {stroke: '#eeeeee', 'stroke-width': 0.5}), line(x.at(outside), y, x.at(inside), y, {stroke: colour, 'stroke-width': 1.2}), element('circle', {cx: x.at(outside), cy: y, r: 2, fill: '#ffffff', stroke: colour, 'stroke-width': 0.8}), element('circle', {cx: x.at(inside), cy: y, r: 2.4, fill: colour}));
      values.push({cluster, lineage, n_cells: n, gene_symbol: row['gene_symbol'], rank: row['rank'], fraction_in: row['fraction_in'], fraction_out: row['fraction_out'], cohens_d: row['cohens_d'], missing: null});
    });
  });
  const title = `The best ${genesEach} marker genes of ${clusters.length} clusters`;
  return {
    id: 'markers', title, caption: 'Genes by rank of their effect (Cohen\'s d between the cluster and the others). The name of a cluster is its most frequent lineage, n its cells. All markers are in markers.tsv.',
    svg: drawing({id: 'figure-markers', title, description: 'Share of cells that express the best marker genes in and outside of each cluster.', width: fullWidth, height: top + Math.ceil(clusters.length / nColumns) * blockHeight - 10, body}),
    values: {columns, rows: values}, parameters: {genes_each: genesEach, n_clusters: clusters.length},
  };
}

function lineagesOf(data: FigureData): Map<string, {lineage: string | null; n: number}> {
  const kept = (data.tables['cells'] ?? []).filter((row) => row['kept'] === 'true' && row['cluster'] !== null);
  return new Map([...Map.groupBy(kept, (row) => String(row['cluster']))].map(([cluster, own]) => {
    const counts = [...Map.groupBy(own, (row) => row['lineage'])].sort(([, a], [, b]) => b.length - a.length);
    return [cluster, {lineage: counts[0][0] === null ? null : String(counts[0][0]), n: own.length}];
  }));
}
