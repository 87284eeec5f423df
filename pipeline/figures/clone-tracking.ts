// What became of each clone: a band from before to after as wide as its share of the cells, coloured by its verdict. A clone that is not seen ends at a
// floor below zero, where the share is written that it could have had and still be missed.
import type {Row} from '../data/table.ts';
import {leftAxis, type Panel} from './axis.ts';
import {downColour, mainContrast, numberOf, quietColour, upColour, type Figure, type FigureData} from './figure.ts';
import {fitted, patientGrid} from './patient-grid.ts';
import {linearScale, type Scale} from './scale.ts';
import {drawing, element, fixed, fullWidth, line, missingBox, text} from './svg.ts';

export const verdictColours: Readonly<Record<string, string>> = {contracted: downColour, 'not-detected': '#67a9cf', expanded: upColour, new: '#ef8a62', 'not-distinguishable': quietColour};
const words: Readonly<Record<string, string>> = {contracted: 'contracted', 'not-detected': 'gone (below the detection limit)', expanded: 'expanded', new: 'new', 'not-distinguishable': 'not distinguishable'};

/** Clones of a single cell are counted, not drawn: hundreds of equal hairs would hide the others. */
const leastCells = 2;
const mostClones = 12;

export function drawCloneTracking(data: FigureData): Figure {
  const contrast = mainContrast(data);
  const rows = (data.tables['clone_tracking'] ?? []).filter((row) => row['contrast'] === contrast?.name);
  const receptors = ['BCR', 'TCR'].filter((receptor) => rows.some((row) => row['receptor'] === receptor));
  const [left, gap, panelHeight, top, between] = [40, 8, 92, 34, 58];
  const grid = patientGrid(data.patients.length, {left, gap});
  const {width} = grid;
  const blockHeight = grid.nRows * (panelHeight + between);
  const values: Row[] = [];
  const body: string[] = legend(left);
  receptors.forEach((receptor, r) => {
    const panels = data.patients.map((patient) => {
      const own = rows.filter((row) => row['receptor'] === receptor && row['patient_id'] === patient);
      return {patient, own, drawn: largest(own)};
    });
    const highest = Math.max(0.05, ...panels.flatMap(({drawn}) => ['frequency_before', 'frequency_after'].map((side) => drawn.reduce((sum, row) => sum + (numberOf(row, side) ?? 0), 0))));
    panels.forEach(({patient, own, drawn}, p) => {
      const place = grid.at(p);
      const panelTop = top + r * blockHeight + place.row * (panelHeight + between);
      const panel = {left: place.left, right: place.right, top: panelTop, bottom: panelTop + panelHeight};
      const y = linearScale([0, highest], [panel.bottom - 12, panel.top]);
      const middle = (panel.left + panel.right) / 2;
      body.push(text(middle, panel.top - 5, fitted(patient, width + gap, 8, data.patients), {anchor: 'middle', weight: 'bold'}), ...leftAxis({...panel, bottom: panel.bottom - 12}, y, {label: place.isFirst ? `${receptor} share of cells` : '', numbers: place.isFirst}));
      if (drawn.length === 0) {
        const reason = String(own[0]?.['missing'] ?? `no clone of ${leastCells} cells or more`);
        body.push(missingBox({x: panel.left + 3, y: panel.top + 4, width: width - 6, height: panelHeight - 8, reason}));
        values.push({receptor, patient_id: patient, missing: reason});
        return;
      }
      body.push(...bands(drawn, panel, y), ...floor(drawn[0], panel));
      for (const row of drawn) values.push({receptor, patient_id: patient, clone_id: row['clone_id'], frequency_before: row['frequency_before'], frequency_after: row['frequency_after'], detection_limit_before: row['detection_limit_before'] ?? null, detection_limit_after: row['detection_limit_after'], verdict: row['verdict']});
      body.push(text(panel.left + 2, panel.bottom + 10, String(contrast?.before ?? ''), {size: 6.5}), text(panel.right, panel.bottom + 10, String(contrast?.after ?? ''), {size: 6.5, anchor: 'end'}));
      body.push(text(middle, panel.bottom + 18, `n ${String(own[0]['n_cells_before'])} · ${String(own[0]['n_cells_after'])} cells`, {size: 6, anchor: 'middle', colour: '#444444'}), text(middle, panel.bottom + 25.5, `+ ${own.length - drawn.length} clones`, {size: 6, anchor: 'middle', colour: '#444444'}));
    });
  });
  const absent = receptors.length > 0 ? undefined : contrast === undefined ? 'no contrast in the run file' : 'no receptor library in the samples sheet';
  if (absent !== undefined) body.push(missingBox({x: 4, y: 20, width: fullWidth - 8, height: 36, reason: absent}));
  const count = (verdict: string): number => rows.filter((row) => row['verdict'] === verdict).length;
  const title = receptors.length === 0 ? 'No clone was followed'
    : `${count('contracted') + count('not-detected')} clones shrank or went, ${count('expanded') + count('new')} grew or are new; ${count('not-distinguishable')} cannot be told apart from no change`;
  return {
    id: 'clone-tracking', title, absent,
    caption: `Each band is one of the ${mostClones} largest clones of at least ${leastCells} cells, as wide as its share of the cells at ${contrast?.before ?? 'before'} and ${contrast?.after ?? 'after'}. Bands that end at the dashed floor were not seen on that side, where a clone of up to the share written there could have been missed. Colour says what the test of that clone allows to say.`,
    svg: drawing({id: 'figure-clone-tracking', title, description: 'Share of the largest clones before and after as bands, a panel a patient and receptor.', width: fullWidth, height: receptors.length === 0 ? 60 : top + receptors.length * blockHeight - 20, body}),
    values: {columns: ['receptor', 'patient_id', 'clone_id', 'frequency_before', 'frequency_after', 'detection_limit_before', 'detection_limit_after', 'verdict', 'missing'], rows: values},
    parameters: {contrast: contrast?.name ?? null, least_cells: leastCells, most_clones: mostClones, n_patients: data.patients.length},
  };
}

/** Those that shrink first, so that bands cross as little as they can. */
function largest(own: readonly Row[]): Row[] {
  const share = (row: Row, side: string): number => numberOf(row, `frequency_${side}`) ?? 0;
  const most = (row: Row): number => Math.max(share(row, 'before'), share(row, 'after'));
  return own.filter((row) => row['verdict'] !== null && (numberOf(row, 'n_before') ?? 0) + (numberOf(row, 'n_after') ?? 0) >= leastCells)
    .sort((a, b) => most(b) - most(a)).slice(0, mostClones)
    .sort((a, b) => share(b, 'before') - share(b, 'after') - (share(a, 'before') - share(a, 'after')));
}

/** Called clones in front of those that are not. */
function bands(drawn: readonly Row[], panel: Panel, y: Scale): string[] {
  const [x1, x2] = [panel.left + 4, panel.right - 2];
  const floorAt = panel.bottom - 5;
  const shapes: {isQuiet: boolean; svg: string}[] = [];
  let [low1, low2] = [0, 0];
  for (const row of [...drawn].reverse()) {
    const [before, after] = [numberOf(row, 'frequency_before') ?? 0, numberOf(row, 'frequency_after') ?? 0];
    const edge = (low: number, share: number): readonly [number, number] => (share > 0 ? [y.at(low + share), y.at(low)] : [floorAt - 0.4, floorAt + 0.4]);
    const [[a1, b1], [a2, b2]] = [edge(low1, before), edge(low2, after)];
    low1 += before;
    low2 += after;
    const half = (x1 + x2) / 2;
    const curve = (from: number, to: number, xFrom: number, xTo: number): string => `C${fixed(half)} ${fixed(from)} ${fixed(half)} ${fixed(to)} ${fixed(xTo)} ${fixed(to)}${xFrom < xTo ? '' : 'Z'}`;
    const colour = verdictColours[String(row['verdict'])] ?? quietColour;
    const isQuiet = row['verdict'] === 'not-distinguishable';
    shapes.push({isQuiet, svg: element('path', {d: `M${fixed(x1)} ${fixed(a1)}${curve(a1, a2, x1, x2)}L${fixed(x2)} ${fixed(b2)}${curve(b2, b1, x2, x1)}`, fill: colour, 'fill-opacity': isQuiet ? 0.35 : 0.85, stroke: '#ffffff', 'stroke-width': 0.3})});
  }
  return [...shapes.filter(({isQuiet}) => isQuiet), ...shapes.filter(({isQuiet}) => !isQuiet)].map(({svg}) => svg);
}

function floor(row: Row, panel: Panel): string[] {
  const limit = (side: string): string => {
    const cells = Math.max(1, numberOf(row, `n_cells_${side}`) ?? 1);
    return `<${Number((100 * (1 - 0.05 ** (1 / cells))).toPrecision(2))} %`;
  };
  const y = panel.bottom - 5;
  return [
    line(panel.left + 2, y, panel.right, y, {stroke: '#555555', 'stroke-width': 0.5, 'stroke-dasharray': '1.5 1.5'}),
    text(panel.left + 2, panel.bottom + 2.5, limit('before'), {size: 6, colour: '#444444'}), text(panel.right, panel.bottom + 2.5, limit('after'), {size: 6, anchor: 'end', colour: '#444444'}),
  ];
}

function legend(left: number): string[] {
  let x = left;
  return Object.entries(words).flatMap(([verdict, word]) => {
    const at = x;
    x += 30 + word.length * 4.6;
    return [element('rect', {x: at, y: 6, width: 12, height: 6, fill: verdictColours[verdict]}), text(at + 16, 12, word, {size: 7.5})];
  });
}
