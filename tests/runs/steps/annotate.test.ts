// Labels against what is known of the same cells by other means: published labels (Kang 2018), receptors (mouse spleen), antibodies (COVID-19 T cells).
// The rule was not chosen on one of them alone.
import {mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterAll, beforeAll, describe, expect, test} from 'vitest';
import type {Row} from '../../../pipeline/data/table.ts';
import {readTable} from '../../../pipeline/formats/delimited-text.ts';
import {readH5ad} from '../../../pipeline/formats/h5ad.ts';
import {readTenxH5} from '../../../pipeline/formats/tenx-h5.ts';
import {runStepFolder, type StepRequest, type StepRun} from '../../rig/run-step.ts';
import {dataFile, sharedData} from '../../rig/shared-data.ts';
import {callPatients, libraryRow, rowsOf} from './clonal-abundance-chain.ts';
import {cellTypes, collectCells, runCellChain, type CellChain} from './collect-cells-chain.ts';
import {confusionText} from './confusion.ts';

const published: Readonly<Record<string, string>> = {T: 'T cell', NK: 'NK cell', B: 'B cell', Mono: 'monocyte', DC: 'dendritic cell', Mega: 'megakaryocyte'};
/** "Dendritic cells" were published without a type, and this matrix lacks the genes that tell one (CLEC4C, LILRA4, LAMP5, SCT). */
const publishedTypes: Readonly<Record<string, readonly string[]>> = {
  'CD4 T cells': ['CD4 T cell'], 'CD8 T cells': ['CD8 T cell'], 'NK cells': ['NK cell'], 'B cells': ['B cell'], 'CD14+ Monocytes': ['CD14 monocyte'],
  'FCGR3A+ Monocytes': ['FCGR3A monocyte'], 'Dendritic cells': ['dendritic cell', 'conventional dendritic cell'], Megakaryocytes: ['megakaryocyte'],
};
const patients = ['101', '107', '1015', '1016', '1039', '1244', '1256', '1488'];
/** Filtered by their authors: nothing is to be removed, so that every cell with a known answer is compared. */
const keepAll = {qc: {min_genes: 0, mad: null, max_percent_mito: null, doublets: 'off'}};
const gexRow = (sample_id: string, patient_id: string, timepoint: string) => ({sample_id, patient_id, timepoint, day: '', library: 'gex'});
const share = (cells: readonly Row[], agrees: (cell: Row) => boolean): number => cells.filter(agrees).length / cells.length;
const labelsOf = (chain: CellChain): readonly Row[] => readTable(chain.outputs('annotate', 'labels')[0].path).rows;

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'lymphline-annotate-'));
});
afterAll(() => {
  rmSync(folder, {recursive: true});
});

describe.skipIf(!sharedData)('on Kang 2018 (8 lupus patients, control and interferon-beta)', () => {
  let chain: CellChain;
  let truth: ReadonlyMap<string, Row>;
  beforeAll(() => {
    truth = new Map(readTable(dataFile('kang/kang2k.obs.csv')).rows.map((row) => [`${row.sample}_${row.barcode}`, row]));
    chain = runCellChain(join(folder, 'kang'), patients.flatMap((patient) => ['ctrl', 'stim'].map((timepoint) => ({
      row: gexRow(`${timepoint}${patient}`, patient, timepoint),
      path: dataFile(`kang/10x_h5/${timepoint}${patient}.h5`),
    }))), keepAll);
  }, 1_200_000);
  const known = (cell: Row): Row => truth.get(String(cell.cell_id)) ?? {};

  test.each([['all cells', () => true, 1971], ['cells that the authors labelled', (cell: Row) => String(known(cell).label_source).startsWith('author'), 1011]] as const)(
    '%s: lineages agree with the published labels for at least 0.94, the eight types for 0.88', (name, isAsked, n) => {
      const labels = labelsOf(chain).filter(isAsked);
      expect(labels.length).toBe(n);
      const lineage = share(labels, (cell) => cell.lineage === published[String(known(cell).cell_type_major)]);
      const type = share(labels, (cell) => publishedTypes[String(known(cell).cell_type)].includes(String(cell.cell_type)));
      console.log(`Kang 2018, ${name} (${n}): lineage ${lineage.toFixed(3)}, type ${type.toFixed(3)}\n${confusionText(labels.map((cell) => [String(known(cell).cell_type), String(cell.cell_type)]))}`);
      expect(lineage).toBeGreaterThanOrEqual(0.94);
      expect(type).toBeGreaterThanOrEqual(0.88);
    });

  test('every label has its evidence, and a label that was not told its reason', () => {
    const labels = labelsOf(chain);
    expect(labels.filter((cell) => cell.lineage !== 'unassigned' && !(Number(cell.lineage_score) > 0 && Number(cell.lineage_margin) >= 0))).toEqual([]);
    const parted = labels.filter((cell) => cell.lineage === 'T cell' && cell.cell_type === 'T cell');
    expect(parted.length).toBeGreaterThan(0);
    for (const cell of parted) expect(String(cell.label_note)).toMatch(/^type: CD[48] T cell before CD[48] T cell by 0\.00[0-5], 0\.005 needed$/);
    expect(labels.filter((cell) => cell.cell_type !== cell.lineage && !(Number(cell.type_margin) >= 0.005)).map((cell) => cell.cell_id)).toEqual([]);
    // One row a cluster and lineage, and the leads are those of the means.
    const evidence = readTable(chain.outputs('annotate', 'evidence')[0].path).rows;
    const clusters = Map.groupBy(evidence, (row) => row.cluster);
    expect([...clusters.values()].reduce((sum, [row]) => sum + Number(row.n_cells), 0)).toBe(1971);
    for (const [first, second] of clusters.values()) expect(Number(first.lead)).toBeCloseTo(Number(first.mean_score) - Number(second.mean_score), 8);
  });

  test('SingleR with the cells of two patients as reference labels the five types of the others right for 0.9', () => {
    const map = Object.fromEntries(Object.entries(publishedTypes).map(([label, [ours]]) => [label, ours]));
    const run = annotate(chain, 'singler', {
      params: {method: 'singler'}, inputs: {reference: dataFile('kang/muscat_example_sce.h5ad')}, config: {cell_type_map: map, label_reference: {path: 'reference.h5ad'}},
    });
    const types = ['CD4 T cells', 'CD8 T cells', 'B cells', 'CD14+ Monocytes', 'FCGR3A+ Monocytes'];
    const labels = rowsOf(run, 'labels').filter((cell) => types.includes(String(known(cell).cell_type)) && !['101', '107'].includes(String(known(cell).patient)));
    expect(labels.length).toBeGreaterThan(1000);
    expect(new Set(labels.map((cell) => cell.label_source))).toEqual(new Set(['reference']));
    expect(share(labels, (cell) => publishedTypes[String(known(cell).cell_type)].includes(String(cell.cell_type)))).toBeGreaterThanOrEqual(0.9);
    // A reference cannot tell what it does not hold: NK cells go to what is next.
    expect(share(rowsOf(run, 'labels').filter((cell) => known(cell).cell_type === 'NK cells'), (cell) => cell.lineage === 'T cell' || cell.lineage === 'unassigned')).toBeGreaterThan(0.9);
  });

  test('a reference whose labels or column are not known is refused by name', () => {
    const refused = (config: Record<string, unknown>): StepRun => runStepFolder('annotate', mkdtempSync(join(folder, 'refused-')), request(chain, {
      params: {method: 'singler'}, inputs: {reference: dataFile('kang/muscat_example_sce.h5ad')}, config,
    }));
    const column = refused({label_reference: {path: 'reference.h5ad', column: 'celltype'}});
    expect([column.status, column.problem?.found, column.problem?.advice]).toEqual([65, 'obs without the column "celltype" (it has barcode, patient, condition, sample, cell_type, cell_type_major)', 'Did you mean "cell_type"?']);
    const labels = refused({label_reference: {path: 'reference.h5ad'}});
    expect([labels.status, labels.problem?.found]).toEqual([65, 'labels that stand for no known cell type: "B cells", closest "B cell"; "CD14+ Monocytes", closest "CD14 monocyte"; "CD4 T cells", closest "CD4 T cell"; "CD8 T cells", closest "CD8 T cell"; "FCGR3A+ Monocytes", closest "FCGR3A monocyte"']);
  });
});

describe.skipIf(!sharedData)('on mouse spleen, where receptors of the same cells say what they are', () => {
  const mice = ['BL6', 'MD4'];
  let cells: readonly Row[];
  let checked: readonly Row[];
  beforeAll(() => {
    const chain = runCellChain(join(folder, 'mouse'), mice.map((mouse) => ({row: gexRow(mouse, mouse, 'x'), path: dataFile(`mouse_spleen_gex_bcr_tcr/${mouse}/GEX/filtered_feature_bc_matrix`)})), keepAll);
    const libraries = mice.flatMap((mouse) => ['tcr', 'bcr'].map((library) => ({
      row: libraryRow(mouse, library, {patient_id: mouse, timepoint: 'x'}), contigs: dataFile(`mouse_spleen_gex_bcr_tcr/${mouse}/${library.toUpperCase()}/filtered_contig_annotations.csv.gz`),
    })));
    const called = callPatients(folder, {libraries, timepoints: ['x']});
    const run = collectCells(chain, {
      inputs: {clonotypes: mice.map((mouse) => ({unit: mouse, path: called.get(mouse)?.outputs['cells'] ?? ''}))},
      design: {rows: [...chain.rows, ...libraries.map(({row}) => row)], timepoints: ['x'], visits: []},
    });
    cells = rowsOf(run, 'cells');
    checked = rowsOf(run, 'receptor_check');
  }, 1_200_000);

  test('cells with one receptor are labelled as it says: 0.98 together, 0.88 of the T cells', () => {
    // TCR: both chains and 4 UMIs or more, since a lone contig may be of the soup.
    const umis = new Map<string, Record<string, number>>();
    for (const mouse of mice) {
      for (const contig of readTable(dataFile(`mouse_spleen_gex_bcr_tcr/${mouse}/TCR/filtered_contig_annotations.csv.gz`)).rows) {
        const own = umis.get(`${mouse}_${contig.barcode}`) ?? {};
        umis.set(`${mouse}_${contig.barcode}`, {...own, [String(contig.chain)]: (own[String(contig.chain)] ?? 0) + Number(contig.umis)});
      }
    }
    const alone = (receptor: 'tcr' | 'bcr', other: 'tcr' | 'bcr'): Row[] => cells.filter((cell) => cell[`${receptor}_chain_status`] !== 'no IR' && cell[`${other}_chain_status`] === 'no IR');
    const isSure = (cell: Row): boolean => {
      const {TRA = 0, TRB = 0} = umis.get(String(cell.cell_id)) ?? {};
      return TRA > 0 && TRB > 0 && TRA + TRB >= 4;
    };
    const [bcr, tcr] = [alone('bcr', 'tcr'), alone('tcr', 'bcr').filter(isSure)];
    expect([bcr.length, tcr.length]).toEqual([280, 43]);
    const agrees = (cell: Row): boolean => cell.receptor_check === 'agrees';
    console.log(`Mouse spleen: BCR ${bcr.filter(agrees).length} of 280, TCR ${tcr.filter(agrees).length} of 43\n${confusionText(cells.map((cell) => [`${cell.tcr_chain_status === 'no IR' ? '' : 'TCR '}${cell.bcr_chain_status === 'no IR' ? '' : 'BCR'}`.trim() || 'none', String(cell.lineage)]))}`);
    expect(share([...bcr, ...tcr], agrees)).toBeGreaterThanOrEqual(0.98);
    expect(share(tcr, agrees)).toBeGreaterThanOrEqual(0.88);
  });

  test('the 49 cells with both receptors are conflicts and look like two cells, and the counts are those of the cells', () => {
    const both = cells.filter((cell) => cell.receptor_doublet === 'TCR and BCR');
    expect(both.length).toBe(49);
    expect(new Set(both.map((cell) => cell.receptor_check))).toEqual(new Set(['conflict']));
    const sum = (rows: readonly Row[]): number => rows.reduce((total, row) => total + Number(row.n_cells), 0);
    expect(sum(checked.filter((row) => row.receptor === 'both'))).toBe(49);
    expect(sum(checked.filter((row) => row.verdict === 'conflict'))).toBe(cells.filter((cell) => cell.receptor_check === 'conflict').length);
    expect(sum(checked)).toBe(500);
  });
});

describe.skipIf(!sharedData)('on blood without published labels', () => {
  test('1,000 blood cells have the lineages of blood, most T cells a subtype', () => {
    const labels = labelsOf(runCellChain(join(folder, 'pbmc'), [{row: gexRow('pbmc', 'donor', 'x'), path: dataFile('pbmc_1k_v2/filtered_feature_bc_matrix')}], {qc: {doublets: 'off'}}));
    console.log(`Blood of a healthy donor, 10x 1k v2 (${labels.length} cells)\n${confusionText(labels.map((cell) => [String(cell.cell_type), String(cell.cell_subtype)]))}`);
    const fraction = (lineage: string): number => share(labels, (cell) => cell.lineage === lineage);
    // Shares of mononuclear blood cells of healthy adults: T 45 to 70 %, monocytes 10 to 30 %, B 5 to 20 %, NK 5 to 20 %; this preparation is known to be rich in monocytes.
    expect([fraction('T cell') > 0.4, fraction('monocyte') > 0.2, fraction('B cell') > 0.1, fraction('NK cell') > 0.05, fraction('unassigned') < 0.01]).toEqual(Array(5).fill(true));
    expect(labels.some((cell) => cell.lineage === 'dendritic cell')).toBe(true);
    const tCells = labels.filter((cell) => cell.lineage === 'T cell' && cell.cell_type !== 'T cell' && !['MAIT cell', 'gamma-delta T cell'].includes(String(cell.cell_type)));
    expect(share(tCells, (cell) => cell.cell_subtype !== cell.cell_type)).toBeGreaterThan(0.9);
  });

  test('T cells of a COVID-19 patient: antibodies against CD4 and CD8 agree for 0.85, and none of the sorted T cells is of another lineage', async () => {
    const path = dataFile('covid_tcells_citeseq_tcr/filtered_feature_bc_matrix.h5');
    const chain = runCellChain(join(folder, 'covid'), [{row: gexRow('covid', 'Pt17', 'x'), path}], {qc: {doublets: 'off'}});
    const labels = labelsOf(chain);
    expect(share(labels, (cell) => cell.lineage === 'T cell')).toBeGreaterThan(0.98);
    const {barcodes} = await readTenxH5(path);
    const antibodies = await readH5ad(chain.outputs('qc', 'kept')[0].path);
    const names = antibodies.uns?.['adt_features'] as string[];
    const [cd4, cd8] = ['CD4', 'CD8'].map((name) => names.findIndex((feature) => feature.startsWith(`${name}-`)));
    const values = antibodies.obsm?.get('adt')?.values ?? [];
    const row = new Map(antibodies.obs.index.map((cellId, k) => [cellId, k]));
    const asked = labels.filter((cell) => ['CD4 T cell', 'CD8 T cell'].includes(String(cell.cell_type)));
    expect(asked.length).toBeGreaterThan(0.9 * barcodes.length);
    const agreement = share(asked, (cell) => {
      const at = (row.get(String(cell.cell_id)) ?? 0) * names.length;
      return cell.cell_type === (values[at + cd8] > values[at + cd4] ? 'CD8 T cell' : 'CD4 T cell');
    });
    console.log(`CD4 and CD8 by antibody, ${asked.length} T cells: ${agreement.toFixed(3)} agree`);
    expect(agreement).toBeGreaterThanOrEqual(0.85);
  });
});

test('where the matrix has none of the marker genes, unassigned has a reason; a label of the user needs none', () => {
  const example = join(import.meta.dirname, '../../../steps/annotate/example');
  const kept = ['before', 'after'].map((sample) => ({unit: sample, path: join(example, `${sample}.h5ad`)}));
  const inputs = {kept, embedding: join(example, 'embedding.h5ad'), cell_types: cellTypes};
  const place = mkdtempSync(join(folder, 'example-'));
  const labelled = (more: StepRequest): readonly Row[] => readTable(runStepFolder('annotate', place, {...more, inputs: {...inputs, ...more.inputs}, params: {min_markers: 1000}}).outputs['labels']).rows;
  const rows = labelled({});
  expect(new Set(rows.map((row) => `${row['lineage']}: ${row['missing']}`))).toEqual(new Set(['unassigned: lineage, cell_type: no lineage has 1000 of its marker genes in the matrix']));
  const [sample, barcode] = [String(rows[0]['sample_id']), String(rows[0]['cell_id']).slice(String(rows[0]['sample_id']).length + 1)];
  writeFileSync(join(place, 'labels.tsv'), `sample_id\tbarcode\tcell_type\n${sample}\t${barcode}\tregulatory T cell\n`);
  const [own, next] = labelled({inputs: {labels: join(place, 'labels.tsv')}});
  expect([own['lineage'], own['cell_type'], own['cell_subtype'], own['label_source'], own['missing'], next['lineage']]).toEqual(['T cell', 'CD4 T cell', 'regulatory T cell', 'user', null, 'unassigned']);
});

function request(chain: CellChain, more: StepRequest): StepRequest {
  return {...more, inputs: {kept: chain.outputs('qc', 'kept'), embedding: chain.outputs('cluster', 'embedding'), cell_types: cellTypes, ...more.inputs}, design: {rows: chain.rows}};
}

function annotate(chain: CellChain, name: string, more: StepRequest): StepRun {
  const run = runStepFolder('annotate', mkdtempSync(join(folder, `${name}-`)), request(chain, more));
  expect(run, run.stderr).toMatchObject({status: 0});
  return run;
}
