// The sections of the report page that hold results: pictures first, then their numbers, then how they were computed.
import {powerSentence} from '../analysis/paired-power.ts';
import type {Row} from '../data/table.ts';
import {notMade} from './all-figures.ts';
import {cellMap} from './cell-map.ts';
import {flipSentence, hasClinic} from './clinical-findings.ts';
import {cloneNotes} from './clone-notes.ts';
import {mainContrast, numberOf, type FigureData} from './figure.ts';
import {agreementSentence, setsBesideScores} from './gene-sets.ts';
import type {PageContent} from './page-content.ts';
import {figuresOf, how, numbers} from './page-parts.ts';
import {escapeXml} from './svg.ts';

export function clonesSection(content: PageContent): string {
  const {data} = content;
  return [
    figuresOf(content, ['clonal-abundance', 'clone-tracking', 'clone-diversity', 'clone-size-classes', 'clone-sensitivity', 'repertoire-overlap', 'isotypes', 'v-genes', 'mutations']),
    cloneNotes(data).map((note) => `<p><strong>${note.heading}</strong>: ${escapeXml(note.sentence)}</p>`).join(''),
    numbers(data, 'verdicts', (row) => row['family'] === 'clonal', 'Verdicts on clones', verdictColumns),
    numbers(data, 'timepoint_comparisons', (row) => row['family'] === 'clonal', 'Clonal comparisons', comparisonColumns),
    numbers(data, 'clonal_diversity', (row) => row['cell_type'] === 'all', 'Diversity of each sample', ['sample_id', 'receptor', 'measure', 'q', 'method', 'depth', 'n_cells', 'n_clones', 'value', 'lower', 'upper', 'missing', 'note']),
    numbers(data, 'barcode_match', () => true, 'Receptor cells among the barcodes of the matrix', ['sample_id', 'library_id', 'n_vdj_cells', 'n_matrix_barcodes', 'n_both', 'match_rate', 'rule', 'missing']),
    numbers(data, 'tracking_power', () => true, 'Smallest change that each pair could show', ['patient_id', 'receptor', 'contrast', 'n_cells_before', 'n_cells_after', 'frequency_before', 'n_after_expanded', 'fold_expanded', 'n_after_contracted', 'fold_contracted', 'missing']),
    numbers(data, 'clone_rules', () => true, 'Clone rule of each patient', ['patient_id', 'receptor', 'definition', 'threshold', 'threshold_source', 'linkage', 'n_cells', 'n_clones', 'n_paired_cells', 'n_paired_clones', 'n_orphan_cells', 'n_orphans_rescued', 'note']),
    numbers(data, 'clone_rule_sensitivity', () => true, 'Numbers under other clone rules', ['patient_id', 'receptor', 'rule', 'linkage', 'threshold', 'n_clones', 'top_clone_fraction', 'n_shared_before_after', 'flag', 'missing']),
    numbers(data, 'clone_car', () => true, 'Clones by transgene', ['sample_id', 'receptor', 'clone_id', 'n_cells', 'n_assayed_pos', 'n_assayed_neg', 'n_not_assayed', 'fraction', 'fraction_lower', 'fraction_upper', 'missing']),
    numbers(data, 'receptor_attrition', () => true, 'Receptor cells by reason', ['sample_id', 'receptor', 'stage', 'n_cells', 'n_removed', 'reason', 'missing']),
    numbers(data, 'repertoire_alarms', () => true, 'Alarms', ['receptor', 'kind', 'patients', 'samples', 'libraries', 'n_cells', 'junction_1', 'junction_2']),
    how(clonesHow),
  ].join('');
}

export function inflammationSection(content: PageContent): string {
  const {data} = content;
  return [
    figuresOf(content, ['signature-change', 'signature-robustness', 'signature-by-cell-type', 'depth-check'], notMade('inflammation', data)),
    power(data),
    numbers(data, 'verdicts', (row) => row['family'] === 'primary-signatures', 'Verdicts on signatures', verdictColumns),
    numbers(data, 'timepoint_comparisons', (row) => String(row['family']).endsWith('-signatures') && row['level'] === 'lineage', 'Signature comparisons', comparisonColumns),
    numbers(data, 'depth_check', () => true, 'Depth check', ['contrast', 'cell_type', 'level', 'median_counts_before', 'median_counts_after', 'ratio', 'flag', 'missing']),
    numbers(data, 'signature_sets', () => true, 'Gene sets', ['signature', 'role', 'used', 'n_genes', 'n_present', 'fraction_present', 'missing']),
    how(scoresHow),
  ].join('');
}

export function genesSection(content: PageContent): string {
  const {data, asksForGenes} = content;
  if (!asksForGenes) return '<p>Not in this run: <code>differential_expression</code> is not set in the run file. It needs R with limma, or the image <code>r-limma</code>.</p>';
  const tests = data.tables['differential_expression_tests'] ?? [];
  if (tests.length === 0) return `<p>Not in this run: ${data.contrasts.length === 0 ? 'no contrast in the run file' : 'no counts of cells with a type to add up, or the step differential-expression failed'}.</p>`;
  const beside = setsBesideScores(data);
  const surest = (data.tables['differential_expression'] ?? []).filter((row) => row['level'] === 'lineage' && row['contrast'] === mainContrast(data)?.name && (numberOf(row, 'q_value') ?? 1) < 0.05).sort((a, b) => (numberOf(a, 'p_value') ?? 1) - (numberOf(b, 'p_value') ?? 1));
  const derived: FigureData = {...data, tables: {...data.tables, gene_set_tests: beside, differential_expression: surest}};
  return figuresOf(content, ['volcano']) + `<p>${escapeXml(agreementSentence(beside))}</p>`
    + numbers(derived, 'gene_set_tests', () => true, 'Gene sets by score and by genes', ['cell_type', 'signature', 'score_change', 'score_q', 'n_genes', 'camera_direction', 'camera_q', 'fry_direction', 'fry_q', 'agree', 'missing'])
    + numbers(derived, 'differential_expression', () => true, 'Genes that change', ['cell_type', 'gene_symbol', 'n_pairs', 'log2_fold_change', 'ci_lower', 'ci_upper', 'average_expression', 'p_value', 'q_value'])
    + numbers(data, 'differential_expression_tests', () => true, 'Tests of genes by cell type', ['contrast', 'cell_type', 'level', 'n_pairs', 'patients_dropped', 'n_genes_tested', 'n_genes_low', 'n_up', 'n_down', 'missing'])
    + how(`${genesHow} Made with ${escapeXml(String(tests[0]['tools']))}.`);
}

export function cellsSection(content: PageContent): string {
  const {data} = content;
  return [
    cellMap(content),
    figuresOf(content, ['umap', 'composition', 'composition-samples', 'b-cell-types', 'cluster-stability', 'markers', 'car-cells'], notMade('cells', data)),
    receptorSentence(data),
    notComparedSentence(data),
    numbers(data, 'verdicts', (row) => row['family'] === 'composition', 'Verdicts on composition', verdictColumns),
    numbers(data, 'timepoint_comparisons', (row) => row['family'] === 'composition', 'Composition comparisons', comparisonColumns),
    numbers(data, 'composition', (row) => row['level'] === 'lineage', 'Composition of each sample', ['sample_id', 'cell_type', 'n_cells', 'n_total', 'fraction', 'fraction_lower', 'fraction_upper', 'cells_per_ul', 'missing']),
    numbers(data, 'subtype_composition', () => true, 'Subtypes within each lineage', ['sample_id', 'lineage', 'cell_subtype', 'n_cells', 'n_lineage', 'fraction', 'fraction_lower', 'fraction_upper', 'missing']),
    numbers(data, 'receptor_check', () => true, 'Receptors found in the cells of each lineage', ['sample_id', 'lineage', 'receptor', 'verdict', 'n_cells', 'n_receptor_doublets', 'missing']),
    numbers(data, 'annotation_evidence', (row) => Number(row['rank']) <= 3, 'Lineages that each cluster is nearest to', ['cluster', 'n_cells', 'lineage', 'mean_score', 'lead', 'rank', 'n_labelled', 'missing']),
    numbers(data, 'car_calls', (row) => row['used'] === 'true', 'Cells with the transgene', ['sample_id', 'lineage', 'role', 'min_umi', 'n_cells', 'n_positive', 'fraction', 'fraction_lower', 'fraction_upper', 'missing']),
    numbers(data, 'reference_contigs', () => true, 'Transgene in the reference', ['contig', 'gene_id', 'length', 'orf_aa', 'unique_fraction', 'unique_in_first_500_bp', 'unique_in_last_500_bp', 'longest_shared', 'gene_shared_with', 'warning']),
    numbers(data, 'cluster_stability', () => true, 'Clusters by resolution', ['resolution', 'chosen', 'n_cells', 'n_drawn', 'n_draws', 'n_clusters', 'n_clusters_lower', 'n_clusters_upper', 'ari', 'ari_lower', 'ari_upper', 'missing']),
    how(cellsHow),
  ].join('');
}

/** A matrix of few genes can lack the markers of a whole lineage. */
function notComparedSentence(data: FigureData): string {
  const rows = (data.tables['annotation_evidence'] ?? []).filter((row) => row['cluster'] === null && row['missing'] !== null);
  const few = (row: Row): string => String(row['missing']).replace(/^not compared: (\d+ of \d+ marker genes in the matrix).*$/, '$1');
  return rows.length === 0 ? '' : `<p>${escapeXml(`Lineages that could not be told, so that their cells bear another label: ${rows.map((row) => `${String(row['lineage'])} (${few(row)})`).join(', ')}.`)}</p>`;
}

/** Labels are made without receptors, so that what the receptors say is a check. */
function receptorSentence(data: FigureData): string {
  const count = (verdict: string): number => (data.tables['receptor_check'] ?? []).filter((row) => row['verdict'] === verdict).reduce((sum, row) => sum + (numberOf(row, 'n_cells') ?? 0), 0);
  const [agree, conflict] = [count('agrees'), count('conflict')];
  if (agree + conflict === 0) return '';
  return `<p><strong>Receptors as a check of the labels</strong>: of ${agree + conflict} kept cells with a receptor, ${agree} have the one that fits their lineage (TCR: T or NK cell; BCR: B or plasma cell) and ${conflict} conflict with it or have both.</p>`;
}

export function clinicalSection(content: PageContent): string {
  const {data} = content;
  if (!hasClinic(data)) return figuresOf(content, ['clinical-course', 'endpoints']);
  return figuresOf(content, ['clinical-course', 'endpoints']) + `<p><strong>Readings</strong>: ${escapeXml(flipSentence(data))}</p>`
    + numbers(data, 'clinical_summary', () => true, 'Endpoints', ['endpoint', 'k', 'n', 'percent', 'ci_lower', 'ci_upper', 'median', 'low', 'high', 'n_missing', 'k_most', 'patients_missing', 'rule_id', 'missing'])
    + numbers(data, 'clinical_patients', () => true, 'Endpoints of each patient', ['patient_id', 'endpoint', 'value', 'day', 'rule_id', 'missing'])
    + numbers(data, 'clinical_visits', () => true, 'Visits', ['patient_id', 'timepoint', 'day', 'sledai_2k', 'sledai_2k_recorded', 'clinical_sledai', 'doris_2021', 'doris_2017_complete_on', 'doris_2017_complete_off', 'lldas', 'renal_kdigo2024', 'b_cells', 'igg_band', 'crs_grade', 'icans_grade', 'missing'])
    + numbers(data, 'b_cell_times', () => true, 'When B cells went and came back', ['patient_id', 'event', 'variant', 'threshold_per_ul', 'in_time', 'after_day', 'by_day', 'missing'])
    + numbers(data, 'clinical_conflicts', () => true, 'Where sources disagree', ['conflict', 'reading_used', 'reading_other', 'endpoint', 'k_used', 'n_used', 'k_other', 'n_other', 'n_flipped', 'patients_flipped'])
    + numbers(data, 'clinical_rules', () => true, 'Rules', ['rule_id', 'definition', 'source'])
    + how(clinicalHow);
}

/** What this many patients could have shown at all. */
function power(data: FigureData): string {
  const contrast = mainContrast(data)?.name;
  const rows = (data.tables['timepoint_comparisons'] ?? []).filter((row) => row['contrast'] === contrast && row['variant'] === 'main' && row['family'] === 'primary-signatures');
  const n = Math.max(0, ...rows.map((row) => numberOf(row, 'n_pairs') ?? 0));
  return n === 0 ? '' : `<p>${escapeXml(powerSentence(n, rows.filter((row) => numberOf(row, 'q_wilcoxon') !== null).length))}</p>`;
}

const comparisonColumns = ['contrast', 'outcome', 'cell_type', 'variant', 'n_pairs', 'mean_difference', 'ci_lower', 'ci_upper', 'n_up', 'n_down', 'p_t', 'p_wilcoxon', 'p_sign_flip', 'p_floor', 'q_t', 'dz', 'hedges_gz', 'patients_dropped', 'note', 'missing'];

const verdictColumns = ['contrast', 'outcome', 'cell_type', 'verdict', 'n_checks', 'sentence'];

const clonesHow = 'A clone is a set of cells of one patient with the same receptor; the rule is in the table of clones, and its threshold in the table of rules. By default: TCR by exact nucleotide junction, V and J gene of both chains; BCR by V and J gene, junction length and Hamming distance within the threshold (single linkage). Measures of dominance are compared at the same number of cells within a patient; diversity also at the same coverage, which is the share of the cells that belong to clones that were seen (Chao and Jost 2012). Each clone is tested with Fisher’s exact test, corrected by Benjamini and Hochberg within patient and receptor. Tests over patients use one value a patient.';
const scoresHow = 'Scores are UCell rank scores of single cells (Andreatta and Carmona 2021), averaged over the cells of a type in a sample; the patient is the unit of every test (paired t, exact Wilcoxon, exact sign-flip). A set is also scored without the genes of the two interferon Hallmarks, because interferon alone can look like inflammation. Where the sequencing depth of the two sides differs beyond the limit, both samples of each pair are thinned to the shallower one before scoring. Each claim is checked by other scores, other draws of the thinning, a moderated t (where pairs are incomplete also one of every sample, by the correlation within patients), a mixed model where visits are missing or more than two, and without each patient in turn; the declared analysis alone is corrected by Benjamini and Hochberg.';
const genesHow = 'Counts of a sample’s cells of one type are added up, so that a patient gives one value a side. Genes with too few counts are left out (edgeR filterByExpr), library sizes are scaled by TMM, and limma-voom fits patient and side (Law et al. 2014). Gene sets are tested with camera (against the other genes, with a fixed correlation of 0.01 unless set otherwise; Wu and Smyth 2012) and fry (against no change; Wu et al. 2010); camera calls too easily where the genes of a set vary together between patients, so that a change should be seen by the score too. Corrected by Benjamini and Hochberg within a contrast and cell type, for sets also within a method. Types below the lineages are in the tables.';
const cellsHow = 'A barcode is kept when it passes the bounds of quality control; each removed barcode has one reason. Clusters get the lineage whose marker genes score highest (UCell); what is close or rare is decided for each cell with its neighbours, and a lead below the margin leaves the label above. Labels of a reference or of the user stand where the run file asks for them (label_source). Receptors have no say in labels. Shares have exact binomial intervals; tests are on the logit of the share.';
const clinicalHow = 'Every status is true, false or not known. A value that was not recorded is never taken for 0 or for normal; one definite failure is enough for false, so that a status that is not known can more easily turn out false than true, and the table has the count if all of them were true. Baseline is the last visit on or before the infusion, the last visit the last one in which the status is known; its day is in the table of patients. Intervals of shares are exact (Clopper and Pearson 1934). Days of depletion and recovery lie between two visits and are given as intervals. Each rule, its source and the reading that was used where sources disagree are in the table of rules.';
