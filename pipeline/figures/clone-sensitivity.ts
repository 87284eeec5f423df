// How much of the largest clone is the rule: its share under every threshold and linkage, a strip a patient.
import type {Row} from '../data/table.ts';
import {leftAxis} from './axis.ts';
import {numberOf, upColour, type Figure, type FigureData} from './figure.ts';
import {fitted, patientGrid} from './patient-grid.ts';
import {logScale} from './scale.ts';
import {drawing, element, fullWidth, line, missingBox, polyline, text} from './svg.ts';

const linkageColours: Readonly<Record<string, string>> = {single: '#444444', complete: '#0072b2'};
const shortRules: readonly (readonly [RegExp, string])[] = [[/amino acids/, 'aa'], [/beta or delta/, 'beta'], [/pair, V gene, J gene$/, 'pair V J'], [/pair$/, 'pair']];

export function drawCloneSensitivity(data: FigureData): Figure {
  const rows = data.tables['clone_rule_sensitivity'] ?? [];
  const receptors = ['BCR', 'TCR'].filter((receptor) => rows.some((row) => row['receptor'] === receptor));
  const [left, gap, panelHeight, top] = [40, 8, 84, 36];
  const grid = patientGrid(data.patients.length, {left, gap});
  const {width} = grid;
  const blockHeight = grid.nRows * (panelHeight + 40);
  const smallest = Math.min(0.1, ...rows.flatMap((row) => numberOf(row, 'top_clone_fraction') ?? []));
  const values: Row[] = [];
  const body: string[] = receptors.length === 0 ? [] : legend(left);
  receptors.forEach((receptor, r) => data.patients.forEach((patient, p) => {
    const place = grid.at(p);
    const panelTop = top + r * blockHeight + place.row * (panelHeight + 40);
    const panel = {left: place.left, right: place.right, top: panelTop, bottom: panelTop + panelHeight};
    const own = rows.filter((row) => row['receptor'] === receptor && row['patient_id'] === patient);
    const y = logScale([smallest * 0.8, 1], [panel.bottom, panel.top]);
    body.push(text((panel.left + panel.right) / 2, panel.top - 5, fitted(patient, width + gap, 8, data.patients), {anchor: 'middle', weight: 'bold'}), ...leftAxis(panel, y, {label: place.isFirst ? `${receptor} top clone (log)` : '', numbers: place.isFirst}), line(panel.left, panel.bottom, panel.right, panel.bottom));
    for (const row of own) values.push({receptor, patient_id: patient, rule: row['rule'], linkage: row['linkage'], threshold: row['threshold'], top_clone_fraction: row['top_clone_fraction'], n_clones: row['n_clones'], n_shared_before_after: row['n_shared_before_after'], flag: row['flag'], missing: row['missing']});
    const drawn = own.filter((row) => numberOf(row, 'top_clone_fraction') !== null);
    if (drawn.length === 0) {
      const reason = String(own[0]?.['missing'] ?? `no ${receptor} cells with a clone`).replace(/^.*?top_clone_fraction: /, '');
      body.push(missingBox({x: panel.left + 2, y: panel.top + 2, width: width - 4, height: panelHeight - 4, reason}));
      if (own.length === 0) values.push({receptor, patient_id: patient, missing: reason});
      return;
    }
    const called = drawn.find((row) => row['flag'] === 'as called');
    const others = drawn.filter((row) => row !== called);
    const byThreshold = receptor === 'BCR';
    const inset = (at: number, of: number): number => panel.left + 6 + (of === 0 ? 0 : ((width - 12) * at) / of);
    const spot = (row: Row): number => (byThreshold ? inset(numberOf(row, 'threshold') ?? 0, 0.2) : inset(others.indexOf(row), others.length - 1));
    if (called !== undefined) {
      const at = numberOf(called, 'top_clone_fraction')!;
      body.push(line(panel.left, y.at(at), panel.right, y.at(at), {stroke: '#999999', 'stroke-dasharray': '1.5 1.5'}));
    }
    for (const linkage of byThreshold ? ['complete', 'single'] : [null]) {
      const curve = others.filter((row) => row['linkage'] === linkage || (linkage === 'complete' && row['threshold'] === '0'));
      const points = curve.map((row): [number, number] => [spot(row), y.at(numberOf(row, 'top_clone_fraction')!)]);
      if (points.length > 1 && linkage !== null) body.push(polyline(points, {stroke: linkageColours[linkage]}));
      curve.forEach((row, k) => {
        const isFlagged = row['flag'] !== null && row['flag'] !== '';
        body.push(element('circle', {cx: points[k][0], cy: points[k][1], r: isFlagged ? 2.6 : 1.8, fill: isFlagged ? upColour : '#ffffff', stroke: isFlagged ? upColour : linkageColours[linkage ?? 'single'], 'stroke-width': 0.8}));
      });
    }
    const ticks: (readonly [number, string])[] = byThreshold ? ([[0, '0'], [0.1, '.1'], [0.2, '.2']] as const).map(([at, label]) => [inset(at, 0.2), label] as const) : others.map((row, k) => [inset(k, others.length - 1), shortRules.find(([pattern]) => pattern.test(String(row['rule'])))?.[1] ?? ''] as const);
    ticks.forEach(([x, label], k) => body.push(text(x, panel.bottom + (byThreshold || k % 2 === 0 ? 9 : 16), label, {size: 6, anchor: 'middle'})));
    if (byThreshold && place.isMiddle) body.push(text((panel.left + panel.right) / 2, panel.bottom + 19, 'threshold (Hamming / length)', {size: 7, anchor: 'middle'}));
  }));
  if (receptors.length === 0) body.push(missingBox({x: 4, y: 20, width: fullWidth - 8, height: 36, reason: 'no receptor library in the samples sheet'}));
  const flagged = new Set(rows.filter((row) => String(row['flag'] ?? '').startsWith('top clone')).map((row) => `${String(row['patient_id'])} ${String(row['receptor'])}`));
  const all = new Set(rows.map((row) => `${String(row['patient_id'])} ${String(row['receptor'])}`));
  const title = rows.length === 0 ? 'No clone rule was varied' : flagged.size === 0 ? `The largest clone changes less than twofold under every rule in all ${all.size} repertoires`
    : `The largest clone hangs on the rule in ${flagged.size} of ${all.size} repertoires: ${[...flagged].slice(0, 4).join(', ')}${flagged.size > 4 ? ' and others' : ''}`;
  return {
    id: 'clone-sensitivity', title, absent: receptors.length === 0 ? 'no receptor library in the samples sheet' : undefined,
    caption: 'Share of the largest clone in any sample of the patient, under other clone rules on the same cells; dashed: the rule that was used. Red: more than twofold away from it, so that the number says more of the rule than of the blood.',
    svg: drawing({id: 'figure-clone-sensitivity', title, description: 'Share of the largest clone by threshold and linkage, a panel a patient and receptor.', width: fullWidth, height: receptors.length === 0 ? 60 : top + receptors.length * blockHeight - 8, body}),
    values: {columns: ['receptor', 'patient_id', 'rule', 'linkage', 'threshold', 'n_clones', 'top_clone_fraction', 'n_shared_before_after', 'flag', 'missing'], rows: values},
    parameters: {n_patients: data.patients.length, flagged_from: 'twofold'},
  };
}

function legend(left: number): string[] {
  const item = (x: number, word: string, colour: string, isFlag = false): string[] => [
    ...(isFlag ? [] : [line(x, 9, x + 12, 9, {stroke: colour})]), element('circle', {cx: x + 6, cy: 9, r: isFlag ? 2.6 : 1.8, fill: isFlag ? colour : '#ffffff', stroke: colour, 'stroke-width': 0.8}), text(x + 17, 12, word, {size: 7.5}),
  ];
  return [...item(left, 'single linkage', linkageColours['single']), ...item(left + 84, 'complete linkage', linkageColours['complete']), ...item(left + 180, 'more than twofold from the rule used', upColour, true),
    line(left + 350, 9, left + 362, 9, {stroke: '#999999', 'stroke-dasharray': '1.5 1.5'}), text(left + 367, 12, 'rule used', {size: 7.5})];
}
