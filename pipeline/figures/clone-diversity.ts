// Diversity of each patient's repertoire over time, at equal cells and at equal coverage side by side: the two may disagree, and then neither is the answer.
import type {Row} from '../data/table.ts';
import {leftAxis} from './axis.ts';
import {mainContrast, numberOf, patientDash, timepointColour, type Figure, type FigureData} from './figure.ts';
import {logScale} from './scale.ts';
import {drawing, element, fullWidth, line, missingBox, polyline, text, wrap} from './svg.ts';

const methods = [['depth-matched', 'equal cells'], ['coverage-matched', 'equal coverage']] as const;
const orders = [['0', 'clones (q 0)'], ['1', 'q 1'], ['2', 'q 2']] as const;

export function drawCloneDiversity(data: FigureData): Figure {
  const rows = (data.tables['clonal_diversity'] ?? []).filter((row) => row['cell_type'] === 'all' && row['measure'] === 'hill');
  const receptors = ['BCR', 'TCR'].filter((receptor) => rows.some((row) => row['receptor'] === receptor));
  const [left, gap, panelHeight, top, between] = [38, 25, 92, 36, 66];
  const width = (fullWidth - left - gap * 5 - 6) / 6;
  const values: Row[] = [];
  const body: string[] = [];
  methods.forEach(([, words], m) => {
    const at = left + m * 3 * (width + gap);
    body.push(text(at, 10, words, {weight: 'bold'}), line(at, 14, at + 3 * width + 2 * gap, 14, {stroke: '#999999'}));
  });
  receptors.forEach((receptor, r) => {
    const own = rows.filter((row) => row['receptor'] === receptor);
    const reasons = new Map<string, string>();
    methods.forEach(([method], m) => orders.forEach(([q, label], k) => {
      const panel = {left: left + (m * 3 + k) * (width + gap), right: left + (m * 3 + k) * (width + gap) + width, top: top + r * (panelHeight + between), bottom: top + r * (panelHeight + between) + panelHeight};
      const wanted = own.filter((row) => row['method'] === method && row['q'] === q);
      const seen = wanted.flatMap((row) => numberOf(row, 'value') ?? []);
      const followed = data.patients.filter((patient) => wanted.filter((row) => row['patient_id'] === patient && row['value'] !== null).length > 1).length;
      body.push(text((panel.left + panel.right) / 2, panel.top - 6, `${label} · n ${followed}`, {size: 7, anchor: 'middle'}));
      if (seen.length === 0) {
        body.push(missingBox({x: panel.left, y: panel.top, width, height: panelHeight, reason: String(wanted[0]?.['missing'] ?? 'no sample')}));
      } else {
        const y = logScale([10 ** Math.floor(Math.log10(Math.max(1, Math.min(...seen)))), 10 ** Math.ceil(Math.log10(Math.max(...seen) + 1e-9))], [panel.bottom, panel.top]);
        body.push(...leftAxis(panel, y, {label: m === 0 && k === 0 ? `${receptor} Hill number (log)` : ''}), line(panel.left, panel.bottom, panel.right, panel.bottom));
        const x = (timepoint: string): number => panel.left + (width * (data.timepoints.indexOf(timepoint) + 0.5)) / data.timepoints.length;
        // Neighbours in two rows, since names are wider than their places.
        data.timepoints.forEach((timepoint, t) => body.push(text(x(timepoint), panel.bottom + (t % 2 === 0 ? 8 : 14.5), timepoint.length > 10 ? `${timepoint.slice(0, 9)}…` : timepoint, {size: 6, anchor: 'middle'})));
        for (const patient of data.patients) {
          const points = data.timepoints.flatMap((timepoint): [number, number, string][] => {
            const value = numberOf(wanted.find((row) => row['patient_id'] === patient && row['timepoint'] === timepoint), 'value');
            return value === null || value <= 0 ? [] : [[x(timepoint), y.at(value), timepoint]];
          });
          if (points.length > 1) body.push(polyline(points.map(([px, py]) => [px, py]), {stroke: '#666666', 'stroke-width': 0.8, 'stroke-dasharray': patientDash(data, patient) || undefined}));
          for (const [px, py, timepoint] of points) body.push(element('circle', {cx: px, cy: py, r: 1.9, fill: timepointColour(data.timepoints, timepoint), stroke: '#444444', 'stroke-width': 0.4}));
        }
      }
      for (const row of wanted) {
        values.push({receptor, patient_id: row['patient_id'], timepoint: row['timepoint'], method, q, depth: row['depth'], coverage: row['coverage'], n_cells: row['n_cells'], n_clones: row['n_clones'], value: row['value'], lower: row['lower'], upper: row['upper'], missing: row['missing']});
        if (row['value'] === null && row['missing'] !== null) reasons.set(`${String(row['patient_id'])} ${String(row['timepoint'])}`, shorten(String(row['missing'])));
      }
    }));
    const base = top + r * (panelHeight + between) + panelHeight + 25;
    const texts = [...Map.groupBy(reasons, ([, reason]) => reason)].map(([reason, which]) => `${which.map(([sample]) => sample).join(', ')}: ${reason}`);
    if (texts.length > 0) wrap(`not drawn: ${texts.join('; ')}`, 135).slice(0, 3).forEach((one, i) => body.push(text(left, base + i * 8, one, {size: 6.5, colour: '#444444'})));
  });
  const absent = receptors.length === 0 ? 'no receptor library in the samples sheet' : undefined;
  if (absent !== undefined) body.push(missingBox({x: 4, y: 20, width: fullWidth - 8, height: 36, reason: absent}));
  const title = receptors.length === 0 ? 'No receptor was sequenced' : receptors.map((receptor) => sentence(data, rows, receptor)).join(' ');
  return {
    id: 'clone-diversity', title, absent,
    caption: 'Each line is a patient; dots darken with time; n: patients with a value at two times or more. Hill numbers are effective numbers of clones: q 0 counts every clone, q 2 the dominant ones. At equal cells a sample of which less was covered looks more even than it is; at equal coverage both show the same share of their clones.',
    svg: drawing({id: 'figure-clone-diversity', title, description: 'Hill numbers of each patient over time at equal numbers of cells and at equal coverage.', width: fullWidth, height: receptors.length === 0 ? 60 : top + receptors.length * (panelHeight + between) - 16, body}),
    values: {columns: ['receptor', 'patient_id', 'timepoint', 'method', 'q', 'depth', 'coverage', 'n_cells', 'n_clones', 'value', 'lower', 'upper', 'missing'], rows: values},
    parameters: {contrast: mainContrast(data)?.name ?? null, n_patients: data.patients.length, cell_type: 'all'},
  };
}

/** Of the primary contrast, q = 1, both ways of matching; counts of patients, no test. */
function sentence(data: FigureData, rows: readonly Row[], receptor: string): string {
  const contrast = mainContrast(data);
  const changes = methods.map(([method]) => {
    const at = (patient: string, timepoint: string | undefined): number | null => numberOf(rows.find((row) => row['receptor'] === receptor && row['method'] === method && row['q'] === '1' && row['patient_id'] === patient && row['timepoint'] === timepoint), 'value');
    const pairs = data.patients.flatMap((patient) => {
      const [before, after] = [at(patient, contrast?.before), at(patient, contrast?.after)];
      return before === null || after === null ? [] : [after - before];
    });
    return {n: pairs.length, up: pairs.filter((change) => change > 0).length};
  });
  if (changes[0].n === 0) return `${receptor}: no patient has both samples.`;
  const [depth, coverage] = changes.map(({n, up}) => `${up} of ${n}`);
  if (changes[1].n === 0) return `${receptor} diversity rose in ${depth} patients at equal cells; coverage is too low to compare it at equal coverage.`;
  return depth === coverage ? `${receptor} diversity rose in ${depth} patients, at equal cells and at equal coverage.` : `${receptor} diversity rose in ${depth} patients at equal cells, ${coverage} at equal coverage.`;
}

const shorten = (reason: string): string => reason.replace(/^the patient's least covered sample has a coverage of ([\d.]+).*/, 'coverage in common $1').replace(/only (\d+)( [A-Z]+\+)? cells, \d+ needed/, '$1 cells').replace('no sequencing at this visit', 'not sequenced').replace(/declared gap: |excluded: /, '');
