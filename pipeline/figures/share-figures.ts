// The figures that are shares of a sample: classes of clone size, lineages, types of B cells, isotypes.
import type {Row} from '../data/table.ts';
import {absentFigure} from './absent.ts';
import {numberOf, type Figure, type FigureData} from './figure.ts';
import {shareColumns, stackedShares, type ShareBar, type ShareBlock, type ShareLevel} from './stacked-shares.ts';
import {drawing, fullWidth} from './svg.ts';

/** Light to dark: also told apart in grey. */
export const classColours: readonly (readonly [string, string])[] = [['1', '#deebf7'], ['2', '#9ecae1'], ['3-9', '#4292c6'], ['10-99', '#08519c'], ['>=100', '#08204a']];

export function drawCloneSizeClasses(data: FigureData): Figure {
  const rows = (data.tables['clonal_abundance'] ?? []).filter((row) => row['level'] === 'all');
  const receptors = ['BCR', 'TCR'].filter((receptor) => rows.some((row) => row['receptor'] === receptor));
  const classes = [...new Set(rows.flatMap((row) => ((row['expansion_class'] ?? null) === null ? [] : [String(row['expansion_class'])])))].sort((a, b) => firstNumber(a) - firstNumber(b));
  if (receptors.length === 0 || classes.length === 0) return absentFigure({id: 'clone-size-classes', title: 'No classes of clone size', reason: receptors.length === 0 ? 'no receptor library in the samples sheet' : 'no sample has enough receptor cells', columns: shareColumns.slice(0, -1)});
  const levels = classes.map((name, i): ShareLevel => ({name: name.startsWith('>') ? `${name.replace(/\D/g, '')} cells or more` : `${name.replace('-', '–')} ${name === '1' ? 'cell' : 'cells'}`, colour: classColours[Math.round((i * (classColours.length - 1)) / Math.max(1, classes.length - 1))][1]}));
  const blocks = receptors.map((receptor): ShareBlock => ({label: `${receptor}, share of cells`, bars: [...Map.groupBy(rows.filter((row) => row['receptor'] === receptor), (row) => String(row['sample_id'])).values()].map((own) => {
    const n = numberOf(own[0], 'n_cells');
    const sizes = own.filter((row) => row['clone_id'] !== null);
    return barOf(own[0], sizes.length === 0 ? null : new Map(classes.map((name, i) => [levels[i].name, sizes.filter((row) => String(row['expansion_class']) === name).reduce((sum, row) => sum + (numberOf(row, 'frequency') ?? 0), 0)])), n);
  })}));
  const bars = blocks.flatMap(({bars: own}) => own);
  const nSeen = bars.filter((bar) => bar.shares !== null).length;
  return shareFigure(data, {
    id: 'clone-size-classes', title: `Cells by the size of their clone in ${nSeen} of ${bars.length} repertoires`, levels, blocks,
    caption: 'Share of the receptor cells of a sample that belong to clones of one cell, of two, and so on; above a bar its cells. Deep and shallow samples are not matched here: clone-diversity has them matched.',
  });
}

export function drawCompositionOfSamples(data: FigureData): Figure {
  const rows = (data.tables['composition'] ?? []).filter((row) => row['level'] === 'lineage');
  const levels = [...data.lineageColours].filter(([name]) => rows.some((row) => row['cell_type'] === name && (numberOf(row, 'n_cells') ?? 0) > 0)).map(([name, colour]): ShareLevel => ({name, colour}));
  if (levels.length === 0) return absentFigure({id: 'composition-samples', title: 'No composition of samples', reason: 'no cells with a lineage', columns: shareColumns.slice(0, -1)});
  const bars = [...Map.groupBy(rows, (row) => String(row['sample_id'])).values()].map((own) => barOf(own[0], own.every((row) => row['fraction'] === null) ? null : sharesOf(own, 'fraction', 'cell_type'), numberOf(own[0], 'n_total')));
  return shareFigure(data, {
    id: 'composition-samples', title: `What ${bars.filter((bar) => bar.shares !== null).length} samples are made of`, levels, blocks: [{label: 'share of kept cells', bars}],
    caption: 'Each bar is one sample; above it its kept cells. Whether a share changed is tested in the figure composition.',
  });
}

/** B cells below this many say nothing of their types. */
const leastBCells = 10;

export function drawBCellTypes(data: FigureData): Figure {
  const types = (data.cellTypes ?? []).filter((type) => type.parent === 'B cell' || type.parent === 'plasma cell');
  const rows = (data.tables['composition'] ?? []).filter((row) => row['level'] === 'type' && types.some((type) => type.label === row['cell_type']));
  const levels = types.filter((type) => rows.some((row) => row['cell_type'] === type.label && (numberOf(row, 'n_cells') ?? 0) > 0)).map((type): ShareLevel => ({name: type.label, colour: type.colour}));
  if (levels.length === 0) return absentFigure({id: 'b-cell-types', title: 'No types of B cells', reason: 'no cell is told apart as a type of B cell', columns: shareColumns.slice(0, -1)});
  const bars = [...Map.groupBy(rows, (row) => String(row['sample_id'])).values()].map((own) => {
    const counts = own.map((row) => numberOf(row, 'n_cells'));
    const n = counts.reduce<number>((sum, count) => sum + (count ?? 0), 0);
    if (counts.includes(null)) return barOf(own[0], null, null);
    return n < leastBCells ? {...barOf(own[0], null, n), missing: `${n} cells, ${leastBCells} needed`} : barOf(own[0], new Map(own.map((row, i) => [String(row['cell_type']), (counts[i] ?? 0) / n])), n);
  });
  return shareFigure(data, {
    id: 'b-cell-types', title: `Types of B and plasma cells in the ${bars.filter((bar) => bar.shares !== null).length} samples that have ${leastBCells} or more`, levels, blocks: [{label: 'share of B lineage', bars}],
    caption: 'Share among the B and plasma cells that are told apart as a type; above a bar their number. After depletion too few are left, and a bar is hatched rather than made of three cells.',
  });
}

export const isotypeColours: Readonly<Record<string, string>> = {IGHM: '#56b4e9', IGHD: '#0072b2', IGHG1: '#b2182b', IGHG2: '#d6604d', IGHG3: '#ef8a62', IGHG4: '#f9dcea', IGHG: '#b2182b', IGHA1: '#e69f00', IGHA2: '#e6d45a', IGHA: '#e69f00', IGHE: '#222222'};

export function drawIsotypes(data: FigureData): Figure {
  const rows = (data.tables['bcr_features'] ?? []).filter((row) => row['feature'] === 'isotype');
  const found = [...new Set(rows.flatMap((row) => (row['level'] === null || row['level'] === '' ? [] : [String(row['level'])])))];
  const order = Object.keys(isotypeColours);
  const levels = found.sort((a, b) => (order.indexOf(a) + 99) % 99 - (order.indexOf(b) + 99) % 99 || (a < b ? -1 : 1)).map((name): ShareLevel => ({name, colour: isotypeColours[name] ?? '#999999'}));
  if (levels.length === 0) return absentFigure({id: 'isotypes', title: 'No isotypes', reason: rows.length === 0 ? 'no BCR library in the samples sheet' : 'no heavy chain has a constant region', columns: shareColumns.slice(0, -1)});
  const bars = [...Map.groupBy(rows, (row) => String(row['sample_id'])).values()].map((own) => barOf(own[0], own.every((row) => row['value'] === null) ? null : sharesOf(own, 'value', 'level'), numberOf(own[0], 'n_cells')));
  return shareFigure(data, {
    id: 'isotypes', title: `Isotypes in ${bars.filter((bar) => bar.shares !== null).length} of ${bars.length} BCR repertoires`, levels, blocks: [{label: 'share of heavy chains', bars}],
    caption: 'Share of each isotype among the cells with a heavy chain that has a constant region; above a bar their number.',
  });
}

interface ShareFigure {
  readonly id: string;
  readonly title: string;
  readonly caption: string;
  readonly levels: readonly ShareLevel[];
  readonly blocks: readonly ShareBlock[];
}

function shareFigure(data: FigureData, {id, title, caption, levels, blocks}: ShareFigure): Figure {
  const {body, height, values} = stackedShares(data, levels, blocks);
  return {
    id, title, caption,
    svg: drawing({id: `figure-${id}`, title, description: `${blocks.map(({label}) => label).join('; ')}: a bar a sample, a panel a patient.`, width: fullWidth, height, body}),
    values: {columns: shareColumns, rows: values},
    parameters: {levels: levels.map(({name}) => name), n_patients: data.patients.length},
  };
}

const barOf = (row: Row, shares: ReadonlyMap<string, number> | null, n: number | null): ShareBar => ({patient_id: String(row['patient_id']), timepoint: String(row['timepoint']), shares, n, missing: shares === null ? String(row['missing'] ?? 'no value') : null});
const sharesOf = (rows: readonly Row[], value: string, level: string): Map<string, number> => new Map(rows.map((row) => [String(row[level]), numberOf(row, value) ?? 0]));
const firstNumber = (name: string): number => Number(/\d+/.exec(name)?.[0] ?? 0) + (name.startsWith('>') ? 0.5 : 0);
