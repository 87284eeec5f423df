// The figures on small tables with gaps: they parse and are not blank, hold no tiny text, escape names, show reasons, and are the same every time.
import {Resvg} from '@resvg/resvg-js';
import {join} from 'node:path';
import {expect, test} from 'vitest';
import {randomStream} from '../../../pipeline/base/random.ts';
import type {Row} from '../../../pipeline/data/table.ts';
import {drawAttrition} from '../../../pipeline/figures/attrition.ts';
import {drawClonalAbundance} from '../../../pipeline/figures/clonal-abundance.ts';
import {drawCloneDiversity} from '../../../pipeline/figures/clone-diversity.ts';
import {cloneNotes} from '../../../pipeline/figures/clone-notes.ts';
import {drawCloneSensitivity} from '../../../pipeline/figures/clone-sensitivity.ts';
import {drawCloneTracking} from '../../../pipeline/figures/clone-tracking.ts';
import {drawClusterStability} from '../../../pipeline/figures/cluster-stability.ts';
import {drawComposition} from '../../../pipeline/figures/composition.ts';
import {timepointColour, type Figure, type FigureData} from '../../../pipeline/figures/figure.ts';
import {agreementSentence, setsBesideScores} from '../../../pipeline/figures/gene-sets.ts';
import {placeLabels} from '../../../pipeline/figures/label-places.ts';
import {drawRepertoireOverlap} from '../../../pipeline/figures/repertoire-overlap.ts';
import {drawDepthCheck} from '../../../pipeline/figures/depth-check.ts';
import {drawSignatureByCellType} from '../../../pipeline/figures/signature-by-cell-type.ts';
import {drawSignatureChange} from '../../../pipeline/figures/signature-change.ts';
import {drawSignatureRobustness} from '../../../pipeline/figures/signature-robustness.ts';
import {drawUmap} from '../../../pipeline/figures/umap.ts';
import {findingsText, inflammationFinding} from '../../../pipeline/figures/verdicts.ts';
import {drawVolcano} from '../../../pipeline/figures/volcano.ts';
import {readCellTypes} from '../../../pipeline/formats/cell-types.ts';

const patients = ['<P01>', 'P02', 'P03', 'P04'];
const timepoints = ['baseline', 'month1'];
const lineageColours = new Map(readCellTypes(join(import.meta.dirname, '../../../configs/cell-types.yaml')).types.filter((type) => type.level === 'lineage').map((type) => [type.label, type.colour]));
const samples = patients.flatMap((patient_id) => timepoints.map((timepoint) => ({sample_id: `${patient_id}-${timepoint}`, patient_id, timepoint, day: '0'})));
const isGap = (sample: {patient_id: string; timepoint: string}): boolean => sample.patient_id === 'P04' && sample.timepoint === 'month1';

function comparison(family: string, outcome: string, cell_type: string, more: Row): Row {
  return {contrast: 'c', family, outcome, cell_type, level: cell_type === 'all' ? 'all' : 'lineage', variant: 'main', n_pairs: '3', patients_dropped: 'P04', mean_difference: null, ci_lower: null, ci_upper: null, n_up: null, n_down: null, q_t: null, missing: null, ...more};
}

const ofGenes = (cell_type: string, more: Row): Row => ({contrast: 'c', cell_type, level: 'lineage', n_pairs: '3', missing: null, ...more});
const gene = (gene_symbol: string, change: number, p: number, q: number): Row => ofGenes('T cell', {gene_id: `id-${gene_symbol}`, gene_symbol, log2_fold_change: String(change), p_value: String(p), q_value: String(q)});
const setTest = (cell_type: string, signature: string, method: string, more: Row): Row => ofGenes(cell_type, {signature, method, n_genes: '9', direction: null, q_value: null, ...more});
const tested = {mean_difference: '-0.2', ci_lower: '-0.3', ci_upper: '-0.1', n_up: '0', n_down: '3', q_t: '0.01', p_t: '0.01', dz: '-2'};
const data: FigureData = {
  timepoints, patients, lineageColours, contrasts: [{name: 'c', by: 'timepoint', before: 'baseline', after: 'month1', where: {}, primary: true}],
  tables: {
    clonal_abundance: samples.flatMap((sample): Row[] => (isGap(sample) ? [{...sample, receptor: 'BCR', cell_type: 'all', level: 'all', clone_id: null, missing: 'excluded: the tube clotted'}]
      : [0.5, 0.3, 0.1, 0.1].map((frequency, i) => ({...sample, receptor: 'BCR', cell_type: 'all', level: 'all', clone_id: `c${i}`, frequency: String(frequency), n_cells: '10', missing: null})))),
    clone_rule_sensitivity: patients.slice(0, 3).flatMap((patient_id): Row[] => [['as called', '0.15', '0.5'], ['', '0', '0.1'], ['', '0.1', '0.5']].map(([flag, threshold, top]) => ({patient_id, receptor: 'BCR', rule: 'a rule', linkage: 'single', threshold, n_clones: '9', top_clone_fraction: top, n_shared_before_after: '2', flag: flag || (top === '0.1' ? 'top clone 5.0 times smaller' : null), missing: null}))),
    repertoire_overlap: samples.flatMap((a, i) => samples.slice(i + 1).map((b): Row => ({receptor: 'BCR', sample_id_a: a.sample_id, sample_id_b: b.sample_id, n_shared: '1', jaccard: '0.1', overlap: '0.1', morisita_horn: isGap(a) || isGap(b) ? null : a.patient_id === b.patient_id ? '0.6' : '0.01', same_patient: String(a.patient_id === b.patient_id), missing: null}))),
    repertoire_alarms: [{receptor: 'BCR', kind: 'paired clone in several patients', junction_1: 'TGT', junction_2: 'TGC', patients: 'P02,P03', samples: 'a,b', libraries: 'P02-bcr,P03-bcr', n_cells: '4', missing: null}],
    clone_rules: [{patient_id: 'P02', receptor: 'BCR', definition: 'lymphline', threshold: '0.15', threshold_source: 'fallback', note: 'no automatic threshold: 12 nearest distances, 50 needed'}],
    clonal_diversity: samples.flatMap((sample): Row[] => [...['depth-matched', 'coverage-matched'].flatMap((method) => ['0', '1', '2'].map((q): Row => ({...sample, receptor: 'BCR', cell_type: 'all', measure: 'hill', q, method, value: isGap(sample) ? null : String(12 - Number(q)), missing: isGap(sample) ? 'excluded: the tube clotted' : null}))), {...sample, receptor: 'BCR', cell_type: 'all', measure: 'top_clone', method: 'observed', n_cells: sample.patient_id === 'P03' ? '3' : '30', coverage: '0.4', value: null, missing: sample.patient_id === 'P03' ? 'only 3 BCR+ cells, 20 needed' : null}, {...sample, receptor: 'BCR', cell_type: 'all', measure: 'top_clone', method: 'depth-matched', value: isGap(sample) ? null : '0.5', missing: isGap(sample) ? 'excluded: the tube clotted' : null}]),
    clone_tracking: patients.map((patient_id): Row => (patient_id === 'P04' ? {patient_id, receptor: 'BCR', contrast: 'c', clone_id: null, verdict: null, missing: 'month1 excluded: the tube clotted'}
      : {patient_id, receptor: 'BCR', contrast: 'c', clone_id: 'c0', n_before: '5', n_cells_before: '10', n_after: '0', n_cells_after: '30', frequency_before: '0.5', frequency_after: '0', detection_limit_after: '0.095', verdict: 'not-detected', missing: null})),
    signature_summary: samples.filter((sample) => !isGap(sample)).map((sample) => ({...sample, cell_type: 'T cell', level: 'lineage', signature: 'SET_A', variant: 'as-counted', n_cells: '50', mean: sample.timepoint === 'baseline' ? '0.4' : '0.2', missing: null})),
    timepoint_comparisons: [
      comparison('clonal', 'BCR top_clone', 'all', tested), comparison('primary-signatures', 'SET_A', 'T cell', tested),
      comparison('primary-signatures', 'SET_A', 'T cell', {...tested, variant: 'method:aucell', q_t: null, p_t: '0.2'}), comparison('primary-signatures', 'SET_A', 'T cell', {...tested, variant: 'without P02', q_t: null}),
      comparison('primary-signatures', 'SET_A', 'B cell', {n_pairs: '0', missing: '0 complete pairs, 3 needed'}), comparison('composition', 'fraction', 'T cell', {...tested, q_t: '0.7'}),
    ],
    composition: samples.map((sample) => ({...sample, cell_type: 'T cell', level: 'lineage', n_cells: isGap(sample) ? null : '50', fraction: isGap(sample) ? null : '0.5', missing: isGap(sample) ? 'excluded: the tube clotted' : null})),
    differential_expression_tests: [ofGenes('T cell', {tools: 'limma 3.54.1'}), ofGenes('B cell', {n_pairs: '0', missing: '0 complete pairs, 3 needed'})],
    differential_expression: [gene('<UP>', 3, 1e-9, 1e-7), gene('DOWN', -2, 1e-5, 0.001), gene('NULL1', 0.1, 0.6, 0.8), gene('ZERO', 1, 0, 0), ofGenes('B cell', {gene_id: null, p_value: null, missing: '0 complete pairs, 3 needed'})],
    gene_set_tests: [setTest('T cell', 'SET_A', 'camera', {direction: 'down', q_value: '0.001'}), setTest('T cell', 'SET_A', 'fry', {direction: 'down', q_value: '0.3'}), ...['camera', 'fry'].map((method) => setTest('B cell', 'SET_A', method, {missing: '0 complete pairs, 3 needed'}))],
    cluster_stability: [['0.5', 'false', '0.98'], ['1', 'true', '0.7'], ['2', 'false', '0.4']].map(([resolution, chosen, ari]): Row => ({resolution, chosen, n_cells: '90', n_drawn: '72', n_draws: '10', n_clusters: '4', n_clusters_lower: '3', n_clusters_upper: '6', ari, ari_lower: '0.3', ari_upper: '1', missing: null})),
    depth_check: [{contrast: 'c', cell_type: 'T cell', level: 'lineage', ratio: '1.5', flag: 'thinned', missing: null}, {contrast: 'c', cell_type: 'B cell', level: 'lineage', ratio: null, flag: null, missing: 'no complete pair'}],
    cells: samples.filter((sample) => !isGap(sample)).flatMap((sample) => [1, 2, 3].map((i) => ({...sample, cell_id: `${sample.sample_id}_${i}`, kept: 'true', n_counts: String(1000 * i), lineage: 'T cell', umap_1: String(i), umap_2: String(-i)}))),
    attrition: samples.flatMap((sample): Row[] => (isGap(sample) ? [{...sample, stage: 'read', n_cells: null, n_removed: null, reason: null, missing: 'excluded: the tube clotted'}]
      : [{...sample, stage: 'read', n_cells: '100', n_removed: '0', reason: 'barcodes', missing: null}, {...sample, stage: 'qc', n_cells: '90', n_removed: '10', reason: 'max_percent_mito', missing: null}, {...sample, stage: 'analysed', n_cells: '90', n_removed: '0', reason: 'kept', missing: null}])),
  },
};
const empty: FigureData = {...data, tables: {}};
const draw = (of: FigureData): Figure[] => [drawClonalAbundance(of), drawCloneTracking(of), drawSignatureChange(of), drawComposition(of), drawSignatureRobustness(of), drawSignatureByCellType(of), drawDepthCheck(of), drawUmap(of, randomStream(1, 'umap')), drawAttrition(of), drawCloneDiversity(of), drawCloneSensitivity(of), drawRepertoireOverlap(of), drawVolcano(of), drawClusterStability(of)];

test.each(draw(data).map((figure) => [figure.id, figure] as const))('%s parses, is not blank, has no tiny text and escapes names', (_id, figure) => {
  const image = new Resvg(figure.svg, {font: {loadSystemFonts: false}}).render();
  expect(image.pixels.some((value) => value < 200)).toBe(true);
  for (const [, size] of figure.svg.matchAll(/font-size="([\d.]+)"/g)) expect(Number(size)).toBeGreaterThanOrEqual(6);
  expect(figure.svg).not.toContain('<P01>');
  expect(figure.svg).toContain('<title>');
  expect(figure.svg).not.toMatch(/NaN|undefined|Infinity/);
  expect(figure.values.rows.length).toBeGreaterThan(0);
});

test('equal tables give equal pictures', () => {
  expect(draw(data)).toEqual(draw(data));
});

test('what is missing is drawn with its reason', () => {
  const [abundance, tracking, signatures] = draw(data);
  for (const word of ['the', 'tube', 'clotted']) expect(abundance.svg).toContain(word);
  expect(tracking.svg).toContain('clotted');
  expect(signatures.svg).toContain('0 complete');
});

test('what no figure says is said: limits, coverage, thresholds and alarms', () => {
  // 1 - 0.05^(1/3) = 0.632.
  expect(cloneNotes(data).map((note) => `${note.heading}: ${note.sentence}`)).toEqual([
    'Detection limit: too few cells for abundance and diversity. 3 cells, so that a clone of up to 63 % could have been missed: P03 baseline (BCR), P03 month1 (BCR).',
    'Coverage: below one half in 6 of 6 repertoires: most cells there belong to clones that were not seen, and numbers of clones say little.',
    'Threshold: P02: no automatic threshold: 12 nearest distances, 50 needed, so that 0.15 was used.',
    'Alarm: 1 times paired clone in several patients; the first in libraries P02-bcr,P03-bcr, 4 cells. Two people do not make the same pair of junctions by chance: check for swaps, carry-over and index hopping.',
  ]);
  expect(cloneNotes(empty)).toEqual([]);
});

test('a claim that a check does not bear out is counted so, and every check is drawn and told', () => {
  const figure = drawSignatureRobustness(data);
  expect(figure.title).toBe('0 of 1 changes of signatures hold in every check');
  for (const word of ['>main<', '>aucell<', '>a patient left out<']) expect(figure.svg).toContain(word);
  // dz -2, and the interval -0.3..-0.1 in units of the standard deviation 0.1.
  expect(figure.values.rows[0]).toMatchObject({variant: 'main', standardised_difference: -2, ci_lower: expect.closeTo(-3, 12), ci_upper: expect.closeTo(-1, 12)});
  expect(figure.values.rows.map((row) => row['variant'])).toEqual(['main', 'method:aucell', 'without P02']);
});

test('a check beyond the panel is an arrow, and the declared change never is', () => {
  const rows = [comparison('primary-signatures', 'SET_A', 'T cell', {...tested, dz: '-20'}), comparison('primary-signatures', 'SET_A', 'T cell', {...tested, dz: '-40', variant: 'method:aucell'})];
  const {svg} = drawSignatureRobustness({...data, tables: {...data.tables, timepoint_comparisons: rows}});
  expect([svg.match(/<polygon/g)?.length, svg.match(/<circle/g)?.length]).toEqual([1, 1]);
});

test('who is drawn and not compared is told apart', () => {
  const few = comparison('primary-signatures', 'SET_A', 'T cell', {...tested, patients_dropped: 'P02,P04'});
  const {pairs} = inflammationFinding({...data, tables: {...data.tables, timepoint_comparisons: [few]}}, 'T cell');
  expect(pairs.map(({patient_id, before}) => [patient_id, before])).toEqual([['<P01>', 0.4], ['P02', null], ['P03', 0.4], ['P04', null]]);
  expect(drawComposition(data).svg).toContain('month1: no change seen (3 compared)');
});

test('the depth of each sample is the median of its kept cells, and a lineage without pairs says so', () => {
  const figure = drawDepthCheck(data);
  expect(figure.title).toBe('Sequencing depth differs in T cell: scores there are on thinned counts');
  // Where no score was compared, none is on thinned counts.
  expect(drawDepthCheck({...data, tables: {...data.tables, timepoint_comparisons: []}}).title).toBe('Sequencing depth differs in T cell');
  expect(figure.svg).toContain('ratio 1.5: thinned');
  // 1000, 2000, 3000 in every sample with cells; P04 has none at month1.
  expect(figure.values.rows.filter((row) => row['cell_type'] === 'T cell').map((row) => row['median_counts'])).toEqual([2000, 2000, 2000, 2000, 2000, 2000, 2000, null]);
  expect(figure.values.rows.filter((row) => row['cell_type'] === 'B cell').every((row) => row['missing'] !== null)).toBe(true);
});

test('the heat map shows standardised changes and hatches what has none', () => {
  const figure = drawSignatureByCellType(data);
  expect(figure.title).toBe('1 of 1 signatures by lineage change at month1');
  expect(figure.svg).toContain('>-2.0<');
  expect(figure.svg).toContain('-hatch)');
});

test('a run without a table leaves a figure that says why', () => {
  for (const figure of draw(empty)) {
    expect(figure.svg, figure.id).toContain('-hatch)');
    expect(figure.svg, figure.id).not.toMatch(/NaN|undefined|Infinity/);
  }
});

test('the words say what the numbers say, and no change as readily', () => {
  expect(findingsText(data)).toBe('Clonal abundance: BCR clones are less dominant at month1 (3 of 3 patients down).\nInflammatory status: T cell: lower at month1: set a.\nCells: 630 of 700 barcodes were analysed; removed: 70 max_percent_mito.\n');
  const quiet = {...data, tables: {...data.tables, timepoint_comparisons: (data.tables['timepoint_comparisons'] ?? []).map((row) => (row['q_t'] === null ? row : {...row, q_t: '0.8'}))}};
  expect(findingsText(quiet)).toContain('no change of dominance seen at month1');
  expect(findingsText(quiet)).toContain('no change seen in 1 signatures');
});

test('the volcano counts and names what is called, draws nothing for what was not tested, and tells the values', () => {
  const figure = drawVolcano(data);
  expect(figure.title).toBe('Genes that change at month1: 3 in T cell');
  for (const word of ['n 3 pairs, 4 genes', '1 lower', '2 higher', '>DOWN<', '>&lt;UP&gt;<', 'complete']) expect(figure.svg).toContain(word);
  expect(figure.svg).not.toContain('>NULL1<');
  expect(figure.values.rows.map((row) => [row['cell_type'], row['gene_symbol'] ?? null, row['direction'] ?? null, row['labelled'] ?? null, row['missing'] ?? null])).toEqual([
    ['T cell', '<UP>', 'higher', true, null], ['T cell', 'DOWN', 'lower', true, null], ['T cell', 'NULL1', 'no change seen', false, null], ['T cell', 'ZERO', 'higher', true, null], ['B cell', null, null, null, '0 complete pairs, 3 needed'],
  ]);
  const quiet = {...data, tables: {...data.tables, differential_expression: [gene('NULL1', 0.1, 0.6, 0.8)]}};
  expect(drawVolcano(quiet).title).toBe('No gene changed beyond chance at month1 in 1 lineage');
});

test('names of genes overlap neither each other nor a named point, and stay in the panel', () => {
  // A cloud of 12 named points in 40 x 30 within a frame of 140 x 120, and 200 others.
  const random = randomStream(5, 'labels');
  const labels = Array.from({length: 12}, () => ({x: 50 + 40 * random.uniform(), y: 40 + 30 * random.uniform(), width: 20, height: 6, side: 1 as const}));
  const frame = {left: 0, right: 140, top: 0, bottom: 120};
  const places = placeLabels(labels, frame, Array.from({length: 200}, () => [140 * random.uniform(), 80 + 40 * random.uniform()] as const));
  const boxes = places.flatMap((place) => (place === null ? [] : [place.box]));
  expect(boxes.length).toBe(12);
  boxes.forEach((box, i) => {
    expect(box.left >= 0 && box.right <= 140 && box.top >= 0 && box.bottom <= 120).toBe(true);
    for (const other of boxes.slice(i + 1)) expect(box.left < other.right && other.left < box.right && box.top < other.bottom && other.top < box.bottom).toBe(false);
    for (const {x, y} of labels) expect(x > box.left && x < box.right && y > box.top && y < box.bottom).toBe(false);
  });
});

test('gene set tests stand beside the scores, and where they part is said', () => {
  // SET_A in T cells: the score and camera say lower, fry sees no change; B cells were not tested.
  const rows = setsBesideScores(data);
  expect(rows.map((row) => [row['cell_type'], row['score_q'], row['camera_q'], row['fry_q'], row['agree'], row['missing']])).toEqual([
    ['T cell', '0.01', '0.001', '0.3', 'no', null], ['B cell', null, null, null, null, '0 complete pairs, 3 needed'],
  ]);
  expect(agreementSentence(rows)).toBe('Score, camera and fry give the same answer (q < 0.05, direction) in 0 of 1 tests of a set in a lineage; they part in T cell: set a.');
});

/** Relative luminance of sRGB (WCAG 2.2). */
function luminance(hex: string): number {
  const [r, g, b] = [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16) / 255).map((value) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4));
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

test('timepoints are told apart in grey: later is darker', () => {
  const colours = ['a', 'b', 'c'].map((name) => luminance(timepointColour(['a', 'b', 'c'], name)));
  expect(colours[0] - colours[1]).toBeGreaterThan(0.08);
  expect(colours[1] - colours[2]).toBeGreaterThan(0.08);
});
