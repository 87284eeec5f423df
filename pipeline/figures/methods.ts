// Methods text made from what ran: a sentence or two a step with its parameters, the papers that it follows, what differs from the defaults.
import type {PageContent, StepSettings} from './page-content.ts';

export interface Methods {
  /** To paste. */
  readonly paragraphs: readonly string[];
  readonly references: readonly string[];
  /** `step.parameter: value` of those that the run file changed. */
  readonly changed: readonly string[];
}

type Params = Readonly<Record<string, unknown>>;

interface StepText {
  readonly step: string;
  readonly words: (params: Params, content: PageContent) => string;
  readonly references?: (params: Params) => readonly string[];
}

const scoreNames: Readonly<Record<string, readonly [string, string]>> = {
  ucell: ['UCell', 'Andreatta and Carmona 2021, Comput Struct Biotechnol J 19:3796'], aucell: ['AUCell', 'Aibar et al. 2017, Nat Methods 14:1083'], tirosh: ['the score of Tirosh', 'Tirosh et al. 2016, Science 352:189'],
};

const texts: readonly StepText[] = [
  {step: 'align', words: ({tool}) => `Reads were aligned and counted with ${tool === 'star' ? 'STARsolo' : String(tool)}.`, references: ({tool}) => (tool === 'star' ? ['Kaminow et al. 2021, bioRxiv 2021.05.05.442755 (STARsolo)'] : ['Melsted et al. 2021, Nat Biotechnol 39:813 (kallisto bustools)'])},
  {step: 'assemble-receptors', words: () => 'Receptors were assembled from reads with TRUST4.', references: () => ['Song et al. 2021, Nat Methods 18:627 (TRUST4)']},
  {step: 'annotate-receptors', words: ({max_v_support: support}) => `Receptor genes were called with IgBLAST (V genes with an E-value up to ${String(support)}).`, references: () => ['Ye et al. 2013, Nucleic Acids Res 41:W34 (IgBLAST)']},
  {step: 'qc', words: cellWords},
  {step: 'cluster', words: ({n_hvgs: genes, n_pcs: components, tool, batch, resolution, n_neighbors: neighbours}, {libraries}) => `Clusters and the map were computed with ${tool === 'scran' ? `scran.js ${libraries['scran.js'] ?? ''}`.trim() : String(tool)} on ${String(genes)} variable genes and ${String(components)} principal components (samples: ${String(batch)}; Leiden at resolution ${String(resolution)}; UMAP with ${String(neighbours)} neighbours).`, references: () => ['Traag et al. 2019, Sci Rep 9:5233 (Leiden)', 'McInnes et al. 2018, arXiv:1802.03426 (UMAP)']},
  {step: 'annotate', words: () => 'Clusters were labelled by lists of marker genes that are shipped with their sources.'},
  {step: 'import-cells', words: () => 'Cells, their types and their embedding were taken from the analysed file that the run file names.'},
  {step: 'call-clonotypes', words: cloneWords},
  {step: 'clonal-abundance', words: ({denominator, min_cells: least, expanded_min_cells: expanded}) => `Frequencies are shares of the receptor cells (${denominator === 'kept' ? 'those kept by quality control' : String(denominator)}), with exact binomial intervals; repertoires of fewer than ${String(least)} cells were not measured. A clone is expanded from ${String(expanded)} cells. Diversity (Hill numbers) was compared at equal numbers of cells within a patient and at equal coverage.`, references: () => ['Chao et al. 2014, Ecol Monogr 84:45 (Hill numbers at equal coverage)', 'Clopper and Pearson 1934, Biometrika 26:404 (exact intervals)']},
  {step: 'signature-universe', words: ({max_rank: rank, missing_genes: missing}, {steps}) => `Signatures were scored over the genes that all samples share (maximum rank: ${String(rank)}; genes of a set that are not measured: ${String(missing)}), without immunoglobulin and T cell receptor V genes${steps['call-car'] === undefined ? '' : ' and the transgene'}.`, references: () => ['Liberzon et al. 2015, Cell Syst 1:417 (Hallmark gene sets)']},
  {step: 'score-signatures', words: ({method, sensitivity}) => `Each cell was scored with ${scoreNames[String(method)]?.[0] ?? String(method)}${Array.isArray(sensitivity) && sensitivity.length > 0 ? `, and for sensitivity with ${sensitivity.map((name) => scoreNames[String(name)]?.[0] ?? String(name)).join(' and ')}` : ''}.`, references: ({method, sensitivity}) => [method, ...(Array.isArray(sensitivity) ? sensitivity : [])].flatMap((name) => scoreNames[String(name)]?.[1] ?? [])},
  {step: 'call-car', words: (_, {data}) => `A cell carries the transgene from ${String((data.tables['car_calls'] ?? [])[0]?.['min_umi'] ?? 'the set number of')} UMI; samples before the infusion and cells that are no T cells are the negative controls.`},
  {step: 'compare-timepoints', words: ({min_cells: cells, min_pairs: pairs, max_depth_ratio: ratio}) => `Timepoints were compared over patients, one value a patient and side (samples of at least ${String(cells)} cells, at least ${String(pairs)} complete pairs), with paired t, Wilcoxon and exact sign-flip tests, and Benjamini-Hochberg correction within each family. Where the depth of the two sides differs more than ${String(ratio)} fold, counts were thinned to the same depth.`, references: () => ['Benjamini and Hochberg 1995, J R Stat Soc B 57:289']},
  {step: 'differential-expression', words: (_, {data}) => `Genes were tested on sums of counts a sample and cell type with limma-voom, gene sets with camera and fry${toolsOf(data.tables['differential_expression_tests'])}.`, references: () => ['Law et al. 2014, Genome Biol 15:R29 (voom)', 'Wu and Smyth 2012, Nucleic Acids Res 40:e133 (camera)', 'Wu et al. 2010, Bioinformatics 26:2176 (roast, fry)']},
  {step: 'clinical', words: () => 'Clinical scores, states and endpoints were computed from the visits by the rules of the table clinical_rules, in three-valued logic: what was not recorded is neither 0 nor false, and a patient whose status is not known is in no denominator. Shares have exact (Clopper-Pearson) intervals.'},
];

export function methodsOf(content: PageContent): Methods {
  const sets = content.data.tables['signature_sets'] ?? [];
  const isUnscored = sets.length > 0 && sets.every((row) => row['used'] !== 'true');
  const ran = texts.filter(({step}) => content.steps[step] !== undefined && !(isUnscored && ['signature-universe', 'score-signatures'].includes(step)));
  const {data, version, seed} = content;
  const contrasts = data.contrasts.map((contrast) => `${contrast.after} against ${contrast.before}${contrast.primary ? ' (primary)' : ''}`).join('; ');
  return {
    paragraphs: [
      `The analysis was made with Lymphline ${version} (seed ${seed}) from ${data.patients.length} ${data.patients.length === 1 ? 'patient' : 'patients'} at ${data.timepoints.join(', ')}${contrasts === '' ? '' : `; contrasts: ${contrasts}`}.`,
      [...ran.map(({step, words}) => words(content.steps[step].params, content)), ...(isUnscored ? ['No signature was scored: too few of the genes are in the matrix.'] : [])].join(' '),
      'The patient is the unit of every test; no test is over cells. What was not measured is missing with its reason, never zero.',
    ].filter((paragraph) => paragraph !== ''),
    references: [...new Set(ran.flatMap(({step, references}) => references?.(content.steps[step].params) ?? []))],
    changed: changedParameters(content.steps),
  };
}

function changedParameters(steps: StepSettings): string[] {
  return Object.entries(steps).flatMap(([step, {params, changed}]) => changed.map((name) => `${step}.${name}: ${JSON.stringify(params[name])}`));
}

/** `step.parameter`, value and whether the run file changed it; changed ones first. */
export function parameterRows(steps: StepSettings): {readonly name: string; readonly value: string; readonly isChanged: boolean}[] {
  const rows = Object.entries(steps).flatMap(([step, {params, changed}]) => Object.entries(params).map(([name, value]) => ({name: `${step}.${name}`, value: JSON.stringify(value), isChanged: changed.includes(name)})));
  return [...rows.filter((row) => row.isChanged), ...rows.filter((row) => !row.isChanged)];
}

function cellWords(params: Params): string {
  const bounds = [
    ...(Number(params['min_genes']) > 0 ? [`at least ${String(params['min_genes'])} genes`] : []), ...limit('at most', params['max_genes'], 'genes'), ...limit('at least', params['min_counts'], 'counts'),
    ...limit('at most', params['max_percent_mito'], '% mitochondrial counts'),
    ...(typeof params['mad'] === 'number' ? [`within ${params['mad']} median absolute deviations of their sample in log counts, log genes and mitochondrial share`] : []),
  ];
  if (bounds.length === 0) return 'All cells that were read were kept.';
  return `Cells were kept with ${bounds.length === 1 ? bounds[0] : `${bounds.slice(0, -1).join(', ')} and ${bounds[bounds.length - 1]}`}.`;
}

const limit = (words: string, value: unknown, unit: string): string[] => (typeof value === 'number' ? [`${words} ${value} ${unit}`] : []);

function cloneWords(params: Params, {data}: PageContent): string {
  if (params['definition'] !== 'lymphline') return `Clones are those of ${String(params['definition'])}, patient by patient.`;
  const genes = [...(params['tcr_same_v_gene'] === true ? ['V gene'] : []), ...(params['tcr_same_j_gene'] === true ? ['J gene'] : [])];
  const tcr = `T cells of one clone have the same nucleotide junction${genes.length === 0 ? '' : ` and the same ${genes.join(' and ')}`}${params['tcr_chains'] === 'pair' ? ' in both chains' : ' of the beta chain'}`;
  const bcr = `B cells share V and J gene and junction length of the heavy chain, with a distance of up to ${String(params['bcr_threshold'])} of the length (${String(params['bcr_linkage'])} linkage)`;
  const rules = data.tables['clone_rules'] ?? [];
  const called = [['TCR', tcr], ['BCR', bcr]].filter(([receptor]) => rules.length === 0 || rules.some((row) => row['receptor'] === receptor));
  return `${called.map(([, words]) => words).join('; ')}.`;
}

const toolsOf = (rows: readonly Readonly<Record<string, unknown>>[] | undefined): string => (rows?.[0]?.['tools'] ? ` (${String(rows[0]['tools'])})` : '');
