// A made-up cohort of any size for the figures: every table that one of them reads, cells as text, with a gap, a depleted timepoint and a patient without a pair.
import {randomStream} from '../../../pipeline/base/random.ts';
import type {Row} from '../../../pipeline/data/table.ts';
import type {FigureData} from '../../../pipeline/figures/figure.ts';

const timepoints = ['baseline', 'month1', 'month3'];
const lineages: readonly (readonly [string, string])[] = [['T cell', '#0072B2'], ['NK cell', '#56B4E9'], ['B cell', '#D55E00'], ['plasma cell', '#CC79A7'], ['monocyte', '#009E73'], ['dendritic cell', '#E69F00']];
const bTypes = ['naive B cell', 'memory B cell'];
const sets = ['HALLMARK_INTERFERON_ALPHA_RESPONSE', 'HALLMARK_INFLAMMATORY_RESPONSE', 'HALLMARK_INFLAMMATORY_RESPONSE_NO_IFN'];

export interface SceneSize {
  readonly nPatients: number;
  readonly name?: (patient: number) => string;
  readonly cellsEach?: number;
}

export function scene({nPatients, name = (i) => `P${String(i + 1).padStart(2, '0')}`, cellsEach = 12}: SceneSize): FigureData {
  const random = randomStream(7, 'scene');
  const patients = Array.from({length: nPatients}, (_, i) => name(i));
  const samples = patients.flatMap((patient_id, p) => timepoints.map((timepoint, t) => ({sample_id: `${patient_id}-${timepoint}`, patient_id, timepoint, day: String([-7, 30, 90][t]), gap: p === 3 && t === 1, depleted: t === 1})));
  const keys = ({sample_id, patient_id, timepoint, day}: (typeof samples)[number]): Row => ({sample_id, patient_id, timepoint, day});
  const reason = 'excluded: the tube clotted';
  const u = (): number => random.uniform();
  const contrast = {contrast: 'month3-vs-baseline', n_pairs: String(nPatients), patients_dropped: patients[3] ?? '', missing: null};
  const comparison = (family: string, outcome: string, cell_type: string): Row[] => ['main', 'method:aucell', 'as-counted'].map((variant) => ({...contrast, family, outcome, cell_type, level: cell_type === 'all' ? 'all' : 'lineage', variant, mean_difference: '-0.2', ci_lower: '-0.3', ci_upper: '-0.1', n_up: '0', n_down: String(nPatients), q_t: '0.01', p_t: '0.004', dz: '-2'}));
  const cells = samples.filter(({gap}) => !gap).flatMap((sample): Row[] => Array.from({length: cellsEach}, (_, i): Row => {
    const [lineage] = lineages[i % lineages.length];
    return {...keys(sample), cell_id: `${sample.sample_id}_${i}`, kept: String(i % 11 !== 10), n_counts: String(Math.round(500 + 3000 * u())), n_genes: String(Math.round(200 + 900 * u())), percent_mito: String(20 * u()), cluster: String(i % 9), lineage, cell_type: lineage === 'B cell' ? bTypes[i % 2] : lineage, umap_1: String(10 * u()), umap_2: String(10 * u()), tcr_clone_id: `${sample.patient_id}-TCR-${i % 5}`, bcr_clone_id: null, car_call: null};
  }));
  const tables: Record<string, readonly Row[]> = {
    sheet: samples.flatMap((sample): Row[] => (sample.gap ? [{...keys(sample), library: '', excluded: reason}] : ['gex', 'tcr', 'bcr'].map((library) => ({...keys(sample), library, excluded: ''})))),
    biopsies: patients.slice(0, 3).flatMap((patient_id): Row[] => ['-20', '180'].map((day) => ({patient_id, day}))),
    adverse_events: patients.slice(1, 2).flatMap((patient_id): Row[] => [{patient_id, day_start: '4', day_end: '8', category: 'crs', grade: '1'}, {patient_id, day_start: '40', day_end: null, category: 'infection', grade: '2'}]),
    cells,
    attrition: samples.flatMap((sample): Row[] => (sample.gap ? [{...keys(sample), stage: 'read', n_cells: null, n_removed: null, reason: null, missing: reason}]
      : [{...keys(sample), stage: 'read', n_cells: '100', n_removed: '0', reason: 'barcodes', missing: null}, {...keys(sample), stage: 'qc', n_cells: '90', n_removed: '10', reason: 'max_percent_mito', missing: null}, {...keys(sample), stage: 'analysed', n_cells: '90', n_removed: '0', reason: 'kept', missing: null}])),
    composition: samples.flatMap((sample): Row[] => [...lineages.map(([cell_type]) => ({cell_type, level: 'lineage', n: cell_type === 'B cell' && sample.depleted ? 0 : 15})), ...bTypes.map((cell_type) => ({cell_type, level: 'type', n: sample.depleted ? 0 : 7}))]
      .map(({cell_type, level, n}) => ({...keys(sample), cell_type, level, n_cells: sample.gap ? null : String(n), n_total: sample.gap ? null : '90', fraction: sample.gap ? null : String(n / 90), missing: sample.gap ? reason : null}))),
    markers: Array.from({length: 9}, (_, c) => Array.from({length: 6}, (_unused, k): Row => ({cluster: String(c), gene_symbol: `GENE${c}${k}`, rank: String(k + 1), fraction_in: '0.9', fraction_out: String(u() / 3), cohens_d: '2'}))).flat(),
    clonal_abundance: ['BCR', 'TCR'].flatMap((receptor) => samples.flatMap((sample): Row[] => (sample.gap || (receptor === 'BCR' && sample.depleted) ? [{...keys(sample), receptor, cell_type: 'all', level: 'all', clone_id: null, clone_size: null, frequency: null, n_cells: '0', missing: sample.gap ? reason : `only 0 ${receptor}+ cells, 20 needed`}]
      : [[50, '10-99'], [6, '3-9'], [2, '2'], ...Array.from({length: 6}, () => [1, '1'] as const)].map(([size, expansion_class], i) => ({...keys(sample), receptor, cell_type: 'all', level: 'all', clone_id: `${sample.patient_id}-${receptor}-${i}`, clone_size: String(size), frequency: String(Number(size) / 64), frequency_lower: String(Number(size) / 90), frequency_upper: String(Math.min(1, Number(size) / 45)), n_cells: '64', expansion_class, missing: null}))))),
    clone_tracking: ['BCR', 'TCR'].flatMap((receptor) => patients.flatMap((patient_id): Row[] => [['contracted', 20, 2], ['not-detected', 10, 0], ['expanded', 2, 12], ['new', 0, 9], ['not-distinguishable', 3, 3]].map(([verdict, before, after], i) => ({...contrast, patient_id, receptor, clone_id: `${patient_id}-${receptor}-${i}`, n_before: String(before), n_cells_before: '64', n_after: String(after), n_cells_after: '64', frequency_before: String(Number(before) / 64), frequency_after: String(Number(after) / 64), detection_limit_after: '0.046', verdict})))),
    clone_rule_sensitivity: ['BCR', 'TCR'].flatMap((receptor) => patients.flatMap((patient_id): Row[] => [0, 0.1, 0.2].map((threshold, i) => ({patient_id, receptor, rule: 'rule', linkage: 'single', threshold: String(threshold), n_clones: '9', top_clone_fraction: String(0.1 + i / 5), n_shared_before_after: '2', flag: i === 1 ? 'as called' : null, missing: null})))),
    clonal_diversity: ['BCR', 'TCR'].flatMap((receptor) => samples.flatMap((sample) => ['depth-matched', 'coverage-matched'].flatMap((method) => ['0', '1', '2'].map((q): Row => ({...keys(sample), receptor, cell_type: 'all', measure: 'hill', q, method, value: sample.gap ? null : String(5 + 20 * u()), missing: sample.gap ? reason : null}))))),
    repertoire_overlap: ['BCR', 'TCR'].flatMap((receptor) => samples.flatMap((a, i) => samples.slice(i + 1).map((b): Row => ({receptor, sample_id_a: a.sample_id, sample_id_b: b.sample_id, n_shared: '0', jaccard: '0', morisita_horn: a.patient_id === b.patient_id ? '0.4' : '0', same_patient: String(a.patient_id === b.patient_id), missing: null})))),
    bcr_features: samples.flatMap((sample): Row[] => (sample.gap || sample.depleted ? [{...keys(sample), feature: 'isotype', level: null, n: null, n_cells: '0', value: null, missing: 'only 0 B cells with a heavy chain, 20 needed'}]
      : [...[['IGHM', 0.5], ['IGHG1', 0.3], ['IGHA1', 0.2]].map(([level, value]) => ({feature: 'isotype', level, value})), ...[['IGHV4-34', 0.1], ['IGHV3-23', 0.5], ['IGHV1-69', 0.4]].map(([level, value]) => ({feature: 'v_gene', level, value})), {feature: 'mutation_frequency', level: null, value: 0.03 + u() / 50}, {feature: 'junction_length_aa', level: null, value: 15 + Math.round(4 * u())}]
        .map(({feature, level, value}) => ({...keys(sample), feature, level, n: '10', n_cells: '60', value: String(value), missing: null})))),
    signature_summary: samples.filter(({gap}) => !gap).flatMap((sample) => lineages.flatMap(([cell_type]) => sets.map((signature): Row => ({...keys(sample), cell_type, level: 'lineage', signature, method: 'ucell', variant: 'as-counted', n_cells: '50', mean: String((sample.timepoint === 'baseline' ? 0.4 : 0.2) + u() / 20), missing: null})))),
    timepoint_comparisons: [...lineages.flatMap(([cell_type]) => sets.flatMap((outcome) => comparison('primary-signatures', outcome, cell_type))), ...lineages.flatMap(([cell_type]) => comparison('composition', 'fraction', cell_type)), ...['BCR', 'TCR'].flatMap((receptor) => comparison('clonal', `${receptor} top_clone`, 'all'))],
    depth_check: lineages.map(([cell_type]): Row => ({...contrast, cell_type, level: 'lineage', ratio: '1.5', flag: 'thinned'})),
    car_calls: [...samples.filter(({gap}) => !gap).map((sample): Row => ({...keys(sample), lineage: 'T cell', role: sample.timepoint === 'baseline' ? 'negative control: before infusion' : 'after infusion', min_umi: '1', used: 'true', n_cells: '40', n_positive: '2', fraction: '0.05', fraction_lower: '0.006', fraction_upper: '0.17', missing: null})), {sample_id: null, role: 'after infusion', min_umi: '1', used: 'true', n_cells: '80', n_positive: '4', fraction: '0.05', fraction_lower: '0.01', fraction_upper: '0.12', missing: null}],
    cluster_stability: ['0.5', '1', '2'].map((resolution, k): Row => ({resolution, chosen: String(resolution === '1'), n_cells: '900', n_drawn: '720', n_draws: '10', n_clusters: String(6 + 3 * k), n_clusters_lower: String(5 + 3 * k), n_clusters_upper: String(7 + 3 * k), ari: String(0.95 - 0.1 * k), ari_lower: String(0.9 - 0.1 * k), ari_upper: '0.99', missing: null})),
    differential_expression_tests: lineages.map(([cell_type]): Row => ({...contrast, cell_type, level: 'lineage', tools: 'limma'})),
    differential_expression: lineages.flatMap(([cell_type]) => Array.from({length: 30}, (_, i): Row => ({...contrast, cell_type, level: 'lineage', gene_id: `g${i}`, gene_symbol: `GENE${i}`, log2_fold_change: String(4 * u() - 2), p_value: String(u() ** 4 + 1e-9), q_value: String(u() ** 3)}))),
  };
  return {
    tables, timepoints, patients, lineageColours: new Map(lineages), cellTypes: bTypes.map((label) => ({label, parent: 'B cell', colour: '#f0a078'})),
    contrasts: [{name: 'month3-vs-baseline', by: 'timepoint', before: 'baseline', after: 'month3', where: {}, primary: true}],
  };
}
