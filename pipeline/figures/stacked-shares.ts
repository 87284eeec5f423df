// Shares that add up to one, a bar a sample, a panel a patient: classes of clones, lineages, types, isotypes. Knows no table.
import type {Row} from '../data/table.ts';
import {leftAxis} from './axis.ts';
import type {FigureData} from './figure.ts';
import {fitted, patientGrid} from './patient-grid.ts';
import {linearScale} from './scale.ts';
import {element, escapeXml, fullWidth, missingBox, text} from './svg.ts';

export interface ShareBar {
  readonly patient_id: string;
  readonly timepoint: string;
  /** Level -> share; null where the sample has none. */
  readonly shares: ReadonlyMap<string, number> | null;
  /** The denominator. */
  readonly n: number | null;
  readonly missing: string | null;
}

export interface ShareBlock {
  readonly label: string;
  readonly bars: readonly ShareBar[];
}

export interface ShareLevel {
  readonly name: string;
  readonly colour: string;
}

const [left, gap, panelHeight] = [40, 8, 78];

/** Blocks below each other; the legend on top. */
export function stackedShares(data: FigureData, levels: readonly ShareLevel[], blocks: readonly ShareBlock[]): {readonly body: string[]; readonly height: number; readonly values: Row[]} {
  const values: Row[] = [];
  const {body, bottom} = legend(levels);
  let top = bottom + 20;
  const grid = patientGrid(data.patients.length, {left, gap});
  const nTimes = Math.max(1, data.timepoints.length);
  const names = data.timepoints.some((timepoint) => timepoint.length * 3.6 > grid.width / nTimes);
  for (const {label, bars} of blocks) {
    const barOf = new Map(bars.map((bar) => [`${bar.patient_id}\t${bar.timepoint}`, bar]));
    data.patients.forEach((patient, p) => {
      const place = grid.at(p);
      const panelTop = top + place.row * (panelHeight + 44);
      const y = linearScale([0, 1], [panelTop + panelHeight, panelTop], 2);
      body.push(text((place.left + place.right) / 2, panelTop - 12, fitted(patient, grid.width + gap, 8, data.patients), {anchor: 'middle', weight: 'bold'}), ...leftAxis({left: place.left, right: place.right, top: panelTop, bottom: panelTop + panelHeight}, y, {label: place.isFirst ? label : '', numbers: place.isFirst}));
      const step = (grid.width - 4) / nTimes;
      data.timepoints.forEach((timepoint, t) => {
        const bar = barOf.get(`${patient}\t${timepoint}`);
        const [x, width] = [place.left + 3 + t * step, Math.max(1, step - 2)];
        body.push(...drawBar({bar, x, width, y, top: panelTop, levels, name: `${patient}, ${timepoint}`}));
        body.push(names ? text(x + width / 2 + 2, panelTop + panelHeight + 5, fitted(timepoint, 36, 6.5), {size: 6.5, rotate: 60}) : text(x + width / 2, panelTop + panelHeight + 9, timepoint, {size: 6.5, anchor: 'middle'}));
        const missing = bar === undefined ? 'no sample' : bar.missing;
        if (bar?.shares === null || bar === undefined) values.push({panel: label, patient_id: patient, timepoint, missing: missing ?? 'no value'});
        else for (const level of levels) values.push({panel: label, patient_id: patient, timepoint, level: level.name, share: bar.shares.get(level.name) ?? 0, n: bar.n, missing: null});
      });
    });
    top += grid.nRows * (panelHeight + 44) + 6;
  }
  return {body, height: top - 18, values};
}

export const shareColumns = ['panel', 'patient_id', 'timepoint', 'level', 'share', 'n', 'missing'];

function drawBar({bar, x, width, y, top, levels, name}: {bar: ShareBar | undefined; x: number; width: number; y: {at: (value: number) => number}; top: number; levels: readonly ShareLevel[]; name: string}): string[] {
  if (bar?.shares === undefined || bar.shares === null) {
    const reason = bar?.missing ?? 'no sample';
    return [element('g', {}, `<title>${escapeXml(`${name}: ${reason}`)}</title>`, missingBox({x, y: top, width, height: panelHeight, reason: width < 22 ? '' : reason}))];
  }
  let from = 0;
  const parts = levels.flatMap((level) => {
    const share = bar.shares?.get(level.name) ?? 0;
    const [low, high] = [from, from + share];
    from = high;
    return share <= 0 ? [] : [element('g', {}, `<title>${escapeXml(`${name}: ${level.name} ${(100 * share).toFixed(1)} %`)}</title>`, element('rect', {x, y: y.at(high), width, height: y.at(low) - y.at(high), fill: level.colour, stroke: '#ffffff', 'stroke-width': 0.4}))];
  });
  return [...parts, text(x + width / 2, top - 3, String(bar.n ?? ''), {size: 6, anchor: 'middle', colour: '#444444'})];
}

function legend(levels: readonly ShareLevel[]): {body: string[]; bottom: number} {
  let [x, y] = [left, 6];
  const body = levels.flatMap(({name, colour}) => {
    const width = 20 + name.length * 4.3;
    if (x + width > fullWidth && x > left) [x, y] = [left, y + 12];
    const at = x;
    x += width;
    return [element('rect', {x: at, y, width: 8, height: 8, fill: colour, stroke: '#777777', 'stroke-width': 0.3}), text(at + 11, y + 7, name, {size: 7.5})];
  });
  return {body, bottom: y + 12};
}
