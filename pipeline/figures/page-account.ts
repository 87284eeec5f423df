// The sections of the report page that account for it: the design, what was left out, and how to check every number.
import {pairSamples} from '../analysis/contrast-pairs.ts';
import type {Row} from '../data/table.ts';
import {numberOf} from './figure.ts';
import {methodsOf, parameterRows} from './methods.ts';
import type {PageContent} from './page-content.ts';
import {figuresOf, scrollTable} from './page-parts.ts';
import {escapeXml} from './svg.ts';
import {cellSentence, countCells} from './verdicts.ts';

export function designSection(content: PageContent): string {
  const {sheet, data} = content;
  const rows = data.patients.map((patient) => {
    const cells = data.timepoints.map((timepoint) => {
      const own = sheet.filter((row) => row['patient_id'] === patient && row['timepoint'] === timepoint);
      const gap = own.find((row) => row['excluded'])?.['excluded'];
      if (own.length === 0) return '<td><span class="mark none">none</span></td>';
      const marks = own.filter((row) => row['library'] !== '' && !row['excluded']).map((row) => `<span class="mark">${escapeXml(row['library'])}</span>`).join('');
      const day = own[0]['day'];
      return `<td>${marks === '' ? `<span class="mark none" title="${escapeXml(gap ?? '')}">gap</span> <small>${escapeXml(gap ?? 'no sequencing')}</small>` : marks}${day === '' || marks === '' ? '' : ` <small>day ${escapeXml(day)}</small>`}</td>`;
    });
    return `<tr><th scope="row">${escapeXml(patient)}</th>${cells.join('')}</tr>`;
  });
  return `${figuresOf(content, ['cohort-design'])}<div class="table strip" tabindex="0" role="region" aria-label="Samples by patient and timepoint"><table><thead><tr><th>patient</th>${data.timepoints.map((timepoint) => `<th>${escapeXml(timepoint)}</th>`).join('')}</tr></thead><tbody>${rows.join('')}</tbody></table></div>`;
}

export function leftOutSection(content: PageContent): string {
  const {data, sheet} = content;
  const {tables} = data;
  const cells = countCells(data);
  const excluded = [...new Set(sheet.filter((row) => row['excluded']).map((row) => `${row['sample_id']}: ${row['excluded']}`))];
  const unpaired = data.contrasts.flatMap((contrast) => pairSamples(sheet, contrast).dropped.map(({patient_id, reason}) => `${contrast.name}: ${patient_id} (${reason})`));
  const noClone = tally((tables['clonal_abundance'] ?? []).filter((row) => row['clone_id'] === null && row['level'] === 'all').map((row) => String(row['missing'])));
  const untested = tally((tables['timepoint_comparisons'] ?? []).filter((row) => row['variant'] === 'main' && row['mean_difference'] === null).map((row) => String(row['missing'])));
  const sets = (tables['signature_sets'] ?? []).filter((row) => row['used'] === 'false').map((row) => `${String(row['signature'])}: ${String(row['missing'])}`);
  const receptorCells = receptorSums(tables['receptor_attrition'] ?? []);
  const dropped = droppedPatients(tables['timepoint_comparisons'] ?? []);
  const unknown = (tables['clinical_summary'] ?? []).filter((row) => (numberOf(row, 'n_missing') ?? 0) > 0).map((row) => `${String(row['endpoint'])}: ${String(row['patients_missing']).replaceAll(',', ', ')}`);
  const item = (heading: string, lines: readonly string[]): string => `<h3>${heading}</h3>${lines.length === 0 ? '<p class="soft">Nothing.</p>' : `<ul>${lines.map((one) => `<li>${escapeXml(one)}</li>`).join('')}</ul>`}`;
  return `<p>${escapeXml(cellSentence(cells))} ${cells.analysed} + ${cells.removed.map(([, n]) => n).join(' + ') || 0} = ${cells.read}.</p>`
    + item('Samples', excluded) + item('Patients without a pair', unpaired) + item('Receptor cells', receptorCells) + item('Receptor repertoires without clones', noClone) + item('Comparisons that were not made', untested) + item('Patients left out of comparisons that were made', dropped) + item('Gene sets that were not scored', sets) + (unknown.length === 0 ? '' : item('Clinical endpoints not known', unknown))
    + figuresOf(content, ['attrition', 'quality']);
}

/** Cells with a contig that have no clone, by reason, as sums that add up. */
function receptorSums(rows: readonly Row[]): string[] {
  return [...Map.groupBy(rows, (row) => String(row['receptor']))].map(([receptor, own]) => {
    const sum = (keep: (row: Row) => boolean, column: string): number => own.filter(keep).reduce((total, row) => total + (numberOf(row, column) ?? 0), 0);
    const reasons = [...Map.groupBy(own.filter((row) => (numberOf(row, 'n_removed') ?? 0) > 0), (row) => String(row['reason']))].map(([reason, removed]) => `${removed.reduce((total, row) => total + (numberOf(row, 'n_removed') ?? 0), 0)} ${reason}`);
    const read = sum((row) => row['stage'] === 'read', 'n_cells');
    const removed = sum(() => true, 'n_removed');
    return `${receptor}: ${read - removed} of ${read} cells with a contig have a clone${reasons.length === 0 ? '' : `; ${reasons.join(', ')}`}`;
  });
}

function droppedPatients(rows: readonly Row[]): string[] {
  const named = rows.filter((row) => row['variant'] === 'main' && row['mean_difference'] !== null && row['patients_dropped'] !== null && row['patients_dropped'] !== '');
  return tally(named.flatMap((row) => String(row['patients_dropped']).split(',').map((patient) => `${patient} in ${String(row['contrast'])}, ${String(row['family'])}${row['cell_type'] === 'all' ? '' : `, ${String(row['cell_type'])}`}`)));
}

const tally = (reasons: readonly string[]): string[] => [...Map.groupBy(reasons, (reason) => reason)].sort(([a, n], [b, m]) => m.length - n.length || (a < b ? -1 : 1)).map(([reason, own]) => `${own.length} × ${reason}`);

export function methodsSection(content: PageContent): string {
  const {name, sources, steps} = content;
  const {paragraphs, references, changed} = methodsOf(content);
  const rows = parameterRows(steps);
  return `<h3>Text to paste</h3><div class="paste" id="methods-text">${paragraphs.map((one) => `<p>${escapeXml(one)}</p>`).join('')}${references.length === 0 ? '' : `<p>References: ${escapeXml(references.join('; '))}.</p>`}</div><p><button type="button" hidden data-copy="methods-text">copy</button></p>
<h3>Parameters</h3><p>${changed.length === 0 ? 'Every parameter has its default.' : `Different from the defaults: ${changed.map((one) => `<code>${escapeXml(one)}</code>`).join(', ')}.`}</p>
${rows.length === 0 ? '' : scrollTable({heading: 'Parameters of every step', id: 'table-parameters', columns: ['parameter', 'value', 'set by'], rows: rows.map((row) => [row.name, row.value, row.isChanged ? 'run file' : 'default'])})}
<h3>How to check this page</h3><p>Every number on this page is in <code>tables/</code> and every picture in <code>figures/</code> with the values drawn. <code>manifest.json</code> has the digest of each file.</p>
<p>To check the files: <code>lymphline verify RUN</code>. To make them again from the same inputs: <code>lymphline run run.yaml</code>; equal inputs give equal bytes.</p>
${scrollTable({heading: 'Tables this page was made from', id: 'table-sources', columns: ['table', 'sha256'], rows: sources.map(({table, sha256}) => [table, sha256])})}
<p class="soft">Run ${escapeXml(name)}.</p>`;
}
