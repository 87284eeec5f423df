// Kang 2018 through pseudobulk and differential-expression against R's own values (ref/kang: limma 3.54.1, edgeR 3.40.2 on R 4.2.2). Tolerance: the
// reference keeps 8 significant digits of genes and 15 of sets; p may differ by 1e-6 of itself, which other BLAS libraries stay under.
import {mkdirSync, mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterAll, beforeAll, describe, expect, test} from 'vitest';
import {columnAsText} from '../../../pipeline/data/annotated-matrix.ts';
import type {Row} from '../../../pipeline/data/table.ts';
import {readTable, writeTable} from '../../../pipeline/formats/delimited-text.ts';
import {readGmt} from '../../../pipeline/formats/gmt.ts';
import {readH5ad, writeH5ad} from '../../../pipeline/formats/h5ad.ts';
import {skipsWithout} from '../../rig/tools.ts';
import {readContract, runStepFolder, type StepRun} from '../../rig/run-step.ts';
import {dataFile, referenceFile, sharedData} from '../../rig/shared-data.ts';

if (sharedData === undefined) console.log('Genes of Kang 2018 are skipped: no LYMPHLINE_DATA and no ../shared/data.');
const absent = skipsWithout(readContract('differential-expression'));
const root = join(import.meta.dirname, '../../..');
const lineageOf: Readonly<Record<string, string>> = {T: 'T cell', B: 'B cell', NK: 'NK cell', Mono: 'monocyte', DC: 'dendritic cell', Mega: 'megakaryocyte'};
const groups = ['T', 'B', 'NK', 'Mono'] as const;
const near = (ours: unknown, theirs: unknown, what: string): void => {
  const [a, b] = [Number(ours), Number(theirs)];
  expect(Math.abs(a - b), `${what}: ${a}, in R ${b}`).toBeLessThanOrEqual(1e-6 * Math.abs(b));
};

describe.skipIf(sharedData === undefined || absent)('Kang 2018', () => {
  let folder: string;
  let bulk: StepRun;
  let tested: StepRun;
  const run = (step: string, name: string, request: Parameters<typeof runStepFolder>[2]): StepRun => {
    mkdirSync(join(folder, name));
    const done = runStepFolder(step, join(folder, name), request);
    expect({...done, stderr: done.stderr.slice(-2000)}).toMatchObject({status: 0, problem: undefined});
    return done;
  };
  const table = (name: string): readonly Row[] => readTable(tested.outputs[name]).rows;
  const reference = (name: string): readonly Row[] => readTable(referenceFile(`kang/${name}`)).rows;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'lymphline-kang-genes-'));
    const data = await readH5ad(dataFile('kang/kang2k.h5ad'));
    const sampleOf = columnAsText(data.obs, 'sample') as string[];
    const majors = columnAsText(data.obs, 'cell_type_major') as string[];
    const genes = data.var.index;
    await writeH5ad(join(folder, 'kept.h5ad'), {obs: {index: data.obs.index, columns: new Map([['sample_id', {kind: 'string', values: sampleOf}]])}, var: {index: genes, columns: new Map()}, X: data.X});
    writeTable(join(folder, 'labels.tsv.gz'), {
      columns: ['cell_id', 'sample_id', 'lineage', 'cell_type'],
      rows: data.obs.index.map((cell_id, i) => ({cell_id, sample_id: sampleOf[i], lineage: lineageOf[majors[i]], cell_type: lineageOf[majors[i]]})),
    });
    // The reference looked up the genes of its sets by their own names, in every set with a gene among the tested ones.
    const wanted = new Set(reference('pseudobulk_geneset_camera_fry.csv').map((row) => row['set']));
    const column = new Map(genes.map((gene, k) => [gene, k]));
    const sets = readGmt(join(root, 'configs/signatures/signatures.gmt')).filter((set) => wanted.has(set.name)).map((set) => ({
      name: set.name, columns: set.genes.flatMap((gene) => column.get(gene) ?? []), negativeColumns: [], nMissing: 0, nNegativeMissing: 0, role: 'exploratory', refused: '',
    }));
    expect(sets.length).toBe(wanted.size);
    writeFileSync(join(folder, 'universe.json'), JSON.stringify({genes, excluded: [], max_rank: 1500, sets}));
    const rows = [...new Set(sampleOf)].sort().map((sample) => ({sample_id: sample, patient_id: sample.slice(4), timepoint: sample.slice(0, 4), day: '', library: 'gex', library_id: `${sample}-gex`, excluded: '', path: 'x'}));
    bulk = run('pseudobulk', 'bulk', {
      inputs: {kept: join(folder, 'kept.h5ad'), labels: join(folder, 'labels.tsv.gz'), universe: join(folder, 'universe.json')}, params: {min_cells: 5},
      design: {rows, timepoints: ['ctrl', 'stim'], contrasts: [{name: 'stim-vs-ctrl', by: 'timepoint', before: 'ctrl', after: 'stim', where: {}, primary: true}], missing_pairs: 'error', visits: []},
    });
    const {counts, pairs, gene_sets} = bulk.outputs;
    tested = run('differential-expression', 'tested', {inputs: {counts, pairs, gene_sets}, params: {min_count: 5, min_set_genes: 1}});
  });
  afterAll(() => rmSync(folder, {recursive: true, force: true}));

  test('the sums hold every count once', () => {
    // data/kang/README.md: 1,971 cells, 3,032,313 UMIs; the groups are a partition.
    const rows = readTable(bulk.outputs['samples']).rows.filter((row) => row['level'] === 'lineage');
    const total = (column: string): number => rows.reduce((sum, row) => sum + Number(row[column]), 0);
    expect([total('n_cells'), total('n_counts')]).toEqual([1971, 3032313]);
    expect(rows.filter((row) => row['cell_type'] === 'NK cell' && row['column'] === null).map((row) => row['missing'])).toContain('4 cells, 5 needed');
  });

  test.each(groups)('%s: fold change, t, p and q of every gene are those of R', (group) => {
    const theirs = new Map(reference(`pseudobulk_DE_${group}.csv.gz`).map((row) => [row['gene'], row]));
    const ours = table('differential_expression').filter((row) => row['cell_type'] === lineageOf[group]);
    expect(ours.length).toBe(theirs.size);
    for (const row of ours) {
      const expected = theirs.get(row['gene_id'] ?? '');
      for (const [column, name] of [['log2_fold_change', 'voom_logFC'], ['t', 'voom_t'], ['p_value', 'voom_p'], ['q_value', 'voom_FDR']]) near(row[column], expected?.[name], `${row['gene_id']} ${column}`);
      expect(Number(row['ci_lower']) < Number(row['log2_fold_change']) && Number(row['log2_fold_change']) < Number(row['ci_upper'])).toBe(true);
    }
  });

  test('as many genes go up and down at q < 0.05 as in R', () => {
    for (const group of groups) {
      const called = reference(`pseudobulk_DE_${group}.csv.gz`).filter((row) => Number(row['voom_FDR']) < 0.05);
      const expected = {n_up: String(called.filter((row) => Number(row['voom_logFC']) > 0).length), n_down: String(called.filter((row) => Number(row['voom_logFC']) < 0).length)};
      expect(table('tests').find((row) => row['cell_type'] === lineageOf[group]), group).toMatchObject(expected);
    }
    // The numbers of genes that were noted when the reference was made (voom, FDR < 0.05).
    const n = (lineage: string): number => table('differential_expression').filter((row) => row['cell_type'] === lineage && Number(row['q_value']) < 0.05).length;
    expect(['T cell', 'B cell', 'NK cell', 'monocyte'].map(n)).toEqual([266, 83, 50, 654]);
  });

  test.each(['camera', 'fry'])('%s gives the genes, direction, p and q of R for every set and cell type', (method) => {
    const theirs = reference('pseudobulk_geneset_camera_fry.csv');
    const ours = table('gene_set_tests').filter((row) => row['method'] === method);
    for (const expected of theirs) {
      const row = ours.find((one) => one['cell_type'] === lineageOf[String(expected['group'])] && one['signature'] === expected['set']);
      expect(row, `${expected['group']} ${expected['set']}`).toMatchObject({n_genes: expected['camera_N'], direction: String(expected[`${method}_dir`]).toLowerCase(), missing: null});
      near(row?.['p_value'], expected[`${method}_p`], `${expected['group']} ${expected['set']} p`);
      near(row?.['q_value'], expected[`${method}_FDR`], `${expected['group']} ${expected['set']} q`);
    }
  });

  test('a cell type without enough pairs has a row with the reason in each table', () => {
    for (const name of ['differential_expression', 'gene_set_tests', 'tests']) {
      const rows = table(name).filter((row) => row['cell_type'] === 'megakaryocyte');
      expect(rows.length, name).toBeGreaterThan(0);
      for (const row of rows) expect(row, name).toMatchObject({missing: expect.stringMatching(/^\d complete pairs?, 3 needed/) as string});
    }
  });
});
