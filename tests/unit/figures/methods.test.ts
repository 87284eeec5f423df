// The methods text and the account of what was left out: made from what ran, with what the run file changed first.
import {expect, test} from 'vitest';
import {methodsOf, parameterRows} from '../../../pipeline/figures/methods.ts';
import {leftOutSection, methodsSection} from '../../../pipeline/figures/page-account.ts';
import type {PageContent} from '../../../pipeline/figures/page-content.ts';
import {scene} from './scene.ts';

const qc = {min_genes: 300, max_percent_mito: 10, mad: null};
const content: PageContent = {
  name: 'study', version: '1.2.3', seed: 5, data: scene({nPatients: 4}), figures: [], findings: [], scores: [], asksForGenes: false, sheet: [], sources: [], libraries: {'scran.js': '4.1.0'},
  steps: {qc: {params: qc, changed: ['min_genes']}, 'score-signatures': {params: {method: 'ucell', sensitivity: ['aucell']}, changed: []}, cluster: {params: {tool: 'scran', n_hvgs: 2000, n_pcs: 20, batch: 'regress', resolution: 1, n_neighbors: 15}, changed: []}},
};

test('the text names version, seed, patients, contrast and the parameters of the steps that ran, and cites what they follow', () => {
  const {paragraphs, references, changed} = methodsOf(content);
  expect(paragraphs[0]).toBe('The analysis was made with Lymphline 1.2.3 (seed 5) from 4 patients at baseline, month1, month3; contrasts: month3 against baseline (primary).');
  expect(paragraphs[1]).toBe('Cells were kept with at least 300 genes and at most 10 % mitochondrial counts. Clusters and the map were computed with scran.js 4.1.0 on 2000 variable genes and 20 principal components (samples: regress; Leiden at resolution 1; UMAP with 15 neighbours). Each cell was scored with UCell, and for sensitivity with AUCell.');
  expect(references).toEqual(['Traag et al. 2019, Sci Rep 9:5233 (Leiden)', 'McInnes et al. 2018, arXiv:1802.03426 (UMAP)', 'Andreatta and Carmona 2021, Comput Struct Biotechnol J 19:3796', 'Aibar et al. 2017, Nat Methods 14:1083']);
  expect(changed).toEqual(['qc.min_genes: 300']);
  // Nothing of clones, genes or the clinic: these steps did not run.
  expect(paragraphs.join(' ')).not.toMatch(/clone|limma|Clinical/);
});

test('nothing is said of a bound that is off, a receptor that is not there or a score that was not made', () => {
  const steps = {
    ...content.steps, qc: {params: {min_genes: 0, max_genes: 6000, min_counts: null, max_percent_mito: null, mad: 5}, changed: []},
    'call-clonotypes': {params: {definition: 'lymphline', tcr_same_v_gene: true, tcr_same_j_gene: true, tcr_chains: 'pair', bcr_threshold: 0.15, bcr_linkage: 'single'}, changed: []},
    'signature-universe': {params: {max_rank: 'cohort', missing_genes: 'impute'}, changed: []},
  };
  const of = (tables: PageContent['data']['tables']): string => methodsOf({...content, steps, data: {...content.data, tables}}).paragraphs[1];
  const told = of({clone_rules: [{receptor: 'TCR'}], signature_sets: [{signature: 'A', used: 'false'}]});
  expect(told).toContain('Cells were kept with at most 6000 genes and within 5 median absolute deviations');
  expect(told).toContain('T cells of one clone have the same nucleotide junction and the same V gene and J gene in both chains. ');
  expect(told).not.toMatch(/B cells share|UCell|transgene|null/);
  expect(told).toMatch(/ No signature was scored: too few of the genes are in the matrix\.$/);
  const whole = of({clone_rules: [{receptor: 'TCR'}, {receptor: 'BCR'}], signature_sets: [{signature: 'A', used: 'true'}]});
  expect(whole).toContain('in both chains; B cells share V and J gene');
  expect(whole).toContain('without immunoglobulin and T cell receptor V genes. Each cell was scored with UCell');
});

test('parameters that differ from the defaults come first', () => {
  expect(parameterRows(content.steps).slice(0, 2)).toEqual([{name: 'qc.min_genes', value: '300', isChanged: true}, {name: 'qc.max_percent_mito', value: '10', isChanged: false}]);
  expect(methodsSection(content)).toContain('Different from the defaults: <code>qc.min_genes: 300</code>.');
  expect(methodsSection({...content, steps: {}})).toContain('Every parameter has its default.');
});

// The scene: 100 barcodes a sample, 10 removed, in 11 samples of 4 patients (one is a gap): 990 + 110 = 1100; B cells are away at month1.
test('what was left out adds up: barcodes, receptor cells, patients of comparisons', () => {
  const attrition = [['read', '60', '0', 'cells with a contig'], ['clone', '58', '2', 'both TCR and BCR chains'], ['kept', '50', '8', 'removed by QC'], ['counted', '50', '0', 'cells kept by QC with a clone']].map(([stage, n_cells, n_removed, reason]) => ({receptor: 'TCR', stage, n_cells, n_removed, reason, missing: null}));
  const page = leftOutSection({...content, data: {...content.data, tables: {...content.data.tables, receptor_attrition: attrition}}});
  expect(page).toContain('990 + 110 = 1100.');
  expect(page).toContain('TCR: 50 of 60 cells with a contig have a clone; 2 both TCR and BCR chains, 8 removed by QC');
  expect(page).toContain('3 × only 0 BCR+ cells, 20 needed');
  expect(page).toContain('1 × P04 in month3-vs-baseline, composition, T cell');
});
