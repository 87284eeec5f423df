// The report: one HTML file that opens from disk and asks for nothing. What was found, can I believe it, where is the number.
import {powerSentence} from '../analysis/paired-power.ts';
import type {Cell, Row} from '../data/table.ts';
import {downColour, mainContrast, numberOf, patientDash, quietColour, upColour, type Figure, type FigureData} from './figure.ts';
import {claims} from './claims.ts';
import {cloneNotes} from './clone-notes.ts';
import {flipSentence, hasClinic} from './clinical-findings.ts';
import {agreementSentence, setsBesideScores} from './gene-sets.ts';
import {pageScript, pageStyle} from './page-style.ts';
import {linearScale} from './scale.ts';
import {element, escapeXml, line, text} from './svg.ts';
import {transgeneNotes} from './transgene.ts';
import {cellSentence, countCells, type Finding} from './verdicts.ts';

export interface PageContent {
  readonly name: string;
  readonly version: string;
  readonly seed: number;
  readonly data: FigureData;
  readonly figures: readonly Figure[];
  readonly findings: readonly Finding[];
  /** Whether the run file asks for tests of every gene. */
  readonly asksForGenes: boolean;
  /** One row a library or declared gap, as in the sheet. */
  readonly sheet: readonly Readonly<Record<string, string>>[];
  /** Path in results/ -> sha256 of the tables that this page was made from. */
  readonly sources: readonly {readonly table: string; readonly sha256: string}[];
}

/** Rows of a table in the page; the whole table is the TSV beside it. */
const mostRows = 150;

/** `hashes`: of style and script, for the content security policy; computed by the caller, who knows sha256. */
export function reportPage(content: PageContent, hashes: {readonly style: string; readonly script: string}): string {
  const {name, data, figures, findings} = content;
  const contrast = mainContrast(data);
  const figure = (id: string): string => figureBlock(figures.find((one) => one.id === id));
  const cells = countCells(data);
  const days = [...new Set(content.sheet.map((row) => row['day']).filter((day) => day !== '' && day !== undefined))].map(Number).sort((a, b) => a - b);
  const sections: readonly (readonly [string, string, string])[] = [
    ['findings', 'Findings', `${inShort(data)}<ul class="cards">${findings.map((finding) => card(finding, data)).join('')}</ul>${transgeneNotes(data).map((note) => `<p><strong>${note.heading}</strong>: ${escapeXml(note.sentence)}</p>`).join('')}`],
    ['design', 'Design', designStrip(content)],
    ['clones', 'Clones', figure('clonal-abundance') + figure('clone-tracking') + figure('clone-diversity') + figure('clone-sensitivity') + figure('repertoire-overlap') + cloneNotes(data).map((note) => `<p><strong>${note.heading}</strong>: ${escapeXml(note.sentence)}</p>`).join('') + numbers(data, 'verdicts', (row) => row['family'] === 'clonal', 'Verdicts on clones', verdictColumns) + numbers(data, 'timepoint_comparisons', (row) => row['family'] === 'clonal', 'Clonal comparisons', comparisonColumns) + numbers(data, 'clonal_diversity', (row) => row['cell_type'] === 'all', 'Diversity of each sample', ['sample_id', 'receptor', 'measure', 'q', 'method', 'depth', 'n_cells', 'n_clones', 'value', 'lower', 'upper', 'missing', 'note']) + numbers(data, 'barcode_match', () => true, 'Receptor cells among the barcodes of the matrix', ['sample_id', 'library_id', 'n_vdj_cells', 'n_matrix_barcodes', 'n_both', 'match_rate', 'rule', 'missing']) + numbers(data, 'tracking_power', () => true, 'Smallest change that each pair could show', ['patient_id', 'receptor', 'contrast', 'n_cells_before', 'n_cells_after', 'frequency_before', 'n_after_expanded', 'fold_expanded', 'n_after_contracted', 'fold_contracted', 'missing']) + numbers(data, 'clone_rules', () => true, 'Clone rule of each patient', ['patient_id', 'receptor', 'definition', 'threshold', 'threshold_source', 'linkage', 'n_cells', 'n_clones', 'n_paired_cells', 'n_paired_clones', 'n_orphan_cells', 'n_orphans_rescued', 'note']) + numbers(data, 'clone_rule_sensitivity', () => true, 'Numbers under other clone rules', ['patient_id', 'receptor', 'rule', 'linkage', 'threshold', 'n_clones', 'top_clone_fraction', 'n_shared_before_after', 'flag', 'missing']) + numbers(data, 'repertoire_alarms', () => true, 'Alarms', ['receptor', 'kind', 'patients', 'samples', 'libraries', 'n_cells', 'junction_1', 'junction_2']) + how(clonesHow)],
    ['inflammation', 'Inflammation', figure('signature-change') + figure('signature-robustness') + figure('signature-by-cell-type') + figure('depth-check') + power(data) + numbers(data, 'verdicts', (row) => row['family'] === 'primary-signatures', 'Verdicts on signatures', verdictColumns) + numbers(data, 'timepoint_comparisons', (row) => String(row['family']).endsWith('-signatures') && row['level'] === 'lineage', 'Signature comparisons', comparisonColumns) + numbers(data, 'depth_check', () => true, 'Depth check', ['contrast', 'cell_type', 'level', 'median_counts_before', 'median_counts_after', 'ratio', 'flag', 'missing']) + numbers(data, 'signature_sets', () => true, 'Gene sets', ['signature', 'role', 'used', 'n_genes', 'n_present', 'fraction_present', 'missing']) + how(scoresHow)],
    ['genes', 'Genes', genes(content)],
    ['cells', 'Cells', figure('composition') + figure('umap') + numbers(data, 'verdicts', (row) => row['family'] === 'composition', 'Verdicts on composition', verdictColumns) + numbers(data, 'timepoint_comparisons', (row) => row['family'] === 'composition', 'Composition comparisons', comparisonColumns) + numbers(data, 'composition', (row) => row['level'] === 'lineage', 'Composition of each sample', ['sample_id', 'cell_type', 'n_cells', 'n_total', 'fraction', 'fraction_lower', 'fraction_upper', 'cells_per_ul', 'missing']) + numbers(data, 'car_calls', (row) => row['used'] === 'true', 'Cells with the transgene', ['sample_id', 'lineage', 'role', 'min_umi', 'n_cells', 'n_positive', 'fraction', 'fraction_lower', 'fraction_upper', 'missing']) + numbers(data, 'reference_contigs', () => true, 'Transgene in the reference', ['contig', 'gene_id', 'length', 'orf_aa', 'unique_fraction', 'unique_in_first_500_bp', 'unique_in_last_500_bp', 'longest_shared', 'gene_shared_with', 'warning']) + how(cellsHow)],
    ['clinical', 'Clinical', clinical(content)],
    ['left-out', 'What was left out', leftOut(content) + figure('attrition')],
    ['methods', 'Methods and provenance', methods(content)],
  ];
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'sha256-${hashes.style}'; script-src 'sha256-${hashes.script}'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeXml(name)}: report</title>
<style>${pageStyle}</style>
</head>
<body>
<header>
<h1>${escapeXml(name)}</h1>
<p class="soft">${data.patients.length} patients · ${data.timepoints.map(escapeXml).join(', ')} · ${cells.analysed} cells analysed of ${cells.read}${days.length === 0 ? '' : ` · day ${days[0]} to ${days[days.length - 1]}`}${contrast === undefined ? '' : ` · contrast ${escapeXml(contrast.name)}`} · Lymphline ${escapeXml(content.version)} · <a href="#methods">how to check this page</a></p>
</header>
<nav aria-label="Sections"><ul>${sections.map(([id, heading]) => `<li><a href="#${id}">${heading}</a></li>`).join('')}</ul></nav>
<main>
${sections.map(([id, heading, body]) => `<section id="${id}" aria-labelledby="${id}-heading"><h2 id="${id}-heading">${heading}</h2>${body}</section>`).join('\n')}
</main>
<script>${pageScript}</script>
</body>
</html>
`;
}

const comparisonColumns = ['contrast', 'outcome', 'cell_type', 'variant', 'n_pairs', 'mean_difference', 'ci_lower', 'ci_upper', 'n_up', 'n_down', 'p_t', 'p_wilcoxon', 'p_sign_flip', 'p_floor', 'q_t', 'dz', 'hedges_gz', 'patients_dropped', 'note', 'missing'];

const verdictColumns = ['contrast', 'outcome', 'cell_type', 'verdict', 'n_checks', 'sentence'];

const clonesHow = 'A clone is a set of cells of one patient with the same receptor; the rule is in the table of clones, and its threshold in the table of rules. By default: TCR by exact nucleotide junction, V and J gene of both chains; BCR by V and J gene, junction length and Hamming distance within the threshold (single linkage). Measures of dominance are compared at the same number of cells within a patient; diversity also at the same coverage, which is the share of the cells that belong to clones that were seen (Chao and Jost 2012). Each clone is tested with Fisher’s exact test, corrected by Benjamini and Hochberg within patient and receptor. Tests over patients use one value a patient.';
const scoresHow = 'Scores are UCell rank scores of single cells (Andreatta and Carmona 2021), averaged over the cells of a type in a sample; the patient is the unit of every test (paired t, exact Wilcoxon, exact sign-flip). A set is also scored without the genes of the two interferon Hallmarks, because interferon alone can look like inflammation. Where the sequencing depth of the two sides differs beyond the limit, both samples of each pair are thinned to the shallower one before scoring. Each claim is checked by other scores, other draws of the thinning, a moderated t, a mixed model where visits are missing or more than two, and without each patient in turn; the declared analysis alone is corrected by Benjamini and Hochberg.';
const genesHow = 'Counts of a sample’s cells of one type are added up, so that a patient gives one value a side. Genes with too few counts are left out (edgeR filterByExpr), library sizes are scaled by TMM, and limma-voom fits patient and side (Law et al. 2014). Gene sets are tested with camera (against the other genes, with a fixed correlation of 0.01 unless set otherwise; Wu and Smyth 2012) and fry (against no change; Wu et al. 2010); camera calls too easily where the genes of a set vary together between patients, so that a change should be seen by the score too. Corrected by Benjamini and Hochberg within a contrast and cell type, for sets also within a method. Types below the lineages are in the tables.';
const cellsHow = 'A barcode is kept when it passes the bounds of quality control; each removed barcode has one reason. Clusters get the lineage whose marker genes score highest, with close contests decided cell by cell. Shares have exact binomial intervals; tests are on the logit of the share.';
const clinicalHow = 'Every status is true, false or not known. A value that was not recorded is never taken for 0 or for normal; one definite failure is enough for false, so that a status that is not known can more easily turn out false than true, and the table has the count if all of them were true. Baseline is the last visit on or before the infusion, the last visit the last one in which the status is known; its day is in the table of patients. Intervals of shares are exact (Clopper and Pearson 1934). Days of depletion and recovery lie between two visits and are given as intervals. Each rule, its source and the reading that was used where sources disagree are in the table of rules.';
const how = (body: string): string => `<details><summary>How this was computed</summary><p>${body}</p></details>`;

/** What this many patients could have shown at all. */
function power(data: FigureData): string {
  const contrast = mainContrast(data)?.name;
  const n = Math.max(0, ...(data.tables['timepoint_comparisons'] ?? []).filter((row) => row['contrast'] === contrast && row['variant'] === 'main' && row['family'] === 'primary-signatures').map((row) => numberOf(row, 'n_pairs') ?? 0));
  return n === 0 ? '' : `<p>${escapeXml(powerSentence(n))}</p>`;
}

function genes({data, figures, asksForGenes}: PageContent): string {
  if (!asksForGenes) return '<p>Not in this run: <code>differential_expression</code> is not set in the run file. It needs R with limma, or the image <code>r-limma</code>.</p>';
  const tests = data.tables['differential_expression_tests'] ?? [];
  if (tests.length === 0) return `<p>Not in this run: ${data.contrasts.length === 0 ? 'no contrast in the run file' : 'no counts of cells with a type to add up, or the step differential-expression failed'}.</p>`;
  const beside = setsBesideScores(data);
  const surest = (data.tables['differential_expression'] ?? []).filter((row) => row['level'] === 'lineage' && row['contrast'] === mainContrast(data)?.name && (numberOf(row, 'q_value') ?? 1) < 0.05).sort((a, b) => (numberOf(a, 'p_value') ?? 1) - (numberOf(b, 'p_value') ?? 1));
  const derived: FigureData = {...data, tables: {...data.tables, gene_set_tests: beside, differential_expression: surest}};
  return figureBlock(figures.find((one) => one.id === 'volcano')) + `<p>${escapeXml(agreementSentence(beside))}</p>`
    + numbers(derived, 'gene_set_tests', () => true, 'Gene sets by score and by genes', ['cell_type', 'signature', 'score_change', 'score_q', 'n_genes', 'camera_direction', 'camera_q', 'fry_direction', 'fry_q', 'agree', 'missing'])
    + numbers(derived, 'differential_expression', () => true, 'Genes that change', ['cell_type', 'gene_symbol', 'n_pairs', 'log2_fold_change', 'ci_lower', 'ci_upper', 'average_expression', 'p_value', 'q_value'])
    + numbers(data, 'differential_expression_tests', () => true, 'Tests of genes by cell type', ['contrast', 'cell_type', 'level', 'n_pairs', 'patients_dropped', 'n_genes_tested', 'n_genes_low', 'n_up', 'n_down', 'missing'])
    + how(`${genesHow} Made with ${escapeXml(String(tests[0]['tools']))}.`);
}

function clinical({data, figures}: PageContent): string {
  if (!hasClinic(data)) return '<p>Not in this run: the run file names no <code>visits</code> sheet.</p>';
  return ['clinical-course', 'endpoints'].map((id) => figureBlock(figures.find((one) => one.id === id))).join('') + `<p><strong>Readings</strong>: ${escapeXml(flipSentence(data))}</p>`
    + numbers(data, 'clinical_summary', () => true, 'Endpoints', ['endpoint', 'k', 'n', 'percent', 'ci_lower', 'ci_upper', 'median', 'low', 'high', 'n_missing', 'k_most', 'patients_missing', 'rule_id', 'missing'])
    + numbers(data, 'clinical_patients', () => true, 'Endpoints of each patient', ['patient_id', 'endpoint', 'value', 'day', 'rule_id', 'missing'])
    + numbers(data, 'clinical_visits', () => true, 'Visits', ['patient_id', 'timepoint', 'day', 'sledai_2k', 'sledai_2k_recorded', 'clinical_sledai', 'doris_2021', 'doris_2017_complete_on', 'doris_2017_complete_off', 'lldas', 'renal_kdigo2024', 'b_cells', 'igg_band', 'crs_grade', 'icans_grade', 'missing'])
    + numbers(data, 'b_cell_times', () => true, 'When B cells went and came back', ['patient_id', 'event', 'variant', 'threshold_per_ul', 'in_time', 'after_day', 'by_day', 'missing'])
    + numbers(data, 'clinical_conflicts', () => true, 'Where sources disagree', ['conflict', 'reading_used', 'reading_other', 'endpoint', 'k_used', 'n_used', 'k_other', 'n_other', 'n_flipped', 'patients_flipped'])
    + numbers(data, 'clinical_rules', () => true, 'Rules', ['rule_id', 'definition', 'source'])
    + how(clinicalHow);
}

function figureBlock(figure: Figure | undefined): string {
  if (figure === undefined) return '';
  return `<figure id="${figure.id}"><h3>${escapeXml(figure.title)}</h3><div class="paper" tabindex="0">${figure.svg}</div><figcaption>${escapeXml(figure.caption)} <a href="figures/${figure.id}.svg">SVG</a> <a href="figures/${figure.id}.tsv">values</a> <a href="figures/${figure.id}.json">parameters</a></figcaption></figure>`;
}

function inShort(data: FigureData): string {
  const lines = claims(data);
  return lines.length === 0 ? '' : `<dl class="claims">${lines.map(({heading, words, target}) => `<dt><a href="#${target}">${heading}</a></dt><dd>${escapeXml(words)}</dd>`).join('')}</dl>`;
}

function card(finding: Finding, data: FigureData): string {
  return `<li class="card" id="finding-${finding.id}"><h3>${escapeXml(finding.heading)}</h3><p>${escapeXml(finding.sentence)}</p>${spark(finding, data)}<p class="soft">${escapeXml(finding.estimate)} <a href="#${finding.figure}">figure</a></p>${finding.verdict === '' ? '' : `<details><summary>What it rests on</summary><p>${escapeXml(finding.verdict)}</p></details>`}</li>`;
}

/** A line a patient, before to after; a patient without a pair is a hollow mark with the reason as its title. */
function spark({id, pairs, isTested}: Finding, data: FigureData): string {
  // What could not be tested must not look like a result.
  if (!isTested) return '';
  const seen = pairs.flatMap(({before, after}) => [before, after].filter((value) => value !== null));
  if (seen.length === 0) return '';
  const y = linearScale([Math.min(...seen), Math.max(...seen)], [34, 6]);
  const lines = pairs.map(({patient_id, before, after, reason}, i) => {
    if (before === null || after === null) return element('g', {}, `<title>${escapeXml(`${patient_id}: ${reason || 'no pair'}`)}</title>`, element('circle', {cx: 130 + (i % 12) * 9, cy: 37, r: 2.5, fill: 'none', stroke: quietColour}));
    return element('g', {}, `<title>${escapeXml(`${patient_id}: ${before} to ${after}`)}</title>`, line(8, y.at(before), 110, y.at(after), {stroke: after < before ? downColour : after > before ? upColour : quietColour, 'stroke-width': 1.25, 'stroke-dasharray': patientDash(data, patient_id) || undefined}));
  });
  const missing = pairs.filter(({before, after}) => before === null || after === null).length;
  return `<svg role="img" aria-label="${escapeXml(`${pairs.length - missing} patients before and after, ${missing} without a pair`)}" id="spark-${id}" width="260" height="44" viewBox="0 0 260 44">${lines.join('')}${missing > 0 ? text(130, 26, `${missing} without a pair`, {size: 10, colour: quietColour}) : ''}</svg>`;
}

function designStrip({sheet, data}: PageContent): string {
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

function numbers(data: FigureData, table: string, keep: (row: Row) => boolean, heading: string, columns: readonly string[]): string {
  const rows = (data.tables[table] ?? []).filter(keep);
  if (rows.length === 0) return '';
  const id = `table-${heading.toLowerCase().replaceAll(' ', '-')}`;
  const file = table === 'cells' ? 'cells.tsv.gz' : `${table}.tsv`;
  const shown = rows.slice(0, mostRows);
  const head = columns.map((name) => `<th>${name}</th>`).join('');
  const body = shown.map((row) => `<tr>${columns.map((name) => `<td${['note', 'warning', 'missing', 'sentence', 'definition'].includes(name) && String(row[name] ?? '').length > 30 ? ' class="long"' : ''}>${escapeXml(cellText(row[name] ?? null))}</td>`).join('')}</tr>`).join('');
  return `<details><summary>${heading}: ${rows.length} rows</summary><p class="soft">${shown.length < rows.length ? `The first ${shown.length} of ${rows.length}; all` : 'All'} are in <a href="tables/${file}">tables/${file}</a>.</p><input hidden data-table="${id}" aria-label="Filter ${heading}" placeholder="filter by words"><div class="table" tabindex="0"><table id="${id}"><thead><tr>${head}</tr></thead><tbody>${body}</tbody></table></div></details>`;
}

/** Four significant digits on the page; the table has ten. */
function cellText(cell: Cell): string {
  if (cell === null) return '';
  const written = String(cell);
  return /^-?\d*\.\d+(e-?\d+)?$/i.test(written) && Number.isFinite(Number(written)) ? String(Number(Number(written).toPrecision(4))) : written;
}

function leftOut({data, sheet}: PageContent): string {
  const {tables} = data;
  const cells = countCells(data);
  const excluded = sheet.filter((row) => row['excluded']).map((row) => `${row['sample_id']}: ${row['excluded']}`);
  const noClone = tally((tables['clonal_abundance'] ?? []).filter((row) => row['clone_id'] === null && row['level'] === 'all').map((row) => String(row['missing'])));
  const untested = tally((tables['timepoint_comparisons'] ?? []).filter((row) => row['variant'] === 'main' && row['mean_difference'] === null).map((row) => String(row['missing'])));
  const sets = (tables['signature_sets'] ?? []).filter((row) => row['used'] === 'false').map((row) => `${String(row['signature'])}: ${String(row['missing'])}`);
  const unknown = (tables['clinical_summary'] ?? []).filter((row) => (numberOf(row, 'n_missing') ?? 0) > 0).map((row) => `${String(row['endpoint'])}: ${String(row['patients_missing']).replaceAll(',', ', ')}`);
  const item = (heading: string, lines: readonly string[]): string => `<h3>${heading}</h3>${lines.length === 0 ? '<p class="soft">Nothing.</p>' : `<ul>${lines.map((one) => `<li>${escapeXml(one)}</li>`).join('')}</ul>`}`;
  return `<p>${escapeXml(cellSentence(cells))} ${cells.analysed} + ${cells.removed.map(([, n]) => n).join(' + ') || 0} = ${cells.read}.</p>`
    + item('Samples', excluded) + item('Receptor repertoires without clones', noClone) + item('Comparisons that were not made', untested) + item('Gene sets that were not scored', sets) + (unknown.length === 0 ? '' : item('Clinical endpoints not known', unknown));
}

const tally = (reasons: readonly string[]): string[] => [...Map.groupBy(reasons, (reason) => reason)].sort(([a, n], [b, m]) => m.length - n.length || (a < b ? -1 : 1)).map(([reason, own]) => `${own.length} × ${reason}`);

function methods({name, version, seed, sources, data}: PageContent): string {
  const pairs = numberOf((data.tables['timepoint_comparisons'] ?? []).find((row) => row['variant'] === 'main'), 'n_pairs');
  return `<p>${how(`Clones, scores and comparisons were computed with Lymphline ${escapeXml(version)} (seed ${seed}) from the files named in the run file. The patient is the unit of every test; no test is over cells.${pairs === null ? '' : ` The first comparison has ${pairs} complete pairs.`}`)}</p>
<p>Every number on this page is in <code>tables/</code> and every picture in <code>figures/</code> with the values drawn. <code>manifest.json</code> has the digest of each file.</p>
<p>To check the files: <code>lymphline verify RUN</code>. To make them again from the same inputs: <code>lymphline run run.yaml</code>; equal inputs give equal bytes.</p>
<details><summary>Tables this page was made from</summary><div class="table" tabindex="0"><table><thead><tr><th>table</th><th>sha256</th></tr></thead><tbody>${sources.map(({table, sha256}) => `<tr><td>${escapeXml(table)}</td><td><code>${sha256}</code></td></tr>`).join('')}</tbody></table></div></details>
<p class="soft">Run ${escapeXml(name)}.</p>`;
}
