// The cells as points to explore: what the page's script draws, as compact numbers, and the controls around it. With script off the figure umap says the same.
import type {Row} from '../data/table.ts';
import {mainContrast, numberOf, quietColour, timepointColour, type FigureData} from './figure.ts';
import type {PageContent} from './page-content.ts';
import {escapeXml} from './svg.ts';
import {shortSignature} from './verdicts.ts';

/** Beyond this many cells the page would grow past what opens quickly: every k-th is drawn. */
const mostCells = 20_000;
/** Okabe-Ito and darker tints of it; more patients than these take them in turn, and are told apart by picking one. */
const patientColours = ['#0072b2', '#e69f00', '#009e73', '#cc79a7', '#d55e00', '#56b4e9', '#222222', '#8c6d1f', '#6a51a3', '#7fbf7b', '#a50f15', '#999999'];

export interface CellMapData {
  readonly n: number;
  /** Kept cells with a place, of which every so many-th is drawn. */
  readonly nPlaced: number;
  /** Little-endian 16-bit places, base64. */
  readonly x: string;
  readonly y: string;
  /** Level of each cell as one byte (255: none), base64. */
  readonly fields: readonly {readonly name: string; readonly levels: readonly string[]; readonly colours: readonly string[]; readonly codes: string}[];
  /** 0 to 254 from `low` to `high`, 255: none. */
  readonly scores: readonly {readonly name: string; readonly low: number; readonly high: number; readonly codes: string}[];
  readonly timepoints: readonly string[];
  readonly clones: {
    readonly receptors: readonly string[];
    /** Name, verdict of the main contrast, cells at each timepoint (null: no repertoire). */
    readonly rows: readonly (readonly [string, string, readonly (number | null)[]])[];
    /** Row of each cell's clone by receptor as 16 bits (65535: none), base64. */
    readonly codes: readonly string[];
  };
}

export function cellMap(content: PageContent): string {
  const map = cellMapData(content);
  if (map === null) return '';
  const options = [...map.fields.filter(({name}) => name !== 'sample').map(({name}) => name), ...map.scores.map(({name}) => `score: ${name}`)];
  const share = map.n < map.nPlaced ? `<p>${map.n} of ${map.nPlaced} cells are drawn, evenly from every sample: more would not open quickly. Tables and figures count all of them.</p>\n` : '';
  return `<div id="cell-map" class="map" hidden><h3>Cells one by one</h3>${share}<p><label>Colour by <select id="cell-map-by">${options.map((name, i) => `<option value="${i}">${escapeXml(name)}</option>`).join('')}</select></label> <button type="button" id="cell-map-all">show all</button></p>
<div class="paper"><canvas id="cell-map-canvas" tabindex="0" role="img" aria-label="Map of ${map.n} cells. Arrow keys go from cell to cell; the line below says what each is." aria-describedby="cell-map-says"></canvas></div>
<ul id="cell-map-legend" class="legend" aria-label="Legend; a button shows its cells alone"></ul>
<p id="cell-map-says" class="soft" aria-live="polite">Point at a cell, or use the arrow keys on the map: its patient, type and the history of its clone are written here.</p></div>
<script type="application/json" id="cell-map-data">${JSON.stringify(map).replaceAll('<', '\\u003c')}</script>`;
}

/** Null where no kept cell has a place. */
export function cellMapData({data, scores, sheet}: PageContent): CellMapData | null {
  const kept = (data.tables['cells'] ?? []).map((row, index) => ({row, index})).filter(({row}) => row['kept'] === 'true');
  const scoreAt = new Map(kept.map(({index}, k) => [index, k]));
  const placed = kept.filter(({row}) => row['umap_1'] !== null && row['umap_2'] !== null);
  if (placed.length === 0) return null;
  const every = Math.ceil(placed.length / mostCells);
  const shown = placed.filter((_, i) => i % every === 0);
  const batches = new Map(sheet.map((row) => [row['sample_id'], row['batch'] ?? '']));
  const rows = shown.map(({row}): Row => ({...row, batch: batches.get(String(row['sample_id'])) || null}));
  const nBatches = new Set(rows.flatMap((row) => row['batch'] ?? [])).size;
  return {
    n: rows.length, nPlaced: placed.length,
    x: places(rows, 'umap_1'), y: places(rows, 'umap_2'),
    fields: [
      field('lineage', rows, 'lineage', [...data.lineageColours]),
      field('cell type', rows, 'cell_type', [...data.lineageColours, ...(data.cellTypes ?? []).map(({label, colour}) => [label, colour] as const)]),
      field('patient', rows, 'patient_id', data.patients.map((patient, i) => [patient, patientColours[i % patientColours.length]] as const)),
      field('timepoint', rows, 'timepoint', data.timepoints.map((timepoint) => [timepoint, timepointColour(data.timepoints, timepoint)] as const)),
      ...(nBatches > 1 ? [field('batch', rows, 'batch', [...new Set(batches.values())].filter((name) => name !== '').map((name, i) => [name, patientColours[i % patientColours.length]] as const))] : []),
      ...(rows.some((row) => row['car_call'] !== null && row['car_call'] !== '') ? [field('transgene', rows, 'car_call', [['assayed_pos', '#b2182b'], ['assayed_neg', '#9ecae1'], ['not_assayed', '#cccccc']])] : []),
      field('sample', rows, 'sample_id', []),
    ],
    scores: scores.map(({signature, values}) => coded(shortSignature(signature), shown.map(({index}) => values[scoreAt.get(index) ?? -1] ?? NaN))),
    timepoints: data.timepoints,
    clones: cloneHistories(data, rows),
  };
}

function field(name: string, rows: readonly Row[], column: string, known: readonly (readonly [string, string])[]): CellMapData['fields'][number] {
  const found = new Set(rows.map((row) => (row[column] === null ? '' : String(row[column]))));
  const colours = new Map(known);
  const levels = [...colours.keys()].filter((level) => found.has(level));
  const rest = [...found].filter((level) => level !== '' && !colours.has(level)).sort((a, b) => (a < b ? -1 : 1));
  // One byte a cell: what is beyond 254 levels has none.
  const all = [...levels, ...rest].slice(0, 254);
  const code = new Map(all.map((level, i) => [level, i]));
  return {name, levels: all, colours: all.map((level) => colours.get(level) ?? quietColour), codes: base64(Uint8Array.from(rows, (row) => code.get(String(row[column])) ?? 255))};
}

function coded(name: string, values: readonly number[]): CellMapData['scores'][number] {
  const seen = values.filter((value) => Number.isFinite(value));
  const [low, high] = [seen.reduce((a, b) => Math.min(a, b), Infinity), seen.reduce((a, b) => Math.max(a, b), -Infinity)];
  const span = high > low ? high - low : 1;
  return {name, low: seen.length === 0 ? 0 : low, high: seen.length === 0 ? 0 : high, codes: base64(Uint8Array.from(values, (value) => (Number.isFinite(value) ? Math.round(((value - low) / span) * 254) : 255)))};
}

/** Clones of one cell in the whole cohort have no history. */
function cloneHistories(data: FigureData, cells: readonly Row[]): CellMapData['clones'] {
  const receptors = ['TCR', 'BCR'];
  const abundance = (data.tables['clonal_abundance'] ?? []).filter((row) => row['level'] === 'all');
  const measured = new Set(abundance.filter((row) => row['clone_id'] !== null).map((row) => `${String(row['receptor'])}\t${String(row['patient_id'])}\t${String(row['timepoint'])}`));
  const verdicts = new Map((data.tables['clone_tracking'] ?? []).filter((row) => row['verdict'] !== null && row['contrast'] === mainContrast(data)?.name).map((row) => [String(row['clone_id']), `${String(row['contrast'])}: ${String(row['verdict'])}`]));
  const histories = [...Map.groupBy(abundance.filter((row) => row['clone_id'] !== null), (row) => String(row['clone_id']))].flatMap(([clone, own]) => {
    const sizes = new Map(own.map((row) => [String(row['timepoint']), numberOf(row, 'clone_size') ?? 0]));
    if ([...sizes.values()].reduce((sum, n) => sum + n, 0) < 2) return [];
    const [receptor, patient] = [String(own[0]['receptor']), String(own[0]['patient_id'])];
    return [[clone, verdicts.get(clone) ?? '', data.timepoints.map((timepoint) => sizes.get(timepoint) ?? (measured.has(`${receptor}\t${patient}\t${timepoint}`) ? 0 : null))] as const];
  }).slice(0, 65_000);
  const code = new Map(histories.map(([clone], i) => [clone, i]));
  return {receptors, rows: histories, codes: ['tcr_clone_id', 'bcr_clone_id'].map((column) => base64(Uint16Array.from(cells, (row) => code.get(String(row[column])) ?? 65_535)))};
}

function places(rows: readonly Row[], column: string): string {
  const values = rows.map((row) => numberOf(row, column) ?? 0);
  const [low, high] = [values.reduce((a, b) => Math.min(a, b)), values.reduce((a, b) => Math.max(a, b))];
  return base64(Uint16Array.from(values, (value) => Math.round(((value - low) / (high > low ? high - low : 1)) * 65_535)));
}

const base64 = (values: Uint8Array | Uint16Array): string => Buffer.from(values.buffer, values.byteOffset, values.byteLength).toString('base64');
