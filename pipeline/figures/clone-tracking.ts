// What became of each clone: a line from before to after, coloured by its verdict; a clone that is not seen ends at the detection limit.
import type {Row} from '../data/table.ts';
import {leftAxis} from './axis.ts';
import {downColour, mainContrast, numberOf, quietColour, upColour, type Figure, type FigureData} from './figure.ts';
import {logScale} from './scale.ts';
import {drawing, element, fullWidth, line, missingBox, text} from './svg.ts';

const colours: Readonly<Record<string, string>> = {contracted: downColour, 'not-detected': '#67a9cf', expanded: upColour, new: '#ef8a62', 'not-distinguishable': quietColour};
const words: Readonly<Record<string, string>> = {contracted: 'contracted', 'not-detected': 'gone (below the detection limit)', expanded: 'expanded', new: 'new', 'not-distinguishable': 'not distinguishable'};

/** Clones of a single cell are counted, not drawn: hundreds of equal lines would hide the others. */
const leastCells = 2;

export function drawCloneTracking(data: FigureData): Figure {
  const contrast = mainContrast(data);
  const rows = (data.tables['clone_tracking'] ?? []).filter((row) => row['contrast'] === contrast?.name);
  const receptors = ['BCR', 'TCR'].filter((receptor) => rows.some((row) => row['receptor'] === receptor));
  const [left, gap, panelHeight, top] = [40, 8, 96, 34];
  const width = (fullWidth - left - gap * data.patients.length) / Math.max(1, data.patients.length);
  const values: Row[] = [];
  const body: string[] = legend(left);
  const lowest = rows.flatMap((row) => ['detection_limit_after', 'frequency_before', 'frequency_after'].flatMap((name) => numberOf(row, name) || [])).reduce((low, value) => Math.min(low, value), 0.02);
  receptors.forEach((receptor, r) => {
    data.patients.forEach((patient, p) => {
      const panel = {left: left + p * (width + gap), right: left + p * (width + gap) + width, top: top + r * (panelHeight + 47), bottom: top + r * (panelHeight + 47) + panelHeight};
      const y = logScale([lowest * 0.8, 1], [panel.bottom, panel.top]);
      const own = rows.filter((row) => row['receptor'] === receptor && row['patient_id'] === patient);
      const drawn = own.filter((row) => row['verdict'] !== null && (numberOf(row, 'n_before') ?? 0) + (numberOf(row, 'n_after') ?? 0) >= leastCells);
      body.push(text((panel.left + panel.right) / 2, panel.top - 5, patient, {anchor: 'middle', weight: 'bold'}), ...leftAxis(panel, y, {label: p === 0 ? `${receptor} frequency (log)` : '', numbers: p === 0}));
      if (drawn.length === 0) {
        const reason = String(own[0]?.['missing'] ?? 'no clone of two cells or more');
        body.push(missingBox({x: panel.left + 3, y: panel.top + 4, width: width - 6, height: panelHeight - 8, reason}));
        values.push({receptor, patient_id: patient, missing: reason});
        return;
      }
      const [x1, x2] = [panel.left + width * 0.2, panel.right - width * 0.2];
      const limitAfter = numberOf(drawn[0], 'detection_limit_after') ?? lowest;
      const limitBefore = 1 - 0.05 ** (1 / Math.max(1, numberOf(drawn[0], 'n_cells_before') ?? 1));
      body.push(line(x1 - 6, y.at(limitBefore), x1 + 6, y.at(limitBefore), {stroke: '#555555', 'stroke-dasharray': '1.5 1.5'}), line(x2 - 6, y.at(limitAfter), x2 + 6, y.at(limitAfter), {stroke: '#555555', 'stroke-dasharray': '1.5 1.5'}));
      const order = (row: Row): number => (row['verdict'] === 'not-distinguishable' ? 0 : 1);
      for (const row of [...drawn].sort((a, b) => order(a) - order(b))) {
        const [before, after] = [numberOf(row, 'frequency_before') ?? 0, numberOf(row, 'frequency_after') ?? 0];
        const verdict = String(row['verdict']);
        const colour = colours[verdict] ?? quietColour;
        const [y1, y2] = [y.at(before > 0 ? before : limitBefore), y.at(after > 0 ? after : limitAfter)];
        const isQuiet = verdict === 'not-distinguishable';
        body.push(line(x1, y1, x2, y2, {stroke: colour, 'stroke-width': isQuiet ? 0.6 : 0.8 + 4 * Math.max(before, after), 'stroke-opacity': isQuiet ? 0.6 : 0.95}));
        for (const [x, at, isSeen] of [[x1, y1, before > 0], [x2, y2, after > 0]] as const) body.push(element('circle', {cx: x, cy: at, r: isQuiet ? 1 : 1.8, fill: isSeen ? colour : '#ffffff', stroke: colour, 'stroke-width': 0.7}));
        values.push({receptor, patient_id: patient, clone_id: row['clone_id'], frequency_before: row['frequency_before'], frequency_after: row['frequency_after'], detection_limit_after: row['detection_limit_after'], verdict});
      }
      body.push(text(x1, panel.bottom + 10, String(contrast?.before ?? ''), {size: 6.5, anchor: 'middle'}), text(x2, panel.bottom + 10, String(contrast?.after ?? ''), {size: 6.5, anchor: 'middle'}));
      body.push(text((panel.left + panel.right) / 2, panel.bottom + 18, `n ${String(own[0]['n_cells_before'])} · ${String(own[0]['n_cells_after'])} cells`, {size: 6, anchor: 'middle', colour: '#444444'}), text((panel.left + panel.right) / 2, panel.bottom + 25.5, `+ ${own.length - drawn.length} of one cell`, {size: 6, anchor: 'middle', colour: '#444444'}));
    });
  });
  if (receptors.length === 0) body.push(missingBox({x: 4, y: 20, width: fullWidth - 8, height: 36, reason: contrast === undefined ? 'no contrast in the run file' : 'no receptor library in the samples sheet'}));
  const count = (verdict: string): number => rows.filter((row) => row['verdict'] === verdict).length;
  const title = receptors.length === 0 ? 'No clone was followed'
    : `${count('contracted') + count('not-detected')} clones shrank or went, ${count('expanded') + count('new')} grew or are new; ${count('not-distinguishable')} cannot be told apart from no change`;
  return {
    id: 'clone-tracking', title,
    caption: `Each line is a clone of at least ${leastCells} cells from ${contrast?.before ?? 'before'} to ${contrast?.after ?? 'after'}; open ends were not seen and lie at the detection limit (dashed). Colour says what the test of that clone allows to say.`,
    svg: drawing({id: 'figure-clone-tracking', title, description: 'Frequency of each clone before and after, a panel a patient and receptor.', width: fullWidth, height: receptors.length === 0 ? 60 : top + receptors.length * (panelHeight + 47), body}),
    values: {columns: ['receptor', 'patient_id', 'clone_id', 'frequency_before', 'frequency_after', 'detection_limit_after', 'verdict', 'missing'], rows: values},
    parameters: {contrast: contrast?.name ?? null, least_cells: leastCells, n_patients: data.patients.length},
  };
}

function legend(left: number): string[] {
  let x = left;
  return Object.entries(words).flatMap(([verdict, word]) => {
    const at = x;
    x += 30 + word.length * 4.6;
    return [line(at, 9, at + 12, 9, {stroke: colours[verdict], 'stroke-width': 2}), text(at + 16, 12, word, {size: 7.5})];
  });
}
