// Does a claim hold by other scores, other models and without each patient? A panel a primary signature and lineage, a line a check, all on one scale.
import type {Row} from '../data/table.ts';
import {bottomAxis} from './axis.ts';
import {downColour, mainContrast, numberOf, quietColour, upColour, type Figure, type FigureData} from './figure.ts';
import {linearScale} from './scale.ts';
import {drawing, element, fixed, fullWidth, line, missingBox, text, wrap} from './svg.ts';
import {primarySignatures, shortSignature, testedLineages} from './verdicts.ts';

interface Check {
  readonly label: string;
  readonly variant: string;
}

const leftOutLabel = 'a patient left out';
const labels: Readonly<Record<string, string>> = {'main': 'main', 'as-counted': 'depth not matched', 'thinning draws': 'other draws', 'without CAR+ cells': 'without CAR+', 'method:singscore': 'singscore of sums', 'method:ssgsea': 'ssGSEA of sums', 'mixed model': 'mixed model', 'moderated t': 'moderated t', 'moderated t, incomplete pairs': 'moderated t, all samples'};

export function drawSignatureRobustness(data: FigureData): Figure {
  const contrast = mainContrast(data);
  const rows = (data.tables['timepoint_comparisons'] ?? []).filter((row) => row['contrast'] === contrast?.name && row['family'] === 'primary-signatures' && row['level'] === 'lineage');
  const signatures = primarySignatures(data);
  const lineages = testedLineages(data).filter((lineage) => rows.some((row) => row['cell_type'] === lineage && row['variant'] === 'main' && numberOf(row, 'mean_difference') !== null));
  const checks = checksOf(rows);
  // A model of all visits, and sums of cells, do not stand on counts that were thinned for one contrast.
  const isRaw = (variant: string): boolean => variant !== 'as-counted' && rows.some((row) => row['variant'] === variant && String(row['note'] ?? '').includes('depth not matched'));
  const [left, gap, lineHeight, top] = [112, 10, 9, 24];
  const width = (fullWidth - left - gap * Math.max(1, lineages.length)) / Math.max(1, lineages.length);
  const panelHeight = checks.length * lineHeight + 4;
  const values: Row[] = [];
  const body: string[] = lineages.flatMap((lineage, c) => [text(left + c * (width + gap) + width / 2, 11, lineage, {anchor: 'middle', weight: 'bold'}), element('rect', {x: left + c * (width + gap), y: 15, width, height: 2.5, fill: data.lineageColours.get(lineage) ?? quietColour})]);
  let nHolding = 0;
  let nClaims = 0;
  // Without a lineage there is nothing to name rows for.
  (lineages.length === 0 ? [] : signatures).forEach((signature, r) => {
    const rowTop = top + r * (panelHeight + 42) + 12;
    wrap(shortSignature(signature), 60).slice(0, 1).forEach((part) => body.push(text(4, rowTop - 4, part, {size: 7.5, weight: 'bold'})));
    checks.forEach(({label, variant}, k) => body.push(text(left - 6, rowTop + k * lineHeight + 8.5, isRaw(variant) ? `${label}*` : label, {size: 6.5, anchor: 'end', colour: '#444444'})));
    const drawn = lineages.map((lineage) => rows.filter((row) => row['cell_type'] === lineage && row['outcome'] === signature));
    const changes = (rows: readonly Row[]): number[] => rows.flatMap((row) => {
      const unit = unitOf(row, drawn.flat());
      return unit === null ? [] : [Math.abs((numberOf(row, 'mean_difference') ?? 0) / unit) * 1.15];
    });
    // As far as the declared analysis reaches in any case; a check that is further out is drawn as an arrow.
    const reach = Math.max(Math.min(14, Math.max(1, ...changes(drawn.flat()))), ...changes(drawn.flat().filter((row) => row['variant'] === 'main')));
    lineages.forEach((lineage, c) => {
      const panel = {left: left + c * (width + gap), right: left + c * (width + gap) + width, top: rowTop, bottom: rowTop + panelHeight};
      const x = linearScale([-reach, reach], [panel.left, panel.right], 4);
      const own = drawn[c];
      const main = own.find((row) => row['variant'] === 'main');
      if (main === undefined || numberOf(main, 'mean_difference') === null || numberOf(main, 'dz') === null) {
        const reason = String(main?.['missing'] ?? 'not compared');
        body.push(missingBox({x: panel.left + 3, y: panel.top + 3, width: width - 6, height: panelHeight - 6, reason}));
        values.push({signature, cell_type: lineage, missing: reason});
        return;
      }
      body.push(...bottomAxis(panel, x, ''), line(x.at(0), panel.top, x.at(0), panel.bottom, {stroke: '#bbbbbb'}));
      const sign = Math.sign(numberOf(main, 'mean_difference') ?? 0);
      const judged: boolean[] = [];
      checks.forEach(({variant}, k) => {
        const y = panel.top + k * lineHeight + 6;
        const found = own.filter((row) => (variant === leftOutLabel ? isLeftOut(row) : row['variant'] === variant));
        for (const row of found) {
          const unit = unitOf(row, own);
          const [mean, low, high, p] = ['mean_difference', 'ci_lower', 'ci_upper', 'p_t'].map((name) => numberOf(row, name));
          values.push({signature, cell_type: lineage, variant: row['variant'], method: row['method'], standardised_difference: mean === null || unit === null ? null : mean / unit, ci_lower: low === null || unit === null ? null : low / unit, ci_upper: high === null || unit === null ? null : high / unit, p_t: row['p_t'], missing: mean === null ? row['missing'] : null});
          if (mean === null || unit === null || p === null) continue;
          const agrees = p < 0.05 && Math.sign(mean) === sign;
          if (variant !== 'main') judged.push(agrees);
          const colour = p >= 0.05 ? quietColour : mean < 0 ? downColour : upColour;
          const place = (value: number): number => x.at(Math.max(-reach, Math.min(reach, value)));
          if (low !== null && high !== null && variant !== leftOutLabel) body.push(line(place(low / unit), y, place(high / unit), y, {stroke: colour, 'stroke-width': variant === 'main' ? 2 : 1}));
          const far = Math.abs(mean / unit) > reach ? Math.sign(mean) : 0;
          if (far !== 0) body.push(element('polygon', {points: [[far * 2, 0], [far * -2.5, -2.4], [far * -2.5, 2.4]].map(([dx, dy]) => `${fixed(place(mean / unit) + dx)},${fixed(y + dy)}`).join(' '), fill: agrees || p < 0.05 ? colour : '#ffffff', stroke: colour, 'stroke-width': 0.9}));
          else body.push(element('circle', {cx: place(mean / unit), cy: y, r: variant === 'main' ? 2.4 : 1.8, fill: agrees || p < 0.05 ? colour : '#ffffff', stroke: colour, 'stroke-width': 0.9}));
        }
      });
      if ((numberOf(main, 'q_t') ?? 1) < 0.05) {
        nClaims++;
        if (judged.every(Boolean)) nHolding++;
      }
      body.push(text(panel.right, panel.bottom + 20, `n ${String(main['n_pairs'])} patients`, {size: 6, anchor: 'end', colour: '#444444'}));
    });
  });
  const height = top + signatures.length * (panelHeight + 42) + 20;
  if (lineages.length > 0) body.push(text((left + fullWidth) / 2, height - 6, 'change in standard deviations of the patients’ changes', {anchor: 'middle'}));
  const absent = lineages.length === 0 ? (contrast === undefined ? 'no contrast in the run file' : 'no signature could be compared') : undefined;
  if (absent !== undefined) body.push(missingBox({x: 4, y: 20, width: fullWidth - 8, height: 36, reason: absent}));
  const title = lineages.length === 0 ? 'No claim to check' : nClaims === 0 ? 'No signature is called, so nothing has to hold' : `${nHolding} of ${nClaims} changes of signatures hold in every check`;
  return {
    id: 'signature-robustness', title, absent,
    caption: 'Mean change with its 95 % interval, in standard deviations of the patients’ changes by the same score, for the declared analysis (main) and every check of it. Filled and coloured: p < 0.05 (blue lower, red higher); hollow: not. The last line has a dot for each patient left out. Intervals that leave the panel are cut; an arrow is a change beyond it. A star: counts were not thinned for it.',
    svg: drawing({id: 'figure-signature-robustness', title, description: 'Standardised change of each primary signature by scoring method and model, by lineage.', width: fullWidth, height: lineages.length === 0 ? 62 : height, body}),
    values: {columns: ['signature', 'cell_type', 'variant', 'method', 'standardised_difference', 'ci_lower', 'ci_upper', 'p_t', 'missing'], rows: values},
    parameters: {contrast: contrast?.name ?? null, n_patients: data.patients.length, family: 'primary-signatures'},
  };
}

const isLeftOut = (row: Row): boolean => String(row['variant']).startsWith('without ') && row['variant'] !== 'without CAR+ cells';

/** In the order of the table, `main` first and the patients left out last. */
function checksOf(rows: readonly Row[]): Check[] {
  const variants = [...new Set(rows.filter((row) => !isLeftOut(row)).map((row) => String(row['variant'])))].sort((a, b) => Number(b === 'main') - Number(a === 'main'));
  const named = variants.map((variant) => ({variant, label: labels[variant] ?? variant.replace('method:', '')}));
  return rows.some(isLeftOut) ? [...named, {variant: leftOutLabel, label: leftOutLabel}] : named;
}

/** Standard deviation of the patients' differences: of the row's own, else (models) of the main row. */
function unitOf(row: Row, own: readonly Row[]): number | null {
  const of = (one: Row | undefined): number | null => {
    const [mean, dz] = [numberOf(one, 'mean_difference'), numberOf(one, 'dz')];
    return mean === null || dz === null || dz === 0 ? null : mean / dz;
  };
  return of(row) ?? of(own.find((one) => one['variant'] === 'main' && one['cell_type'] === row['cell_type']));
}
