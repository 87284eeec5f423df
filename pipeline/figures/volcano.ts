// Every tested gene of the main contrast by size and certainty of its change, a panel a lineage; the surest genes have their names.
import type {Row} from '../data/table.ts';
import {bottomAxis, leftAxis, type Panel} from './axis.ts';
import {downColour, mainContrast, numberOf, quietColour, upColour, type Figure, type FigureData} from './figure.ts';
import {placeLabels, type LabelPlace} from './label-places.ts';
import {linearScale, type Scale} from './scale.ts';
import {drawing, element, escapeXml, fixed, fullWidth, line, missingBox, text} from './svg.ts';

const alpha = 0.05;
/** Names a direction and panel. */
const mostNames = 6;

interface Gene {
  readonly row: Row;
  readonly symbol: string;
  readonly change: number;
  /** -log10 p. */
  readonly height: number;
  readonly isCalled: boolean;
}

export function drawVolcano(data: FigureData): Figure {
  const contrast = mainContrast(data);
  const tests = (data.tables['differential_expression_tests'] ?? []).filter((row) => row['contrast'] === contrast?.name && row['level'] === 'lineage' && row['cell_type'] !== 'unassigned');
  const lineages = [...data.lineageColours.keys()].filter((name) => tests.some((row) => row['cell_type'] === name));
  const genes = genesByLineage(data, contrast?.name);
  const all = [...genes.values()].flat();
  const reach = Math.max(1, all.reduce((most, gene) => Math.max(most, Math.abs(gene.change)), 0)) * 1.04;
  const top = Math.max(2, all.reduce((most, gene) => Math.max(most, gene.height), 0)) * 1.06;
  const [nColumns, left, gap, panelHeight, head, step] = [3, 40, 24, 134, 20, 190];
  const width = (fullWidth - left - 6 - gap * (nColumns - 1)) / nColumns;
  const body: string[] = [];
  const values: Row[] = [];
  lineages.forEach((lineage, i) => {
    const [column, at] = [i % nColumns, Math.floor(i / nColumns)];
    const panel = {left: left + column * (width + gap), right: left + column * (width + gap) + width, top: head + at * step, bottom: head + at * step + panelHeight};
    const test = tests.find((row) => row['cell_type'] === lineage);
    const own = genes.get(lineage) ?? [];
    body.push(text(panel.left, panel.top - 8, lineage, {weight: 'bold'}), element('rect', {x: panel.left, y: panel.top - 4.5, width, height: 2, fill: data.lineageColours.get(lineage) ?? quietColour}));
    body.push(text(panel.right, panel.top - 8, `n ${String(test?.['n_pairs'])} pairs${own.length === 0 ? '' : `, ${own.length} genes`}`, {size: 6.5, anchor: 'end', colour: '#444444'}));
    if (own.length === 0) {
      const reason = String(test?.['missing'] ?? 'not tested');
      body.push(missingBox({x: panel.left + 3, y: panel.top + 3, width: width - 6, height: panelHeight - 6, reason}));
      values.push({cell_type: lineage, missing: reason});
      return;
    }
    const x = linearScale([-reach, reach], [panel.left, panel.right], 4);
    const y = linearScale([0, top], [panel.bottom, panel.top + 10], 4);
    const named = nameGenes(own, {panel, x, y});
    body.push(...panelOf(own, {panel, x, y}, named), ...bottomAxis(panel, x, 'log2 fold change'), ...leftAxis(panel, y, {label: column === 0 ? '-log10 p' : '', numbers: column === 0}));
    values.push(...own.map(({row, change, isCalled, symbol}): Row => ({
      cell_type: lineage, gene_id: row['gene_id'], gene_symbol: symbol, log2_fold_change: row['log2_fold_change'], p_value: row['p_value'], q_value: row['q_value'],
      direction: isCalled ? (change < 0 ? 'lower' : 'higher') : 'no change seen', labelled: named.some(({gene}) => gene.row === row),
    })));
  });
  const title = titleOf(genes, lineages, contrast?.after ?? 'after');
  const absent = lineages.length === 0 ? (contrast === undefined ? 'no contrast in the run file' : (data.tables['differential_expression_tests'] ?? []).length === 0 ? 'genes were not tested: differential_expression is not set in the run file, or had no result' : 'no cell type to test') : undefined;
  if (absent !== undefined) body.push(missingBox({x: 4, y: 10, width: fullWidth - 8, height: 36, reason: absent}));
  return {
    id: 'volcano', title, absent,
    caption: `A dot a gene: change from ${contrast?.before ?? 'before'} to ${contrast?.after ?? 'after'} in sums over a patient’s cells (right: higher at ${contrast?.after ?? 'after'}), and how sure it is. Coloured: q < ${alpha} within the panel (blue lower, red higher), above the dashed line. The same axes in every panel. The patient is the unit; fewer pairs and fewer cells find fewer genes, so counts do not compare lineages.`,
    svg: drawing({id: 'figure-volcano', title, description: 'Volcano plot: log2 fold change and p value of every tested gene, a panel a lineage.', width: fullWidth, height: lineages.length === 0 ? 60 : head + Math.ceil(lineages.length / nColumns) * step - 28, body}),
    values: {columns: ['cell_type', 'gene_id', 'gene_symbol', 'log2_fold_change', 'p_value', 'q_value', 'direction', 'labelled', 'missing'], rows: values},
    parameters: {contrast: contrast?.name ?? null, level: 'lineage', q_below: alpha, n_pairs: Object.fromEntries(lineages.map((lineage) => [lineage, numberOf(tests.find((row) => row['cell_type'] === lineage), 'n_pairs')])), tools: tests[0]?.['tools'] ?? null},
  };
}

function genesByLineage(data: FigureData, contrast: string | undefined): Map<string, Gene[]> {
  const rows = (data.tables['differential_expression'] ?? []).filter((row) => row['contrast'] === contrast && row['level'] === 'lineage' && row['gene_id'] !== null && row['p_value'] !== null);
  const genes = rows.map((row): Gene => {
    const [change, p, q] = ['log2_fold_change', 'p_value', 'q_value'].map((column) => numberOf(row, column) ?? 1);
    // A p below what a double can hold is written as 0.
    return {row, symbol: String(row['gene_symbol'] ?? row['gene_id']), change, height: -Math.log10(Math.max(p, 1e-300)), isCalled: q < alpha};
  });
  return Map.groupBy(genes, ({row}) => String(row['cell_type']));
}

interface Drawn {
  readonly panel: Panel;
  readonly x: Scale;
  readonly y: Scale;
}

interface NamedGene {
  readonly gene: Gene;
  readonly place: LabelPlace;
}

/** The surest of each direction, each on its side of no change, as far as there is room. */
function nameGenes(genes: readonly Gene[], {panel, x, y}: Drawn): NamedGene[] {
  const surest = genes.filter((gene) => gene.isCalled).sort((a, b) => b.height - a.height || (a.symbol < b.symbol ? -1 : 1));
  const [frame, zero] = [{left: panel.left + 1, right: panel.right, top: panel.top + 10, bottom: panel.bottom - 2}, x.at(0)];
  return ([-1, 1] as const).flatMap((side) => {
    const own = surest.filter((gene) => Math.sign(gene.change) === side);
    const named = own.slice(0, mostNames);
    const labels = named.map((gene) => ({x: x.at(gene.change), y: y.at(gene.height), width: gene.symbol.length * 3.9 + 1, height: 6.4, side}));
    const places = placeLabels(labels, side < 0 ? {...frame, right: zero} : {...frame, left: zero}, own.map((gene) => [x.at(gene.change), y.at(gene.height)]));
    return named.flatMap((gene, i) => (places[i] === null ? [] : [{gene, place: places[i]}]));
  });
}

function panelOf(genes: readonly Gene[], {panel, x, y}: Drawn, named: readonly NamedGene[]): string[] {
  const called = genes.filter((gene) => gene.isCalled);
  const [down, up] = [called.filter((gene) => gene.change < 0), called.filter((gene) => gene.change > 0)];
  const limit = called.length === 0 ? null : y.at(Math.min(...called.map((gene) => gene.height)));
  return [
    line(x.at(0), panel.top + 10, x.at(0), panel.bottom, {stroke: '#dddddd', 'stroke-width': 0.5}),
    dots(genes.filter((gene) => !gene.isCalled), quietColour, {x, y, opacity: 0.45}),
    ...(limit === null ? [] : [line(panel.left, limit, panel.right, limit, {stroke: '#777777', 'stroke-width': 0.5, 'stroke-dasharray': '2 2'})]),
    dots(down, downColour, {x, y, opacity: 0.75}),
    dots(up, upColour, {x, y, opacity: 0.75}),
    text(panel.left + 2, panel.top + 6, `${down.length} lower`, {size: 6.5, colour: downColour}),
    text(panel.right, panel.top + 6, `${up.length} higher`, {size: 6.5, anchor: 'end', colour: upColour}),
    ...named.flatMap(({gene, place: {box, leader}}) => [
      ...(leader === null ? [] : [line(...leader, x.at(gene.change), y.at(gene.height), {stroke: '#999999', 'stroke-width': 0.35})]),
      // A white rim keeps the name readable where it has to cover dots.
      element('text', {x: (box.left + box.right) / 2, y: box.bottom - 1.2, 'font-size': 6, 'text-anchor': 'middle', fill: '#222222', stroke: '#ffffff', 'stroke-width': 1.2, 'stroke-linejoin': 'round', 'paint-order': 'stroke'}, escapeXml(gene.symbol)),
    ]),
  ];
}

/** One path of dots: a zero-length line with round caps is a dot. Dots that would fall within half a point of each other are drawn once. */
function dots(genes: readonly Gene[], colour: string, {x, y, opacity}: {x: Scale; y: Scale; opacity: number}): string {
  const half = (value: number): string => fixed(Math.round(value * 2) / 2);
  const places = new Set(genes.map((gene) => `M${half(x.at(gene.change))} ${half(y.at(gene.height))}h0`));
  return places.size === 0 ? '' : element('path', {d: [...places].join(''), stroke: colour, 'stroke-width': 2, 'stroke-linecap': 'round', fill: 'none', 'stroke-opacity': opacity});
}

function titleOf(genes: ReadonlyMap<string, readonly Gene[]>, lineages: readonly string[], after: string): string {
  const tested = lineages.flatMap((lineage) => {
    const own = genes.get(lineage) ?? [];
    return own.length === 0 ? [] : [{lineage, n: own.filter((gene) => gene.isCalled).length}];
  });
  const changed = tested.filter(({n}) => n > 0).sort((a, b) => b.n - a.n);
  if (tested.length === 0) return 'No gene could be tested';
  if (changed.length === 0) return `No gene changed beyond chance at ${after} in ${tested.length} ${tested.length === 1 ? 'lineage' : 'lineages'}`;
  return `Genes that change at ${after}: ${changed.map(({lineage, n}) => `${n} in ${lineage}`).join(', ')}`;
}
