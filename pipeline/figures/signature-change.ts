// Signatures (rows, with and without interferon genes) by lineage (columns): a line a patient from before to after, the mean change behind.
import type {Row} from '../data/table.ts';
import {leftAxis} from './axis.ts';
import {downColour, mainContrast, numberOf, patientDash, quietColour, shortNumber, upColour, type Figure, type FigureData} from './figure.ts';
import {linearScale} from './scale.ts';
import {drawing, element, fullWidth, line, missingBox, text, wrap} from './svg.ts';
import {comparisonOf, isCalled, primarySignatures, shortSignature, summaryValue, testedLineages} from './verdicts.ts';

export function drawSignatureChange(data: FigureData): Figure {
  const contrast = mainContrast(data);
  const [signatures, lineages] = [primarySignatures(data), testedLineages(data)];
  const [left, gap, panelHeight, top] = [104, 12, 66, 30];
  const width = (fullWidth - left - gap * Math.max(1, lineages.length)) / Math.max(1, lineages.length);
  const values: Row[] = [];
  const body: string[] = lineages.map((lineage, c) => text(left + c * (width + gap) + width / 2, 14, lineage, {anchor: 'middle', weight: 'bold', colour: '#222222'}));
  lineages.forEach((lineage, c) => body.push(element('rect', {x: left + c * (width + gap), y: 18, width, height: 2.5, fill: data.lineageColours.get(lineage) ?? quietColour})));
  signatures.forEach((signature, r) => {
    const rowTop = top + r * (panelHeight + 26);
    const cells = lineages.map((lineage) => ({
      lineage, row: comparisonOf(data, {family: 'primary-signatures', outcome: signature, cell_type: lineage}),
      patients: data.patients.map((patient) => ({patient, sides: [contrast?.before ?? '', contrast?.after ?? ''].map((timepoint) => summaryValue(data, {patient, timepoint, cellType: lineage, signature}))})),
    }));
    const seen = cells.flatMap(({patients}) => patients.flatMap(({sides}) => sides.flatMap((side) => numberOf(side, 'mean') ?? [])));
    const [low, high] = seen.length === 0 ? [0, 1] : [Math.min(...seen), Math.max(...seen)];
    const margin = (high - low) * 0.08 || 0.01;
    wrap(shortSignature(signature), 17).forEach((part, i) => body.push(text(4, rowTop + 12 + i * 9.5, part, {size: 7.5})));
    cells.forEach(({lineage, row, patients}, c) => {
      const panel = {left: left + c * (width + gap), right: left + c * (width + gap) + width, top: rowTop, bottom: rowTop + panelHeight};
      const y = linearScale([low - margin, high + margin], [panel.bottom, panel.top], 3);
      if (seen.length > 0) body.push(...leftAxis(panel, y, {numbers: c === 0}));
      const [x1, x2] = [panel.left + width * 0.22, panel.right - width * 0.22];
      const complete = patients.filter(({sides}) => sides.every((side) => numberOf(side, 'mean') !== null) && !String(row?.['patients_dropped'] ?? '').split(',').includes(String(sides0(sides)?.['patient_id'])));
      const called = isCalled(row);
      if (numberOf(row, 'mean_difference') === null) {
        const reason = String(row?.['missing'] ?? 'not compared');
        body.push(missingBox({x: panel.left + 3, y: panel.top + 3, width: width - 6, height: panelHeight - 6, reason}));
        values.push({signature, cell_type: lineage, missing: reason});
      } else {
        const mean = numberOf(row, 'mean_difference') ?? 0;
        const colour = called !== true ? quietColour : mean < 0 ? downColour : upColour;
        const means = [0, 1].map((side) => complete.reduce((sum, {sides}) => sum + (numberOf(sides[side], 'mean') ?? 0), 0) / Math.max(1, complete.length));
        const half = (numberOf(row, 'ci_upper') ?? mean) - mean;
        const within = (value: number): number => Math.max(panel.top, Math.min(panel.bottom, y.at(value)));
        body.push(
          element('polygon', {points: `${x1},${y.at(means[0])} ${x2},${within(means[1] + half)} ${x2},${within(means[1] - half)}`.replace(/\d+\.\d+/g, (n) => String(Math.round(Number(n) * 100) / 100)), fill: colour, 'fill-opacity': 0.15}),
          line(x1, y.at(means[0]), x2, y.at(means[1]), {stroke: colour, 'stroke-width': 3, 'stroke-opacity': 0.55}),
        );
        for (const {patient, sides} of complete) {
          const [a, b] = sides.map((side) => y.at(numberOf(side, 'mean') ?? 0));
          body.push(line(x1, a, x2, b, {stroke: '#333333', 'stroke-width': 0.75, 'stroke-dasharray': patientDash(data, patient) || undefined}), ...[[x1, a], [x2, b]].map(([x, at]) => element('circle', {cx: x, cy: at, r: 1.3, fill: '#333333'})));
        }
        const q = numberOf(row, 'q_t');
        body.push(text((panel.left + panel.right) / 2, panel.bottom + 9, `${mean > 0 ? '+' : ''}${shortNumber(mean)}${q === null ? '' : `, q ${shortNumber(q)}`}`, {size: 6.5, anchor: 'middle', colour: called === true ? colour : '#444444', weight: called === true ? 'bold' : undefined}));
        body.push(text((panel.left + panel.right) / 2, panel.bottom + 17, `n ${String(row?.['n_pairs'])}, ${cellRange(complete.flatMap(({sides}) => sides))}`, {size: 6, anchor: 'middle', colour: '#444444'}));
      }
      for (const {patient, sides} of patients) {
        sides.forEach((side, i) => values.push({signature, cell_type: lineage, patient_id: patient, timepoint: i === 0 ? contrast?.before ?? '' : contrast?.after ?? '', variant: side?.['variant'] ?? null, n_cells: side?.['n_cells'] ?? null, mean: side?.['mean'] ?? null, missing: side === undefined ? 'no sample' : side['mean'] === null ? side['missing'] : null}));
      }
    });
  });
  const rows = signatures.flatMap((outcome) => lineages.map((cell_type) => comparisonOf(data, {family: 'primary-signatures', outcome, cell_type})));
  const called = rows.filter((row) => isCalled(row) === true);
  const down = called.filter((row) => (numberOf(row, 'mean_difference') ?? 0) < 0).length;
  const nTested = rows.filter((row) => isCalled(row) !== null).length;
  const title = nTested === 0 ? 'No signature could be compared'
    : called.length === 0 ? `No change seen in ${nTested} comparisons of signatures` : `${down} of ${nTested} comparisons of signatures are lower at ${contrast?.after ?? 'after'}, ${called.length - down} higher`;
  const absent = contrast === undefined ? 'no contrast in the run file' : signatures.length === 0 || lineages.length === 0 ? 'no gene expression to score' : nTested === 0 ? `no signature could be compared: ${String(rows.find((row) => row !== undefined)?.['missing'] ?? 'no scores')}` : undefined;
  if (signatures.length === 0 || lineages.length === 0) body.push(missingBox({x: 4, y: 20, width: fullWidth - 8, height: 36, reason: absent ?? ''}));
  return {
    id: 'signature-change', title, absent,
    caption: `Mean score of a patient's cells at ${contrast?.before ?? 'before'} (left) and ${contrast?.after ?? 'after'} (right), a thin line a patient. Under a panel: change, patients, and the fewest and most cells of a sample. Thick: mean change with its 95 % interval, cut where it leaves the panel, coloured where q < 0.05 (blue lower, red higher). Where depth differed, both sides are on thinned counts.`,
    svg: drawing({id: 'figure-signature-change', title, description: 'Paired signature scores by lineage, a line a patient.', width: fullWidth, height: Math.max(60, top + signatures.length * (panelHeight + 26)), body}),
    values: {columns: ['signature', 'cell_type', 'patient_id', 'timepoint', 'variant', 'n_cells', 'mean', 'missing'], rows: values},
    parameters: {contrast: contrast?.name ?? null, n_patients: data.patients.length, family: 'primary-signatures'},
  };
}

const sides0 = (sides: readonly (Row | undefined)[]): Row | undefined => sides[0] ?? sides[1];

/** How many cells the means of a panel stand on. */
function cellRange(sides: readonly (Row | undefined)[]): string {
  const n = sides.flatMap((side) => numberOf(side, 'n_cells') ?? []);
  return n.length === 0 ? 'no cells' : `${Math.min(...n)}–${Math.max(...n)} cells`;
}
