// Every scored signature by every cell type: the standardised change as a colour and a number, hatched where there is none.
import type {Row} from '../data/table.ts';
import {downColour, mainContrast, numberOf, quietColour, upColour, type Figure, type FigureData} from './figure.ts';
import {fitted} from './patient-grid.ts';
import {drawing, element, fullWidth, missingBox, text} from './svg.ts';
import {shortSignature} from './verdicts.ts';

/** Rows that a page can show; the others are in the table. */
const mostSignatures = 30;
const mostColour = 3;

export function drawSignatureByCellType(data: FigureData): Figure {
  const contrast = mainContrast(data);
  const rows = (data.tables['timepoint_comparisons'] ?? []).filter((row) => row['contrast'] === contrast?.name && row['variant'] === 'main' && String(row['family']).endsWith('-signatures') && row['cell_type'] !== 'unassigned');
  const order = (row: Row): number => (row['family'] === 'primary-signatures' ? 0 : 1);
  const signatures = [...new Set([...rows].sort((a, b) => order(a) - order(b)).map((row) => String(row['outcome'])))];
  const shown = signatures.slice(0, mostSignatures);
  const columns = columnsOf(rows, [...data.lineageColours.keys()]);
  // Names of columns rise to the right at 40 degrees: their length is height above and width beyond the last column.
  const longest = columns.reduce((most, {cell_type}) => Math.max(most, cell_type.length), 0) * 3.9;
  const [left, top, height] = [158, 16 + longest * 0.65, 15];
  const width = Math.min(46, (fullWidth - left - 10 - longest * 0.6) / Math.max(1, columns.length));
  const body: string[] = columns.flatMap(({cell_type, level}, c) => {
    const x = left + c * width + width / 2 + 3;
    return [text(x, top - 6, cell_type, {size: 7, weight: level === 'lineage' ? 'bold' : undefined, rotate: -40}), element('rect', {x: left + c * width, y: top - 3, width: width - 1, height: 2, fill: data.lineageColours.get(cell_type) ?? (level === 'lineage' ? quietColour : '#ffffff')})];
  });
  const values: Row[] = [];
  shown.forEach((signature, r) => {
    const y = top + r * height;
    const isPrimary = rows.some((row) => row['outcome'] === signature && row['family'] === 'primary-signatures');
    const name = shortSignature(signature);
    body.push(text(left - 5, y + 10, fitted(name, left - 8, 6.5, shown.map(shortSignature)), {size: 6.5, anchor: 'end', weight: isPrimary ? 'bold' : undefined}));
    columns.forEach(({cell_type, level}, c) => {
      const row = rows.find((one) => one['outcome'] === signature && one['cell_type'] === cell_type && one['level'] === level);
      const [dz, q] = [numberOf(row, 'dz'), numberOf(row, 'q_t')];
      const x = left + c * width;
      values.push({signature, cell_type, level, family: row?.['family'] ?? null, n_pairs: row?.['n_pairs'] ?? null, dz: row?.['dz'] ?? null, q_t: row?.['q_t'] ?? null, missing: dz === null ? (row?.['missing'] ?? 'not compared') : null});
      if (dz === null) {
        body.push(element('rect', {x, y, width: width - 1, height: height - 1, fill: 'url(#hatch)'}));
        return;
      }
      const strength = Math.min(1, Math.abs(dz) / mostColour);
      body.push(
        element('rect', {x, y, width: width - 1, height: height - 1, fill: dz < 0 ? downColour : upColour, 'fill-opacity': strength * 0.85, stroke: q !== null && q < 0.05 ? '#222222' : undefined, 'stroke-width': q !== null && q < 0.05 ? 1.1 : undefined}),
        text(x + width / 2 - 0.5, y + 10, dz.toFixed(1), {size: 6.5, anchor: 'middle', colour: strength > 0.75 ? '#ffffff' : '#222222'}),
      );
    });
  });
  const isEmpty = shown.length === 0 || columns.length === 0 || values.every((row) => row['missing'] !== null && row['missing'] !== undefined);
  const absent = isEmpty ? (contrast === undefined ? 'no contrast in the run file' : 'no signature could be compared') : undefined;
  if (absent !== undefined) body.push(missingBox({x: 4, y: 20, width: fullWidth - 8, height: 36, reason: absent}));
  const lineageRows = rows.filter((row) => row['level'] === 'lineage' && numberOf(row, 'q_t') !== null);
  const called = lineageRows.filter((row) => (numberOf(row, 'q_t') ?? 1) < 0.05);
  const title = isEmpty ? 'No signature could be compared' : `${called.length} of ${lineageRows.length} signatures by lineage change at ${contrast?.after ?? 'after'}`;
  return {
    id: 'signature-by-cell-type', title, absent,
    caption: `Change from ${contrast?.before ?? 'before'} to ${contrast?.after ?? 'after'} in standard deviations of the patients’ changes (dz; blue lower, red higher, full colour from ${mostColour} on). Outlined: q < 0.05 in its family, which holds lineages (bold) alone. Bold rows: declared beforehand. Hatched: no value; the reason is in the values.${signatures.length > shown.length ? ` The first ${shown.length} of ${signatures.length} signatures.` : ''}`,
    svg: drawing({id: 'figure-signature-by-cell-type', title, description: 'Heat map of standardised changes, signatures by cell types.', width: fullWidth, height: isEmpty ? 62 : top + shown.length * height + 6, body}),
    values: {columns: ['signature', 'cell_type', 'level', 'family', 'n_pairs', 'dz', 'q_t', 'missing'], rows: values},
    parameters: {contrast: contrast?.name ?? null, n_patients: data.patients.length, full_colour_from_dz: mostColour},
  };
}

/** Lineages in the order of the legend, each with its types behind it where rows say so, T cells by the transgene last. */
function columnsOf(rows: readonly Row[], legend: readonly string[]): {cell_type: string; level: string}[] {
  const of = (level: string): string[] => [...new Set(rows.filter((row) => row['level'] === level).map((row) => String(row['cell_type'])))];
  const lineages = of('lineage').sort((a, b) => legend.indexOf(a) - legend.indexOf(b));
  return [...lineages.map((cell_type) => ({cell_type, level: 'lineage'})), ...of('type').map((cell_type) => ({cell_type, level: 'type'})), ...of('car').map((cell_type) => ({cell_type, level: 'car'}))];
}
