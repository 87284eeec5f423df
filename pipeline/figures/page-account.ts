// The sections of the report page that account for it: the design, what was left out, and how to check every number.
import {pairSamples} from '../analysis/contrast-pairs.ts';
import {numberOf} from './figure.ts';
import type {PageContent} from './page-content.ts';
import {figuresOf, how} from './page-parts.ts';
import {escapeXml} from './svg.ts';
import {cellSentence, countCells} from './verdicts.ts';

export function designSection({sheet, data}: PageContent): string {
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
  return `<div class="table strip" tabindex="0"><table><thead><tr><th>patient</th>${data.timepoints.map((timepoint) => `<th>${escapeXml(timepoint)}</th>`).join('')}</tr></thead><tbody>${rows.join('')}</tbody></table></div>`;
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
  const unknown = (tables['clinical_summary'] ?? []).filter((row) => (numberOf(row, 'n_missing') ?? 0) > 0).map((row) => `${String(row['endpoint'])}: ${String(row['patients_missing']).replaceAll(',', ', ')}`);
  const item = (heading: string, lines: readonly string[]): string => `<h3>${heading}</h3>${lines.length === 0 ? '<p class="soft">Nothing.</p>' : `<ul>${lines.map((one) => `<li>${escapeXml(one)}</li>`).join('')}</ul>`}`;
  return `<p>${escapeXml(cellSentence(cells))} ${cells.analysed} + ${cells.removed.map(([, n]) => n).join(' + ') || 0} = ${cells.read}.</p>`
    + item('Samples', excluded) + item('Patients without a pair', unpaired) + item('Receptor repertoires without clones', noClone) + item('Comparisons that were not made', untested) + item('Gene sets that were not scored', sets) + (unknown.length === 0 ? '' : item('Clinical endpoints not known', unknown))
    + figuresOf(content, ['attrition']);
}

const tally = (reasons: readonly string[]): string[] => [...Map.groupBy(reasons, (reason) => reason)].sort(([a, n], [b, m]) => m.length - n.length || (a < b ? -1 : 1)).map(([reason, own]) => `${own.length} × ${reason}`);

export function methodsSection({name, version, seed, sources, data}: PageContent): string {
  const pairs = numberOf((data.tables['timepoint_comparisons'] ?? []).find((row) => row['variant'] === 'main'), 'n_pairs');
  return `<p>${how(`Clones, scores and comparisons were computed with Lymphline ${escapeXml(version)} (seed ${seed}) from the files named in the run file. The patient is the unit of every test; no test is over cells.${pairs === null ? '' : ` The first comparison has ${pairs} complete pairs.`}`)}</p>
<p>Every number on this page is in <code>tables/</code> and every picture in <code>figures/</code> with the values drawn. <code>manifest.json</code> has the digest of each file.</p>
<p>To check the files: <code>lymphline verify RUN</code>. To make them again from the same inputs: <code>lymphline run run.yaml</code>; equal inputs give equal bytes.</p>
<details><summary>Tables this page was made from</summary><div class="table" tabindex="0"><table><thead><tr><th>table</th><th>sha256</th></tr></thead><tbody>${sources.map(({table, sha256}) => `<tr><td>${escapeXml(table)}</td><td><code>${sha256}</code></td></tr>`).join('')}</tbody></table></div></details>
<p class="soft">Run ${escapeXml(name)}.</p>`;
}
